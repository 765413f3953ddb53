from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.pricing import rules
from entrepot.pricing.types import PriceDraft, Span

DAY = datetime(2026, 11, 21, tzinfo=UTC)
SKU = new_id()
NAIVE = datetime(2027, 1, 1)  # noqa: DTZ001 the fault under test


def day(n: int) -> datetime:
    return DAY + timedelta(days=n)


def span(begins: int, ends: int | None, amount: int) -> Span:
    return Span(None, amount, None, day(begins), None if ends is None else day(ends))


@st.composite
def new_spans(draw: st.DrawFn) -> Span:
    begins = draw(st.integers(0, 30))
    ends = draw(st.none() | st.integers(begins + 1, 40))
    return span(begins, ends, draw(st.integers(1, 4)))


def timeline(spans: list[Span]) -> list[Span]:
    result: list[Span] = []
    for new in spans:
        result = rules.set_into(result, new)
    return result


@given(st.lists(new_spans(), max_size=8))
def test_periods_never_overlap_and_at_most_one_has_no_end(spans: list[Span]) -> None:
    line = timeline(spans)
    for earlier, later in zip(line, line[1:], strict=False):
        assert earlier.valid_to is not None and earlier.valid_to <= later.valid_from
    assert all(one.valid_to is None or one.valid_from < one.valid_to for one in line)
    assert len({one.valid_from for one in line}) == len(line)


@given(st.lists(new_spans(), max_size=6), new_spans())
def test_the_new_price_holds_in_its_period_and_changes_nothing_outside(spans: list[Span], new: Span) -> None:
    before = timeline(spans)
    after = rules.set_into(before, new)
    for n in range(45):
        inside = new.valid_from <= day(n) and (new.valid_to is None or day(n) < new.valid_to)
        expected = (new.amount_minor, new.was_minor) if inside else rules.amount_at(before, day(n))
        assert rules.amount_at(after, day(n)) == expected


@given(st.lists(new_spans(), max_size=6), new_spans())
def test_setting_the_same_price_twice_changes_nothing_more(spans: list[Span], new: Span) -> None:
    once = rules.set_into(timeline(spans), new)
    assert rules.set_into(once, new) == once
    assert rules.turns(once, rules.set_into(once, new), day(0)) == set()


def test_a_promotion_ends_and_the_standing_price_goes_on() -> None:
    line = rules.set_into([replace(span(0, None, 100), id=SKU)], span(5, 8, 80))
    assert [(one.amount_minor, one.valid_from, one.valid_to) for one in line] == [
        (100, day(0), day(5)),
        (80, day(5), day(8)),
        (100, day(8), None),
    ]
    assert [one.id for one in line] == [SKU, None, None]
    assert rules.turns([span(0, None, 100)], line, day(0)) == {day(5), day(8)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": rules.AMOUNT_MAX_MINOR + 1}, "amount_minor"),
        ({"was_minor": 100}, "was_minor"),
        ({"was_minor": 99}, "was_minor"),
        ({"valid_from": day(-1)}, "valid_from"),
        ({"valid_from": NAIVE}, "valid_from"),
        ({"valid_to": day(0)}, "valid_to"),
        ({"valid_from": day(3), "valid_to": day(3)}, "valid_to"),
        ({"valid_to": NAIVE}, "valid_to"),
        ({}, None),
        ({"was_minor": 101, "valid_from": day(0), "valid_to": day(1)}, None),
    ],
)
def test_a_draft_that_cannot_be_right_names_the_field(change: dict[str, object], field: str | None) -> None:
    assert rules.fault(replace(PriceDraft(SKU, 100), **change), day(0)) == field
