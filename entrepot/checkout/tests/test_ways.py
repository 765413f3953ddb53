"""The lawful ways on after a refusal at a limit, as rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.checkout.rules import ways
from entrepot.checkout.types import Way
from entrepot.kit.clock import CHINA
from entrepot.tariff.types import Part

SUMS = st.integers(0, 10_000_000)
FIRST = datetime(2019, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, 40 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))


def yuan(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2))


@given(SUMS, SUMS, SUMS)
def test_figures_are_read_where_they_stand(used: int, limit: int, value: int) -> None:
    annual = f"超过个人年度交易限值{yuan(limit)}元，本年度已使用{yuan(used)}元，本次{yuan(value)}元"
    assert ways.told(annual) == ways.Told(used, limit, value)
    single = f"超过单次交易限值{yuan(limit)}元，本次{yuan(value)}元"
    assert ways.told(single) == ways.Told(None, limit, value)


@pytest.mark.parametrize(
    "text", ["", "超过单次交易限值", "额度系统第3次重试", "already used 100.00", "已使用完", "[Code:26000;Desc:超限]"]
)
def test_nothing_is_read_that_is_not_there(text: str) -> None:
    assert ways.told(text) == ways.Told(None, None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("年度额度已使用25000.00元，本次2000.00元", ways.Told(2_500_000, None, 200_000)),
        ("已用额度1000.00元，本次25500.00元", ways.Told(100_000, None, 2_550_000)),
        ("剩余额度100.00元，本次200.00元", ways.Told(None, None, 20_000)),
        ("可用额度100.00元，年度限额26000.00元", ways.Told(None, 2_600_000, None)),
    ],
)
def test_what_is_used_or_left_of_a_limit_is_not_the_limit(text: str, told: ways.Told) -> None:
    assert ways.told(text) == told


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("超过个人年度限值，已使用额度24680.00元", 24_680_00),
        ("个人年度限值内已使用24680.00元", 24_680_00),
        ("年度已用额度24680元", 24_680_00),
        ("超过个人年度限值，剩余额度1320.00元", None),
        ("年度额度剩余1320.00元", None),
        ("本次后已使用27000元", 27_000_00),
    ],
)
def test_what_is_used_or_left_is_not_taken_for_the_limit_or_this_purchase(text: str, used: int | None) -> None:
    assert ways.told(text) == ways.Told(used, None, None)


@given(SUMS, SUMS)
def test_the_least_that_a_refusal_proves(limit: int, value: int) -> None:
    least = ways.least_used(limit_minor=limit, value_minor=value)
    assert least + value > limit
    assert least == 0 or least - 1 + value <= limit


@given(SUMS, SUMS, st.none() | SUMS, st.none() | SUMS)
def test_parts_keep_the_limit_as_customs_values_them(
    value: int, ours: int, limit: int | None, customs: int | None
) -> None:
    found = ways.limit_for_parts(value_minor=value, ours_minor=ours, said=ways.Told(None, limit, customs))
    least = ours if limit is None else min(ours, limit)
    if found is None:
        assert value <= least
        return
    assert found <= least
    if customs is not None and customs > value > 0:
        assert found * customs <= least * value  # in customs' values the part is inside


@given(st.lists(st.booleans(), max_size=4))
def test_a_split_needs_two_orders_that_each_clear(fits: list[bool]) -> None:
    parts = [Part({"a": Decimal(1)}, Decimal(1), fit) for fit in fits]
    assert ways.splits(parts) == (len(fits) > 1 and all(fits))


@given(TIMES)
def test_the_new_year_begins_at_midnight_in_china(at: datetime) -> None:
    begins = ways.next_year(at)
    assert begins > at
    assert begins.astimezone(CHINA).timetuple()[1:6] == (1, 1, 0, 0, 0)
    assert (begins - timedelta(microseconds=1)).astimezone(CHINA).year == at.astimezone(CHINA).year


@given(TIMES, SUMS, SUMS, SUMS, st.integers(0, 400))
def test_who_may_wait_clears_then(at: datetime, value: int, used: int, limit: int, days: int) -> None:
    most = timedelta(days=days)
    may = ways.may_wait(now=at, value_minor=value, used_minor=used, limit_minor=limit, most=most)
    assert may == (used + value <= limit and ways.next_year(at) - at <= most)


@given(st.sampled_from(["", *Way]), st.sampled_from(list(Way)), st.booleans())
def test_the_first_choice_stands_but_who_waits_or_has_not_paid_may_end_it(
    before: str, after: Way, settled: bool
) -> None:
    ends = (before, after) == (Way.WAIT, Way.REFUND) or (before, after, settled) == (Way.GENERAL, Way.REFUND, False)
    assert ways.may_follow(before, after, settled=settled) == (not before or ends)
