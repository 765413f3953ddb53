"""JSON calls to a party that signs what it says, as we do (`signatures`), and what came of them, word for word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from entrepot.kit import outside, signatures

# Answers that say "not now" or "not you" rather than "no": the same request may be taken later.
_NOT_FINAL = {401, 403, 404, 405, 408, 425, 429}
# … except for these codes of the protocol, which only the party itself says.
_FINAL_CODES = {"unknown_payment", "unknown_refund", "unknown_waybill"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is what an authentic 2xx answer holds, `refused` the code of an authentic "no" that will stay one.

    Neither: what the party did is unknown. `response` is the text of the answer, or why there is none; then `status`
    is None.
    """

    request: str
    response: str
    status: int | None
    content: Mapping[str, Any] | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside with an address and a shared secret."""

    url: str
    secret: str
    timeout_s: float
    bytes_max: int = 256 * 1024

    def ask(self, path: str, wish: Mapping[str, Any], now: datetime) -> Answer:
        """Never raises for what the party does or fails to do."""
        body = json.dumps(wish, ensure_ascii=False, separators=(",", ":")).encode()
        reply = self.fetch(path, body, now)
        if isinstance(reply, str):
            return Answer(body.decode(), reply, None)
        answer = Answer(body.decode(), reply.body.decode("utf-8", "replace"), reply.status)
        content = _object(reply.body)
        if content is None:
            return answer
        if not 200 <= reply.status < 500 or not self.said(reply, now):
            return answer
        code = content.get("code")
        if reply.status >= 400 and isinstance(code, str):
            final = reply.status not in _NOT_FINAL or code in _FINAL_CODES
            return replace(answer, refused=code[:60] if final else "")
        if reply.status >= 300:
            return answer
        return replace(answer, content=content)

    def fetch(self, path: str, body: bytes, now: datetime) -> outside.Reply | str:
        """The signed request's bare reply, or why there is none."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            signatures.HEADER: signatures.signature(secret=self.secret, body=body, at=now),
        }
        try:
            return outside.post(self.url + path, body, headers, timeout_s=self.timeout_s, bytes_max=self.bytes_max)
        except outside.NoReply as silence:
            return str(silence)

    def said(self, reply: outside.Reply, now: datetime) -> bool:
        return signatures.fits(secret=self.secret, body=reply.body, headers=reply.headers, now=now)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
