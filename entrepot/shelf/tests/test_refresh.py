from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from entrepot.catalogue import selectors as articles
from entrepot.catalogue import services as catalogue
from entrepot.catalogue.tests.makers import classification
from entrepot.catalogue.types import BrandDraft, CategoryDraft, SkuDraft
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.ids import new_id
from entrepot.outbox.testing import drain
from entrepot.pricing.services import set_prices
from entrepot.pricing.tests.makers import koala_list, priced
from entrepot.pricing.types import PriceDraft
from entrepot.shelf import selectors, services, tasks
from entrepot.shelf.models import Entry, Place, Term
from entrepot.shelf.tests.makers import NOW, a_product, both, in_stock, opened_shop, refreshed, sku_id_of
from entrepot.shelf.types import Card, Filter, RefreshReport
from entrepot.stock.services import put_shelf_life
from entrepot.stock.tests.makers import claimed
from entrepot.stock.types import WarehouseKind
from entrepot.storefronts.selectors import NoStorefront
from entrepot.storefronts.tests.makers import koala_lane
from entrepot.tariff import services as tariff

pytestmark = pytest.mark.django_db


def card_of(product_id: UUID, language: str = "zh-hans") -> Card | None:
    return selectors.cards(storefront=koala_lane(), product_ids=[product_id], language=language).get(product_id)


def titles(**wanted: object) -> list[str]:
    found = selectors.listing(storefront=koala_lane(), filter=Filter(**wanted), page=1, language="en")
    return [card.title for card in found.cards]


def test_a_card_shows_price_tax_origin_and_where_it_is() -> None:
    opened_shop()
    product_id = a_product("truffles", both("Truffles", "松露巧克力"))
    in_stock("truffles-1")
    assert refreshed(product_id) == RefreshReport(shown=1, changed=1, removed=0)
    assert card_of(product_id) == Card(
        product_id=product_id,
        slug="truffles",
        title="松露巧克力",
        brand="瑞士莲",
        brand_slug="lindt",
        origin="CH",
        image=None,
        price_minor=10_000,
        was_minor=None,
        tax_minor=910,  # 13 % VAT × 70 %
        currency="CNY",
        warehouse_kinds=("bonded",),
        in_stock=True,
        variants=1,
    )
    assert card_of(product_id, "en").title == "Truffles"
    assert set(Place.objects.values_list("category", flat=True)) == {"", "food", "chocolate"}


def test_the_cheapest_variant_in_stock_stands_on_the_card() -> None:
    opened_shop()
    product_id = a_product("bar", prices=[5_000, 7_000, 6_000])
    refreshed(product_id)
    assert (card_of(product_id).price_minor, card_of(product_id).in_stock) == (5_000, False)
    in_stock("bar-2", kind=WarehouseKind.OVERSEAS)
    in_stock("bar-3")
    refreshed(product_id)
    card = card_of(product_id)
    assert (card.price_minor, card.in_stock, card.variants) == (6_000, True, 3)
    assert card.warehouse_kinds == ("bonded", "overseas")


@pytest.mark.parametrize("kind", [WarehouseKind.DOMESTIC, WarehouseKind.SHOP])
def test_what_only_stands_at_home_is_sold_out(kind: WarehouseKind) -> None:
    opened_shop()
    product_id = a_product("bar")
    in_stock("bar-1", kind=kind)
    refreshed(product_id)
    assert (card_of(product_id).in_stock, card_of(product_id).warehouse_kinds) == (False, ())


def test_refreshing_again_changes_nothing() -> None:
    opened_shop()
    product_id = a_product("bar")
    refreshed(product_id)
    before = list(Entry.objects.values())
    assert refreshed(product_id) == RefreshReport(shown=1, changed=0, removed=0)
    assert list(Entry.objects.values()) == before


def test_what_cannot_be_sold_is_left_out_with_the_reason() -> None:
    opened_shop()
    fine, no_price, off = a_product("fine"), a_product("no-price", prices=[None]), a_product("off")
    no_origin, dear = a_product("no-origin", origin=""), a_product("dear", prices=[3_000_000])
    catalogue.switch(product_ids=[off], active=False, now=NOW)
    report = refreshed(fine, no_price, off, no_origin, dear)
    assert report == RefreshReport(
        shown=1,
        changed=1,
        removed=0,
        left_out={"no_price": 1, "not_active": 1, "origin_unknown": 1, "general_trade": 1},
    )
    assert titles() == ["fine"]


def test_a_rate_that_is_not_known_keeps_only_its_product_away() -> None:
    opened_shop()
    fine, vermouth = a_product("fine"), a_product("vermouth")
    decision = classification(sku_id_of("vermouth-1"), hs_code="2205100000", valid_from=NOW.date())
    catalogue.classify(drafts=[decision], decided_by="tests", reason="-", now=NOW + timedelta(minutes=1))
    report = refreshed(fine, vermouth)
    assert (report.shown, report.left_out) == (1, {"missing_measure": 1})


def test_a_product_leaves_the_shelf_and_every_category_when_it_is_switched_off() -> None:
    opened_shop()
    product_id = a_product("bar")
    refreshed(product_id)
    catalogue.switch(product_ids=[product_id], active=False, now=NOW)
    assert refreshed(product_id).removed == 1
    assert (Entry.objects.count(), Place.objects.count()) == (0, 0)


def test_a_product_leaves_the_shelf_when_its_brand_is_ours_no_more_and_comes_back() -> None:
    opened_shop()
    product_id = a_product("bar")
    drain()
    brand_id = articles.skus(ids=[sku_id_of("bar-1")])[sku_id_of("bar-1")].brand_id
    catalogue.set_sell_until(until={brand_id: day_in(CHINA, now())})
    drain()
    assert card_of(product_id) is None
    catalogue.set_sell_until(until={brand_id: None})
    drain()
    assert card_of(product_id) is not None


def test_the_shelf_follows_how_long_goods_must_keep_in_its_shop() -> None:
    shop, product_id, at = opened_shop(), a_product("bar"), now()
    in_stock("bar-1", 5, expires_on=day_in(CHINA, at) + timedelta(days=20))
    drain()
    shown = [card_of(product_id).in_stock]
    for days in (30, 10):
        put_shelf_life(channel_id=shop.id, days=days, now=at)
        drain(until=at + timedelta(minutes=1))
        shown.append(card_of(product_id).in_stock)
    assert shown == [True, False, True]


def test_the_shelf_follows_catalogue_prices_and_stock_by_itself() -> None:
    opened_shop()
    product_id = a_product("bar")
    drain()
    assert card_of(product_id).price_minor == 10_000
    priced({sku_id_of("bar-1"): 9_000}, now=NOW + timedelta(seconds=1))
    drain()
    assert card_of(product_id).price_minor == 9_000
    place = in_stock("bar-1", 1)
    drain()
    assert card_of(product_id).in_stock
    claimed(sku_id_of("bar-1"), place, 1)
    drain()
    assert not card_of(product_id).in_stock
    catalogue.put_brands(drafts=[BrandDraft("lindt", both("Lindt & Sprüngli", "瑞士莲"), "CH")])
    drain()
    assert card_of(product_id, "en").brand == "Lindt & Sprüngli"
    catalogue.put_categories(drafts=[CategoryDraft("chocolate", both("Chocolate", "巧克力"), "home")])
    drain()
    assert (titles(category="home"), titles(category="food")) == (["bar"], [])


def test_a_was_price_is_shown_until_the_offer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    opened_shop()
    product_id = a_product("bar")
    offer = PriceDraft(sku_id_of("bar-1"), 8_000, 10_000, NOW, NOW + timedelta(days=1))
    set_prices(list_id=koala_list(), prices=[offer], actor="tests", now=NOW)
    refreshed(product_id)
    assert (card_of(product_id).price_minor, card_of(product_id).was_minor) == (8_000, 10_000)
    monkeypatch.setattr(tasks, "now", lambda: NOW + timedelta(days=1))
    drain(until=NOW + timedelta(days=1))
    assert (card_of(product_id).price_minor, card_of(product_id).was_minor) == (10_000, None)


RATES = "hs_prefix,origin,destination,measure,params,valid_from,valid_to,confirmed,source,note\n1806,,CN,vat,"


def test_a_rate_book_that_came_is_on_the_cards_some_minutes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goods whose rate was not known would stay away until the night, others show a tax that nobody owes."""
    opened_shop()
    product_id, at = a_product("bar"), NOW
    monkeypatch.setattr(tasks, "now", lambda: at)

    def strikes() -> None:
        tasks.new_rates()
        drain()

    strikes()
    tax = card_of(product_id).tax_minor
    content = f'{RATES}"{{""rate"":""0.03""}}",2026-01-01,,yes,tests,\n'.encode()
    tariff.import_book(name="test-vat", content=content, as_of=NOW.date(), actor="tests", now=NOW)
    strikes()  # it may be answered from the books before
    at += timedelta(minutes=5)
    strikes()
    assert card_of(product_id).tax_minor < tax
    at += timedelta(minutes=5)
    monkeypatch.setattr("entrepot.shelf.services.refreshing.rebuild", None)
    strikes()  # nothing has come since


def test_newness_stays_when_something_else_changes() -> None:
    opened_shop()
    old = a_product("old")
    services.refresh(storefront_id=koala_lane().id, product_ids=[old], clock=lambda: NOW)
    young = a_product("young")
    services.refresh(storefront_id=koala_lane().id, product_ids=[young], clock=lambda: NOW + timedelta(days=1))
    priced({sku_id_of("old-1"): 100}, now=NOW + timedelta(days=1))
    services.refresh(storefront_id=koala_lane().id, product_ids=[old], clock=lambda: NOW + timedelta(days=2))
    assert titles(sort="new") == ["young", "old"]


def test_a_rebuild_shows_everything_counts_words_and_forgets_strangers() -> None:
    shop = opened_shop()
    for n in range(5):
        a_product(f"bar-{n}", both(f"Dark bar {n}", f"黑巧克力{n}"))
    refreshed(a_product("gone", both("Vanishing thing")))
    Entry.objects.filter(slug="gone").update(product_id=new_id())
    Place.objects.all().delete()
    report = services.rebuild(storefront_id=shop.id, clock=lambda: NOW)
    assert (report.shown, report.removed) == (6, 1)
    assert (Entry.objects.count(), Place.objects.count()) == (6, 18)
    assert Term.objects.get(term="dark").products == 5
    assert services.rebuild(storefront_id=shop.id, clock=lambda: NOW).changed == 0


def test_a_rebuild_forgets_words_that_nobody_has_any_more() -> None:
    shop = opened_shop()
    product_id = a_product("bar", both("Crunchy bar"))
    refreshed(product_id)
    assert Term.objects.filter(term="crunchy").exists()
    a_product("bar", both("Smooth bar"))
    services.rebuild(storefront_id=shop.id, clock=lambda: NOW)
    assert set(Term.objects.filter(term__in=["crunchy", "smooth"]).values_list("term", flat=True)) == {"smooth"}


def test_unknown_storefronts_and_products() -> None:
    opened_shop()
    with pytest.raises(NoStorefront):
        services.refresh(storefront_id=new_id(), product_ids=[], clock=lambda: NOW)
    assert refreshed(new_id()) == RefreshReport(shown=0, changed=0, removed=0)


def test_a_chunk_takes_few_statements(django_assert_max_num_queries) -> None:
    opened_shop()
    product_ids = [a_product(f"bar-{n}") for n in range(30)]
    refreshed(*product_ids)
    with django_assert_max_num_queries(20):
        refreshed(*product_ids)


def test_products_of_many_variants_are_shown_with_all_others() -> None:
    opened_shop()
    product_ids = [a_product("bar"), a_product("shirt"), a_product("shoe")]
    for product_id, name in zip(product_ids[1:], ("shirt", "shoe"), strict=True):
        more = [SkuDraft(f"{name}-{n}", axes={"size": both(str(n))}) for n in range(2, 2_600)]
        catalogue.put_skus(skus={product_id: more}, now=NOW)
    assert refreshed(*product_ids).shown == 3


def test_the_database_holds_amounts() -> None:
    opened_shop()
    refreshed(a_product("bar"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.update(price_minor=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.update(kinds=8)
