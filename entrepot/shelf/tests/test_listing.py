from __future__ import annotations

import pytest

from entrepot.catalogue import services as catalogue
from entrepot.catalogue.types import CategoryDraft
from entrepot.shelf import kept, selectors
from entrepot.shelf.models import Entry
from entrepot.shelf.tests.makers import a_product, both, in_stock, opened_shop, refreshed
from entrepot.shelf.types import PAGES_MAX, FacetValue, Filter, Listing, Suggestion
from entrepot.stock.types import WarehouseKind
from entrepot.storefronts.tests.makers import koala_lane
from tests.plugin import ForTheFile

pytestmark = pytest.mark.django_db


def listed(page: int = 1, language: str = "en", **wanted: object) -> Listing:
    return selectors.listing(storefront=koala_lane(), filter=Filter(**wanted), page=page, language=language)


def slugs(**wanted: object) -> list[str]:
    return [card.slug for card in listed(**wanted).cards]


@pytest.fixture(scope="module")
def shop(for_the_file: ForTheFile) -> None:
    for_the_file(_shop)


def _shop() -> None:
    """Six products: chocolate of two brands and countries, and a lipstick."""
    opened_shop()
    made = [
        a_product("dark", both("Dark chocolate bar", "黑巧克力排块"), prices=[3_000]),
        a_product("milk", both("Milk chocolate bar", "牛奶巧克力排块"), prices=[6_000], origin="DE"),
        a_product("truffles", both("Truffles", "松露巧克力"), prices=[15_000]),
        a_product("lipstick", both("Red lipstick", "红色口红"), prices=[20_000], brand="loreal", categories=["home"],
                  origin="FR"),
        a_product("cream", both("Chocolate scented cream", "巧克力香型护手霜"), prices=[9_000], brand="loreal",
                  categories=["home"], origin="FR"),
        a_product("bottle", both("Water bottle", "水杯"), prices=[250_000], categories=["home"]),
    ]  # fmt: skip
    in_stock("dark-1")
    in_stock("milk-1", kind=WarehouseKind.OVERSEAS)
    in_stock("lipstick-1")
    in_stock("lipstick-1", kind=WarehouseKind.OVERSEAS)
    refreshed(*made)


def test_a_category_shows_what_is_in_and_below_it_stock_first(shop: None) -> None:
    page = listed(category="food")
    assert {card.slug for card in page.cards} == {"dark", "milk", "truffles"}
    assert page.cards[-1].slug == "truffles"
    assert (page.total, page.page, page.pages, page.corrected, page.relaxed) == (3, 1, 1, None, False)
    assert slugs(category="chocolate", sort="price_down") == ["truffles", "milk", "dark"]
    assert len(listed().cards) == 6


def test_the_first_of_several_categories_come_in_one_statement(shop: None, django_assert_num_queries) -> None:
    store = koala_lane()
    with django_assert_num_queries(1):
        found = selectors.firsts(storefront=store, categories=["food", "home", "nowhere"], language="en")
    assert {slug: card.slug for slug, card in found.items()} == {
        "food": slugs(category="food")[0],
        "home": slugs(category="home")[0],
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"brands": ("loreal",)}, {"lipstick", "cream"}),
        ({"origins": ("DE", "FR")}, {"milk", "lipstick", "cream"}),
        ({"warehouse_kinds": ("overseas",)}, {"milk", "lipstick"}),
        ({"warehouse_kinds": ("bonded", "overseas")}, {"dark", "milk", "lipstick"}),
        ({"price_from": 6_000, "price_to": 15_000}, {"milk", "truffles", "cream"}),
        ({"price_to": 3_000}, {"dark"}),
        ({"in_stock": True}, {"dark", "milk", "lipstick"}),
        ({"in_stock": True, "brands": ("lindt",), "origins": ("CH",)}, {"dark"}),
        ({"brands": ("nobody",)}, set()),
        ({"text": "chocolate", "category": "home"}, {"cream"}),
        ({"text": "巧克力", "price_from": 9_000}, {"truffles", "cream"}),
    ],
)
def test_filters(shop: None, wanted: dict[str, object], found: set[str]) -> None:
    assert set(slugs(**wanted)) == found
    assert listed(**wanted).total == len(found)


def test_each_facet_is_counted_under_the_other_filters(shop: None) -> None:
    facets = listed(category="home", brands=("loreal",), language="zh-hans").facets
    assert facets["brand"] == (FacetValue("loreal", "欧莱雅", 2, True), FacetValue("lindt", "瑞士莲", 1, False))
    assert facets["origin"] == (FacetValue("FR", "FR", 2, False),)
    assert facets["warehouse"] == (
        FacetValue("bonded", "bonded", 1, False),
        FacetValue("overseas", "overseas", 1, False),
    )
    assert facets["price"] == (
        FacetValue("5000-9999", "¥50–100", 1, False),
        FacetValue("20000-49999", "¥200–500", 1, False),
    )


def test_what_was_chosen_stays_in_the_facet_where_nothing_is_left(shop: None) -> None:
    facets = listed(category="chocolate", brands=("loreal",), price_from=0, price_to=4_999).facets
    assert FacetValue("loreal", "L'Oréal", 0, True) in facets["brand"]
    assert FacetValue("lindt", "Lindt", 1, False) in facets["brand"]
    assert facets["price"] == (FacetValue("-4999", "Under ¥50", 0, True),)


def test_pages_turn_without_gaps_or_repeats(shop: None) -> None:
    refreshed(*[a_product(f"bar-{n:02}", prices=[1_000 + n % 3]) for n in range(50)])
    for sort in ("relevance", "new", "price_up", "price_down"):
        pages = [listed(page=page, category="chocolate", sort=sort) for page in (1, 2, 3)]
        seen = [card.slug for page in pages for card in page.cards]
        assert (len(seen), len(set(seen)), pages[0].pages) == (53, 53, 3)
    with pytest.raises(selectors.NoSuchPage):
        listed(page=4, category="chocolate")
    for page in (0, -1, PAGES_MAX + 1):
        with pytest.raises(selectors.NoSuchPage):
            listed(page=page)


def test_bad_filters_are_refused_by_field_in_both_languages(shop: None) -> None:
    with pytest.raises(selectors.BadFilter) as refused:
        listed(sort="best")
    assert refused.value.field == "sort"
    with pytest.raises(selectors.NoSuchCategory) as refused:
        listed(category="nowhere")
    assert "nowhere" in refused.value.message("zh-hans") and "nowhere" in refused.value.message("en")


def test_an_empty_category_is_empty_and_an_unknown_one_is_not_there(shop: None) -> None:
    catalogue.put_categories(drafts=[CategoryDraft("garden", both("Garden", "园艺"))])
    assert listed(category="garden").cards == ()


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        # in the title, and the category too; in the title only; in the category only
        ("chocolate", [{"dark", "milk"}, {"cream"}, {"truffles"}]),
        ("CHOCOLATES", [{"dark", "milk"}, {"cream"}, {"truffles"}]),
        ("巧克力", [{"dark", "milk"}, {"truffles"}, {"cream"}]),
        ("Truffles", [{"truffles"}]),
        ("牛奶", [{"milk"}]),
        ("奶", [{"milk"}]),
        ("choco", [{"dark", "milk"}, {"truffles", "cream"}]),
        ("lindt", [{"dark", "milk"}, {"bottle", "truffles"}]),
        ("loreal lipstick", [{"lipstick"}]),
        ("L'Oréal", [{"lipstick"}, {"cream"}]),
        ("欧莱雅口红", [{"lipstick"}]),
        ("dark-1", [{"dark"}]),
        ("bar dark", [{"dark"}]),
        ("法国口红", [{"lipstick"}]),
        ("chocolate germany", [{"milk"}]),
        ("water for the bottle", [{"bottle"}]),
        ("1 pieces", [{"dark", "milk", "lipstick"}, {"truffles", "cream", "bottle"}]),
    ],
)
def test_search_in_both_languages(shop: None, text: str, steps: list[set[str]]) -> None:
    result = listed(text=text)
    found = [card.slug for card in result.cards]
    for step in steps:
        assert set(found[: len(step)]) == step
        found = found[len(step) :]
    assert (found, result.corrected, result.relaxed) == ([], None, False)
    assert result.total == sum(len(step) for step in steps)


@pytest.mark.parametrize(
    ("text", "corrected", "found"),
    [
        ("chocolat bra", "chocolate bar", {"dark", "milk"}),
        ("lipstik", "lipstick", {"lipstick"}),
        ("lorael", "loreal", {"lipstick", "cream"}),
        ("truffels", "truffles", {"truffles"}),
        ("巧克利排块", "巧克力排块", {"dark", "milk"}),
        ("lipstyck lorael", "lipstick loreal", {"lipstick"}),
        ("chocalete", "chocolate", {"dark", "milk", "truffles", "cream"}),
    ],
)
def test_misspelt_words_are_put_right_and_said(shop: None, text: str, corrected: str, found: set[str]) -> None:
    result = listed(text=text)
    assert (result.corrected, result.relaxed) == (corrected, False)
    assert {card.slug for card in result.cards} == found


def test_most_of_the_words_are_enough_where_no_product_has_all(shop: None) -> None:
    result = listed(text="dark chocolate lipstick")
    assert (result.corrected, result.relaxed) == (None, True)
    assert [card.slug for card in result.cards] == ["dark"]
    assert {card.slug for card in listed(text="lipstick truffles").cards} == {"lipstick", "truffles"}


def test_nothing_is_made_up_for_words_that_mean_nothing(shop: None) -> None:
    for text in ("qqqqqq", "水果", "!!!", "98765", "' & | ! ( ) : *", "\\", "%"):
        result = listed(text=text)
        assert (result.cards, result.total, result.corrected) == ((), 0, None)
    assert listed(text="   ").total == 6


def test_one_or_two_letters_stand_for_themselves_where_something_has_them(shop: None) -> None:
    refreshed(a_product("sk", both("SK serum"), categories=["home"]), a_product("skin", both("Skin oil")))
    assert slugs(text="sk") == ["sk"]
    assert set(slugs(text="se")) == {"sk"}
    assert slugs(text="oil sk") == ["skin"]


def test_a_correction_that_does_not_help_is_not_made(shop: None) -> None:
    result = listed(text="lipstik 11111 22222 33333")
    assert (result.total, result.corrected, result.relaxed) == (0, None, False)


def test_filters_that_leave_nothing_do_not_change_the_words(shop: None) -> None:
    result = listed(text="truffles", brands=("loreal",))
    assert (result.cards, result.corrected, result.relaxed) == ((), None, False)


def test_the_whole_title_comes_first(shop: None) -> None:
    refreshed(a_product("plain", both("Bar"), categories=["home"]))
    assert slugs(text="bar")[0] == "plain"
    assert slugs(text="Lindt bar")[0] == "plain"


def test_suggestions(shop: None) -> None:
    def suggested(prefix: str, language: str = "en") -> list[Suggestion]:
        return list(selectors.suggest(storefront=koala_lane(), prefix=prefix, language=language))

    assert suggested("choc")[0] == Suggestion("category", "Chocolate", "chocolate")
    assert Suggestion("product", "Dark chocolate bar", "dark") in suggested("dark choc")
    assert Suggestion("word", "dark chocolate") in suggested("dark choc")
    assert suggested("瑞", "zh-hans")[0] == Suggestion("brand", "瑞士莲", "lindt")
    assert suggested("l'or")[0] == Suggestion("brand", "L'Oréal", "loreal")
    assert suggested("LOR")[0] == Suggestion("brand", "L'Oréal", "loreal")
    assert suggested("") == suggested(" !") == []
    assert all(one.kind == "product" for one in suggested("100%_")) or suggested("100%_") == []


def test_statements(shop: None, django_assert_num_queries) -> None:
    koala_lane()
    for wanted, cold in [
        ({"category": "food"}, 2),
        ({"brands": ("lindt",), "in_stock": True}, 2),
        ({"text": "chocolate"}, 3),
        ({"text": "chocolat bra"}, 4),
        ({"text": "lipstick truffles"}, 3),
        ({"text": "lipstik trufles"}, 4),
    ]:
        kept.forget()
        with django_assert_num_queries(cold):
            listed(**wanted)
        with django_assert_num_queries(1):
            listed(**wanted)
    listed(category="food")
    with django_assert_num_queries(1):  # counts are the same in every order
        selectors.cards(storefront=koala_lane(), product_ids=[], language="en")
        listed(category="food", sort="price_up")


def test_cards_are_fresh_while_counts_are_kept(shop: None) -> None:
    assert listed(category="food").total == 3
    Entry.objects.filter(slug="dark").update(titles=both("Darkest"))
    assert "Darkest" in {card.title for card in listed(category="food").cards}


def test_another_language_is_another_listing(shop: None) -> None:
    assert listed(text="truffles", language="zh-hans").cards[0].title == "松露巧克力"
    assert listed(text="truffles", language="fr").cards[0].title == "松露巧克力"
