"""What was agreed with a buyer, frozen. Amounts are minor units of the order's currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

PARCELS_MAX = 20  # in one order


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


class OrderLine(msgspec.Struct, frozen=True):
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
class TaxedLine:
    """What a line was taxed on and what was collected for it, frozen at sale."""

    number: int
    hs_code: str
    quantity: int
    customs_value_minor: int
    duty_minor: int
    excise_minor: int
    vat_minor: int

    @property
    def tax_minor(self) -> int:
        return self.duty_minor + self.excise_minor + self.vat_minor


class Delivery(StrEnum):
    """The shipping method 配送方式 the buyer chose."""

    STANDARD = "standard"
    EXPRESS = "express"


class OrderParcel(msgspec.Struct, frozen=True):
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
    asked: Mapping[str, Any]  # the landed-cost question and the books that answered it: the sums above are the answer
    lines: tuple[OrderLine, ...]
    allowance_minor: int = 0  # what counts against the buyer's annual allowance: the customs value in CBEC, else 0
    delivery: Delivery = Delivery.STANDARD

    @property
    def total_minor(self) -> int:
        return self.goods_minor - self.discount_minor + self.freight_minor + self.tax_minor


def units_of(parcels: Iterable[OrderParcel]) -> dict[UUID, int]:
    """How many units of each SKU parcels hold."""
    found: dict[UUID, int] = {}
    for line in (line for parcel in parcels for line in parcel.lines):
        found[line.sku_id] = found.get(line.sku_id, 0) + line.quantity
    return found


class OrderEvent(msgspec.Struct, frozen=True):
    """One entry of the timeline. `kind` is an OrderState or ParcelState value; gap-free `sequence` per order."""

    sequence: int
    parcel_id: UUID | None
    kind: str
    at: datetime
    note: str  # a word of `NOTES`, customs' code, or what a person wrote


class WishedLine(msgspec.Struct, frozen=True):
    """An article of a partial order: units wished and units placed, fewer where no more were to be had."""

    sku_id: UUID
    sku_code: str
    titles: Mapping[str, str]
    image: str | None
    wished: int
    placed: int

    @property
    def reason(self) -> str | None:
        """Why not all were placed: the code of the refusal that it would have been."""
        return "out_of_stock" if self.missing else None

    @property
    def missing(self) -> int:
        """Units left out."""
        return self.wished - self.placed

    @property
    def zh(self) -> str:
        if self.reason is None:
            return ""
        return f"仅下单 {self.placed} 件（想购 {self.wished} 件）：库存不足" if self.placed else "未下单：已售罄"

    @property
    def en(self) -> str:
        if self.reason is None:
            return ""
        return f"{self.placed} of {self.wished} ordered: no more in stock" if self.placed else "Not ordered: sold out"


class Order(msgspec.Struct, frozen=True):
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
    payment_id: UUID | None = None  # the payment that paid it
    wished: tuple[WishedLine, ...] = ()  # of a partial order: every article that was wished

    @property
    def left_out(self) -> tuple[WishedLine, ...]:
        """What a partial order was to have and has not, or not whole."""
        return tuple(line for line in self.wished if line.reason)

    @property
    def is_cancelled_by_buyer(self) -> bool:
        return self.state is OrderState.CANCELLED and any(event.note == "buyer" for event in self.events)


class Consignee(msgspec.Struct, frozen=True):
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


@dataclass(frozen=True, slots=True)
class Sold:
    """Units of an article that a day's paid orders took from a warehouse; `cancelled` of them were called off since."""

    sku_id: UUID
    sku_code: str
    warehouse_id: UUID
    units: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """A person's year, as far as we know it: ordered and on the way, released by customs, and what customs told us of
    beyond that. Minor units of CNY."""

    reserved_minor: int
    committed_minor: int
    corrected_minor: int = 0

    @property
    def used_minor(self) -> int:
        return self.reserved_minor + self.committed_minor + self.corrected_minor


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receipt of customs says of the year of the person an order is for. Minor units of CNY.

    `told_minor`: the sum customs names as used, None where it names none; `least_minor`: what it must be at the least
    for customs to say no. `booked`: parcels of this buyer that customs has booked and not released yet.
    """

    receipt_id: UUID
    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    told_at: datetime
    told_minor: int | None
    least_minor: int
    booked: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What our forecast of a person's year takes on for an answer of customs; see `models.Correction`."""

    id: UUID
    year: int
    minor: int
    told_minor: int | None
    known_minor: int
    receipt_id: UUID
    told_at: datetime
    of_buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    at: datetime
    ended_at: datetime | None
    ended_by: str
    why: str


class OrderDraft(msgspec.Struct, frozen=True):
    """What was agreed, to be written as it is. `id_hash` is the keyed hash of the real name's ID number.

    `used_minor` is the allowance already used this year as the quote saw it: `record` refuses if it has moved since.
    `place_key` names the act of the buyer, `request_hash` what was asked: one key places one order.
    """

    id: UUID
    buyer_id: UUID
    storefront_id: UUID
    number: str
    currency: str
    real_name_id: UUID
    id_hash: bytes
    used_minor: int
    language: str
    placed_at: datetime
    pay_until: datetime
    consignee: Consignee
    parcels: tuple[OrderParcel, ...]
    place_key: str | None = None
    request_hash: bytes | None = None
    wished: tuple[WishedLine, ...] = ()  # of a partial order

    @property
    def units(self) -> dict[UUID, int]:
        """By SKU, over all parcels."""
        return units_of(self.parcels)

    @property
    def total_minor(self) -> int:
        return sum(parcel.total_minor for parcel in self.parcels)


class Recorded(StrEnum):
    """What became of one draft of many."""

    PLACED = "placed"
    TAKEN = "taken"  # the buyer has placed an order under this key
    MOVED = "moved"  # the person has used another part of the year's allowance than the quote saw: quote it again


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The order that was placed under a key, and the hash of the request that placed it."""

    id: UUID
    number: str
    total_minor: int
    request_hash: bytes
    wished: tuple[WishedLine, ...]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a staff list. Personal data masked."""

    id: UUID
    buyer_id: UUID
    storefront_id: UUID
    number: str
    state: OrderState
    currency: str
    total_minor: int
    placed_at: datetime
    consignee: str
    parcels: tuple[tuple[str, ParcelState], ...]  # (customs order number, state)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a staff search, newest first."""

    orders: tuple[OrderRow, ...]
    page: int
    more: bool


def parcel_number(order_number: str, position: int) -> str:
    """The customs order number (orderNo, at most 60 characters) of the order's parcel at `position`, from 1."""
    return f"{order_number}-{position}"
