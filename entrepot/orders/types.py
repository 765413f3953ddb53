"""What was agreed with a buyer, frozen. Amounts are minor units of the order's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID


class OrderState(StrEnum):
    """Of the whole order; parcels have their own. Terminal: delivered, cancelled."""

    PLACED = "placed"  # agreed, stock claimed, not paid
    PAID = "paid"
    DELIVERED = "delivered"  # every parcel is delivered
    CANCELLED = "cancelled"  # unpaid in time, or refunded in full


class ParcelState(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    DECLARED = "declared"  # documents are with customs
    HELD = "held"  # customs said no, or the documents do not match: a person must act
    RELEASED = "released"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One SKU in one parcel, with everything customs and the buyer need copied into it.

    `goods_minor` = unit price x quantity; `customs_value_minor` = goods - discount + freight share.
    """

    id: UUID
    parcel_id: UUID
    number: int  # gnum in all documents, from 1 in each parcel
    sku_id: UUID
    sku_code: str
    titles: Mapping[str, str]
    image: str | None
    gtin: str | None
    quantity: int
    unit_price_minor: int
    goods_minor: int
    discount_minor: int
    freight_minor: int
    duty_minor: int
    excise_minor: int
    vat_minor: int
    origin: str
    hs_code: str
    sales_unit: str
    unit1: str
    quantity1: Decimal  # of the whole line
    unit2: str | None
    quantity2: Decimal | None
    declared_name: str
    model: str
    net_weight_g: int  # of the whole line
    gross_weight_g: int

    @property
    def tax_minor(self) -> int:
        return self.duty_minor + self.excise_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class OrderParcel:
    """What leaves one warehouse under one import type: its own customs order number, payment share and waybill."""

    id: UUID
    order_id: UUID
    buyer_id: UUID
    number: str  # customs orderNo
    warehouse_id: UUID
    trade_mode: str
    state: ParcelState
    goods_minor: int
    discount_minor: int
    freight_minor: int
    tax_minor: int
    quote: Mapping[str, Any]  # the landed-cost answer as it was shown, never recomputed
    lines: tuple[OrderLine, ...]

    @property
    def total_minor(self) -> int:
        return self.goods_minor - self.discount_minor + self.freight_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One entry of the timeline. `kind` is an OrderState or ParcelState value; gap-free `sequence` per order."""

    sequence: int
    parcel_id: UUID | None
    kind: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Order:
    id: UUID
    buyer_id: UUID
    storefront_id: UUID
    number: str
    state: OrderState
    currency: str
    total_minor: int
    real_name_id: UUID
    language: str
    placed_at: datetime
    pay_until: datetime
    consignee: str  # masked
    consignee_phone: str  # masked
    consignee_place: str  # masked
    parcels: tuple[OrderParcel, ...]
    events: tuple[OrderEvent, ...]


@dataclass(frozen=True, slots=True)
class Consignee:
    """The delivery address in the clear, as agreed: for the waybill and customs only."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    district_code: str
    detail: str

    @property
    def address(self) -> str:
        names = [self.province, self.city, self.district]
        return "".join(name for i, name in enumerate(names) if name not in names[:i]) + self.detail
