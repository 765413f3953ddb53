from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from entrepot.basket import selectors, services
from entrepot.basket.models import Line
from entrepot.basket.rules import KEPT_DAYS, LINES_MAX, QUANTITY_MAX
from entrepot.basket.tests.makers import NOW, SHOP, filled, gathered
from entrepot.catalogue.tests.makers import make_sku
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound

pytestmark = pytest.mark.django_db


def put(buyer: UUID, sku: UUID, quantity: int) -> None:
    services.put(buyer_id=buyer, storefront_id=SHOP, sku_id=sku, quantity=quantity, now=NOW)


def quantities(buyer: UUID) -> list[int]:
    return [line.quantity for line in selectors.lines(buyer_id=buyer, storefront_id=SHOP)]


def test_a_line_is_put_changed_and_taken_out() -> None:
    buyer, sku = new_id(), make_sku().id
    put(buyer, sku, 2)
    put(buyer, sku, 5)
    assert quantities(buyer) == [5]
    assert selectors.count(buyer_id=buyer, storefront_id=SHOP) == 5
    assert selectors.count(buyer_id=buyer, storefront_id=new_id()) == 0
    put(buyer, sku, 0)
    put(buyer, sku, 0)
    assert quantities(buyer) == []


@pytest.mark.parametrize("quantity", [-1, QUANTITY_MAX + 1, 1.5, "2", None])
def test_a_quantity_that_cannot_be_is_refused_by_name(quantity: object) -> None:
    with pytest.raises(services.QuantityInvalid) as refusal:
        put(new_id(), make_sku().id, quantity)  # type: ignore[arg-type]
    assert refusal.value.field == "quantity"
    assert "99" in refusal.value.message("zh-hans")


def test_an_unknown_article_is_not_put() -> None:
    with pytest.raises(NotFound):
        put(new_id(), new_id(), 1)


def test_a_basket_has_a_limit() -> None:
    buyer = gathered(LINES_MAX)
    with pytest.raises(services.BasketFull):
        put(buyer, make_sku().id, 1)
    known = selectors.lines(buyer_id=buyer, storefront_id=SHOP)[0].sku_id
    Line.objects.filter(buyer_id=buyer, sku_id=known).update(sku_id=make_sku("other").id)
    put(buyer, make_sku("other").id, 3)
    assert len(quantities(buyer)) == LINES_MAX


def test_at_log_in_the_visitors_basket_joins_the_buyers() -> None:
    visitor, buyer, shared, own = new_id(), new_id(), new_id(), new_id()
    filled(visitor, {shared: 60, own: 2})
    filled(buyer, {shared: 50})
    for _ in range(2):
        services.merge(visitor_id=visitor, buyer_id=buyer, storefront_id=SHOP, now=NOW)
    assert sorted(quantities(buyer)) == [2, QUANTITY_MAX]
    assert quantities(visitor) == []


def test_adding_adds_up_to_the_limit_of_one_article() -> None:
    buyer, sku = new_id(), make_sku().id
    for quantity, there in ((2, 2), (3, 5), (QUANTITY_MAX, QUANTITY_MAX), (1, QUANTITY_MAX)):
        services.add(buyer_id=buyer, storefront_id=SHOP, sku_id=sku, quantity=quantity, now=NOW)
        assert quantities(buyer) == [there]
    for nothing in (0, QUANTITY_MAX + 1):
        with pytest.raises(services.QuantityInvalid) as refused:
            services.add(buyer_id=buyer, storefront_id=SHOP, sku_id=sku, quantity=nothing, now=NOW)
        assert "from 1 to 99" in refused.value.message("en")


def test_a_merged_basket_keeps_its_limit() -> None:
    visitor, buyer = gathered(10), gathered(LINES_MAX - 3)
    shared = selectors.lines(buyer_id=buyer, storefront_id=SHOP)[0].sku_id
    filled(visitor, {shared: 1})
    services.merge(visitor_id=visitor, buyer_id=buyer, storefront_id=SHOP, now=NOW)
    assert len(quantities(buyer)) == LINES_MAX
    assert sorted(quantities(buyer))[-1] == 2
    assert quantities(visitor) == []


def test_baskets_are_cleared_emptied_of_what_was_ordered_and_forgotten() -> None:
    buyer, one, two = new_id(), new_id(), new_id()
    filled(buyer, {one: 1, two: 2})
    services.take_out(ordered=[(buyer, SHOP, {one: 1})])
    assert quantities(buyer) == [2]
    assert services.forget(now=NOW + timedelta(days=KEPT_DAYS)) == 0
    assert services.forget(now=NOW + timedelta(days=KEPT_DAYS, seconds=1)) == 1
    filled(buyer, {one: 1})
    services.clear(buyer_id=buyer, storefront_id=SHOP)
    assert quantities(buyer) == []


def test_a_basket_that_is_used_keeps_what_was_put_in_long_ago() -> None:
    buyer, other = gathered(1), gathered(1)
    later = NOW + timedelta(days=KEPT_DAYS, seconds=1)
    services.add(buyer_id=buyer, storefront_id=SHOP, sku_id=make_sku().id, quantity=2, now=later - timedelta(days=1))
    assert services.forget(now=later) == 1
    assert (quantities(buyer), quantities(other)) == ([1, 2], [])


def test_of_a_line_so_many_units_leave_as_were_ordered() -> None:
    buyer, other, few, some, many = (new_id() for _ in range(5))
    for who in (buyer, other):
        filled(who, {few: 1, some: 2, many: 5})
    services.take_out(ordered=[(buyer, SHOP, {few: 2, some: 2, many: 2}), (new_id(), SHOP, {many: 1})])
    assert [(line.sku_id, line.quantity) for line in selectors.lines(buyer_id=buyer, storefront_id=SHOP)] == [(many, 3)]
    assert sorted(quantities(other)) == [1, 2, 5]


def test_the_database_itself_refuses_a_quantity_beyond_the_limit() -> None:
    buyer = gathered(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.filter(buyer_id=buyer).update(quantity=QUANTITY_MAX + 1)
