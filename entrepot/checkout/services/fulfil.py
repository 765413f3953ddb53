from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.checkout.services.settle import give_back_later
from entrepot.customs import selectors as declarations
from entrepot.customs import services as customs
from entrepot.identity import services as identity
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Consignee, Order, OrderParcel, OrderState, ParcelState
from entrepot.payments import selectors as payments
from entrepot.shipping import services as shipping
from entrepot.shipping.types import WaybillWish
from entrepot.stock import services as stock

CARRIER = "sandbox"  # the one carrier there is; a choice by warehouse comes with the second

CUSTOMS_NEWS = {
    "customs.declared": ParcelState.DECLARED,
    "customs.held": ParcelState.HELD,
    "customs.released": ParcelState.RELEASED,
    "customs.cancelled": ParcelState.CANCELLED,
}
CARRIER_NEWS = {"shipping.dispatched": ParcelState.SHIPPED, "shipping.delivered": ParcelState.DELIVERED}


def declare(*, order_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """A paid order's parcels get their waybills and go to customs. Repeating it continues where it stopped.

    Calls outside, so not inside a transaction. Refuses what shipping and customs refuse; the caller tries again.
    """
    order = _order(order_id, buyer_id)
    if order.state is not OrderState.PAID:
        return
    consignee = orders.consignee(order_id=order_id, buyer_id=buyer_id)
    for parcel in order.parcels:
        if parcel.state is ParcelState.PAID:
            shipping.book(wish=_wish(parcel, consignee), now=now)
            customs.declare(parcel_id=parcel.id, order_id=order_id, buyer_id=buyer_id, now=now)


def confirm_payer(*, order_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Where the provider found the payer to be the person named, that person's real-name record is verified by it.

    True for the record's first confirmation. Another payer, or one nobody checked, confirms nothing.
    """
    payment = payments.payment(order_id=order_id, buyer_id=buyer_id)
    if payment is None or not payment.payer_is_buyer or payment.payer_real_name_id is None:
        return False
    source = f"payment {payment.provider}"
    return identity.verify_real_name(record_id=payment.payer_real_name_id, buyer_id=buyer_id, source=source, now=now)


def follow_customs(*, topic: str, parcel_id: UUID, order_id: UUID, buyer_id: UUID, code: str, now: datetime) -> None:
    """What customs said moves the parcel. At release its goods leave the warehouse and it is handed to the carrier.

    A declaration that was cancelled takes the parcel back: goods free, money returned. Repeated and late news change
    nothing. Calls outside, so not inside a transaction.
    """
    state = CUSTOMS_NEWS[topic]
    if state is ParcelState.RELEASED:
        _hand_over(parcel_id, order_id, buyer_id, now)
    elif state is ParcelState.CANCELLED:
        take_back(parcel_id=parcel_id, order_id=order_id, buyer_id=buyer_id, now=now)
    elif not order_verbs.mark_parcel(
        parcel_id=parcel_id, order_id=order_id, buyer_id=buyer_id, state=state, note=code, now=now
    ):
        _give_up_at_customs(parcel_id, order_id, buyer_id, now)


def take_back(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """A paid parcel that will not leave: it is cancelled, its goods are free, its money goes back. True if done now.

    Refuses NotFound. Nothing happens to a parcel that is released or was taken back before.
    """
    order = _order(order_id, buyer_id)
    parcel = _parcel(order, parcel_id)
    with transaction.atomic():
        if not order_verbs.mark_parcel(
            parcel_id=parcel_id,
            order_id=order_id,
            buyer_id=buyer_id,
            state=ParcelState.CANCELLED,
            note="called_off",
            now=now,
        ):
            return False
        stock.release(
            reference=order_id,
            sku_ids=[line.sku_id for line in parcel.lines],
            line_ids=[line.id for line in parcel.lines],
            now=now,
        )
        assert order.payment_id is not None
        give_back_later(
            payment_id=order.payment_id,
            buyer_id=buyer_id,
            amount_minor=parcel.total_minor,
            key=f"called_off:{parcel_id}",
        )
    return True


def follow_parcel(*, topic: str, parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """What the carrier said moves the parcel; the last one delivered ends the order."""
    order_verbs.mark_parcel(
        parcel_id=parcel_id, order_id=order_id, buyer_id=buyer_id, state=CARRIER_NEWS[topic], note="", now=now
    )


def _hand_over(parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Released: the goods leave the warehouse with the parcel's state, then the carrier gets it."""
    parcel = _parcel(_order(order_id, buyer_id), parcel_id)
    with transaction.atomic():
        moved = order_verbs.mark_parcel(
            parcel_id=parcel_id,
            order_id=order_id,
            buyer_id=buyer_id,
            state=ParcelState.RELEASED,
            note="",
            now=now,
        )
        if moved:
            stock.ship(
                reference=order_id,
                line_ids=[line.id for line in parcel.lines],
                sku_ids=[line.sku_id for line in parcel.lines],
                now=now,
            )
    # Released before and not yet handed over: this call takes up one that was cut off in between.
    if moved or parcel.state is ParcelState.RELEASED:
        shipping.dispatch(parcel_id=parcel_id, buyer_id=buyer_id, now=now)


def _give_up_at_customs(parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """News of a parcel that was called off while it was being declared: customs must not wait for it."""
    parcel = _parcel(_order(order_id, buyer_id), parcel_id)
    declaration = declarations.declaration(parcel_id=parcel_id, buyer_id=buyer_id)
    if parcel.state is ParcelState.CANCELLED and declaration is not None:
        reason = "parcel called off"
        customs.cancel(
            declaration_id=declaration.id, buyer_id=buyer_id, actor="system:checkout", reason=reason, now=now
        )


def _parcel(order: Order, parcel_id: UUID) -> OrderParcel:
    found = next((one for one in order.parcels if one.id == parcel_id), None)
    if found is None:
        raise NotFound(what="parcel")
    return found


def _order(order_id: UUID, buyer_id: UUID) -> Order:
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    if order is None:
        raise NotFound(what="order")
    return order


def _wish(parcel: OrderParcel, consignee: Consignee) -> WaybillWish:
    names = [line.titles.get("zh-hans") or line.declared_name for line in parcel.lines]
    return WaybillWish(
        buyer_id=parcel.buyer_id,
        order_id=parcel.order_id,
        parcel_id=parcel.id,
        number=parcel.number,
        carrier=CARRIER,
        weight_g=sum(line.gross_weight_g for line in parcel.lines),
        freight_minor=parcel.freight_minor,
        insurance_minor=0,
        consignee=consignee,
        goods_text="；".join(f"{name}×{line.quantity}" for name, line in zip(names, parcel.lines, strict=True)),
        trade_mode=parcel.trade_mode,
    )
