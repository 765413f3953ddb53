"""Orders are written as documents: a first draft, and amendments of what is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Product, Sku, text
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.procurement import models, reading
from entrepot.procurement.rules import sums
from entrepot.procurement.services.checking import BadAmount, UnknownParty, country, plain, rate_on, trace
from entrepot.procurement.services.guarding import contract_in_force, refuse_unauthorised
from entrepot.procurement.services.history import NotNow, locked, note_event
from entrepot.procurement.services.limits import refuse_below
from entrepot.procurement.types import Contract, DocLine, Document, LineDraft, OrderDraft, OrderState, VersionState

PREFIX = "PO"
LINES_MAX = 500
NOTE_MAX = 300
TOTAL_MAX = 10**15
VERSIONS_MAX = 99


class NoLines(Invalid):
    code = "purchase_without_lines"
    zh = "订单至少要有一行，最多 {most} 行"
    en = "An order has at least one line, at most {most}"


class SameArticleTwice(Invalid):
    code = "article_twice"
    zh = "货号 {sku} 出现了两次：请合并为一行"
    en = "SKU {sku} occurs twice: make it one line"


class BelowMinimum(Refusal):
    code = "below_minimum"
    status = 422
    zh = "低于合同最低数量：{what} 至少 {least} 件"
    en = "Below the contract's minimum: {what} at least {least} units"


class NotWholePacks(Refusal):
    code = "not_whole_packs"
    status = 422
    zh = "{sku} 按合同整箱采购，每箱 {pack} 件"
    en = "By the contract {sku} comes in cartons of {pack} units: order whole ones"


class AboveContract(Refusal):
    code = "above_contract_price"
    status = 422
    zh = "{sku} 的单价高于合同价 {price}"
    en = "The contract's price of {sku} is {price}: an order under it does not pay more"


class BadPrice(Invalid):
    code = "bad_unit_price"
    zh = "单价不能为负，最多四位小数"
    en = "A unit price is not negative and has at most four decimal places"


class TooManyVersions(Refusal):
    code = "too_many_versions"
    zh = "订单的版本过多：请另开新订单"
    en = "The order has too many versions: open another one"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a document takes from elsewhere, read before it is written."""

    contract: Contract
    supplier: models.Supplier
    skus: Mapping[UUID, Sku]
    rate: Decimal
    rate_source: str
    day: date


def draft(*, wish: OrderDraft, actor: str, now: datetime) -> UUID:
    """A new order in its first version, valued at the day's rate.

    Refuses UnknownParty, NoContract, NoLines, SameArticleTwice, BadPrice, BadAmount, BelowMinimum, NotWholePacks,
    AboveContract, BadCountry, NotForTerritory, NotAuthorised, NoRateOnTheDay, BadText.
    """
    document, terms = _document(wish, there={}, now=now)
    with transaction.atomic():
        order = models.Order.objects.create(
            id=new_id(),
            number=human_number(PREFIX, now),
            state=OrderState.DRAFT,
            supplier_id=terms.supplier.id,
            contract_id=terms.contract.id,
            made_at=now,
            amending=True,
            **shown(document),
        )
        _write_version(order, 1, document, actor, now)
        note_event(order, kind="drafted", actor=actor, now=now)
        trace("purchase_order", order.id, action="draft", actor=actor, now=now)
    return order.id


def amend(*, order_id: UUID, wish: OrderDraft, actor: str, now: datetime) -> int:
    """What is to be ordered instead, as the next version, or in place of the version that still is a draft. What is in
    force stays until the new version is approved. The version's number.

    Refuses what `draft` does, NotNow (closed, cancelled, another contract), TooManyVersions, BelowReceived,
    BelowShipped, BelowPaid.
    """
    with transaction.atomic():
        order = locked(order_id)
        if OrderState(order.state).over or order.contract_id != wish.contract_id:
            raise NotNow
        there = {line.sku_id: line for line in models.Line.objects.filter(order_id=order_id)}
        document, _terms = _document(wish, there=there, now=now)
        refuse_below(order, document)
        old = models.Version.objects.filter(order_id=order_id, state=VersionState.DRAFT)
        last = models.Version.objects.filter(order_id=order_id).aggregate(last=Max("number"))["last"] or 0
        if last >= VERSIONS_MAX:
            raise TooManyVersions
        old.update(state=VersionState.DROPPED)
        _write_version(order, last + 1, document, actor, now)
        changes = shown(document) if order.version == 0 else {}
        models.Order.objects.filter(id=order_id).update(amending=True, **changes)
        note_event(order, kind="amended", actor=actor, note=f"v{last + 1}", now=now)
        trace("purchase_order", order_id, action="amend", actor=actor, now=now)
    return int(last) + 1


def shown(document: Document) -> dict[str, Any]:
    """What an order's row shows of its document."""
    return {
        "currency": document.currency,
        "total_minor": document.total_minor,
        "value_minor": document.value_minor,
        "rate": document.rate,
        "destination": document.destination,
        "expected_on": document.expected_on,
    }


def _write_version(order: models.Order, number: int, document: Document, actor: str, now: datetime) -> None:
    models.Version.objects.create(
        id=new_id(),
        order_id=order.id,
        number=number,
        state=VersionState.DRAFT,
        document=reading.written(document),
        author=actor,
        made_at=now,
    )


def _document(wish: OrderDraft, *, there: Mapping[UUID, models.Line], now: datetime) -> tuple[Document, Terms]:
    """`there`: the lines that are in force; a SKU keeps its number for ever."""
    _check_lines(wish.lines)
    today = day_in(CHINA, now)
    contract = contract_in_force(wish.contract_id, today)
    supplier = models.Supplier.objects.get(id=contract.supplier_id)
    skus = catalogue.skus(ids=[line.sku_id for line in wish.lines])
    missing = next((line for line in wish.lines if line.sku_id not in skus), None)
    if missing is not None:
        raise UnknownParty(field="lines", what="SKU")
    rate, source = rate_on(contract.currency, today)
    terms = Terms(contract, supplier, skus, rate, source, today)
    destination = country(wish.destination, field="destination")
    refuse_unauthorised(contract, supplier, {sku.brand_id for sku in skus.values()}, destination, today)
    _check_minimum(wish.lines, terms)
    _check_articles(wish.lines, terms, there)
    return _put_together(wish, destination, {sku_id: line.number for sku_id, line in there.items()}, terms), terms


def _check_lines(lines: Sequence[LineDraft]) -> None:
    if not 0 < len(lines) <= LINES_MAX:
        raise NoLines(field="lines", most=LINES_MAX)
    for n, line in enumerate(lines):
        price = line.unit_price
        if not price.is_finite() or not 0 <= price <= sums.PRICE_MAX or price != round(price, sums.PRICE_PLACES):
            raise BadPrice(field=f"lines.{n}.unit_price")
        if not 0 < line.units <= sums.UNITS_MAX:
            raise BadAmount(field=f"lines.{n}.units")


def _check_minimum(lines: Sequence[LineDraft], terms: Terms) -> None:
    """Of the order as a whole. Refuses SameArticleTwice, BelowMinimum."""
    seen: set[UUID] = set()
    for line in lines:
        code = terms.skus[line.sku_id].code
        if line.sku_id in seen:
            raise SameArticleTwice(field="lines", sku=code)
        seen.add(line.sku_id)
    if sum(line.units for line in lines) < terms.contract.order_units_min:
        raise BelowMinimum(field="lines", what="order", least=terms.contract.order_units_min)


def _check_articles(lines: Sequence[LineDraft], terms: Terms, there: Mapping[UUID, models.Line]) -> None:
    """What the contract says of each article. A line that is cut to what came needs no least units and no whole carton.

    Refuses BelowMinimum, NotWholePacks, AboveContract.
    """
    rows = models.ContractArticle.objects.filter(contract_id=terms.contract.id, sku_id__in=terms.skus)
    agreed = {row.sku_id: row for row in rows}
    for line in lines:
        code, one = terms.skus[line.sku_id].code, agreed.get(line.sku_id)
        came = line.sku_id in there and line.units == there[line.sku_id].received
        least = max(terms.contract.line_units_min, one.units_min if one else 0)
        if line.units < least and not came:
            raise BelowMinimum(field="lines", what=code, least=least)
        if one and line.units % one.pack and not came:
            raise NotWholePacks(field="lines", sku=code, pack=one.pack)
        if one and line.unit_price > one.unit_price:
            raise AboveContract(field="lines", sku=code, price=f"{one.unit_price.normalize():f}")


def _put_together(wish: OrderDraft, destination: str, numbers: Mapping[UUID, int], terms: Terms) -> Document:
    contract, currency = terms.contract, terms.contract.currency
    goods = [sums.goods_minor(line.units, line.unit_price, currency) for line in wish.lines]
    discount = sums.discount_for(contract.tiers, sum(line.units for line in wish.lines))
    shares = sums.discounted(goods, discount)
    total = sum(goods) - sum(shares)
    if total > TOTAL_MAX:
        raise BadAmount(field="lines")
    fresh = iter(range(max(numbers.values(), default=0) + 1, max(numbers.values(), default=0) + LINES_MAX + 1))
    lines = [
        _line(terms.skus[line.sku_id], line, numbers.get(line.sku_id) or next(fresh), (gross, share))
        for line, gross, share in zip(wish.lines, goods, shares, strict=True)
    ]
    return Document(
        supplier_code=terms.supplier.code,
        supplier_name=terms.supplier.name,
        supplier_country=terms.supplier.country,
        contract_number=contract.number,
        currency=currency,
        incoterm=contract.incoterm,
        place=contract.place,
        payment=contract.payment,
        payment_days=contract.payment_days,
        destination=destination,
        expected_on=wish.expected_on,
        note=plain(wish.note, field="note", most=NOTE_MAX, required=False),
        lines=tuple(lines),
        goods_minor=sum(goods),
        discount=discount,
        discount_minor=sum(shares),
        total_minor=total,
        day=terms.day,
        rate=terms.rate,
        rate_source=terms.rate_source,
        value_minor=sums.in_house(total, currency, terms.rate),
        over_receipt=contract.over_receipt,
    )


def _line(sku: Sku, line: LineDraft, number: int, sums_: tuple[int, int]) -> DocLine:
    gross, share = sums_
    return DocLine(
        number=number,
        sku_id=sku.id,
        sku_code=sku.code,
        name=text(sku.titles, "en"),
        gtin=sku.gtin or "",
        brand_id=sku.brand_id,
        origin=sku.origin,
        units=line.units,
        unit_price=line.unit_price,
        discount_minor=share,
        amount_minor=gross - share,
    )


def categories_of(skus: Sequence[Sku]) -> dict[UUID, tuple[UUID, ...]]:
    """Each SKU's categories with all above them."""
    products: Mapping[UUID, Product] = catalogue.products(ids={sku.product_id for sku in skus})
    paths = {category.id: category.path for category in catalogue.categories()}
    return {
        sku.id: tuple(sorted({above for one in products[sku.product_id].category_ids for above in paths.get(one, ())}))
        for sku in skus
    }
