from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from entrepot.kit.ids import new_id
from entrepot.kit.money import Money
from entrepot.kit.sql import json_value, rows
from entrepot.outbox.testing import drain
from entrepot.pricing import selectors, services
from entrepot.pricing.models import Price
from entrepot.pricing.tests.makers import koala_list, priced
from entrepot.pricing.types import PriceDraft
from entrepot.storefronts.selectors import NoStorefront
from entrepot.storefronts.tests.makers import NOW, koala_lane

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=10)


def amounts(sku_ids: Sequence[UUID], at: datetime) -> list[int | None]:
    found = selectors.prices(storefront_id=koala_lane().id, currency="CNY", sku_ids=sku_ids, at=at)
    return [found[sku_id].amount.minor if sku_id in found else None for sku_id in sku_ids]


def told() -> list[list[str]]:
    events = rows("SELECT payload->'sku_ids' AS sku_ids FROM outbox_event WHERE topic = 'pricing.changed' ORDER BY id")
    return [json_value(event["sku_ids"]) for event in events]


def test_prices_hold_from_now_until_others_are_set() -> None:
    one, two, none = new_id(), new_id(), new_id()
    priced({one: 9900, two: 500})
    assert amounts([one, two, none], NOW) == [9900, 500, None]
    assert amounts([one], NOW - timedelta(seconds=1)) == [None]
    priced({one: 8900}, now=LATER)
    assert amounts([one, two], LATER - timedelta(microseconds=1)) == [9900, 500]
    assert amounts([one, two], LATER) == [8900, 500]
    assert told() == [sorted([str(one), str(two)]), [str(one)]]


def test_a_price_carries_its_list_and_what_it_was() -> None:
    sku_id, list_id = new_id(), koala_list()
    services.set_prices(list_id=list_id, prices=[PriceDraft(sku_id, 100, 150)], actor="li", now=NOW)
    shop = koala_lane()
    price = selectors.prices(storefront_id=shop.id, currency="CNY", sku_ids=[sku_id], at=NOW)[sku_id]
    assert (price.list_id, price.amount, price.was) == (list_id, Money(100, "CNY"), Money(150, "CNY"))
    assert selectors.prices(storefront_id=shop.id, currency="EUR", sku_ids=[sku_id], at=NOW) == {}
    assert Price.objects.get().set_by == "li"


def test_what_stands_already_is_not_set_again() -> None:
    sku_id = new_id()
    list_id = priced({sku_id: 100})
    changed = services.set_prices(list_id=list_id, prices=[PriceDraft(sku_id, 100)], actor="li", now=LATER)
    assert (changed, len(told()), Price.objects.count()) == (0, 1, 1)


def test_a_promotion_begins_and_ends_by_itself_and_both_are_told() -> None:
    sku_id, start = new_id(), NOW.replace(year=2999)  # the queue's own clock must not make its jobs due
    list_id = priced({sku_id: 100}, now=start)
    promotion = PriceDraft(sku_id, 80, 100, start + timedelta(days=2), start + timedelta(days=4))
    services.set_prices(list_id=list_id, prices=[promotion], actor="li", now=start)
    assert [amounts([sku_id], start + timedelta(days=n))[0] for n in range(6)] == [100, 100, 80, 80, 100, 100]
    drain(until=start + timedelta(days=1))
    assert len(told()) == 1
    drain(until=start + timedelta(days=2))
    assert len(told()) == 2
    drain(until=start + timedelta(days=4))
    assert told() == [[str(sku_id)]] * 3


def test_a_regular_price_and_its_promotion_may_come_in_one_call() -> None:
    sku_id, list_id = new_id(), koala_list()
    drafts = [PriceDraft(sku_id, 100), PriceDraft(sku_id, 80, 100, None, LATER)]
    assert services.set_prices(list_id=list_id, prices=drafts, actor="li", now=NOW) == 1
    assert (amounts([sku_id], NOW), amounts([sku_id], LATER)) == ([80], [100])


def test_a_price_still_to_come_gives_way_without_a_trace() -> None:
    sku_id = new_id()
    list_id = priced({sku_id: 100})
    for amount in (90, 70):
        draft = PriceDraft(sku_id, amount, None, LATER)
        services.set_prices(list_id=list_id, prices=[draft], actor="li", now=NOW)
    assert sorted(Price.objects.values_list("amount_minor", flat=True)) == [70, 100]
    assert amounts([sku_id], LATER) == [70]


def test_a_bad_price_is_refused_by_position_and_field_and_nothing_is_set() -> None:
    sku_id, list_id = new_id(), koala_list()
    with pytest.raises(services.InvalidPrice) as refused:
        drafts = [PriceDraft(sku_id, 100), PriceDraft(sku_id, 100, 90)]
        services.set_prices(list_id=list_id, prices=drafts, actor="li", now=NOW)
    assert (refused.value.field, refused.value.data["row"]) == ("was_minor", 2)
    assert "第 2 条" in refused.value.message("zh-hans")
    assert (Price.objects.count(), told()) == (0, [])


def test_unknown_lists_storefronts_and_currencies_are_refused() -> None:
    list_id = koala_list()
    with pytest.raises(services.NoPriceList):
        services.set_prices(list_id=new_id(), prices=[PriceDraft(new_id(), 1)], actor="li", now=NOW)
    with pytest.raises(NoStorefront):
        services.open_list(storefront_id=new_id(), currency="CNY", now=NOW)
    with pytest.raises(services.UnknownCurrency):
        services.open_list(storefront_id=koala_lane().id, currency="¥", now=NOW)
    with pytest.raises(services.ListTaken):
        services.open_list(storefront_id=koala_lane().id, currency="CNY", now=NOW)
    assert [known.id for known in selectors.lists(storefront_id=koala_lane().id)] == [list_id]
    with pytest.raises(services.TooManyPrices):
        too_many = [PriceDraft(new_id(), 1)] * (services.PRICES_MAX + 1)
        services.set_prices(list_id=list_id, prices=too_many, actor="li", now=NOW)


def test_many_prices_are_set_and_read_in_few_statements(django_assert_max_num_queries) -> None:
    sku_ids, list_id = [new_id() for _ in range(1_200)], koala_list()
    drafts = [PriceDraft(sku_id, 100 + n) for n, sku_id in enumerate(sku_ids)]
    with django_assert_max_num_queries(8):  # savepoint, lock, read, write, three events
        services.set_prices(list_id=list_id, prices=drafts, actor="li", now=NOW)
    with django_assert_max_num_queries(2):
        assert amounts(sku_ids, NOW) == list(range(100, 1_300))
    assert [len(ids) for ids in told()] == [500, 500, 200]


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = 0",
        "was_minor = amount_minor",
        "valid_to = valid_from",
        "valid_from = (SELECT min(valid_from) FROM pricing_price), valid_to = '2030-01-01Z'",
        "valid_to = NULL",
    ],
)
def test_the_database_holds_amounts_and_periods(change: str) -> None:
    sku_id = new_id()
    priced({sku_id: 100})
    priced({sku_id: 90}, now=LATER)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE pricing_price SET {change}")
