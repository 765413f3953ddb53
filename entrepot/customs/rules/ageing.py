"""How long a document may stand still before somebody is called: first the desk, then who is in charge. Not law, but
the house's own patience: each figure can be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

DESK, HEAD = 1, 2
REMIND_AFTER = timedelta(days=1)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Patience = Mapping[tuple[str, str], tuple[timedelta, timedelta]]  # by state and kind: to the desk, to the head

_THREE = ("311", "411", "511")
_M, _H = timedelta(minutes=1), timedelta(hours=1)
DEFAULT: Patience = {
    **{("draft", kind): (30 * _M, 2 * _H) for kind in _THREE},  # made and not at the port
    **{("matching", kind): (_H, 6 * _H) for kind in _THREE},  # at the port, not taken in
    ("matching", "621"): (30 * _M, 2 * _H),  # all three taken in, the list not at the port
    ("listed", "621"): (6 * _H, 24 * _H),
    ("listed", "623"): (6 * _H, 24 * _H),
    **{("held", kind): (4 * _H, 24 * _H) for kind in (*_THREE, "621")},
    ("held", "623"): (6 * _H, 24 * _H),  # a held list is to be taken back
    ("applied", "625"): (24 * _H, 72 * _H),
    ("refused", "625"): (4 * _H, 24 * _H),  # of a list whose goods stay
    ("told", "711"): (6 * _H, 24 * _H),  # goods that came into a site, and customs has not taken the account in
    ("held", "711"): (4 * _H, 24 * _H),
    ("asked", "179"): (10 * _M, _H),
}


class BadPatience(ValueError):
    """A setting that nobody can follow; says which part of it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    state: str
    kind: str
    level: int
    after: timedelta


def patience(text: str) -> Patience:
    """The defaults with what a setting changes: "held:621=4h/1d listed:621=6h/24h". Raises BadPatience."""
    found = dict(DEFAULT)
    for part in text.split():
        name, _, spans = part.partition("=")
        state, _, kind = name.partition(":")
        first, _, second = spans.partition("/")
        if (state, kind) not in DEFAULT:
            raise BadPatience(f"{part}: there is no {name}")
        desk, head = _span(first, part), _span(second, part)
        if not timedelta(0) < desk <= head:
            raise BadPatience(f"{part}: the desk is called first")
        found[state, kind] = (desk, head)
    return found


def thresholds(found: Patience) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(state, kind, level, after)
        for (state, kind), spans in found.items()
        for level, after in zip((DESK, HEAD), spans, strict=True)
    )


def _span(text: str, part: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 6 and unit in UNITS):
        raise BadPatience(f"{part}: spans are written 30m, 4h or 2d")
    return timedelta(**{UNITS[unit]: int(number)})
