"""Planning a flash sale: what is refused, what is told when, and what is asked about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from entrepot.kit.ids import new_id
from entrepot.kit.sql import rows
from entrepot.outbox.testing import drain
from entrepot.pricing import rules, selectors, services
from entrepot.pricing.models import FlashSale
from entrepot.pricing.tests.makers import a_take, koala_list, on_sale, priced
from entrepot.pricing.types import PriceDraft, SaleDraft, SaleItemDraft, SaleState
from entrepot.storefronts.tests.makers import NOW, koala_lane

pytestmark = pytest.mark.django_db
NAIVE = datetime(2027, 1, 1)  # noqa: DTZ001 the fault under test
LAST = datetime.max.replace(tzinfo=UTC)
HOUR = timedelta(hours=1)


def draft(sku_id: UUID | None = None, start: datetime = NOW, **changes: object) -> SaleDraft:
    """A sale of an article that costs 100 fen."""
    if sku_id is None:
        sku_id = new_id()
        priced({sku_id: 100}, now=start)
    made = SaleDraft(
        list_id=koala_list(),
        code="double-eleven",
        titles={"zh-hans": "双十一", "en": "Double Eleven"},
        starts_at=start + HOUR,
        ends_at=start + 2 * HOUR,
        admit_per_s=10,
        items=(SaleItemDraft(sku_id, 60, 5, 1),),
    )
    return replace(made, **changes)


def plan(wanted: SaleDraft, now: datetime = NOW) -> UUID:
    return services.plan_sale(draft=wanted, actor="li", now=now)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "Double Eleven"}, "code"),
        ({"code": "x" * 61}, "code"),
        ({"titles": {"zh-hans": "双十一"}}, "titles"),
        ({"titles": {"zh-hans": "双" * 61, "en": "x"}}, "titles"),
        ({"starts_at": NOW - HOUR}, "starts_at"),
        ({"starts_at": NAIVE, "ends_at": NAIVE}, "starts_at"),
        ({"ends_at": NOW + HOUR}, "ends_at"),
        ({"ends_at": NOW + timedelta(days=40)}, "ends_at"),
        ({"starts_at": LAST - HOUR, "ends_at": LAST, "items": ()}, "items"),
        ({"admit_per_s": 0}, "admit_per_s"),
        ({"items": ()}, "items"),
        ({"items": (SaleItemDraft(UUID(int=1), 60, 5, 1),) * 2}, "items"),
        ({"items": tuple(SaleItemDraft(new_id(), 60, 5, 1) for _ in range(rules.ITEMS_MAX + 1))}, "items"),
        ({"items": (SaleItemDraft(UUID(int=1), 0, 5, 1),)}, "price_minor"),
        ({"items": (SaleItemDraft(UUID(int=1), 60, 5, 1, 60),)}, "was_minor"),
        ({"items": (SaleItemDraft(UUID(int=1), 60, 0, 1),)}, "units"),
        ({"items": (SaleItemDraft(UUID(int=1), 60, 5, 0),)}, "limit_per_person"),
    ],
)
def test_what_cannot_be_right_names_the_field_and_plans_nothing(change: dict[str, object], field: str) -> None:
    with pytest.raises(services.InvalidSale) as refused:
        plan(draft(**change))
    assert refused.value.field == field
    assert not FlashSale.objects.exists()


def test_a_sale_is_kept_with_its_articles_and_who_planned_it_is_on_record() -> None:
    wanted = draft()
    found = selectors.sale(sale_id=plan(wanted))
    assert found == selectors.sale_by_code(storefront_id=koala_lane().id, code="double-eleven")
    assert (found.titles["zh-hans"], found.admit_per_s, found.early, found.currency) == ("双十一", 10, None, "CNY")
    [item] = found.items
    assert (item.sku_id, item.price_minor, item.left, item.limit_per_person) == (wanted.items[0].sku_id, 60, 5, 1)
    [entry] = rows("SELECT actor, action, subject_id FROM audit_entry")
    assert (entry["actor"], entry["action"], entry["subject_id"]) == ("li", "pricing.plan_sale", found.id)
    assert selectors.sale(sale_id=new_id()) is None
    assert selectors.sale_by_code(storefront_id=koala_lane().id, code="none") is None
    assert selectors.sales(storefront_id=new_id(), since=NOW) == ()


def test_one_code_one_sale() -> None:
    plan(draft())
    with pytest.raises(services.CodeTaken):
        plan(draft())


def test_an_article_is_in_one_sale_at_a_time() -> None:
    wanted = draft()
    sale_id = plan(wanted)
    overlapping = replace(wanted, code="other", starts_at=wanted.starts_at + HOUR / 2, ends_at=wanted.ends_at + HOUR)
    with pytest.raises(services.ArticleInOtherSale) as refused:
        plan(overlapping)
    assert refused.value.data["name"] == "double-eleven"
    plan(replace(wanted, code="next", starts_at=wanted.ends_at, ends_at=wanted.ends_at + HOUR))
    services.call_off(sale_id=sale_id, actor="li", reason="x", now=NOW)
    plan(replace(wanted, code="instead"))


@pytest.mark.parametrize(("language", "told"), [("en", "shop's currency, CNY"), ("zh-hans", "店铺币种（CNY）")])
def test_a_sale_is_in_its_shops_currency_for_in_another_it_would_never_be_charged(language: str, told: str) -> None:
    sku_id = new_id()
    euros = services.open_list(storefront_id=koala_lane().id, currency="EUR", now=NOW)
    services.set_prices(list_id=euros, prices=[PriceDraft(sku_id, 100)], actor="li", now=NOW)
    with pytest.raises(services.NotShopCurrency) as refused:
        plan(draft(sku_id, list_id=euros))
    assert told in refused.value.message(language) and "EUR" in refused.value.message(language)
    assert refused.value.field == "list_id"
    assert not FlashSale.objects.exists()


@pytest.mark.parametrize("ordinary", [None, 60, 59])
def test_a_sales_price_is_below_the_ordinary_one(ordinary: int | None) -> None:
    sku_id = new_id()
    if ordinary:
        priced({sku_id: ordinary})
    with pytest.raises(services.NotCheaper) as refused:
        plan(draft(sku_id))
    assert refused.value.data["row"] == 1
    with pytest.raises(services.NoPriceList):
        plan(draft(sku_id, list_id=new_id()))


def test_where_the_ordinary_price_falls_below_the_sales_the_buyer_pays_the_lower() -> None:
    sku_id = on_sale([new_id()], price_minor=50).items[0].sku_id
    priced({sku_id: 40}, now=NOW + timedelta(minutes=1))
    found = selectors.prices(storefront_id=koala_lane().id, currency="CNY", sku_ids=[sku_id], at=NOW + HOUR / 2)
    assert (found[sku_id].amount.minor, found[sku_id].sale) == (40, None)


def test_a_sale_has_its_price_in_its_list_alone_and_strikes_through_what_it_names() -> None:
    sku_id = new_id()
    priced({sku_id: 100})
    plan(draft(items=(SaleItemDraft(sku_id, 60, 5, 1, 120),)))
    at = NOW + HOUR
    shop = koala_lane().id
    price = selectors.prices(storefront_id=shop, currency="CNY", sku_ids=[sku_id], at=at)[sku_id]
    assert (price.amount.minor, price.was.minor, price.most) == (60, 120, 1)
    assert price.sale_item_id == price.sale.item_id and price.sale.door and price.sale.left == 5
    assert selectors.every_price(storefront_id=shop, currency="CNY", at=at)[sku_id] == price
    assert selectors.prices(storefront_id=shop, currency="EUR", sku_ids=[sku_id], at=at) == {}


def test_beginning_and_end_are_told_by_the_clock() -> None:
    start = NOW.replace(year=2999)  # the queue's own clock must not make its jobs due
    wanted = draft(start=start)
    plan(wanted, now=start)
    told = "SELECT count(*) AS n FROM outbox_event WHERE topic = 'pricing.changed'"
    before = rows(told)[0]["n"]
    seen = []
    for at in (start, wanted.starts_at, wanted.ends_at):
        drain(until=at)
        seen.append(rows(told)[0]["n"] - before)
    assert seen == [0, 1, 2]


def test_a_sale_is_called_off_once_and_not_after_its_end() -> None:
    sale_id = plan(draft())
    services.call_off(sale_id=sale_id, actor="li", reason="a wrong price", now=NOW)
    for wrong, refusal in ((sale_id, services.SaleIsOver), (new_id(), services.NoSuchSale)):
        with pytest.raises(refusal):
            services.call_off(sale_id=wrong, actor="li", reason="again", now=NOW)
    over = on_sale([new_id()])
    with pytest.raises(services.SaleIsOver):
        services.call_off(sale_id=over.id, actor="li", reason="late", now=NOW + HOUR)


def test_a_sale_that_was_called_off_ended_then() -> None:
    sale_id, shop = plan(draft()), koala_lane().id
    services.call_off(sale_id=sale_id, actor="li", reason="x", now=NOW + HOUR / 2)
    found = selectors.sale(sale_id=sale_id)
    assert found.over_at == NOW + HOUR / 2 < found.starts_at
    listed = [selectors.sales(storefront_id=shop, since=NOW + HOUR / 2 * n) for n in (0, 1)]
    assert listed == [(found,), ()]


def test_the_state_of_a_sale_follows_the_clock_and_its_units() -> None:
    sale = selectors.sale(sale_id=plan(draft()))
    states = [sale.state(NOW + HOUR / 2 * n) for n in range(5)]
    assert states == [SaleState.COMING, SaleState.COMING, SaleState.RUNNING, SaleState.RUNNING, SaleState.OVER]
    takes = [a_take(sale.items[0]) for _ in range(5)]
    assert services.take_many(takes=takes, at=sale.starts_at) == {}
    assert selectors.sale(sale_id=sale.id).state(sale.starts_at) is SaleState.SOLD_OUT
    services.call_off(sale_id=sale.id, actor="li", reason="x", now=NOW)
    assert selectors.sale(sale_id=sale.id).state(sale.starts_at) is SaleState.OVER


def test_sales_are_listed_in_the_order_they_begin_with_the_pace_of_their_orders(django_assert_num_queries) -> None:
    running = on_sale([new_id(), new_id()])
    coming = plan(draft())
    shop = koala_lane().id
    with django_assert_num_queries(1):
        found = selectors.sales(storefront_id=shop, since=NOW)
    assert [one.id for one in found] == [running.id, coming]
    assert [one.id for one in selectors.sales(storefront_id=None, since=NOW + HOUR)] == [coming]
    for minute in (0, 0, 3):
        item = running.items[0]
        services.take_many(takes=[a_take(item)], at=NOW + timedelta(minutes=minute))
    at = NOW + timedelta(minutes=3, seconds=30)
    assert selectors.pace(sale_id=running.id, since=NOW - HOUR, at=at) == {0: 1, 3: 2}


def test_what_runs_is_listed_however_many_sales_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "SALES_MAX", 3)
    sku, shop = new_id(), koala_lane().id
    for n in range(5):
        on_sale([sku], now=NOW + n * HOUR, code=f"hour-{n}")
    at = NOW + 2.5 * HOUR

    def listed(**asked: datetime) -> list[str]:
        return [one.code for one in selectors.sales(storefront_id=shop, **asked)]

    assert listed(since=at) == ["hour-2", "hour-3", "hour-4"]
    assert listed(since=NOW, at=at) == ["hour-1", "hour-2", "hour-3"]
    assert listed(since=NOW - HOUR, at=NOW + HOUR / 2) == ["hour-0", "hour-1", "hour-2"]


def test_limits_in_force_are_listed() -> None:
    sku_id = new_id()
    services.set_limit(sku_id=sku_id, quantity=2, days=30, actor="li", now=NOW)
    services.set_limit(sku_id=sku_id, quantity=1, days=30, actor="li", now=NOW + HOUR)
    found = selectors.limits(at=NOW + HOUR)
    assert [(one.sku_id, one.quantity, one.days) for one in found] == [(sku_id, 1, 30)]
