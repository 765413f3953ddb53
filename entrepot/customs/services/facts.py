"""Everything about one parcel, gathered from the contexts below. The buyer's identity is read with a trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from entrepot.customs.rules.papers import Facts, Served
from entrepot.customs.types import Known
from entrepot.identity import services as identity
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel
from entrepot.payments import selectors as payments
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


def gather(
    *, parcel_id: UUID, order_id: UUID, buyer_id: UUID, reader: str, now: datetime, known: Known | None = None
) -> Facts:
    """The facts of a paid parcel with a waybill. `reader` is who reads the real name, for the log; what is `known` is
    not read again.

    Refuses NoParcel, NotPaid, NoWaybill. Not inside a transaction: the reading is logged at once.
    """
    known = known or _read(parcel_id, order_id, buyer_id)
    order = known.order
    parcel = next((one for one in order.parcels if one.id == parcel_id), None)
    if parcel is None:
        raise NoParcel()
    split = next((one for one in known.payment.splits if one.parcel_id == parcel.id), None)
    if known.payment.captured_at is None or split is None or not (split.transaction or payments.declarer()):
        raise NotPaid()
    if known.waybill.number is None:
        raise NoWaybill()
    real_name = identity.reveal_real_name(
        record_id=order.real_name_id,
        buyer_id=buyer_id,
        reader=reader,
        reason=f"declaration of parcel {parcel.number}",
        confirmed_by=_confirmed_by(known),
        now=now,
    )
    warehouse = stock.warehouses()[parcel.warehouse_id]
    return Facts(
        buyer_id=buyer_id,
        parcel=parcel,
        currency=order.currency,
        consignee=known.consignee,
        carried_to=known.carried_to,
        payment=known.payment,
        split=split,
        waybill=known.waybill,
        real_name=real_name,
        warehouse=warehouse,
        lots=_lots(order, parcel, warehouse),
    )


def _confirmed_by(known: Known) -> str:
    """The provider, where it found the payer to be the person named: their real-name record is verified by it."""
    payment = known.payment
    same = payment.payer_is_buyer and payment.payer_real_name_id == known.order.real_name_id
    return f"payment {payment.provider}" if same else ""


def _read(parcel_id: UUID, order_id: UUID, buyer_id: UUID) -> Known:
    found = orders.with_consignee(order_id=order_id, buyer_id=buyer_id)
    if found is None or parcel_id not in {one.id for one in found[0].parcels}:
        raise NoParcel()
    order, consignee = found
    if order.payment_id is None:
        raise NotPaid()
    payment = payments.payment(payment_id=order.payment_id, buyer_id=buyer_id)
    if payment is None:
        raise NotPaid()
    carriage = shipping.carriage(parcel_id=parcel_id, buyer_id=buyer_id)
    if carriage is None:
        raise NoWaybill()
    return Known(order, consignee, payment, *carriage)


def _lots(order: Order, parcel: OrderParcel, warehouse: Warehouse) -> Mapping[UUID, list[Served]]:
    """The lots that serve the parcel, by SKU. Only goods in an account book are declared by them."""
    if not warehouse.account_book:
        return {}
    lines = {line.id for line in parcel.lines}
    claims = [
        claim
        for claim in stock.claims_of(reference=order.id, sku_ids=[line.sku_id for line in parcel.lines])
        if claim["line_id"] in lines
    ]
    found: dict[UUID, list[Served]] = {}
    for claim in claims:
        found.setdefault(claim["sku_id"], []).append(Served(claim["lot_code"], claim["item_record"]))
    return found
