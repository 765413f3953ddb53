"""Hashes, chains and codes. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC
from typing import TypeVar

from entrepot.kit.clock import CHINA, day_in
from entrepot.provenance.types import Broken, Happening, Link, Step

Told = TypeVar("Told", Step, Link)
BEGIN = "0" * 64
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
READ_AS = str.maketrans("ILO", "110")
LENGTH = 12
ORDER = list(Happening)
READERS_MANY = 5  # reader-days of one unit's code from which its page warns


def hash_of(lot: str, number: int, step: Step | Link, before: str) -> str:
    """SHA-256 over the canonical JSON of an event: sorted keys, no spaces, UTC to the microsecond."""
    said = {
        "lot": lot, "number": number, "kind": step.kind.value, "key": step.key,
        "at": step.at.astimezone(UTC).isoformat(timespec="microseconds"), "country": step.country,
        "facts": dict(step.facts), "before": before,
    }  # fmt: skip
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(lot: str, links: Iterable[Link], *, head: tuple[int, str]) -> Broken | None:
    """The first link that was changed, moved, taken out or put in; `head`: number and hash that the chain ends with."""
    number, before = 0, BEGIN
    for link in links:
        number += 1
        if link.number != number:
            return Broken(number, "number")
        if link.before != before:
            return Broken(number, "before")
        if link.hash != hash_of(lot, number, link, before):
            return Broken(number, "hash")
        before = link.hash
    return None if (number, before) == head else Broken(number + 1, "head")


def in_order(steps: Iterable[Told]) -> list[Told]:
    """As they happened: of some only the day is known, so within a day the order of a journey counts."""
    return sorted(steps, key=lambda one: (day_in(CHINA, one.at), ORDER.index(one.kind), one.at, one.key))


def check_char(body: str) -> str:
    """Luhn's sum over 32 letters: any single wrong letter is noticed."""
    total, double = 0, True
    for letter in reversed(body):
        value = ALPHABET.index(letter) * (2 if double else 1)
        total += value // 32 + value % 32
        double = not double
    return ALPHABET[-total % 32]


def code_of(number: int) -> str:
    """The code of a random number of 60 bits, with its check letter."""
    body = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return body + check_char(body)


def plain_code(text: str) -> str:
    """A code as typed or scanned, "" for what cannot be one."""
    plain = text.upper().replace("-", "").translate(READ_AS)
    fits = len(plain) == LENGTH + 1 and all(letter in ALPHABET for letter in plain)
    return plain if fits and check_char(plain[:-1]) == plain[-1] else ""


def reader_hash(key: bytes, address: str, code: str) -> bytes:
    """Who opens a code today: different tomorrow, when the key is gone, and for each code."""
    return hmac.new(key, f"{code}|{address}".encode(), hashlib.sha256).digest()[:16]


def suspicious(*, unit: bool, readers: int) -> bool:
    """Whether one unit's code was opened by more people than one unit has."""
    return unit and readers >= READERS_MANY
