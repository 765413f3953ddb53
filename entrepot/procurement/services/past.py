"""Orders that another system placed and that are over: written down as they were, asked nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import transaction

from entrepot.kit.clock import CHINA
from entrepot.kit.ids import new_id
from entrepot.kit.money import to_decimal
from entrepot.kit.refusals import Refusal
from entrepot.procurement import models, reading
from entrepot.procurement.rules import sums
from entrepot.procurement.services.checking import rate_on
from entrepot.procurement.types import Contract, DocLine, Document, EventKind, OrderState, Supplier, VersionState


class OrderNumberTaken(Refusal):
    code = "purchase_number_taken"
    zh = "采购订单号 {number} 已有另一供应商的订单"
    en = "The purchase order number {number} belongs to an order of another supplier"


@dataclass(frozen=True, slots=True)
class PastLine:
    """What one article of the order came to in all: units, their worth in the order's currency."""

    sku_id: UUID
    sku_code: str
    name: str
    brand_id: UUID
    origin: str
    units: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PastReceipt:
    """Units of an article that came under one reference."""

    sku_id: UUID
    reference: str
    units: int
    amount_minor: int
    received_on: date
    on_time: bool


@dataclass(frozen=True, slots=True)
class PastOrder:
    """`ordered_on`: the day its sum is valued on."""

    number: str
    supplier: Supplier
    contract: Contract
    destination: str
    ordered_on: date
    expected_on: date
    lines: Sequence[PastLine]
    receipts: Sequence[PastReceipt]


def write_past(
    *, orders: Sequence[PastOrder], place: str, actor: str, now: datetime
) -> Mapping[tuple[str, UUID, str], UUID]:
    """Write orders that are over with all that came of them, each once for its number. Ids of lines by order number,
    SKU and the reference that something came under, also of orders that were there already.

    Past rights are not asked, and nobody is told. Refuses OrderNumberTaken, NoRateOnTheDay; then nothing is written.
    """
    numbers = {one.number: one for one in orders}
    with transaction.atomic():
        there = dict(models.Order.objects.filter(number__in=numbers).values_list("number", "supplier_id"))
        taken = [number for number, supplier in there.items() if supplier != numbers[number].supplier.id]
        if taken:
            raise OrderNumberTaken(field="number", number=taken[0])
        fresh = [_written(one, place, actor, now) for one in orders if one.number not in there]
        models.Order.objects.bulk_create(one.order for one in fresh)
        models.Version.objects.bulk_create(one.version for one in fresh)
        models.Line.objects.bulk_create(line for one in fresh for line in one.lines)
        models.Receipt.objects.bulk_create(came for one in fresh for came in one.receipts)
        models.Event.objects.bulk_create(one.closed for one in fresh)
        came = models.Receipt.objects.filter(line__order__number__in=numbers)
        keys = came.values_list("line__order__number", "line__sku_id", "reference", "line_id")
        return {(number, sku_id, reference): line_id for number, sku_id, reference, line_id in keys}


@dataclass(frozen=True, slots=True)
class _Rows:
    order: models.Order
    version: models.Version
    lines: Sequence[models.Line]
    receipts: Sequence[models.Receipt]
    closed: models.Event


def _written(one: PastOrder, place: str, actor: str, now: datetime) -> _Rows:
    document = _document(one)
    at = datetime.combine(one.ordered_on, time(12), CHINA)
    order = models.Order(
        id=new_id(), number=one.number, state=OrderState.CLOSED, supplier_id=one.supplier.id,
        contract_id=one.contract.id, version=1, currency=document.currency, total_minor=document.total_minor,
        value_minor=document.value_minor, rate=document.rate, destination=one.destination,
        expected_on=one.expected_on, approved_on=one.ordered_on, sent_at=at, made_at=now,
    )  # fmt: skip
    version = models.Version(
        id=new_id(), order=order, number=1, state=VersionState.APPROVED, document=reading.written(document),
        author=actor, made_at=now, approved_by=actor, approved_at=now,
    )  # fmt: skip
    lines = {
        line.sku_id: models.Line(
            id=new_id(), order=order, number=line.number, sku_id=line.sku_id, brand_id=line.brand_id,
            origin=line.origin, units=line.units, over=0, received=line.units, unit_price=line.unit_price,
            amount_minor=line.amount_minor,
        )
        for line in document.lines
    }  # fmt: skip
    receipts = [
        models.Receipt(
            id=new_id(), line=lines[came.sku_id], order_id=order.id, reference=came.reference, units=came.units,
            amount_minor=came.amount_minor, value_minor=sums.in_house(came.amount_minor, order.currency, order.rate),
            on_time=came.on_time, received_on=came.received_on, received_by=actor, place=place,
            received_at=datetime.combine(came.received_on, time(12), CHINA),
        )
        for came in one.receipts
    ]  # fmt: skip
    closed = models.Event(id=new_id(), order=order, at=now, actor=actor, kind=EventKind.CLOSED, note=document.note)
    return _Rows(order, version, list(lines.values()), receipts, closed)


def _document(one: PastOrder) -> Document:
    contract, total = one.contract, sum(line.amount_minor for line in one.lines)
    rate, source = rate_on(contract.currency, one.ordered_on)
    return Document(
        supplier_code=one.supplier.code, supplier_name=one.supplier.name, supplier_country=one.supplier.country,
        contract_number=contract.number, currency=contract.currency, incoterm=contract.incoterm, place=contract.place,
        payment=contract.payment, payment_days=contract.payment_days, destination=one.destination,
        expected_on=one.expected_on, note=contract.number, lines=tuple(_lines(one)), goods_minor=total,
        discount=Decimal(0), discount_minor=0, total_minor=total, day=one.ordered_on, rate=rate, rate_source=source,
        value_minor=sums.in_house(total, contract.currency, rate), over_receipt=Decimal(0),
    )  # fmt: skip


def _lines(one: PastOrder) -> list[DocLine]:
    smallest = Decimal(1).scaleb(-sums.PRICE_PLACES)
    return [
        DocLine(
            number=n, sku_id=line.sku_id, sku_code=line.sku_code, name=line.name, gtin="", brand_id=line.brand_id,
            origin=line.origin, units=line.units, discount_minor=0, amount_minor=line.amount_minor,
            unit_price=(to_decimal(line.amount_minor, one.contract.currency) / line.units).quantize(
                smallest, ROUND_HALF_UP
            ),
        )
        for n, line in enumerate(one.lines, 1)
    ]  # fmt: skip
