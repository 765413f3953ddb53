"""HMAC signatures of messages between us and outside parties, both ways.

`X-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. The time inside keeps a copied message from being
played back later; what was played back within the tolerance meets verbs that are idempotent.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

HEADER = "X-Signature"
tolerance_s = 300


def signature(*, secret: str, body: bytes, at: datetime) -> str:
    """The header's value for `body` at `at`. Raises ValueError without a secret: an empty key can be guessed."""
    if not secret:
        raise ValueError("no secret is set for this party")
    moment = int(at.timestamp())
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"


def fits(*, secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Whether the body was signed with the secret, within `tolerance_s` of now. Compares in constant time."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "")
    moment = given.partition(",")[0].removeprefix("t=")
    if not secret or not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        return False
    if abs(now.timestamp() - int(moment)) > tolerance_s:
        return False
    expected = signature(secret=secret, body=body, at=datetime.fromtimestamp(int(moment), now.tzinfo))
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
