from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from entrepot.orders.types import Consignee


class WaybillState(StrEnum):
    REQUESTED = "requested"  # stored here, the carrier may not know it yet
    BOOKED = "booked"  # the carrier gave a number
    DISPATCHED = "dispatched"  # handed over
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Carried:
    """What the carrier did with a parcel: it is dispatched or delivered."""

    parcel_id: UUID
    order_id: UUID
    buyer_id: UUID
    state: WaybillState


@dataclass(frozen=True, slots=True)
class WaybillWish:
    """What the carrier is to carry. `number` is the parcel's customs order number; amounts are minor units of CNY."""

    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    number: str
    carrier: str
    weight_g: int
    freight_minor: int
    insurance_minor: int
    consignee: Consignee  # in the clear: sealed where it is stored
    goods_text: str  # names of the goods, for the label and the waybill's goodsInfo (200 characters)
    trade_mode: str
    express: bool = False  # the faster of the carrier's services


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed on the parcel, masked as GB/T 41833-2022 asks: never the whole name, phone or flat."""

    number: str
    carrier_name: str
    order_number: str
    consignee: str
    phone: str
    address: str
    goods_text: str
    weight_g: int


@dataclass(frozen=True, slots=True)
class Scan:
    at: datetime
    place: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Waybill:
    id: UUID
    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    number: str | None  # logisticsNo
    carrier: str
    carrier_code: str  # logisticsCode at customs
    carrier_name: str
    state: WaybillState
    freight_minor: int
    insurance_minor: int
    weight_g: int
    transport_mode: str  # trafMode; trafNo, voyageNo, billNo below are needed for 9610
    vessel: str
    voyage: str
    bill: str
    scans: tuple[Scan, ...]
    goods_text: str = ""
