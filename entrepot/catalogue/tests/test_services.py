from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.catalogue import selectors, services
from entrepot.catalogue.models import Brand, Category, Product, Sku
from entrepot.catalogue.tests.makers import NOW, TODAY, make_classified, make_product, make_sku
from entrepot.catalogue.types import (
    Attribute,
    AttributeKind,
    BrandDraft,
    CategoryDraft,
    ProductDraft,
    ProductTypeDraft,
    SkuDraft,
)
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `catalogue.products_changed` said, event by event."""
    events: list[Any] = []
    monkeypatch.setattr(
        "entrepot.catalogue.services.changes.emit", lambda **event: events.append(event["payload"]["product_ids"])
    )
    return events


def test_a_product_comes_back_as_a_page_needs_it() -> None:
    services.put_brands(drafts=[BrandDraft("lego", {"en": "LEGO", "zh-hans": "乐高"}, "Denmark")])
    sheet = (
        Attribute("pieces", {"en": "Pieces", "zh-hans": "颗粒数"}, AttributeKind.NUMBER, "pcs"),
        Attribute("age", {"en": "Age"}, AttributeKind.CHOICE, choices={"3-plus": {"en": "3+", "zh-hans": "3岁以上"}}),
        Attribute("theme", {"en": "Theme"}),
    )
    services.put_product_types(drafts=[ProductTypeDraft("toys", {"en": "Toys"}, sheet)])
    ids = services.put_categories(
        drafts=[CategoryDraft("bricks", {"en": "Bricks"}, "toys"), CategoryDraft("toys", {"en": "Toys"})]
    )
    draft = ProductDraft(
        "falcon", "lego", {"en": "Falcon", "zh-Hans": "千年隼"}, "toys",
        attributes={"theme": {"en": "Star Wars"}, "pieces": "7541.0", "age": "3-plus"},
        categories=("bricks",), skus=(SkuDraft("75192", "5702015869935", origin="DK"),),
    )  # fmt: skip
    services.put_product(draft=draft, now=NOW)
    found = selectors.product(slug="falcon")
    assert found is not None
    assert found.brand.country == "DK"
    assert found.titles == {"en": "Falcon", "zh-hans": "千年隼"}
    assert [value["en"] for _, value in found.attributes] == ["7541 pcs", "3+", "Star Wars"]
    assert found.category_ids == (ids["bricks"],)
    assert found.skus[0].titles == {"en": "LEGO Falcon", "zh-hans": "乐高 千年隼"}
    assert found.skus[0].gtin == "5702015869935"
    assert [category.slug for category in selectors.categories()] == ["toys", "bricks"]
    assert selectors.categories()[1].path == (ids["toys"], ids["bricks"])
    assert selectors.product_types()["toys"].attributes[1].choices["3-plus"]["zh-hans"] == "3岁以上"


def test_putting_the_same_again_changes_and_tells_nothing(told: list[Any]) -> None:
    first = make_product(sizes=("S", "M"))
    assert told == [[str(first.id)]]
    again = make_product(sizes=("S", "M"))
    assert again == first
    assert len(told) == 1


def test_what_changed_is_told_and_only_that(told: list[Any]) -> None:
    jacket, shirt = make_product("jacket"), make_product("shirt")
    told.clear()
    services.put_sku(product_id=shirt.id, draft=SkuDraft("shirt-M", origin="FR"), now=NOW)
    services.put_brand(draft=BrandDraft("moncler", {"en": "Moncler", "zh-hans": "蒙口"}, "IT"))
    services.switch(product_ids=[jacket.id], active=False, now=NOW)
    services.switch(product_ids=[jacket.id], active=False, now=NOW)
    assert told == [[str(shirt.id)], sorted([str(jacket.id), str(shirt.id)]), [str(jacket.id)]]
    assert selectors.skus(ids=[jacket.skus[0].id])[jacket.skus[0].id].active is False


def test_events_come_in_chunks(told: list[Any]) -> None:
    make_product()
    drafts = [ProductDraft(f"p-{n}", "moncler", {"en": f"P {n}"}, "clothes") for n in range(1_100)]
    services.put_products(drafts=drafts, now=NOW)
    assert [len(ids) for ids in told] == [1, 500, 500, 100]


def test_moving_a_category_moves_what_is_below_and_circles_are_refused() -> None:
    drafts = [
        CategoryDraft("a", {"en": "A"}),
        CategoryDraft("b", {"en": "B"}, "a"),
        CategoryDraft("c", {"en": "C"}, "b"),
    ]
    ids = services.put_categories(drafts=drafts)
    services.put_category(draft=CategoryDraft("b", {"en": "B"}))
    assert {c.slug: c.path for c in selectors.categories()}["c"] == (ids["b"], ids["c"])
    with pytest.raises(services.CategoryInItself):
        services.put_category(draft=CategoryDraft("b", {"en": "B"}, "c"))
    with pytest.raises(services.CategoryInItself):
        services.put_category(draft=CategoryDraft("a", {"en": "A"}, "a"))
    assert Category.objects.get(slug="b").parent_id is None


def test_leaving_an_attribute_out_keeps_it_behind_the_others() -> None:
    for codes in (("x", "y"), ("y",)):
        sheet = tuple(Attribute(code, {"en": code}) for code in codes)
        services.put_product_type(draft=ProductTypeDraft("toys", {"en": "Toys"}, sheet))
    assert [line.code for line in selectors.product_types()["toys"].attributes] == ["y", "x"]


GOOD = ProductDraft("good", "moncler", {"en": "Good"}, "clothes", skus=(SkuDraft("G1"),))


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (replace(GOOD, slug="Not a slug"), "bad_slug"),
        (replace(GOOD, brand="nobody"), "unknown_brand"),
        (replace(GOOD, product_type="nothing"), "unknown_product_type"),
        (replace(GOOD, categories=("nowhere",)), "unknown_category"),
        (replace(GOOD, attributes={"colour": "x"}), "unknown_attribute"),
        (replace(GOOD, titles={}), "bad_text"),
        (replace(GOOD, skus=(SkuDraft("G1", "123"),)), "bad_gtin"),
        (replace(GOOD, skus=(SkuDraft("G1"), SkuDraft("G1"))), "named_twice"),
        (replace(GOOD, skus=(SkuDraft("G1"), SkuDraft("G2"))), "same_variant"),
        (replace(GOOD, skus=(SkuDraft("shirt-M"),)), "sku_elsewhere"),
        (
            replace(GOOD, slug="shirt", skus=(SkuDraft("S2", axes={"size": {"zh-hans": "M", "en": "M"}}),)),
            "same_variant",
        ),
        (replace(GOOD, skus=(SkuDraft("G1", "00036000291452"),)), "gtin_taken"),
    ],
)
def test_a_bad_product_is_refused_by_name_and_nothing_of_its_batch_is_written(
    draft: ProductDraft, refusal: str
) -> None:
    shirt = make_product("shirt")
    services.put_sku(product_id=shirt.id, draft=SkuDraft("shirt-L", "036000291452"), now=NOW)
    before = (Product.objects.count(), Sku.objects.count())
    fine = ProductDraft("fine", "moncler", {"en": "Fine"}, "clothes", skus=(SkuDraft("F1"),))
    with pytest.raises(Refusal) as refused:
        services.put_products(drafts=[fine, draft], now=NOW)
    assert refused.value.code == refusal
    assert refused.value.field
    assert refused.value.message("zh-hans") != refused.value.message("en")
    assert (Product.objects.count(), Sku.objects.count()) == before


def test_a_sku_that_is_switched_off_may_have_a_successor() -> None:
    shirt = make_product("shirt")
    old, new = SkuDraft("shirt-M", axes=shirt.skus[0].axes, active=False), SkuDraft("shirt-2", axes=shirt.skus[0].axes)
    services.put_skus(skus={shirt.id: [old, new]}, now=NOW)
    with pytest.raises(services.SameVariant) as refused:
        services.put_sku(product_id=shirt.id, draft=replace(old, active=True), now=NOW)
    assert refused.value.data == {"first": "shirt-2", "second": "shirt-M"}


def test_one_bad_brand_refuses_the_list() -> None:
    with pytest.raises(Refusal):
        services.put_brands(drafts=[BrandDraft("a", {"en": "A"}), BrandDraft("b", {"en": "B"}, "Mars")])
    assert not Brand.objects.exists()


def test_skus_of_no_product_are_refused() -> None:
    with pytest.raises(NotFound):
        services.put_sku(product_id=new_id(), draft=SkuDraft("X"), now=NOW)


def test_a_sku_that_cannot_be_sold_says_why() -> None:
    product = make_product(origin="")
    services.put_sku(product_id=product.id, draft=SkuDraft("bare", active=False), now=NOW)
    bare = selectors.sku_by_code(codes=["bare"])["bare"]
    why = selectors.sellability(sku_ids=[product.skus[0].id, bare.id], jurisdiction="CN", on=TODAY)
    assert [reason.code for reason in why[product.skus[0].id]] == ["not_classified", "origin_unknown"]
    assert [reason.code for reason in why[bare.id]] == [
        "not_active", "not_classified", "origin_unknown", "weight_unknown"
    ]  # fmt: skip
    assert why[bare.id][1].message("zh-hans") == "没有有效的海关归类，不能申报"
    sellable = make_sku("trousers")
    assert selectors.sellability(sku_ids=[sellable.id], jurisdiction="CN", on=TODAY) == {sellable.id: ()}
    assert selectors.sellability(sku_ids=[sellable.id], jurisdiction="US", on=TODAY)[sellable.id] != ()


def test_hot_questions_take_few_statements() -> None:
    found = [make_product(f"p-{n}", sizes=("S", "M", "L")) for n in range(5)]
    sku_ids = [sku.id for product in found for sku in product.skus]
    make_classified(sku_ids)
    budget = {
        1: [
            lambda: selectors.skus(ids=sku_ids),
            lambda: selectors.sku_by_code(codes=["p-1-S", "p-2-S"]),
            lambda: selectors.classifications(sku_ids=sku_ids, jurisdiction="CN", on=TODAY),
            lambda: selectors.sellability(sku_ids=sku_ids, jurisdiction="CN", on=TODAY),
            lambda: selectors.categories(),
            lambda: selectors.brands(),
        ],
        2: [lambda: selectors.product(slug="p-3"), lambda: selectors.products(ids=[p.id for p in found])],
    }
    for statements, questions in budget.items():
        for ask in questions:
            with CaptureQueriesContext(
                connection,
            ) as caught:
                assert ask() is not None
            assert len(caught) == statements
    assert selectors.skus(ids=[]) == {}
    assert selectors.product(slug="nothing\0") is None


def test_all_products_can_be_walked() -> None:
    ids = [make_product(f"p-{n}").id for n in range(5)]
    first = selectors.product_ids(after=None, limit=2)
    assert first + selectors.product_ids(after=first[-1], limit=100) == ids
