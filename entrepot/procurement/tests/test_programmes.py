"""Purchase commitments count what is signed, ordered, received and paid, in their own currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.procurement import models, selectors, services
from entrepot.procurement.rules import progress as rules
from entrepot.procurement.rules.progress import Fact
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import NOW, TODAY
from entrepot.procurement.types import Measure, Programme, ProgrammeDraft, Progress

DRAFT = ProgrammeDraft("Expo", "CNY", 2_000_000_000_000, date(2026, 11, 1), date(2031, 11, 1))


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        makers.rates()


def promised(**changes: object) -> Programme:
    programme_id = services.promise(draft=replace(DRAFT, **changes), actor="a", now=NOW)
    found = selectors.programme(programme_id=programme_id)
    assert found is not None
    return found


def told(of: Programme) -> Progress:
    return selectors.progress(of=of, today=TODAY)


@pytest.mark.django_db
def test_every_measure_counts_by_itself() -> None:
    of = promised()
    contract = makers.contract(programme_id=of.id, value_minor=1_000_000)
    made = makers.sent((100,), of=contract)  # 1050.00 EUR
    makers.receive(made.lines[0], 40)
    services.record_payment(draft=services.PaymentDraft(made.id, "TT", 50_000, TODAY), actor="f", now=NOW)
    makers.drafted(of=makers.contract())  # not approved: counts nothing
    found = told(of)
    assert dict(found.totals) == {
        Measure.SIGNED: 8_200_000, Measure.ORDERED: 861_000, Measure.RECEIVED: 344_400, Measure.PAID: 410_000,
    }  # fmt: skip
    assert found.series[0] == (date(2026, 11, 1), dict.fromkeys(Measure, 0))
    assert found.series[-1] == (TODAY + timedelta(days=1), dict(found.totals))
    assert found.by_country == (("IT", 861_000),)
    assert [worth for _brand, worth in found.by_brand] == [861_000]


@pytest.mark.django_db
def test_a_programme_in_another_currency_takes_the_rate_of_the_day_and_its_own_as_it_is() -> None:
    of = promised(currency="USD", target_minor=10**12)
    makers.approved((100,))  # 8610.00 yuan
    makers.approved((100,), of=makers.contract(currency="USD"))  # 1050.00 USD
    assert told(of).totals[Measure.ORDERED] == 121_268 + 105_000  # 8610 / 7.1 = 1212.676
    assert told(promised(name="Swiss", currency="CHF")).unvalued == 2


@pytest.mark.django_db
def test_a_programme_may_be_for_some_goods_only() -> None:
    made = makers.sent((100, 50))
    of_italy, of_france = promised(countries=frozenset({"IT"})), promised(name="France", countries=frozenset({"FR"}))
    assert told(of_italy).totals[Measure.ORDERED] == made.latest.document.value_minor
    assert told(of_france).totals[Measure.ORDERED] == 0
    brand = made.latest.document.lines[0].brand_id
    assert told(promised(name="brand", brand_ids=frozenset({brand}))).totals[Measure.ORDERED] > 0
    services.cancel(order_id=made.id, reason="r", actor="a", now=NOW)
    assert told(of_italy).totals[Measure.ORDERED] == 0


@pytest.mark.django_db
def test_what_was_ordered_and_came_in_a_programme_stays_in_it_when_the_order_is_amended_after_its_end() -> None:
    of, after = promised(ends_on=date(2026, 12, 1)), promised(name="next", starts_on=date(2026, 12, 1))
    terms = makers.contract()
    made = makers.sent((100,), of=terms)
    makers.receive(made.lines[0], 40)
    before = told(of)
    makers.put_rates(("EUR", "9", "2026-12-01", ""), name="later-fx")
    later = NOW + timedelta(days=30)
    wish = makers.wish(terms, [(makers.articles()[0], 90, "10.50")])
    services.amend(order_id=made.id, wish=wish, actor="a", now=later)
    services.approve(order_id=made.id, version=2, actor="b", four_eyes_from_minor=makers.BIG, now=later)
    found = selectors.progress(of=of, today=later.date())
    assert found.totals[Measure.ORDERED] == 850_500  # 90 units at the rate of their version
    assert found.totals[Measure.RECEIVED] == before.totals[Measure.RECEIVED] == 344_400
    assert not any(selectors.progress(of=after, today=later.date()).totals.values())


@pytest.mark.django_db
def test_a_large_programme_is_kept_as_it_was_reckoned_until_something_happens() -> None:
    for of in (promised(), promised(name="Dollars", currency="USD", target_minor=10**12)):
        made = makers.sent((100, 50), of=makers.contract(programme_id=of.id, value_minor=1_000_000))
        makers.receive(made.lines[0], 40)
        at_sight = told(of)
        assert services.keep_progress(now=NOW) > 0
        assert selectors.programme(programme_id=of.id) == of  # too small to be kept
        assert services.keep_progress(now=NOW, kept_from=1) == 0  # nothing happened
        makers.receive(made.lines[0], 10)
        assert services.keep_progress(now=NOW, kept_from=1) > 0
        kept = selectors.programme(programme_id=of.id)
        assert kept is not None
        assert (kept.kept, kept.kept_at) == (told(of), NOW)
        assert told(kept) == told(of) != at_sight
        makers.receive(made.lines[0], 10)
        assert told(kept) != told(of)  # it says of when it is
        assert told(kept).totals[Measure.ORDERED] == selectors.ordered_minor(of=kept) == selectors.ordered_minor(of=of)
        models.Programme.objects.update(kept=None, kept_at=None, kept_of="")


@pytest.mark.django_db
def test_what_is_kept_has_the_forecast_of_the_day_on_which_it_is_read() -> None:
    of = promised()
    makers.sent((100,))
    services.keep_progress(now=NOW, kept_from=1)
    kept = selectors.programme(programme_id=of.id)
    assert kept is not None
    later = TODAY + timedelta(days=30)
    assert selectors.progress(of=kept, today=later).forecast == selectors.progress(of=of, today=later).forecast
    assert services.keep_progress(now=NOW + timedelta(days=1), kept_from=1) == 1  # each day anew


@pytest.mark.django_db
def test_bad_programmes_are_refused() -> None:
    promised()
    for changes, refusal in (
        ({}, services.AlreadyThere),
        ({"name": "x", "target_minor": 0}, services.BadAmount),
        ({"name": "x", "ends_on": date(2026, 11, 1)}, services.BadPeriod),
        ({"name": "x", "starts_on": date(26, 11, 1)}, services.TooLongPeriod),  # a year that was typed short
        ({"name": "x", "countries": frozenset({"QQ"})}, services.BadCountry),
        ({"name": "x", "brand_ids": frozenset({makers.new_id()})}, services.UnknownParty),
        ({"name": "x", "category_ids": frozenset({makers.new_id()})}, services.UnknownParty),
        ({"name": " "}, services.BadText),
    ):
        with pytest.raises(refusal):
            promised(**changes)


@pytest.mark.django_db
def test_a_programme_of_the_last_of_months_is_reckoned_as_others_are() -> None:
    of = promised(starts_on=date(9999, 11, 1), ends_on=date.max)
    assert told(of).totals[Measure.ORDERED] == 0
    assert services.keep_progress(now=NOW) == 1  # one that breaks would keep all others from being reckoned


days = st.integers(0, 800).map(lambda n: date(2026, 11, 1) + timedelta(days=n))
facts = st.lists(st.builds(Fact, st.sampled_from(Measure), days, st.integers(0, 10**12)), max_size=20)


@given(facts, days)
def test_a_series_rises_to_the_sums_of_what_was_before(found: list[Fact], until: date) -> None:
    start = date(2026, 11, 1)
    drawn = rules.series(found, start, until)
    edges = [day for day, _sums in drawn]
    assert edges == sorted(edges)
    assert edges[-1] == until or until == start
    assert dict(drawn[-1][1]) == dict(rules.totals(fact for fact in found if fact.day < until))
    for (_a, before), (_b, after) in zip(drawn, drawn[1:], strict=False):
        assert all(before[one] <= after[one] for one in Measure)


@given(st.integers(0, 10**12), st.integers(1, 10**12), days, days)
def test_a_forecast_carries_the_pace_on(ordered: int, target: int, today: date, end: date) -> None:
    start = date(2026, 11, 1)
    end = max(end, start + timedelta(days=1))
    told = rules.forecast(ordered, target, (start, end), today)
    gone = (min(today, end - timedelta(days=1)) - start).days + 1
    assert told.at_end_minor >= ordered
    assert abs(told.at_end_minor * gone - ordered * (end - start).days) < gone
    if told.met_on is not None and ordered < target:
        days_more = (told.met_on - today).days
        assert ordered * (gone + days_more) >= target * gone > ordered * (gone + days_more - 1)


def test_no_day_is_named_on_which_a_target_is_met_that_was_met_or_was_missed() -> None:
    period = date(2026, 1, 1), date(2027, 1, 1)
    for ordered, today, day in (
        (500, date(2026, 7, 2), date(2027, 1, 1)),
        (1_000, date(2026, 7, 2), None),  # it was met before today
        (1_000, date(2027, 7, 1), None),
        (500, date(2026, 12, 31), date(2027, 12, 31)),  # too late, and there is a day to go
        (500, date(2027, 1, 1), None),
        (0, date(2026, 7, 2), None),
    ):
        assert rules.forecast(ordered, 1_000, period, today).met_on == day, (ordered, today)
