from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class WaybillState(StrEnum):
    REQUESTED = "requested"  # stored here, the carrier may not know it yet
    BOOKED = "booked"  # the carrier gave a number
    DISPATCHED = "dispatched"  # handed over
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


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
