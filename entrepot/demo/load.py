"""Fill an empty house with the demo: people, articles, prices, stock, buying, pictures. Again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as catalogue_services
from entrepot.catalogue.types import ClassificationDraft
from entrepot.demo import arrivals, buying, content, houses, people, pictures, planning, rush, sheets
from entrepot.demo.content import Item
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as pricing_services
from entrepot.pricing.types import PriceDraft
from entrepot.shelf import services as shelf_services
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts import services as storefront_services
from entrepot.storefronts.types import StorefrontDraft
from entrepot.tariff import services as tariff_services

Report = Callable[[str, float], None]

STOREFRONT = StorefrontDraft(
    code="koala-lane",
    names={"zh-hans": "Koala Lane 考拉巷", "en": "Koala Lane"},
    hosts=("",),
    languages=("zh-hans", "en"),
    currency="CNY",
)
ACTOR = "demo"
CLASSIFIED_FROM = date(2022, 1, 1)  # the nomenclature's edition of 2022
REASON = "Demo: heading by the text of the nomenclature, last digits by China's tariff lines of 2018 and 2019"


def log_ins() -> list[str]:
    """Lines for the terminal: who can log in to the demo."""
    return people.log_ins()


def is_loaded() -> bool:
    """Whether a load has come to its end: the last thing it does is to hang pictures on the last product."""
    last = catalogue.product(slug=content.items()[-1].slug)
    return last is not None and bool(last.images)


def load(report: Report, now: datetime, *, pictured: int | None = None) -> None:
    """Load what is missing. `report(step, part)` is told how far each step is, from 0 to 1.

    `pictured` gives pictures to that many products only: tests need no more.

    Every step goes through the contexts' services and is repeatable: an interrupted load is taken up by the next.
    """
    report("people and books", 0)
    tariff_services.found_books(now=now)
    storefront_id = _storefront(now)
    people.put_people(now=now)
    report("people and books", 1)
    report("articles", 0)
    items = content.items()
    brands = catalogue_services.put_brands(drafts=content.brands())
    catalogue_services.put_categories(drafts=content.categories())
    catalogue_services.put_product_types(drafts=sheets.product_types())
    parents = content.parents()
    products = catalogue_services.put_products(drafts=[item.draft(parents) for item in items], now=now)
    report("articles", 0.4)
    codes = [variant.code for item in items for variant in item.variants]
    ids = {code: sku.id for code, sku in catalogue.sku_by_code(codes=codes).items()}
    _classify(items, ids, now)
    report("articles", 0.7)
    list_id = _price(storefront_id, items, ids, now)
    rush.put_sales(list_id=list_id, storefront_id=storefront_id, ids=ids, actor=ACTOR, now=now)
    rush.put_promotion(list_id=list_id, ids=ids, actor=ACTOR, now=now)
    places = houses.put_houses()
    houses.put_stock(items=items, ids=ids, houses=places, now=now)
    report("articles", 0.9)
    buying.put_buying(items=items, ids=ids, brands=brands, now=now)
    arrivals.put_arrivals(houses=places, now=now)
    planning.put_planning(items=items, now=now)
    report("articles", 1)
    pictures.hang(items=items[:pictured], products=products, ids=ids, report=report, now=now)
    report("shelves", 0)
    shelf_services.rebuild(storefront_id=storefront_id, clock=lambda: now)
    report("shelves", 1)


def _storefront(now: datetime) -> UUID:
    try:
        return storefronts.by_code(code=STOREFRONT.code).id
    except storefronts.NoStorefront:
        return storefront_services.open_storefront(draft=STOREFRONT, now=now)


def _classify(items: Sequence[Item], ids: Mapping[str, UUID], now: datetime) -> None:
    by_reason: dict[str, list[ClassificationDraft]] = {}
    names = content.brand_names()
    for item in items:
        code = content.codes()[item.hs_code]
        for variant in item.variants:
            words = [text["zh-hans"] for text in variant.axes.values()]
            draft = ClassificationDraft(
                sku_id=ids[variant.code],
                hs_code=code.hs_code,
                sales_unit=item.sales_unit(code),
                unit1=code.unit1,
                quantity1=item.quantity(code.unit1, variant),
                unit2=code.unit2 or None,
                quantity2=item.quantity(code.unit2, variant) if code.unit2 else None,
                declared_name=code.zh,
                model="|".join([f"{names[item.brand]}牌", item.titles["zh-hans"], *words]),
                valid_from=CLASSIFIED_FROM,
            )
            by_reason.setdefault(f"{REASON}. {code.note}".strip(". "), []).append(draft)
    for reason, drafts in by_reason.items():
        catalogue_services.classify(drafts=drafts, decided_by=ACTOR, reason=reason, now=now)


def _price(storefront_id: UUID, items: Sequence[Item], ids: Mapping[str, UUID], now: datetime) -> UUID:
    """Prices where there are none: what staff changed since stays. Returns the list."""
    price_list = next((found for found in pricing.lists(storefront_id=storefront_id) if found.currency == "CNY"), None)
    list_id = (
        price_list.id
        if price_list
        else pricing_services.open_list(storefront_id=storefront_id, currency="CNY", now=now)
    )
    there = pricing.prices(storefront_id=storefront_id, currency="CNY", sku_ids=list(ids.values()), at=now)
    prices = [
        PriceDraft(ids[variant.code], variant.price_minor, variant.was_minor)
        for item in items
        for variant in item.variants
        if ids[variant.code] not in there
    ]
    pricing_services.set_prices(list_id=list_id, prices=prices, actor=ACTOR, now=now)
    return list_id
