"""General trade for a parcel that customs stopped at a limit: the difference of the taxes is paid, or goes back.

What is to be paid is a payment of its own; its order is the case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.checkout.limits import given_back
from entrepot.checkout.models import LimitCase
from entrepot.checkout.types import Way
from entrepot.orders.types import Order
from entrepot.outbox.services import defer
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.types import LESS_TAX, Payment, PaymentIntent, PaymentState, SplitWish

DUE = "checkout.limit_due"
TIME_TO_PAY = timedelta(days=1)  # at least, for who chooses in the last hour of the time to answer
ASK_FOR = timedelta(minutes=30)  # so long a silent provider is asked whether it was paid in time


def agree(*, case: LimitCase, order: Order, total_minor: int, now: datetime) -> dict[str, Any]:
    """The buyer wants the parcel as general trade for `total_minor`: the columns that the case takes on. What is owed
    on top is asked for by a payment, through the provider of the order; what was paid too much goes back, less what an
    earlier case of the parcel brought. In the transaction that holds the case."""
    assert order.payment_id is not None
    parcel = next(one for one in order.parcels if one.id == case.parcel_id)
    until = max(case.answer_by, now + TIME_TO_PAY)
    paid_minor = parcel.total_minor - given_back(parcel_id=parcel.id, buyer_id=order.buyer_id)
    difference = total_minor - paid_minor
    changes: dict[str, Any] = {"difference_minor": difference, "wait_until": until, "due_at": until}
    if difference <= 0:
        if difference:
            key = f"{LESS_TAX}:{parcel.id}:{case.id}"  # by it the return of the parcel knows what of its tax is left
            paying.give_back_later(
                payment_id=order.payment_id, buyer_id=order.buyer_id, amount_minor=-difference, key=key
            )
        return changes | {"settled_at": now, "due_at": now}
    paid = payments.payment(payment_id=order.payment_id, buyer_id=order.buyer_id)
    assert paid is not None
    number = f"{parcel.number}-G"
    paying.intend(
        intent=PaymentIntent(
            buyer_id=order.buyer_id,
            order_id=case.id,
            order_number=number,
            provider=paid.provider,
            currency=order.currency,
            amount_minor=difference,
            splits=(SplitWish(parcel.id, number, difference),),
            payer_real_name_id=order.real_name_id,
            pay_until=until,
            language=order.language,
        ),
        now=now,
    )
    return changes


def settle_difference(*, payment: Payment, now: datetime) -> bool:
    """What was owed on top was captured: its case is settled. True for the one call. Where the buyer has chosen
    otherwise meanwhile, or paid it by another payment, the money goes back; repeated news change nothing."""
    mine = {"buyer_id": payment.buyer_id, "id": payment.order_id}
    with transaction.atomic(savepoint=False):
        case = LimitCase.objects.select_for_update().filter(**mine).first()
        if case is None or case.payment_id == payment.id:
            return False
        if case.choice == Way.GENERAL and case.settled_at is None and case.ended_at is None:
            LimitCase.objects.filter(**mine).update(settled_at=now, payment_id=payment.id, due_at=now)
            look_later(case)
            return True
        paying.give_back_later(
            payment_id=payment.id,
            buyer_id=payment.buyer_id,
            amount_minor=payment.amount_minor,
            key=f"late:{payment.id}",
        )
    return False


def not_wanted(*, case: LimitCase, now: datetime) -> None:
    """The buyer takes the money back instead: what is asked on top is not to be paid any more."""
    asked = payments.payment(order_id=case.id, buyer_id=case.buyer_id)
    if asked is not None:
        paying.not_to_be_paid(payment=asked, now=now)


def unpaid(case: LimitCase, now: datetime) -> bool:
    """General trade was chosen and not paid in time."""
    over = case.wait_until is not None and case.wait_until <= now
    return case.choice == Way.GENERAL and case.settled_at is None and over


def ask_provider(*, case: LimitCase, now: datetime) -> None:
    """Before money goes back because nobody paid in time: the notice may have been lost, or wait to be told. Who has
    paid keeps the way. Calls outside, so not inside a transaction. Refuses ProviderSilent and AmountDiffers for as long
    as `ASK_FOR`."""
    asked = payments.payment(order_id=case.id, buyer_id=case.buyer_id)
    if asked is None or paying.give_up(payment=asked, now=now):
        return
    try:
        paid = paying.query(
            payment_id=asked.id,
            buyer_id=asked.buyer_id,
            now=now,
            then=lambda captured: settle_difference(payment=captured.payment, now=now),
        )
    except (paying.ProviderSilent, paying.AmountDiffers):
        if case.wait_until is not None and now <= case.wait_until + ASK_FOR:
            raise
        return
    if paid.payment.state is PaymentState.CAPTURED:
        settle_difference(payment=paid.payment, now=now)


def end_cases(*, parcel_id: UUID, buyer_id: UUID, outcome: str, now: datetime) -> None:
    """What was asked of a parcel is over. What was paid on top for general trade goes back, unless it came in so
    (`outcome` general); what was not paid is not to be paid any more."""
    with transaction.atomic():
        rows = LimitCase.objects.select_for_update().filter(buyer_id=buyer_id, parcel_id=parcel_id)
        for case in rows.filter(ended_at__isnull=True):
            if case.payment_id is not None and outcome != Way.GENERAL:
                assert case.difference_minor is not None
                paying.give_back_later(
                    payment_id=case.payment_id, buyer_id=buyer_id, amount_minor=case.difference_minor,
                    key=f"general:{case.id}",
                )  # fmt: skip
            if case.choice == Way.GENERAL and case.settled_at is None:
                not_wanted(case=case, now=now)
            LimitCase.objects.filter(buyer_id=buyer_id, id=case.id).update(ended_at=now, outcome=outcome)


def look_later(case: LimitCase) -> None:
    """A job looks at the case, in the caller's transaction."""
    args = {"case_id": str(case.id), "buyer_id": str(case.buyer_id)}
    defer(job=DUE, lock=f"limit:{case.id}", args=args)
