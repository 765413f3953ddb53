"""`X-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`: pay and carrier sign and check with it."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import replace

from entrepot.sandbox.wire import Answer, Refused, Request

HEADER = "X-Signature"
TOLERANCE_S = 300


def signature(secret: str, body: bytes, at: int) -> str:
    made = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def signed(secret: str, body: bytes) -> dict[str, str]:
    return {HEADER: signature(secret, body, int(time.time())), "Content-Type": "application/json; charset=utf-8"}


def wrongly_signed(body: bytes) -> dict[str, str]:
    return signed("not the agreed secret", body)


def answered(secret: str, work: Callable[[Request], Answer], request: Request, *, wrongly: bool = False) -> Answer:
    """What `work` answers, also where it refuses, with its signature; `wrongly`: with somebody else's."""
    try:
        done = work(request)
    except Refused as refused:
        done = refused.answer
    headers = wrongly_signed(done.body) if wrongly else signed(secret, done.body)
    return replace(done, headers={**done.headers, HEADER: headers[HEADER]})


def check(secret: str, request: Request) -> None:
    """Raises Refused(401) for a request that the merchant did not sign, or not just now."""
    parts = dict(part.split("=", 1) for part in request.headers.get(HEADER.lower(), "").split(",") if "=" in part)
    moment = parts.get("t", "")
    fresh = moment.isdigit() and abs(time.time() - int(moment)) <= TOLERANCE_S
    expected = signature(secret, request.body, int(moment)) if fresh else ""
    given = f"t={moment},v1={parts.get('v1', '')}"
    if not secret or not fresh or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Refused(401, "bad_signature", "the signature does not fit the body, or it is too old")
