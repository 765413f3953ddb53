from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from entrepot.outbox.services import defer
from entrepot.payments import providers
from entrepot.payments.models import Payment as PaymentRow
from entrepot.payments.providers.port import Fact
from entrepot.payments.reading import read_payment, unbegun
from entrepot.payments.rules import forget_after
from entrepot.payments.services.advance import Settle, UnknownPayment, advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.services.keep import keep
from entrepot.payments.services.opening import ProviderSilent
from entrepot.payments.services.query import UNSETTLED
from entrepot.payments.types import Payment, PaymentState

CLOSE = "payments.close"
GIVEN_UP_MAX = 10_000  # in one go


def close(*, payment_id: UUID, buyer_id: UUID, now: datetime, then: Settle | None = None) -> Payment:
    """Tell the provider that a payment is not wanted any more: what it reserved is free again, and its cashier takes
    nothing. One that was taken meanwhile stays as it is: its notice tells. Returns it as it stands. Repeatable; calls
    outside, so not inside a transaction. `then` as in `take_notice`. Refuses UnknownPayment, ProviderSilent,
    AmountDiffers.
    """
    with transaction.atomic(durable=True):
        payment = read_payment(buyer_id=buyer_id, payment_id=payment_id)
    if payment is None:
        raise UnknownPayment(what=str(payment_id))
    if payment.state not in UNSETTLED:
        return payment
    said, answer = providers.provider(payment.provider).close(payment.id, now)
    raw = Raw("close", said)
    if isinstance(answer, Fact):
        return advance(fact=answer, raw=raw, now=now, then=then).payment
    keep(raw=raw, payment_id=payment.id, buyer_id=payment.buyer_id, now=now)
    if answer is None:
        raise ProviderSilent
    return payment


def not_to_be_paid(*, payment: Payment, now: datetime) -> None:
    """What was to be paid for is not wanted any more, in the caller's transaction. Who has not been to the cashier is
    not let in any more (`begin` refuses PaymentClosed); the worker has an open one closed."""
    mine = PaymentRow.objects.filter(buyer_id=payment.buyer_id, id=payment.id, state=PaymentState.PENDING)
    if not mine.update(pay_until=now):
        close_later(payment=payment)


def give_up(*, payment: Payment, now: datetime) -> bool:
    """A payment whose time is over and that nobody went to the cashier for has failed. True if its provider knows
    nothing of it, so that it need not be asked. Whoever began it at this very moment and pays is paid back."""
    mine = PaymentRow.objects.filter(unbegun(), buyer_id=payment.buyer_id, id=payment.id)
    return bool(mine.update(state=PaymentState.FAILED, ask_at=None, changed_at=now))


def give_up_unbegun(*, now: datetime) -> int:
    """All of them that would be asked about; returns how many."""
    over = Q(pay_until__lt=now) | Q(pay_until=None, created_at__lt=now - forget_after)
    found = PaymentRow.objects.filter(over, unbegun(), ask_at__lte=now).order_by("ask_at")
    ids = list(found.values_list("id", flat=True)[:GIVEN_UP_MAX])
    return PaymentRow.objects.filter(unbegun(), id__in=ids).update(
        state=PaymentState.FAILED, ask_at=None, changed_at=now
    )


def close_later(*, payment: Payment) -> bool:
    """Order that in the caller's transaction; the worker calls the provider. False where there is nothing to close."""
    if payment.state not in UNSETTLED:
        return False
    args = {"payment_id": str(payment.id), "buyer_id": str(payment.buyer_id)}
    defer(job=CLOSE, lock=f"payment:{payment.id}", args=args)
    return True
