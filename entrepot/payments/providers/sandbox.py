"""The sandbox provider over HTTP. Every message is signed and checked, both ways (`kit.signatures`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from entrepot.kit import outside, signatures
from entrepot.payments.providers.port import Fact, Movement, No, Opened, Order, RefundFact, Said, Unreadable
from entrepot.payments.types import PayerCheck, PaymentState, RefundState

answer_bytes_max = 256 * 1024
statement_bytes_max = 64 * 1024 * 1024

_STATES = {"open": PaymentState.OPEN, "captured": PaymentState.CAPTURED, "closed": PaymentState.FAILED}
_REFUND_STATES = {"pending": RefundState.PENDING, "done": RefundState.DONE}


class SandboxProvider:
    def __init__(self, url: str, secret: str, timeout_s: float) -> None:
        self._url, self._secret, self._timeout_s = url, secret, timeout_s

    def create(self, order: Order, now: datetime) -> tuple[Said, Opened | No | None]:
        name, id_number = order.payer
        said, content = self._ask(
            "/v1/payments",
            {
                "request_id": str(order.payment_id),
                "attach": str(order.buyer_id),
                "merchant_order": order.order_number,
                "currency": order.currency,
                "amount_minor": order.amount_minor,
                "splits": [{"number": number, "amount_minor": minor} for number, minor in order.splits],
                "payer": {"name": name, "id_number": id_number},
                "return_url": order.return_url,
                "notify_url": order.notify_url,
                "language": order.language,
                "expires_at": order.pay_until.isoformat() if order.pay_until else None,
            },
            now,
        )
        if not isinstance(content, dict):
            return said, content
        try:
            return said, Opened(_fact(content), str(content["cashier_url"]))
        except (KeyError, ValueError, TypeError):
            return said, None

    def query(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        said, content = self._ask("/v1/payments/query", {"request_id": str(payment_id)}, now)
        if not isinstance(content, dict):
            return said, content
        try:
            return said, _fact(content)
        except (KeyError, ValueError, TypeError):
            return said, None

    def refund(self, refund: RefundFact, now: datetime) -> tuple[Said, RefundFact | No | None]:
        said, content = self._ask(
            "/v1/refunds",
            {
                "request_id": str(refund.refund_id),
                "payment_request_id": str(refund.payment_id),
                "amount_minor": refund.amount_minor,
            },
            now,
        )
        if not isinstance(content, dict):
            return said, content
        try:
            return said, _refund_fact(content)
        except (KeyError, ValueError, TypeError):
            return said, None

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Fact | RefundFact:
        if not signatures.fits(secret=self._secret, body=body, headers=headers, now=now):
            raise Unreadable("signature")
        try:
            content = json.loads(body)
            if content["type"].startswith("refund."):
                return _refund_fact(content["data"])
            return _fact(content["data"])
        except (KeyError, ValueError, TypeError, AttributeError) as wrong:
            raise Unreadable("content") from wrong

    def statement(self, day: date, now: datetime) -> Sequence[Movement] | None:
        body = _json({"day": day.isoformat()})
        try:
            reply = self._post("/v1/statements", body, now, statement_bytes_max, self._timeout_s * 6)
        except outside.NoReply:
            return None
        if reply.status != 200 or not self._authentic(reply, now):
            return None
        try:
            return [_movement(row) for row in csv.DictReader(io.StringIO(reply.body.decode()))]
        except (KeyError, ValueError, TypeError):
            return None

    def _ask(self, path: str, wish: Mapping[str, Any], now: datetime) -> tuple[Said, dict[str, Any] | No | None]:
        """What was said, and the answer's object; No for a refusal that will not change; None if nothing is known."""
        body = _json(wish)
        try:
            reply = self._post(path, body, now, answer_bytes_max, self._timeout_s)
        except outside.NoReply as silence:
            return Said(body.decode(), str(silence), None), None
        said = Said(body.decode(), reply.body.decode("utf-8", "replace"), reply.status)
        try:
            content = json.loads(reply.body)
        except ValueError:
            return said, None
        if not isinstance(content, dict):
            return said, None
        if 400 <= reply.status < 500 and reply.status not in {401, 408, 429}:
            return said, No(str(content.get("code", reply.status))[:60])
        if not 200 <= reply.status < 300 or not self._authentic(reply, now):
            return said, None
        return said, content

    def _post(self, path: str, body: bytes, now: datetime, bytes_max: int, timeout_s: float) -> outside.Reply:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            signatures.HEADER: signatures.signature(secret=self._secret, body=body, at=now),
        }
        return outside.post(self._url + path, body, headers, timeout_s=timeout_s, bytes_max=bytes_max)

    def _authentic(self, reply: outside.Reply, now: datetime) -> bool:
        return signatures.fits(secret=self._secret, body=reply.body, headers=reply.headers, now=now)


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise ValueError("not an amount in minor units")
    return value


def _text(value: Any, length_max: int) -> str:
    if not isinstance(value, str) or len(value) > length_max or "\x00" in value:
        raise ValueError("not a text of the agreed length")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


def _fact(view: Mapping[str, Any]) -> Fact:
    state, captured_at = _STATES[view["state"]], _moment(view["captured_at"])
    splits = [
        (_text(part["number"], 60), _whole(part["amount_minor"]), _text(part.get("transaction") or "", 60) or None)
        for part in view["splits"]
    ]
    if state is PaymentState.CAPTURED and (captured_at is None or any(part[2] is None for part in splits)):
        raise ValueError("captured without a time or a transaction")
    return Fact(
        payment_id=UUID(view["request_id"]),
        buyer_id=UUID(view["attach"]),
        state=state,
        provider_payment=_text(view["payment"], 64),
        currency=_text(view["currency"], 3),
        amount_minor=_whole(view["amount_minor"]),
        captured_at=captured_at,
        payer_check=PayerCheck(view["payer_check"]),
        verifying_department=_text(view["verifying_department"], 1),
        verifying_transaction=_text(view["verifying_transaction"], 64),
        company_code=_text(view["company"]["code"], 18),
        company_name=_text(view["company"]["name"], 100),
        splits=tuple(splits),
    )


def _refund_fact(view: Mapping[str, Any]) -> RefundFact:
    state, done_at = _REFUND_STATES[view["state"]], _moment(view["done_at"])
    if state is RefundState.DONE and done_at is None:
        raise ValueError("done without a time")
    return RefundFact(
        refund_id=UUID(view["request_id"]),
        payment_id=UUID(view["payment_request_id"]),
        buyer_id=UUID(view["attach"]),
        state=state,
        provider_refund=_text(view["refund"], 64),
        amount_minor=_whole(view["amount_minor"]),
        done_at=done_at,
    )


def _movement(row: Mapping[str, Any]) -> Movement:
    if row["kind"] not in {"capture", "refund"}:
        raise ValueError("neither capture nor refund")
    at = _moment(row["at"])
    if at is None:
        raise ValueError("a movement without its time")
    return Movement(
        kind=row["kind"],
        request_id=_text(row["request_id"], 64),
        payment_id=_text(row["payment_request_id"], 64),
        currency=_text(row["currency"], 3),
        amount_minor=_whole(int(row["amount_minor"])),
        at=at,
    )
