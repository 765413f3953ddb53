from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.payments import providers, rules
from entrepot.payments.models import Payment as PaymentRow
from entrepot.payments.providers.port import UNKNOWN_PAYMENT, Fact, No
from entrepot.payments.reading import read_payment
from entrepot.payments.services.advance import AmountDiffers, Settle, UnknownPayment, advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.services.keep import keep
from entrepot.payments.services.opening import ProviderSilent
from entrepot.payments.types import Captured, PayerCheck, Payment, PaymentState

UNSETTLED = (PaymentState.PENDING, PaymentState.OPEN, PaymentState.AUTHORISED)


def query(*, payment_id: UUID, buyer_id: UUID, now: datetime, then: Settle | None = None) -> Captured:
    """Ask the provider how a payment stands and take over its answer: for a buyer who returns and for lost notices.

    What is only authorised is captured. A payment that is captured or failed here is not asked about. Calls outside,
    so not inside a transaction.
    `then` as in `take_notice`. Refuses UnknownPayment, ProviderSilent, AmountDiffers, PaymentBusy.
    """
    with transaction.atomic(durable=True):
        payment = read_payment(buyer_id=buyer_id, payment_id=payment_id)
    if payment is None:
        raise UnknownPayment(what=str(payment_id))
    if payment.state not in UNSETTLED:
        return Captured(payment, fresh=False)
    return ask(payment=payment, now=now, then=then)


def put_off(*, payment_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Not to be asked about at once again, whatever comes of asking: an answer that breaks us must not keep those
    behind it from being asked. An answer that we understand says itself when to ask again."""
    rows = PaymentRow.objects.filter(buyer_id=buyer_id, id=payment_id, state__in=UNSETTLED)
    rows.update(ask_at=now + rules.first_ask)


def ask(*, payment: Payment, now: datetime, then: Settle | None) -> Captured:
    """As `query`, whatever the payment's state here."""
    said, answer = providers.provider(payment.provider).query(payment.id, now)
    if answer is None:
        _ask_later(payment, now)
        raise ProviderSilent
    if isinstance(answer, No):
        forgotten = answer.code == UNKNOWN_PAYMENT and _is_forgotten(payment, now)
        if not forgotten:
            _ask_later(payment, now)
            return Captured(payment, fresh=False)
        answer = _never_heard_of(payment)
    # An answer that moves nothing is not worth keeping: there is one every few minutes.
    try:
        captured = advance(fact=answer, raw=Raw("query", said, keep_always=False), now=now, then=then)
    except AmountDiffers:  # it will say so again: a person learns of it from the statement
        _ask_later(payment, now)
        raise
    if captured.payment.state is PaymentState.AUTHORISED:
        return _capture(captured.payment, now, then)
    if captured.payment.state in UNSETTLED:
        _ask_later(payment, now)
    return captured


def _capture(payment: Payment, now: datetime, then: Settle | None) -> Captured:
    """Take what the buyer has agreed to. That we ask was written with the agreement; asking twice takes it once."""
    said, answer = providers.provider(payment.provider).capture(payment.id, now)
    raw = Raw("capture", said)
    if isinstance(answer, Fact):
        return advance(fact=answer, raw=raw, now=now, then=then)
    keep(raw=raw, payment_id=payment.id, buyer_id=payment.buyer_id, now=now)
    _ask_later(payment, now)
    if answer is None:
        raise ProviderSilent
    return Captured(payment, fresh=False)


def _is_forgotten(payment: Payment, now: datetime) -> bool:
    created_at = payment.created_at or now
    return payment.state is PaymentState.PENDING and rules.is_forgotten(
        created_at=created_at, pay_until=payment.pay_until, now=now
    )


def _never_heard_of(payment: Payment) -> Fact:
    """What we conclude of a payment that never reached its provider and whose time is over: it failed."""
    return Fact(
        payment_id=payment.id,
        buyer_id=payment.buyer_id,
        state=PaymentState.FAILED,
        provider_payment="",
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        captured_at=None,
        payer_check=PayerCheck.UNCHECKED,
        verifying_department="",
        verifying_transaction="",
        company_code="",
        company_name="",
        splits=tuple((split.number, split.amount_minor, None) for split in payment.splits),
    )


def _ask_later(payment: Payment, now: datetime) -> None:
    """Only while it is still unsettled: a notice may have come in between."""
    PaymentRow.objects.filter(buyer_id=payment.buyer_id, id=payment.id, state__in=UNSETTLED).update(
        ask_at=rules.next_ask(since=payment.created_at or now, now=now)
    )
