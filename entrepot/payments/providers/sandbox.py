"""The sandbox provider over HTTP. Every message is signed and checked, both ways (`kit.signatures`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from entrepot.kit import signatures, signed
from entrepot.payments.providers.port import Fact, Movement, No, Opened, Order, RefundFact, Said, Unreadable
from entrepot.payments.types import PayerCheck, PaymentState, RefundState

statement_bytes_max = 64 * 1024 * 1024

Meaning = TypeVar("Meaning")

_STATES = {
    "open": PaymentState.OPEN,
    "authorised": PaymentState.AUTHORISED,
    "captured": PaymentState.CAPTURED,
    "closed": PaymentState.FAILED,
}
_REFUND_STATES = {"pending": RefundState.PENDING, "done": RefundState.DONE}


class SandboxProvider:
    def __init__(self, url: str, secret: str, timeout_s: float, *, authorises_first: bool = False) -> None:
        self._party = signed.Party(url, secret, timeout_s)
        self.authorises_first = authorises_first

    def create(self, order: Order, now: datetime) -> tuple[Said, Opened | No | None]:
        name, id_number = order.payer
        wish = {
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
            "authorise_first": self.authorises_first,
            "expires_at": order.pay_until.isoformat() if order.pay_until else None,
        }
        return self._ask("/v1/payments", wish, now, lambda view: Opened(_fact(view), str(view["cashier_url"])))

    def query(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        return self._ask("/v1/payments/query", {"request_id": str(payment_id)}, now, _fact)

    def capture(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        return self._ask("/v1/payments/capture", {"request_id": str(payment_id)}, now, _fact)

    def close(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        return self._ask("/v1/payments/close", {"request_id": str(payment_id)}, now, _fact)

    def refund(self, refund: RefundFact, now: datetime) -> tuple[Said, RefundFact | No | None]:
        wish = {
            "request_id": str(refund.refund_id),
            "payment_request_id": str(refund.payment_id),
            "amount_minor": refund.amount_minor,
        }
        return self._ask("/v1/refunds", wish, now, _refund_fact)

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Fact | RefundFact:
        if not signatures.fits(secret=self._party.secret, body=body, headers=headers, now=now):
            raise Unreadable("signature")
        try:
            content = json.loads(body.decode())
            if content["type"].startswith("refund."):
                return _refund_fact(content["data"])
            return _fact(content["data"])
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as wrong:
            raise Unreadable("content") from wrong

    def statement(self, day: date, now: datetime) -> Sequence[Movement] | None:
        party = replace(self._party, bytes_max=statement_bytes_max, timeout_s=self._party.timeout_s * 6)
        reply = party.fetch("/v1/statements", json.dumps({"day": day.isoformat()}).encode(), now)
        if isinstance(reply, str) or reply.status != 200 or not party.said(reply, now):
            return None
        try:
            return [_movement(row) for row in csv.DictReader(io.StringIO(reply.body.decode()))]
        except (KeyError, ValueError, TypeError, csv.Error):
            return None

    def _ask(
        self, path: str, wish: Mapping[str, Any], now: datetime, read: Callable[[Mapping[str, Any]], Meaning]
    ) -> tuple[Said, Meaning | No | None]:
        answer = self._party.ask(path, wish, now)
        said = Said(answer.request, answer.response, answer.status)
        if answer.refused:
            return said, No(answer.refused)
        if answer.content is None:
            return said, None
        try:
            if answer.content["request_id"] != wish["request_id"]:  # signed, but about something else
                return said, None
            return said, read(answer.content)
        except (KeyError, ValueError, TypeError, AttributeError):
            return said, None


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise ValueError("not an amount in minor units")
    return value


def _text(value: Any, length_max: int) -> str:
    if not isinstance(value, str) or len(value) > length_max or "\x00" in value:
        raise ValueError("not a text of the agreed length")
    value.encode()  # halves of surrogate pairs are not text either: UnicodeEncodeError is a ValueError
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as wrong:  # there it is still year 1 or 9999, here it would be none
        raise ValueError("not a time") from wrong


def _fact(view: Mapping[str, Any]) -> Fact:
    state, captured_at = _STATES[view["state"]], _moment(view["captured_at"])
    splits = [
        (_text(part["number"], 60), _whole(part["amount_minor"]), _text(part.get("transaction") or "", 60) or None)
        for part in view["splits"]
    ]
    transactions = {part[2] for part in splits} - {None}
    if state is PaymentState.CAPTURED and (captured_at is None or len(transactions) < len(splits)):
        raise ValueError("captured without a time or a transaction for each share")
    if state is PaymentState.CAPTURED and not view["payment"]:
        raise ValueError("captured without a number")
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
