from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.checkout.services.fulfil import take_back
from entrepot.checkout.services.general import ASK_FOR
from entrepot.checkout.services.settle import settle
from entrepot.customs import selectors as declarations
from entrepot.customs import services as customs
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Order, OrderState, ParcelState, units_of
from entrepot.outbox.services import defer, end_along, take_along
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import Captured, PaymentState
from entrepot.pricing import services as pricing
from entrepot.stock import services as stock

EXPIRE = "checkout.expire"
SWEEP_BATCH = 500
SWEPT_MAX = 50_000  # in one go
ALONG_MAX = 50  # orders that one job takes along: fetching and ending a job costs as much as an order
ALONG_S = 60  # more than they take, unless the provider is slow; what two do at once is done once
CALL_OFF = (ParcelState.PAID, ParcelState.DECLARED, ParcelState.HELD)


class CannotCancel(Refusal):
    code = "cannot_cancel"
    zh = "订单已付款或已取消，不能取消"
    en = "The order is paid or cancelled already and cannot be cancelled"


class CannotCallOff(Refusal):
    code = "cannot_call_off"
    zh = "包裹尚未付款、已放行或已取消，不能撤回"
    en = "The parcel is not paid, already released or cancelled, and cannot be called off"


class ReasonMissing(Invalid):
    code = "reason_missing"
    zh = "请说明取消包裹的理由"
    en = "Say why the parcel is called off"


def sweep(*, now: datetime) -> int:
    """Order one job for each order whose time to pay is over. Returns how many; each order is taken once."""
    found = 0
    while found < SWEPT_MAX:
        with transaction.atomic():
            due = order_verbs.take_overdue(before=now, batch=SWEEP_BATCH, now=now)
            for order_id, buyer_id in due:
                args = {"order_id": str(order_id), "buyer_id": str(buyer_id)}
                defer(job=EXPIRE, lock=f"order:{order_id}", args=args)
        found += len(due)
        if len(due) < SWEEP_BATCH:
            break
    return found


def expire(*, order_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Close an order that was not paid in time: its goods are free again. True if this call cancelled it.

    A provider whose cashier the buyer went to is asked first, in case its notice was lost: who has paid keeps the
    order. Calls outside, so not inside a transaction. Refuses ProviderSilent and AmountDiffers for as long as
    `ASK_FOR`: then a provider that says nothing, or what cannot be, holds no goods any more. What it has reserved and
    could not take is to be free again.
    """
    payment = payments.payment(order_id=order_id, buyer_id=buyer_id)
    order = _order(order_id, buyer_id)
    if order.state is not OrderState.PLACED or now <= order.pay_until:
        return False
    if payment is None or payment_verbs.give_up(payment=payment, now=now):
        return _cancel(order, "unpaid", now)
    try:
        told = payment_verbs.query(payment_id=payment.id, buyer_id=buyer_id, now=now, then=_settling(now))
        if not told.fresh:  # it may have been captured before, by a query whose event still waits
            settle(captured=told, now=now)
    except (payment_verbs.ProviderSilent, payment_verbs.AmountDiffers):
        if now <= order.pay_until + ASK_FOR:
            raise
    with transaction.atomic():
        if not _cancel(order, "unpaid", now):
            return False
        left = payments.payment(order_id=order_id, buyer_id=buyer_id)
        if left is not None and left.state is PaymentState.AUTHORISED:
            payment_verbs.close_later(payment=left)
    return True


def expire_waiting(*, now: datetime) -> int:
    """Expire orders whose jobs wait, in the job of another; returns how many. Where one is refused, it and those behind
    it have their jobs run again, each alone."""
    waiting = take_along(job=EXPIRE, most=ALONG_MAX, lease_s=ALONG_S)
    done = 0
    with suppress(Refusal):  # its own job meets it again
        for one in waiting:
            expire(order_id=UUID(one.args["order_id"]), buyer_id=UUID(one.args["buyer_id"]), now=now)
            done += 1
    end_along(done=[one.job_id for one in waiting[:done]], alone=[one.job_id for one in waiting[done:]])
    return done


def cancel(*, order_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """The buyer takes back an order not yet paid; its provider is told, so that nothing stays reserved. Refuses
    NotFound, CannotCancel."""
    order = _order(order_id, buyer_id)
    with transaction.atomic():
        payment = payments.payment(order_id=order_id, buyer_id=buyer_id)
        if payment is not None:  # before the order, as a notice takes them
            payment_verbs.not_to_be_paid(payment=payment, now=now)
        if not _cancel(order, "buyer", now):
            raise CannotCancel


def call_off(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, actor: str, reason: str, now: datetime) -> bool:
    """A clerk gives a paid parcel up before customs releases it: goods free, its money back, allowance restored.

    True when that is done or on its way; False when customs was asked first (CEB623): its approval takes the parcel
    back. Who did it and why is recorded. Refuses ReasonMissing, NotFound, CannotCallOff and what
    `customs.services.cancel` refuses.
    """
    if not reason.strip():
        raise ReasonMissing(field="reason")
    parcel = next((one for one in _order(order_id, buyer_id).parcels if one.id == parcel_id), None)
    if parcel is None:
        raise NotFound(what="parcel")
    if parcel.state not in CALL_OFF:
        raise CannotCallOff
    declaration = declarations.declaration(parcel_id=parcel_id, buyer_id=buyer_id)
    if declaration is not None:
        return customs.cancel(declaration_id=declaration.id, buyer_id=buyer_id, actor=actor, reason=reason, now=now)
    with transaction.atomic():
        if not take_back(parcel_id=parcel_id, order_id=order_id, buyer_id=buyer_id, now=now):
            raise CannotCallOff
        record(
            actor=actor,
            action="checkout.call_off",
            subject_kind="parcel",
            subject_id=parcel_id,
            buyer_id=buyer_id,
            reason=reason,
            at=now,
        )
    return True


def _settling(now: datetime) -> Callable[[Captured], None]:
    def then(captured: Captured) -> None:
        settle(captured=captured, now=now)

    return then


def _order(order_id: UUID, buyer_id: UUID) -> Order:
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    if order is None:
        raise NotFound(what="order")
    return order


def _cancel(order: Order, reason: str, now: datetime) -> bool:
    """Cancel and give the goods back, if the order is still unpaid."""
    with transaction.atomic():
        if not order_verbs.cancel(order_id=order.id, buyer_id=order.buyer_id, reason=reason, now=now):
            return False
        units = units_of(order.parcels)
        pricing.give_back(order_id=order.id, units=units, at=now)
        stock.release(reference=order.id, sku_ids=list(units), now=now)
        if off_minor := sum(parcel.discount_minor for parcel in order.parcels):
            pricing.withdraw(order_id=order.id, buyer_id=order.buyer_id, amount_minor=off_minor)
    return True
