from __future__ import annotations

from datetime import datetime

from django.db import transaction

from entrepot.checkout.limits import used_of
from entrepot.checkout.services.general import settle_difference
from entrepot.checkout.services.write import claim_lines
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_minor
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Order, OrderState, units_of
from entrepot.payments import services as payments
from entrepot.payments.types import Captured, Payment, PaymentState
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as prices
from entrepot.stock import services as stock
from entrepot.stock.types import ClaimWish
from entrepot.tariff import selectors as tariff


class _Ends(Exception):
    """An expired order does not stand again; the timeline's word for why."""


def settle(*, captured: Captured, now: datetime) -> bool:
    """A payment was captured: its order is paid and the event is told, in one transaction. True for the one call.

    An order that has expired meanwhile stands again if its goods are still there; otherwise, when its buyer has
    cancelled it, and when another payment has paid it, the money goes back. The order's timeline says which. What was
    paid on top for general trade settles its case. Repeated and older news change nothing.
    """
    payment = captured.payment
    if payment.state is not PaymentState.CAPTURED:
        return False
    order_id, buyer_id = payment.order_id, payment.buyer_id
    with transaction.atomic(savepoint=False):
        if order_verbs.mark_paid(
            order_id=order_id, buyer_id=buyer_id, payment_id=payment.id, now=now, facts={"payment": payment.as_json()}
        ):
            return True
        order = orders.order(order_id=order_id, buyer_id=buyer_id)
        if order is None:
            return settle_difference(payment=payment, now=now)
        if order.payment_id == payment.id:
            return False
        unwanted = order.is_cancelled_by_buyer
        note = "cancelled_payment_refunded" if unwanted else "late_payment_refunded"
        if order.state is OrderState.CANCELLED and not unwanted:
            note = _why_it_ends(order, payment, now)
            if not note:
                return True
        if order.payment_id is None:
            order_verbs.refuse_payment(order_id=order_id, buyer_id=buyer_id, note=note, now=now)
        payments.give_back_later(
            payment_id=payment.id, buyer_id=buyer_id, amount_minor=payment.amount_minor, key=f"late:{payment.id}"
        )
    return False


def _why_it_ends(order: Order, payment: Payment, now: datetime) -> str:
    """The timeline's word for why an expired order does not stand again; empty where it does."""
    try:
        _reinstate(order, payment, now)
    except _Ends as end:
        return str(end)
    except stock.OutOfStock:
        return "late_payment_refunded"
    except prices.PromotionGone:
        return "late_payment_price_gone"
    return ""


def _reinstate(order: Order, payment: Payment, now: datetime) -> None:
    """Reinstate an expired order and hold its goods again, all or nothing.

    Refuses OutOfStock (also of goods that keep too short a time by now for the shop that sold them) and PromotionGone
    (spent, or used up by other orders of the same person). Raises _Ends where the person has ordered so much else
    meanwhile that customs would refuse it, where a purchase limit has no room for it any more, and where it had units
    of a flash sale: they went to others when it expired.
    """
    takes = pricing.given_back(order_id=order.id, sku_ids=units_of(order.parcels))
    if any(take.item_id for take in takes):
        raise _Ends("late_payment_price_gone")
    with transaction.atomic():
        if not order_verbs.reinstate(
            order_id=order.id,
            buyer_id=order.buyer_id,
            payment_id=payment.id,
            note="late_payment",
            facts={"payment": payment.as_json()},
            now=now,
        ):
            raise _Ends("late_payment_refunded")
        _check_year(order)
        if takes and prices.take_many(takes=takes, at=now):
            raise _Ends("late_payment_over_limit")
        lines = tuple(claim_lines(order.parcels))
        wish = ClaimWish(order.id, order.buyer_id, lines, order.pay_until, order.storefront_id)
        stock.claim_many(wishes=[wish], now=now)
        if any(parcel.discount_minor for parcel in order.parcels) and not prices.grant_again(
            order_id=order.id, buyer_id=order.buyer_id
        ):
            raise prices.PromotionGone


def _check_year(order: Order) -> None:
    """The order counts again by now, and its person's year stays as it is until the transaction ends."""
    limit, used = tariff.annual_limit(on=day_in(CHINA, order.placed_at)), used_of(order, order.placed_at)
    counts = any(parcel.allowance_minor for parcel in order.parcels)
    if counts and limit is not None and used is not None and used > to_minor(limit, "CNY"):
        raise _Ends("late_payment_over_year")
