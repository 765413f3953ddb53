"""Questions about parcels on their way. Everything of a buyer is asked with the buyer's id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.orders.types import Consignee
from entrepot.shipping import models, rules
from entrepot.shipping.reading import find, open_consignee, waybill_of
from entrepot.shipping.types import Label, Waybill

batch_max = 200


def waybill(*, parcel_id: UUID, buyer_id: UUID) -> Waybill | None:
    """The parcel's waybill with its scans, oldest first."""
    return next((waybill_of(row) for row in find(buyer_id=buyer_id, parcel_id=parcel_id)), None)


def waybills(*, order_id: UUID, buyer_id: UUID) -> list[Waybill]:
    """One per parcel of the order that has one, by the parcel's number."""
    return [waybill_of(row) for row in find(buyer_id=buyer_id, order_id=order_id)]


def consignee(*, parcel_id: UUID, buyer_id: UUID) -> Consignee | None:
    """Who the carrier was told to deliver to, in the clear: for the waybill's customs document only."""
    found = carriage(parcel_id=parcel_id, buyer_id=buyer_id)
    return None if found is None else found[1]


def carriage(*, parcel_id: UUID, buyer_id: UUID) -> tuple[Waybill, Consignee] | None:
    """The parcel's waybill and its consignee in the clear, in one statement: for customs only."""
    row = next(iter(find(buyer_id=buyer_id, parcel_id=parcel_id)), None)
    return None if row is None else (waybill_of(row), open_consignee(row["consignee_sealed"], row["id"]))


def label(*, parcel_id: UUID, buyer_id: UUID) -> Label | None:
    """What is printed on the parcel, masked; None before the carrier gave a number."""
    row = next(iter(find(buyer_id=buyer_id, parcel_id=parcel_id)), None)
    if row is None or row["number"] is None:
        return None
    to = open_consignee(row["consignee_sealed"], row["id"])
    return Label(
        number=row["number"],
        carrier_name=row["carrier_name"],
        order_number=row["order_number"],
        consignee=rules.mask_name(name=to.name),
        phone=rules.mask_phone(phone=to.phone),
        address=rules.mask_address(place=to.address.removesuffix(to.detail), detail=to.detail),
        goods_text=row["goods_text"],
        weight_g=row["weight_g"],
    )


def waybills_to_ask(*, now: datetime) -> list[tuple[UUID, UUID]]:
    """(waybill_id, buyer_id) of parcels on their way whose carrier should be asked now."""
    rows = models.Waybill.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("id", "buyer_id")
    return list(rows[:batch_max])
