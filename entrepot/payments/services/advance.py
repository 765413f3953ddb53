"""The one verb that moves a payment's state, and what it is told by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.payments.providers.port import Fact
from entrepot.payments.reading import payment_of, read_payment
from entrepot.payments.services.exchange import Raw
from entrepot.payments.types import Action, Captured, Outcome, Payment, PaymentState

LOCK_TIMEOUT = "2s"
CAPTURED = "payments.captured"

Settle = Callable[[Captured], object]

# A capture after we gave the payment up is still money taken: it must be known, so that it can be paid back.
_FROM: dict[PaymentState, tuple[PaymentState, ...]] = {
    PaymentState.OPEN: (PaymentState.PENDING,),
    PaymentState.AUTHORISED: (PaymentState.PENDING, PaymentState.OPEN, PaymentState.FAILED),
    PaymentState.CAPTURED: (PaymentState.PENDING, PaymentState.OPEN, PaymentState.AUTHORISED, PaymentState.FAILED),
    PaymentState.FAILED: (PaymentState.PENDING, PaymentState.OPEN, PaymentState.AUTHORISED),
}
# What each state writes down: (action, outcome, only where it was asked for and has not succeeded).
_EVENTS: dict[PaymentState, tuple[tuple[Action, Outcome, bool], ...]] = {
    PaymentState.OPEN: (),  # what was asked for was written before it was asked
    PaymentState.AUTHORISED: (
        (Action.AUTHORISE, Outcome.PENDING, False),
        (Action.AUTHORISE, Outcome.SUCCEEDED, False),
        (Action.CAPTURE, Outcome.PENDING, False),
    ),
    PaymentState.CAPTURED: (
        (Action.AUTHORISE, Outcome.SUCCEEDED, True),
        (Action.CAPTURE, Outcome.PENDING, False),
        (Action.CAPTURE, Outcome.SUCCEEDED, False),
    ),
    PaymentState.FAILED: ((Action.AUTHORISE, Outcome.FAILED, True), (Action.CAPTURE, Outcome.FAILED, True)),
}


class UnknownPayment(NotFound):
    code = "unknown_payment"
    zh = "没有这笔支付"
    en = "There is no such payment"


class AmountDiffers(Refusal):
    """The provider speaks of another amount, currency or split than was intended. The payment stays as it is."""

    code = "amount_differs"
    zh = "支付金额与订单金额不一致"
    en = "The amount paid is not the amount of the order"


class PaymentBusy(Refusal):
    """Another call held this payment, or what it pays for, for longer than the lock timeout. Nothing was written."""

    code = "payment_busy"
    status = 503
    retry_after_s = 1
    zh = "这笔支付正在处理，请稍后重试"
    en = "This payment is being worked on; please try again"


@contextmanager
def waiting() -> Iterator[None]:
    """Turns a lock that was not had in time into PaymentBusy."""
    try:
        yield
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise PaymentBusy from late
        raise


def advance(*, fact: Fact, raw: Raw, now: datetime, then: Settle | None = None) -> Captured:
    """Move a payment to what the provider says, keep what was said, and settle: all in one transaction of its own.

    However often and in whatever order a provider says it, the state moves once (`fresh`), forward, and for exactly
    the amount, currency and shares intended. `then` is called inside the transaction by the one call that captured;
    without it the event `payments.captured` {payment_id, order_id} is told instead.
    Refuses UnknownPayment, AmountDiffers (what was said is kept all the same), PaymentBusy.
    """
    params = _params(fact, now) | raw.params()
    with waiting(), transaction.atomic(durable=True):
        rows = sql.hot_rows(sql.load("payments", "advance"), params)
        if rows:
            payment = payment_of(rows[0])
            fresh = payment.state is PaymentState.CAPTURED
            if fresh:
                _settle(Captured(payment, fresh=True), then)
            return Captured(payment, fresh=fresh)
        found = read_payment(buyer_id=fact.buyer_id, payment_id=fact.payment_id)
    if found is None:
        raise UnknownPayment(what=str(fact.payment_id))
    if not _agrees(found, fact):
        raise AmountDiffers
    return Captured(found, fresh=False)


def _settle(captured: Captured, then: Settle | None) -> None:
    if then is not None:
        then(captured)
        return
    payment = captured.payment
    emit(
        topic=CAPTURED,
        aggregate_id=payment.id,
        buyer_id=payment.buyer_id,
        payload={"payment_id": str(payment.id), "order_id": str(payment.order_id)},
    )


def _agrees(payment: Payment, fact: Fact) -> bool:
    told = {(number, amount_minor) for number, amount_minor, _ in fact.splits}
    return (payment.currency, payment.amount_minor) == (fact.currency, fact.amount_minor) and all(
        (split.number, split.amount_minor) in told for split in payment.splits
    )


def _params(fact: Fact, now: datetime) -> dict[str, Any]:
    captured = fact.state is PaymentState.CAPTURED
    events = _EVENTS[fact.state]
    return {
        "buyer_id": fact.buyer_id,
        "payment_id": fact.payment_id,
        "from_states": [state.value for state in _FROM[fact.state]],
        "state": fact.state.value,
        "currency": fact.currency,
        "amount_minor": fact.amount_minor,
        "provider_payment": fact.provider_payment,
        "company_code": fact.company_code,
        "company_name": fact.company_name,
        "payer_check": fact.payer_check.value,
        "verifying_department": fact.verifying_department,
        "verifying_transaction": fact.verifying_transaction,
        "captured_at": fact.captured_at if captured else None,
        "numbers": [number for number, _, _ in fact.splits],
        "amounts": [amount_minor for _, amount_minor, _ in fact.splits],
        "transactions": [transaction if captured else None for _, _, transaction in fact.splits],
        "event_ids": [new_id() for _ in events],
        "actions": [action.value for action, _, _ in events],
        "outcomes": [outcome.value for _, outcome, _ in events],
        "if_asked": [if_asked for _, _, if_asked in events],
        "told_at": fact.captured_at or now,
        "lock_timeout": LOCK_TIMEOUT,
        "now": now,
    }
