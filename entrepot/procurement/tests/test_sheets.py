"""The quote sheet, beside figures worked out by hand; and what it says where there is no figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.tests.makers import make_classified
from entrepot.catalogue.types import Sku
from entrepot.kit.refusals import Refusal
from entrepot.procurement import selectors
from entrepot.procurement.rules import margins
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import TODAY
from entrepot.procurement.types import Cost, Market, Offer, Way
from entrepot.tariff import services as tariff
from entrepot.tariff.tests.makers import founding_book, make_draft

MARKET = Market("Koala Lane", "CN", 100_000, "CNY")


@pytest.fixture
def sku(db: None) -> Sku:
    founding_book()
    makers.rates()
    (one,) = makers.articles()
    make_classified([one.id])
    return one


def offer(sku: Sku) -> Offer:
    return Offer(sku.id, 100, Decimal("50"), "EUR", Decimal("200"), Decimal("20"), fees_minor=30_000)


def ways(sku: Sku, market: Market = MARKET) -> dict[str, Way]:
    (line,) = selectors.quote_sheet(offers=[offer(sku)], markets=[market], day=TODAY).lines
    return {way.channel: way for way in line.ways}


def test_a_bonded_parcel_leaves_the_price_less_the_cost(sku: Sku) -> None:
    sheet = selectors.quote_sheet(offers=[offer(sku)], markets=[MARKET], day=TODAY)
    (line,) = sheet.lines
    assert line.cost == Cost(Decimal("410"), Decimal("16.4"), Decimal("1.64"), Decimal("3"))
    bonded = next(way for way in line.ways if way.channel == "bonded")
    assert bonded.tax == Decimal("91")  # 1000 × 13 % × 70 %, the buyer's
    assert (bonded.ours, bonded.revenue, bonded.margin) == (0, Decimal("1000"), Decimal("568.96"))
    assert bonded.share == Decimal("0.569")
    assert bonded.books == ("cn-cbec/1",) or "cn-cbec/1" in bonded.books
    assert sheet.rates == (("EUR", Decimal("8.2"), "test rate"),)


def test_general_trade_needs_a_duty_rate_and_bears_the_duty(sku: Sku) -> None:
    without = ways(sku)["general"]
    assert without.margin is None
    assert without.why is not None
    row = '6201401000,,CN,duty,"{""rate"":""0.08""}",2026-01-01,,no,test duty,'
    draft_id = make_draft("\n".join((makers.HEAD, row)).encode(), name="cn-duty")
    tariff.commit_draft(draft_id=draft_id, actor="tests", now=makers.NOW)
    way = ways(sku)["general"]
    # customs value (5000 + 200 + 20) × 8.2 = 42804.00; duty 8 % = 3424.32; VAT 13 % of 46228.32 = 6009.68
    assert way.ours == Decimal("34.2432")
    assert way.tax == Decimal("94.34")
    assert way.revenue == Decimal("884.9558")  # 1000 / 1.13
    assert way.margin == Decimal("884.9558") - Decimal("34.2432") - Decimal("431.04")


def test_a_market_without_a_classification_says_so(sku: Sku) -> None:
    abroad = ways(sku, Market("Seoul", "KR", 10_000, "USD"))
    assert abroad
    assert all(way.margin is None and way.why and "Not classified" in way.why[1] for way in abroad.values())


@pytest.mark.parametrize(
    "changes",
    [{"units": 0}, {"unit_price": Decimal(-1)}, {"freight": Decimal(-1)}, {"insurance": Decimal("NaN")},
     {"fees_minor": -1}, {"currency": "CHF"}],
)  # fmt: skip
def test_bad_offers_are_refused(sku: Sku, changes: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        selectors.quote_sheet(offers=[replace(offer(sku), **changes)], markets=[MARKET], day=TODAY)


def test_days_without_rates_and_places_that_are_not_served_are_refused(sku: Sku) -> None:
    for markets, day in (([MARKET], date(2026, 10, 1)), ([replace(MARKET, destination="QQ")], TODAY), ([], TODAY)):
        with pytest.raises(Refusal):
            selectors.quote_sheet(offers=[offer(sku)], markets=markets, day=day)


amounts = st.decimals("0", "100000", places=4)


@given(amounts, amounts, amounts, st.integers(1, 10_000), st.decimals("0.0001", "20", places=4))
def test_a_cost_is_the_sum_of_its_parts_and_near_the_whole(
    price: Decimal, freight: Decimal, insurance: Decimal, units: int, rate: Decimal
) -> None:
    made = Offer(makers.new_id(), units, price, "EUR", freight, insurance)
    cost = margins.cost_of(made, rate)
    whole = (price * units + freight + insurance) * rate
    assert abs(cost.total * units - whole) <= units * Decimal("0.00015") + Decimal("1e-9")


@given(amounts, st.decimals("0", "1", places=4), amounts)
def test_revenue_tax_and_cost_make_the_margin(price: Decimal, vat: Decimal, levies: Decimal) -> None:
    cost = Cost(Decimal(5), Decimal(1), Decimal(1), Decimal(0))
    revenue, ours, margin = margins.general(price, cost, vat, levies)
    assert revenue == margin + ours + cost.total
    assert abs(revenue * (1 + vat) - price) <= Decimal("0.0001")
    assert margins.retail(price, cost) == (price, 0, price - 7)
