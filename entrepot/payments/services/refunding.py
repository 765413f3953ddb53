from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.outbox.services import defer
from entrepot.payments import providers, rules
from entrepot.payments.models import Refund as RefundRow
from entrepot.payments.providers.port import No, RefundFact
from entrepot.payments.reading import read_payment, refund_of
from entrepot.payments.services.advance import LOCK_TIMEOUT, AmountDiffers, UnknownPayment, waiting
from entrepot.payments.services.exchange import Raw
from entrepot.payments.services.keep import keep
from entrepot.payments.services.opening import ProviderSilent
from entrepot.payments.types import AGAIN, Payment, Refund, RefundState

GIVE_BACK = "payments.give_back"
reason_chars_max = 200
key_chars_max = 120


class NothingToRefund(Refusal):
    code = "nothing_to_refund"
    zh = "该支付尚未完成，无法退款"
    en = "Nothing was paid, so nothing can be refunded"


class RefundTooLarge(Refusal):
    code = "refund_too_large"
    status = 422
    zh = "退款金额超过可退金额（最小货币单位：{left}）"
    en = "The refund is more than what is left to refund ({left} minor units)"


class RefundKeyReused(Refusal):
    code = "refund_key_reused"
    status = 422
    zh = "同一退款请求号已用于另一金额"
    en = "This refund key was used for another amount"


class RefundRefused(Refusal):
    """The provider said no, and the money is still to go back: the job asks again, and at last waits for a person."""

    code = "refund_refused"
    zh = "支付服务拒绝退款（{reason}）"
    en = "The payment service refuses to pay back ({reason})"


class UnknownRefund(NotFound):
    code = "unknown_refund"
    zh = "没有这笔退款"
    en = "There is no such refund"


def refund(*, payment_id: UUID, buyer_id: UUID, amount_minor: int, reason: str, key: str, now: datetime) -> Refund:
    """Pay back all or a part. The same key again returns the same refund, whatever happened in between.

    The refund is stored as pending before the provider hears of it. If the provider does not answer, or answers
    "later", it stays pending and is asked again by the clock with the same id: money goes back once.
    Calls outside, so not inside a transaction.
    Refuses UnknownPayment, NothingToRefund, RefundTooLarge, RefundKeyReused (field names the input), PaymentBusy.
    """
    if amount_minor <= 0 or not 0 < len(key) <= key_chars_max:
        raise ValueError("a positive amount and a key")
    wish = {
        "id": new_id(),
        "event_id": new_id(),
        "buyer_id": buyer_id,
        "payment_id": payment_id,
        "key": key,
        "amount_minor": amount_minor,
        "reason": reason[:reason_chars_max],
        "ask_at": now + rules.refund_pause_min,
        "lock_timeout": LOCK_TIMEOUT,
        "now": now,
    }
    with transaction.atomic(durable=True):
        _take(wish)
        payment = read_payment(buyer_id=buyer_id, payment_id=payment_id)
        row = RefundRow.objects.filter(buyer_id=buyer_id, payment_id=payment_id, key=key).values().first()
    if payment is None:
        raise UnknownPayment(what=str(payment_id))
    if row is None:
        _refuse(payment)
    stored = refund_of(row, payment.currency)
    if stored.amount_minor != amount_minor:
        raise RefundKeyReused(field="key")
    if stored.state is not RefundState.PENDING:
        return stored
    return _tell_provider(payment, stored, now) or stored


def give_back_later(*, payment_id: UUID, buyer_id: UUID, amount_minor: int, key: str) -> None:
    """Order a refund in the caller's transaction; the provider is called by the worker. One refund per key."""
    args = {"payment_id": str(payment_id), "buyer_id": str(buyer_id), "amount_minor": amount_minor, "key": key}
    defer(job=GIVE_BACK, lock=f"refund:{payment_id}", args=args)


def give_back(*, payment_id: UUID, buyer_id: UUID, amount_minor: int, key: str, now: datetime) -> None:
    """Refund what `give_back_later` ordered. Outside a transaction; repeating it refunds once.

    What the provider refused (no money in the account there, say) is asked for anew as a refund of its own. Refuses
    RefundRefused and what `refund` refuses.
    """
    reason, again = key.partition(":")[0], f"{key}{AGAIN}"
    refused = RefundRow.objects.filter(buyer_id=buyer_id, payment_id=payment_id, state=RefundState.FAILED)
    if times := refused.filter(Q(key=key) | Q(key__startswith=again)).count():
        key = f"{again}{times}"
    row = refund(payment_id=payment_id, buyer_id=buyer_id, amount_minor=amount_minor, reason=reason, key=key, now=now)
    if row.state is RefundState.FAILED:
        raise RefundRefused(
            reason=RefundRow.objects.values_list("refusal", flat=True).get(buyer_id=buyer_id, id=row.id)
        )


def put_refund_off(*, refund_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """As `put_off` of a payment."""
    rows = RefundRow.objects.filter(buyer_id=buyer_id, id=refund_id, state=RefundState.PENDING)
    rows.update(ask_at=now + rules.refund_pause_min)


def ask_refund_again(*, refund_id: UUID, buyer_id: UUID, now: datetime) -> Refund:
    """Say a pending refund to its provider once more. What it refuses now is ordered anew: the job that wanted it ended
    when it was asked for. Refuses UnknownRefund, ProviderSilent."""
    with transaction.atomic(durable=True):
        row = RefundRow.objects.filter(buyer_id=buyer_id, id=refund_id).values().first()
        payment = read_payment(buyer_id=buyer_id, payment_id=row["payment_id"]) if row else None
    if row is None or payment is None:
        raise UnknownRefund(what=str(refund_id))
    stored = refund_of(row, payment.currency)
    if stored.state is not RefundState.PENDING:
        return stored
    told = _tell_provider(payment, stored, now, anew=True)
    if told is None:
        raise ProviderSilent
    return told


def _take(wish: dict[str, Any]) -> None:
    try:
        with transaction.atomic(), waiting():
            sql.rows(sql.load("payments", "ask_refund"), wish)
    except IntegrityError:
        return  # the same key at the same moment: the other call's refund is the one


def _refuse(payment: Payment) -> NoReturn:
    if not payment.is_captured:
        raise NothingToRefund
    raise RefundTooLarge(field="amount_minor", left=payment.refundable_minor)


def _tell_provider(payment: Payment, refund: Refund, now: datetime, *, anew: bool = False) -> Refund | None:
    """None where the provider is silent."""
    wish = RefundFact(
        refund_id=refund.id,
        payment_id=payment.id,
        buyer_id=payment.buyer_id,
        state=RefundState.PENDING,
        provider_refund=None,
        amount_minor=refund.amount_minor,
        done_at=None,
    )
    said, answer = providers.provider(payment.provider).refund(wish, now)
    raw = Raw("refund", said)
    if isinstance(answer, No):
        answer = RefundFact(
            refund_id=refund.id,
            payment_id=payment.id,
            buyer_id=payment.buyer_id,
            state=RefundState.FAILED,
            provider_refund=None,
            amount_minor=None,
            done_at=None,
            refusal=answer.code,
        )
    if answer is None:
        keep(raw=raw, payment_id=payment.id, buyer_id=payment.buyer_id, now=now)
        RefundRow.objects.filter(buyer_id=payment.buyer_id, id=refund.id, state=RefundState.PENDING).update(
            ask_at=rules.next_refund_ask(since=refund.requested_at, now=now)
        )
        return None
    return end_refund(fact=answer, raw=raw, now=now, anew=anew)


def end_refund(*, fact: RefundFact, raw: Raw, now: datetime, anew: bool = False) -> Refund:
    """Take over what the provider says of a refund: done, refused, or still pending. Repeats change nothing. `anew`:
    the money of a refused one is ordered once more, with it."""
    pending = fact.state is RefundState.PENDING
    with transaction.atomic(durable=True):
        row = RefundRow.objects.filter(buyer_id=fact.buyer_id, id=fact.refund_id).values().first()
        payment = read_payment(buyer_id=fact.buyer_id, payment_id=fact.payment_id)
        if row is None or payment is None or row["payment_id"] != fact.payment_id:
            raise UnknownRefund(what=str(fact.refund_id))
        params = raw.params() | {
            "buyer_id": fact.buyer_id,
            "payment_id": fact.payment_id,
            "refund_id": fact.refund_id,
            "event_id": new_id(),
            "state": fact.state.value,
            "provider_refund": fact.provider_refund,
            "amount_minor": fact.amount_minor,
            "done_at": fact.done_at if fact.state is RefundState.DONE else None,
            "refusal": fact.refusal,
            "ask_at": rules.next_refund_ask(since=row["requested_at"], now=now) if pending else None,
            "lock_timeout": LOCK_TIMEOUT,
            "now": now,
        }
        with waiting():
            rows = sql.rows(sql.load("payments", "end_refund"), params)
        if rows and anew and fact.state is RefundState.FAILED:
            key, owed = row["key"].partition(AGAIN)[0], row["amount_minor"]
            give_back_later(payment_id=payment.id, buyer_id=payment.buyer_id, amount_minor=owed, key=key)
    if fact.amount_minor is not None and fact.amount_minor != row["amount_minor"]:
        raise AmountDiffers
    return refund_of(rows[0] if rows else row, payment.currency)
