"""Ask a provider to declare a parcel's share to customs, and follow what becomes of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F

from entrepot.kit.discreet import discreet
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.kit.sealing import sealer
from entrepot.payments import declarers
from entrepot.payments.declarers.port import UNKNOWN_SHARE, Declared, Known, Mode, Refused, Request
from entrepot.payments.models import ShareDeclaration
from entrepot.payments.reading import read_payment, share_of
from entrepot.payments.services.advance import UnknownPayment
from entrepot.payments.services.exchange import Raw
from entrepot.payments.services.keep import keep
from entrepot.payments.types import DeclaredShare, PayerCheck, Payment, ShareState, ShareWish

_OPEN = (ShareState.PENDING, ShareState.ACCEPTED)
_ENDED_BADLY = (ShareState.REFUSED, ShareState.FAILED)


class DeclarerSilent(Refusal):
    """No answer, none that can be trusted, or a fault there. The same call again is the same request there."""

    code = "declarer_silent"
    status = 503
    zh = "支付企业暂未应答支付单申报，将自动重试"
    en = "The provider does not answer about the payment's declaration right now; it is asked again by itself"


class UnknownShare(NotFound):
    code = "unknown_share"
    zh = "没有这笔支付单申报：{what}"
    en = "No such share of a payment was declared: {what}"


def declare_share(*, wish: ShareWish, now: datetime, again: bool = False) -> DeclaredShare:
    """Ask the chosen provider to declare one parcel's share. What it refuses is told by the state, never raised.

    Stored before the provider hears of it, under a name for ever: asked again it is told the same, and asked nothing
    once it has answered. `again`: a person wants it declared once more, after a refusal or with a changed content.
    Calls outside, so not inside a transaction. Refuses UnknownPayment, UnknownShare (no such share of that payment),
    DeclarerNotSetUp, NoPlace, DeclarerSilent. Raises ValueError for more than the share.
    """
    with transaction.atomic(durable=True):
        payment = _payment(wish.payment_id, wish.buyer_id)
        _check(payment, wish)
        row = _row(wish, declarers.place(wish.customs_code), now)
        row = _renewed(row, wish, again, now)
    if row.state != ShareState.PENDING:
        return share_of(row)
    said, answer = declarers.declarer(row.declarer).declare(_request(row, payment, wish), now)
    keep(raw=Raw("declare", said), payment_id=payment.id, buyer_id=payment.buyer_id, now=now)
    return _take(row, answer, now)


def query_share(*, payment_id: UUID, buyer_id: UUID, number: str, now: datetime) -> DeclaredShare:
    """How a share stands that the provider has: asked where it is not decided. Refuses UnknownShare, DeclarerNotSetUp,
    DeclarerSilent, UnknownPayment. Calls outside, so not inside a transaction."""
    with transaction.atomic(durable=True):
        rows = ShareDeclaration.objects.filter(buyer_id=buyer_id, payment_id=payment_id, number=number)
        row = rows.first()
        payment = _payment(payment_id, buyer_id)
    if row is None:
        raise UnknownShare(what=number)
    if row.state not in _OPEN:
        return share_of(row)
    known = Known(row.id.hex, payment_id, number, is_split(payment, number), row.place)
    said, answer = declarers.declarer(row.declarer).query(known, now)
    keep(raw=Raw("declare_query", said), payment_id=payment_id, buyer_id=buyer_id, now=now)
    if answer == Refused(UNKNOWN_SHARE):
        # What was accepted cannot have gone; what was only asked for has not arrived, and is asked for again.
        answer = None
    return _take(row, answer, now)


def is_split(payment: Payment, number: str) -> bool:
    """Customs is told of a part, under the parcel's number, unless that is the number of the payment itself."""
    return number != payment.id.hex


def _payment(payment_id: UUID, buyer_id: UUID) -> Payment:
    payment = read_payment(buyer_id=buyer_id, payment_id=payment_id)
    if payment is None:
        raise UnknownPayment(what=str(payment_id))
    return payment


def _check(payment: Payment, wish: ShareWish) -> None:
    share = next((one for one in payment.splits if one.number == wish.number), None)
    if share is None or not payment.is_captured:
        raise UnknownShare(what=wish.number)
    if not 0 < wish.amount_minor <= share.amount_minor or not 0 <= wish.freight_minor <= wish.amount_minor:
        raise ValueError("a part of what was paid for this parcel")
    if payment.currency != "CNY":
        raise ValueError("only yuan are declared")


def _fingerprint(wish: ShareWish) -> bytes:
    return sealer().blind_index(msgspec.json.encode(asdict(wish)).decode(), "payments.share_declaration")


def _row(wish: ShareWish, place: str, now: datetime) -> ShareDeclaration:
    row, _ = ShareDeclaration.objects.get_or_create(
        buyer_id=wish.buyer_id,
        payment_id=wish.payment_id,
        number=wish.number,
        defaults={
            "id": new_id(),
            "declarer": declarers.chosen(),
            "place": place,
            "state": ShareState.PENDING,
            "mode": Mode.NEW,
            "fingerprint": _fingerprint(wish),
            "amount_minor": wish.amount_minor,
            "asked_at": now,
            "changed_at": now,
        },
    )
    return row


def _renewed(row: ShareDeclaration, wish: ShareWish, again: bool, now: datetime) -> ShareDeclaration:
    """The row as it stands, or a new round of it where a person wants one. One caller opens a round."""
    fingerprint = _fingerprint(wish)
    changed = bytes(row.fingerprint) != fingerprint
    if not again or row.state == ShareState.PENDING or not (changed or row.state in _ENDED_BADLY):
        return row
    known_there = bool(row.customs_number)
    mode = (Mode.CHANGED if changed else Mode.AGAIN) if known_there else Mode.NEW
    ShareDeclaration.objects.filter(buyer_id=row.buyer_id, id=row.id, round=row.round).exclude(
        state=ShareState.PENDING
    ).update(
        state=ShareState.PENDING,
        round=F("round") + 1,
        mode=mode,
        fingerprint=fingerprint,
        amount_minor=wish.amount_minor,
        place=declarers.place(wish.customs_code),
        refusal="",
        words="",
        asked_at=now,
        changed_at=now,
    )
    return ShareDeclaration.objects.get(buyer_id=row.buyer_id, id=row.id)


def _request(row: ShareDeclaration, payment: Payment, wish: ShareWish) -> Request:
    return Request(
        request_id=row.id.hex,
        mode=Mode(row.mode),
        payment_id=payment.id,
        provider_payment=payment.provider_payment or "",
        number=wish.number,
        split=is_split(payment, wish.number),
        amount_minor=wish.amount_minor,
        freight_minor=wish.freight_minor,
        tax_minor=wish.tax_minor,
        place=row.place,
        merchant=wish.merchant,
        payer=wish.payer,
    )


def _take(row: ShareDeclaration, answer: Declared | Refused | None, now: datetime) -> DeclaredShare:
    """Write down what was answered, if it is for this round and the share is not decided. Refuses DeclarerSilent."""
    news = _news(row, answer)
    values = {"asks": F("asks") + 1, **news, **({"changed_at": now} if "state" in news else {})}
    # An answer that comes late says "on its way" of what was decided meanwhile: decided stays decided.
    mine = ShareDeclaration.objects.filter(buyer_id=row.buyer_id, id=row.id, round=row.round, state__in=_OPEN)
    mine.update(**values)
    found = ShareDeclaration.objects.get(buyer_id=row.buyer_id, id=row.id)
    if found.state == ShareState.PENDING or answer is None:
        raise DeclarerSilent
    return share_of(found)


def _news(row: ShareDeclaration, answer: Declared | Refused | None) -> dict[str, Any]:
    """The columns that an answer fills. What it leaves out stays as it was told before."""
    if isinstance(answer, Refused):
        return {"state": ShareState.REFUSED, "refusal": answer.code, "words": discreet(answer.words)}
    number = answer.customs_number or row.customs_number if answer else ""
    if answer is None or (not number and answer.state is not ShareState.FAILED):
        return {}
    told = {
        "customs_number": answer.customs_number,
        "customs_order": answer.customs_order,
        "company_code": answer.company_code,
        "amount_minor": answer.amount_minor,
        "payer_check": "" if answer.payer_check is PayerCheck.UNCHECKED else answer.payer_check,
        "verifying_department": answer.verifying_department,
        "verifying_transaction": answer.verifying_transaction,
        "words": discreet(answer.words),
    }
    return {"state": answer.state, **{name: value for name, value in told.items() if value}}
