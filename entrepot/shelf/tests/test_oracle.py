"""The shelf against the naive implementation, over a few hundred generated products and generated questions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import fill, goods
from entrepot.shelf import kept, selectors
from entrepot.shelf.rules.filters import KINDS, PAGE_ITEMS, SORTS
from entrepot.shelf.selectors.counts import BRANDS_MAX
from entrepot.shelf.tests import naive
from entrepot.shelf.tests.makers import whole
from entrepot.shelf.types import Filter
from entrepot.storefronts.types import Storefront
from tests.examples import many
from tests.plugin import ForTheFile

pytestmark = pytest.mark.django_db

COUNT = 250
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
GOODS = list(goods.products(COUNT))
TITLES = [title for one in GOODS for title in one.draft.titles.values()]
WORDS = sorted(
    {word for title in TITLES for word in title.split()} | {"有机", "咖啡", "黑巧克力", "婴儿", "奶", "霜", "hd"}
)
KINDS_OF = sorted({category.slug for category in goods.categories()})
BRANDS = sorted({one.draft.brand for one in GOODS})
PRICES = sorted({0, *(price for one in GOODS for price, _ in one.prices.values())})
ORIGINS = sorted({sku.origin for one in GOODS for sku in one.draft.skus})

texts = st.one_of(
    st.just(""),
    st.sampled_from(TITLES),
    st.sampled_from(WORDS),
    st.sampled_from([name for brand in goods.brands()[:40] for name in brand.names.values()]),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join),
    st.sampled_from(WORDS).map(lambda word: word[: max(2, len(word) // 2)]),
    st.sampled_from([sku.code for one in GOODS for sku in one.draft.skus]),
    st.builds(
        lambda title, start, size: title[start : start + size],
        st.sampled_from(TITLES),
        st.integers(0, 9),
        st.integers(2, 6),
    ),
)


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    low, high = sorted((draw(st.sampled_from(PRICES)), draw(st.sampled_from(PRICES))))
    return Filter(
        text=draw(texts),
        category=draw(st.none() | st.sampled_from(KINDS_OF)),
        brands=draw(some(BRANDS)),
        origins=draw(some(ORIGINS)),
        warehouse_kinds=draw(some(list(KINDS))),
        price_from=draw(st.sampled_from([None, low])),
        price_to=draw(st.sampled_from([None, high])),
        in_stock=draw(st.booleans()),
        sort=draw(st.sampled_from(SORTS)),
    )


@pytest.fixture(scope="module")
def shop(for_the_file: ForTheFile) -> tuple[Storefront, list[naive.Thing]]:
    return for_the_file(_shop)


def _shop() -> tuple[Storefront, list[naive.Thing]]:
    storefront = fill.fill(COUNT, NOW)
    assert fill.show(storefront, NOW).shown == COUNT
    return storefront, naive.things(storefront)


MANY = settings(max_examples=many(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(wanted=filters())
def test_lists_and_counts_are_those_of_the_naive_implementation(shop, wanted: Filter) -> None:
    storefront, everything = shop
    first, cards = whole(storefront, wanted)
    if first.corrected or first.relaxed:
        assert not naive.found(everything, Filter(text=wanted.text))
        return
    base = naive.found(everything, wanted)
    chosen = sorted((t for t in base if naive.fits(t.card, wanted)), key=lambda thing: naive.order(thing, wanted))
    assert [card.slug for card in cards] == [thing.card.slug for thing in chosen]
    assert first.total == len(chosen)
    assert len(first.cards) == min(len(chosen), PAGE_ITEMS)
    counted = naive.facets(base, wanted, storefront.currency)
    for name, values in first.facets.items():
        told = {value.value: value.count for value in values if value.count}
        if name == "brand":  # the commonest ones and those chosen
            assert told.items() <= counted[name].items()
            assert len(told) >= min(BRANDS_MAX, len(counted[name]))
        else:
            assert told == dict(counted[name])


@settings(MANY, max_examples=many(40))
@given(wanted=filters(), narrower=filters())
def test_a_filter_never_widens_a_result(shop, wanted: Filter, narrower: Filter) -> None:
    storefront, _ = shop
    bare = Filter(text=wanted.text, category=wanted.category)
    for change in (
        {"brands": narrower.brands},
        {"origins": narrower.origins},
        {"warehouse_kinds": narrower.warehouse_kinds},
        {"price_to": narrower.price_to},
        {"in_stock": True},
    ):
        tighter = Filter(**{"text": bare.text, "category": bare.category, **change})
        all_of_it = {card.slug for card in whole(storefront, bare)[1]}
        assert {card.slug for card in whole(storefront, tighter)[1]} <= all_of_it


@MANY
@given(text=st.text(max_size=80))
def test_any_text_at_all_is_answered(shop, text: str) -> None:
    storefront, _ = shop
    found = selectors.listing(storefront=storefront, filter=Filter(text=text), page=1, language="en")
    assert found.total >= len(found.cards)
    selectors.suggest(storefront=storefront, prefix=text, language="zh-hans")


@settings(MANY, max_examples=many(60))
@given(title=st.sampled_from(TITLES), data=st.data())
def test_one_slip_in_a_long_word_still_finds_something(shop, title: str, data: st.DataObject) -> None:
    storefront, _ = shop
    words = [word for word in title.split() if len(word) >= 6 and word.isascii() and word.isalpha()]
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    at = data.draw(st.integers(1, len(word) - 2))
    slip = word[:at] + word[at + 1 :]
    found = selectors.listing(storefront=storefront, filter=Filter(text=slip), page=1, language="en")
    assert found.cards


def test_what_is_kept_is_what_was_counted(shop) -> None:
    storefront, _ = shop
    wanted = Filter(category="food", brands=(BRANDS[0],))
    first = selectors.listing(storefront=storefront, filter=wanted, page=1, language="en")
    again = selectors.listing(storefront=storefront, filter=wanted, page=1, language="en")
    kept.forget()
    assert first == again == selectors.listing(storefront=storefront, filter=wanted, page=1, language="en")
