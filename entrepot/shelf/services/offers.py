"""What can be sold of some products on one storefront, with price, tax of one unit and where it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Classification, Product, Sku
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_minor
from entrepot.kit.refusals import Refusal
from entrepot.pricing import selectors as pricing
from entrepot.pricing.types import Price
from entrepot.shelf.rules.cards import Offer
from entrepot.shelf.rules.filters import KINDS
from entrepot.stock import selectors as stock
from entrepot.stock.types import Available, WarehouseKind
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import LineRequest, QuoteRequest

JURISDICTION = "CN"  # where the storefronts' buyers are
SKUS_MAX = 4_000  # in one go
_SELLABLE = ("clear", "full_tax_single_item")
_CHANNELS = {WarehouseKind.BONDED: "bonded", WarehouseKind.OVERSEAS: "direct"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A SKU that has all it takes, before the tax is asked for."""

    sku: Sku
    price: Price
    classification: Classification
    kinds: int


@dataclass(frozen=True, slots=True)
class Offers:
    """By product: what can be sold of it, and for those of which nothing can, the first reason why."""

    of: Mapping[UUID, Sequence[Offer]]
    left_out: Mapping[UUID, str]


def offers(*, storefront: Storefront, products: Collection[Product], now: datetime) -> Offers:
    """Ask the contexts about many SKUs at once. A SKU that may not be sold, has no price or no tax is left out."""
    skus = [sku for product in products for sku in product.skus]
    today = day_in(CHINA, now)
    found: dict[UUID, Candidate] = {}
    reasons: dict[UUID, str] = {}
    for start in range(0, len(skus), SKUS_MAX):
        some, others = _candidates(storefront, skus[start : start + SKUS_MAX], now, today)
        found, reasons = found | some, reasons | others
    taxes = _taxes(found, today)
    result: dict[UUID, Sequence[Offer]] = {}
    left_out: dict[UUID, str] = {}
    for product in products:
        mine: list[Offer] = []
        why = [] if product.active and product.skus else ["not_active"]
        for sku in product.skus if product.active else ():
            tax = taxes.get(sku.id)
            if isinstance(tax, int):
                mine.append(Offer(sku, found[sku.id].price, tax, found[sku.id].kinds))
            else:
                why.append(tax or reasons[sku.id])
        if mine:
            result[product.id] = mine
        else:
            left_out[product.id] = why[0]
    return Offers(result, left_out)


def _candidates(
    storefront: Storefront, skus: Sequence[Sku], now: datetime, today: date
) -> tuple[dict[UUID, Candidate], dict[UUID, str]]:
    ids = [sku.id for sku in skus]
    problems = catalogue.sellability(sku_ids=ids, jurisdiction=JURISDICTION, on=today)
    decisions = catalogue.classifications(sku_ids=ids, jurisdiction=JURISDICTION, on=today)
    prices = pricing.prices(storefront_id=storefront.id, currency=storefront.currency, sku_ids=ids, at=now)
    free = stock.available(sku_ids=ids, on=stock.sold_until(day=today, channel_ids=[storefront.id]))
    found: dict[UUID, Candidate] = {}
    reasons: dict[UUID, str] = {}
    for sku in skus:
        why = problems.get(sku.id, ())
        if why or sku.id not in decisions:
            reasons[sku.id] = why[0].code if why else "not_classified"
        elif sku.id not in prices:
            reasons[sku.id] = "no_price"
        else:
            found[sku.id] = Candidate(sku, prices[sku.id], decisions[sku.id], _kinds(free.get(sku.id, ())))
    return found, reasons


def _kinds(places: Collection[Available]) -> int:
    """From which kinds of warehouse it is sold: what stands at home is not sold into this flow."""
    known = stock.warehouses()
    kinds = {known[place.warehouse_id].kind for place in places if place.warehouse_id in known}
    return sum(KINDS[kind] for kind in kinds & _CHANNELS.keys())


def _taxes(candidates: Mapping[UUID, Candidate], today: date) -> dict[UUID, int | str]:
    """The tax of one unit in minor units, or the code of the refusal or decision that keeps the SKU off the shelf."""
    asked = {sku_id: _request(candidate, today) for sku_id, candidate in candidates.items()}
    taxes: dict[UUID, int | str] = {}
    books = tariff.newest(destination=JURISDICTION)
    for sku_id, answer in zip(asked, tariff.answers(requests=list(asked.values()), books=books), strict=True):
        if isinstance(answer, Refusal):
            taxes[sku_id] = answer.code
        elif answer.decision in _SELLABLE:
            taxes[sku_id] = to_minor(answer.total_tax, answer.currency)
        else:
            taxes[sku_id] = answer.decision
    return taxes


def _request(candidate: Candidate, today: date) -> QuoteRequest:
    """One unit without freight, from where it would leave: bonded goods go first."""
    sku, decision = candidate.sku, candidate.classification
    direct = candidate.kinds & KINDS["overseas"] and not candidate.kinds & KINDS["bonded"]
    line = LineRequest(
        id=sku.code,
        hs_code=decision.hs_code,
        origin=sku.origin,
        quantity=Decimal(1),
        unit=decision.sales_unit,
        unit_price=candidate.price.amount.decimal,
        measures=decision.measures(),
    )
    return QuoteRequest(
        destination=JURISDICTION,
        date=today,
        currency=candidate.price.amount.currency,
        lines=(line,),
        channel=_CHANNELS[WarehouseKind.OVERSEAS if direct else WarehouseKind.BONDED],
    )
