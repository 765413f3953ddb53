"""What the API takes and gives, for validation and for its documentation. Amounts are decimal strings."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from entrepot.basket.types import LINES_MAX, QUANTITY_MAX
from entrepot.orders.types import Delivery
from entrepot.web.rest.examples import PROBLEM

Slug = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
SkuCode = Annotated[str, StringConstraints(min_length=1, max_length=60)]
PathText = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]+$")]
Yes = Annotated[bool, Field(strict=True)]
ShortText = Annotated[str, StringConstraints(max_length=200)]


class Strict(BaseModel):
    """Input: unknown fields are an error, so that a misspelt one is not silently ignored. Not Ninja's `Schema`, which
    looks at each field through Django first: that takes ten times as long, and here is never a model's row."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """RFC 9457 problem details; `title` is in the language of Accept-Language (zh-hans or en)."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROBLEM]})

    type: str
    title: str
    status: int
    code: str
    field: str | None = None
    data: dict[str, Any] = {}


class CardOut(Schema):
    slug: str
    title: str
    brand: str
    origin: str
    image: str | None
    price: str
    was: str | None
    tax: str
    currency: str
    warehouses: list[str]
    in_stock: bool
    variants: int


class FacetOut(Schema):
    value: str
    label: str
    count: int
    chosen: bool


class ListingOut(Schema):
    items: list[CardOut]
    total: int
    page: int
    pages: int
    facets: dict[str, list[FacetOut]]
    corrected: str | None


class CategoryOut(Schema):
    slug: str
    name: str
    parent: str | None


class HomeOut(Schema):
    storefront: str
    currency: str
    categories: list[CategoryOut]
    new: list[CardOut]


class SkuOut(Schema):
    code: str
    title: str
    gtin: str | None
    axes: dict[str, str]
    origin: str
    image: str | None
    price: str | None
    was: str | None
    tax: str | None
    available: bool
    obstacles: list[str]


class ProductOut(Schema):
    slug: str
    title: str
    description: str
    brand: str
    brand_country: str
    images: list[str]
    attributes: list[list[str]]
    currency: str
    skus: list[SkuOut]


class SaleItemOut(Schema):
    sku: str
    product: str
    title: str
    image: str | None
    price: str
    was: str | None
    units: int
    left: int
    limit_per_person: int


class SaleOut(Schema):
    """`state`: coming, running, sold_out, over. `ends_at`: of one that was called off, when that was. `admit_per_s`
    null: the door is open, there is no line."""

    code: str
    title: str
    state: str
    starts_at: str
    ends_at: str
    now: str
    currency: str
    admit_per_s: int | None
    poll_after_s: int
    items: list[SaleItemOut]


class TurnOut(Schema):
    """`state`: early (places are drawn at the start), waiting, admitted, over. `place` 1 is the next one in; `first` is
    the place one began at."""

    state: str
    place: int
    first: int
    wait_s: int
    poll_after_s: int
    admit_per_s: int
    ticket: str
    entry_pass: str | None
    entry_until: str | None
    now: str


class LineIn(Strict):
    sku: SkuCode
    quantity: Annotated[int, Field(ge=1, le=QUANTITY_MAX, strict=True)]


class QuoteIn(Strict):
    """`delivery`: the shipping method, `standard` or `express`."""

    lines: Annotated[list[LineIn], Field(min_length=1, max_length=LINES_MAX)]
    delivery: Delivery = Delivery.STANDARD


class ObstacleOut(Schema):
    code: str
    message: str
    data: dict[str, Any]


class QuoteLineOut(Schema):
    sku: str
    title: str
    quantity: int
    unit_price: str
    goods: str
    discount: str
    freight: str
    duty: str
    excise: str
    vat: str
    tax: str
    obstacles: list[ObstacleOut]


class ParcelOut(Schema):
    warehouse: str
    trade_mode: str
    delivery: str
    decision: str
    goods: str
    discount: str
    freight: str
    tax: str
    total: str
    lines: list[QuoteLineOut]
    obstacles: list[ObstacleOut]


class PromotionOut(Schema):
    """The promotion that `discount` comes from: open to all buyers, at most one an order."""

    code: str
    title: str
    amount: str


class UsedUpOut(Schema):
    """A promotion that would take more off, had the caller not had it as often as one person may."""

    code: str
    title: str


class QuoteOut(Schema):
    currency: str
    parcels: list[ParcelOut]
    unplaced: list[QuoteLineOut]
    goods: str
    discount: str
    freight: str
    tax: str
    total: str
    promotion: PromotionOut | None
    used_up: list[UsedUpOut]
    can_be_placed: bool


class BasketLineIn(Strict):
    quantity: Annotated[int, Field(ge=0, le=QUANTITY_MAX, strict=True)]


class BasketOut(Schema):
    lines: list[LineIn]
    quote: QuoteOut | None


class AddressIn(Strict):
    recipient: ShortText
    phone: ShortText
    province_code: ShortText
    city_code: ShortText
    district_code: ShortText
    detail: ShortText
    is_default: Yes = False


class AddressOut(Schema):
    id: UUID
    recipient: str
    phone: str
    place: str
    is_default: bool


class RealNameIn(Strict):
    name: ShortText
    id_number: ShortText
    phone: ShortText
    consent: Yes


class RealNameOut(Schema):
    id: UUID
    name: str
    id_number: str
    verified: bool


class OrderIn(Strict):
    """`lines` absent: the stored basket. `expected_total`: refuse with price_changed when it differs; a `partial` order
    that is short may cost less. `passes`: what the lines of flash sales gave. `partial`: order what there is of goods
    that are short in stock. `delivery`: the shipping method, of all parcels."""

    lines: Annotated[list[LineIn], Field(min_length=1, max_length=LINES_MAX)] | None = None
    address_id: UUID
    real_name_id: UUID
    notice_accepted: Yes
    provider: ShortText = "sandbox"
    expected_total: Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,3})?$")] | None = None
    passes: Annotated[list[Annotated[str, StringConstraints(max_length=400)]], Field(max_length=10)] = []
    partial: Yes = False
    delivery: Delivery = Delivery.STANDARD


class WishedOut(Schema):
    """An article of a partial order. `reason`: `out_of_stock` where fewer units were placed than wished, else null; the
    `message` says it."""

    sku: str
    title: str
    wished: int
    placed: int
    reason: str | None
    message: str


class PlacedOut(Schema):
    """`lines`: only where the order was `partial`, each article once."""

    number: str
    total: str
    currency: str
    pay_at: str
    lines: list[WishedOut] = []


class PaymentOut(Schema):
    redirect: str


class EventOut(Schema):
    sequence: int
    kind: str
    parcel: str | None
    at: str
    note: str
    text: str


class MoneyStepOut(Schema):
    """One step of the payment: authorise, capture or refund, and pending, succeeded or failed."""

    step: str
    amount: str
    at: str


class OrderPaymentOut(Schema):
    """How the order's money stands. `refunding` is on its way back, `refunded` has gone back."""

    state: str
    currency: str
    amount: str
    captured: str
    refunding: str
    refunded: str
    steps: list[MoneyStepOut]


class OrderLineOut(Schema):
    sku: str
    title: str
    quantity: int
    unit_price: str
    goods: str
    discount: str
    freight: str
    tax: str
    hs_code: str
    origin: str


class OrderParcelOut(Schema):
    number: str
    state: str
    trade_mode: str
    delivery: str
    goods: str
    discount: str
    freight: str
    tax: str
    total: str
    lines: list[OrderLineOut]


class OrderOut(Schema):
    """`left_out`: what a partial order was to have and has not, or not whole."""

    number: str
    state: str
    currency: str
    total: str
    placed_at: str
    pay_until: str
    consignee: str
    consignee_phone: str
    consignee_place: str
    parcels: list[OrderParcelOut]
    left_out: list[WishedOut]
    timeline: list[EventOut]


class OneOrderOut(OrderOut):
    payment: OrderPaymentOut | None


class OrdersOut(Schema):
    items: list[OrderOut]
    total: int
    page: int
