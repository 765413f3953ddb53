"""Everything about one parcel, gathered from the contexts below. The buyer's identity is read with a trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from entrepot.customs.rules.papers import Facts, Served
from entrepot.identity import services as identity
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel
from entrepot.payments import selectors as payments
from entrepot.payments.types import Payment, Split
from entrepot.shipping import selectors as shipping
from entrepot.stock import selectors as stock
from entrepot.stock.types import Warehouse


class NoParcel(NotFound):
    zh = "没有找到这个包裹"
    en = "There is no such parcel"


class NotPaid(Refusal):
    code = "not_paid"
    zh = "订单尚未付款，不能申报"
    en = "The order is not paid: it cannot be declared"


class NoWaybill(Refusal):
    code = "no_waybill"
    zh = "包裹还没有运单号，不能申报"
    en = "The parcel has no waybill number yet: it cannot be declared"


def gather(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, reader: str, now: datetime) -> Facts:
    """The facts of a paid parcel with a waybill. `reader` is who reads the real name, for the log.

    Refuses NoParcel, NotPaid, NoWaybill. Not inside a transaction: the reading is logged at once.
    """
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    parcel = next((one for one in order.parcels if one.id == parcel_id), None) if order else None
    if order is None or parcel is None:
        raise NoParcel()
    payment, split = _payment(order, parcel)
    carriage = shipping.carriage(parcel_id=parcel_id, buyer_id=buyer_id)
    if carriage is None or carriage[0].number is None:
        raise NoWaybill()
    waybill, carried_to = carriage
    to = orders.consignee(order_id=order_id, buyer_id=buyer_id)
    real_name = identity.reveal_real_name(
        record_id=order.real_name_id,
        buyer_id=buyer_id,
        reader=reader,
        reason=f"declaration of parcel {parcel.number}",
        now=now,
    )
    warehouse = stock.warehouses()[parcel.warehouse_id]
    return Facts(
        buyer_id=buyer_id,
        parcel=parcel,
        currency=order.currency,
        consignee=to,
        carried_to=carried_to,
        payment=payment,
        split=split,
        waybill=waybill,
        real_name=real_name,
        warehouse=warehouse,
        lots=_lots(order, parcel, warehouse),
    )


def _payment(order: Order, parcel: OrderParcel) -> tuple[Payment, Split]:
    if order.payment_id is None:
        raise NotPaid()
    payment = payments.payment(payment_id=order.payment_id, buyer_id=order.buyer_id)
    split = next((one for one in payment.splits if one.parcel_id == parcel.id), None) if payment else None
    if payment is None or payment.captured_at is None or split is None or not split.transaction:
        raise NotPaid()
    return payment, split


def _lots(order: Order, parcel: OrderParcel, warehouse: Warehouse) -> Mapping[UUID, list[Served]]:
    """The lots that serve the parcel, by SKU. Only goods in an account book are declared by them."""
    if not warehouse.account_book:
        return {}
    lines = {line.id for line in parcel.lines}
    claims = [
        claim
        for claim in stock.claims_of(reference=order.id, sku_ids=[line.sku_id for line in parcel.lines])
        if claim["line_id"] in lines and claim["state"] != "released"
    ]
    found: dict[UUID, list[Served]] = {}
    for claim in claims:
        found.setdefault(claim["sku_id"], []).append(Served(claim["lot_code"], claim["item_record"]))
    return found
