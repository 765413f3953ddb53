"""Encrypted columns: AES-256-GCM per field with key id and row-bound context, and a keyed hash for look-up.

A sealed value is `key id (1 byte) | nonce (12) | ciphertext and tag`. The context (table, column, row id) is
authenticated with it, so a value moved by hand to another row does not open. Keys come from the environment:
ENTREPOT_FIELD_KEYS="1:<base64 of 32 bytes>,2:…" (the highest id seals, all open) and ENTREPOT_INDEX_KEY.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


class CannotOpen(Exception):
    """A sealed value with an unknown key, a changed byte or a foreign row. Never expected: a fault, not a refusal."""


class Sealer:
    """Seals and opens short texts. `keys` maps key id (1–255) to 32 bytes; the highest id seals."""

    def __init__(self, keys: Mapping[int, bytes], index_key: bytes) -> None:
        if not keys or any(not 0 < key_id < 256 or len(key) != 32 for key_id, key in keys.items()):
            raise ValueError("field keys are 32 bytes under ids 1 to 255, at least one")
        if len(index_key) < 32:
            raise ValueError("the index key has at least 32 bytes")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = max(keys)
        self._index_key = index_key

    def seal(self, text: str, context: str) -> bytes:
        nonce = os.urandom(12)
        sealed = self._ciphers[self._newest].encrypt(nonce, text.encode(), context.encode())
        return bytes([self._newest]) + nonce + sealed

    def open(self, sealed: bytes | memoryview, context: str) -> str:
        """The text. Raises CannotOpen."""
        raw = bytes(sealed)
        cipher = self._ciphers.get(raw[0]) if len(raw) >= 29 else None
        if cipher is None:
            raise CannotOpen("unknown key or cut value")
        try:
            return cipher.decrypt(raw[1:13], raw[13:], context.encode()).decode()
        except InvalidTag as wrong:
            raise CannotOpen("the value does not belong here or was changed") from wrong

    def key_id(self, sealed: bytes | memoryview) -> int:
        return bytes(sealed)[0]

    def blind_index(self, text: str | bytes, purpose: str) -> bytes:
        """HMAC-SHA256 of the text under `purpose`: equal texts meet, nothing else is learned. 32 bytes."""
        raw = text.encode() if isinstance(text, str) else text
        return hmac.digest(self._index_key, f"{purpose}\x1f".encode() + raw, "sha256")


@cache
def sealer() -> Sealer:
    """The house's sealer, keys from the settings."""
    return Sealer(settings.ENTREPOT_FIELD_KEYS, settings.ENTREPOT_INDEX_KEY)


def mask(text: str, head: int, tail: int) -> str:
    """Keep `head` and `tail` characters, a star for each between; short texts lose all but the first."""
    if len(text) <= head + tail:
        return text[:1] + "*" * max(len(text) - 1, 1)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]
