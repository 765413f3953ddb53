"""The steps of relevance against the naive implementation, where every product is made of the same few words."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.catalogue import services as catalogue
from entrepot.catalogue.types import BrandDraft, CategoryDraft
from entrepot.shelf.tests import naive
from entrepot.shelf.tests.makers import a_product, both, opened_shop, refreshed, whole
from entrepot.shelf.types import Filter
from entrepot.storefronts.types import Storefront
from tests.examples import many

pytestmark = pytest.mark.django_db

POOL = ["apple", "berry", "cedar", "dune"]


@pytest.fixture
def dense() -> tuple[Storefront, list[naive.Thing]]:
    """Sixty products whose titles, brands, categories and codes are all made of the same few words."""
    storefront, chance = opened_shop(), random.Random(7)
    brands = [BrandDraft(word, both(word), "CH") for word in POOL]
    catalogue.put_brands(drafts=brands)
    catalogue.put_categories(drafts=[CategoryDraft(f"c-{word}", both(word)) for word in POOL])
    made = [
        a_product(
            f"{chance.choice(POOL)}-{n}",
            both(" ".join(chance.choices(POOL, k=chance.choice((1, 2, 3))))),
            brand=chance.choice(POOL),
            categories=[f"c-{chance.choice(POOL)}"],
        )
        for n in range(60)
    ]
    refreshed(*made)
    return storefront, naive.things(storefront)


@settings(max_examples=many(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from([*POOL, "ced", "be"]), min_size=1, max_size=3).map(" ".join))
def test_the_steps_of_relevance_are_those_of_the_naive_implementation(dense, text: str) -> None:
    storefront, everything = dense
    wanted = Filter(text=text)
    first, cards = whole(storefront, wanted)
    if first.corrected or first.relaxed:
        assert not naive.found(everything, wanted)
        return
    expected = sorted(naive.found(everything, wanted), key=lambda thing: naive.order(thing, wanted))
    assert [card.slug for card in cards] == [thing.card.slug for thing in expected]
