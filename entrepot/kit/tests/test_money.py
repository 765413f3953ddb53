"""Parts add up to the whole, in every currency, whatever the weights."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.money import Money, allocate, exponent, to_decimal, to_minor

totals = st.integers(-(10**15), 10**15)
weights = st.lists(st.one_of(st.integers(0, 10**12), st.decimals(0, 10**9, places=4)), min_size=1, max_size=30)


@given(totals, weights)
def test_parts_sum_to_the_whole_and_stay_near_their_exact_share(total: int, by: list[int | Decimal]) -> None:
    parts = allocate(total, by)
    assert sum(parts) == total
    whole = sum(Decimal(weight) for weight in by)
    if whole:
        for part, weight in zip(parts, by, strict=True):
            # Compared without division: |part * whole - total * weight| < whole
            assert abs(part * whole - total * Decimal(weight)) <= whole


@given(totals, weights)
def test_a_refund_mirrors_the_charge(total: int, by: list[int | Decimal]) -> None:
    assert allocate(-total, by) == [-part for part in allocate(total, by)]


@given(st.integers(0, 10**9), st.integers(2, 12))
def test_ties_go_to_the_earlier_position(total: int, count: int) -> None:
    parts = allocate(total, [1] * count)
    assert parts == sorted(parts, reverse=True)
    assert max(parts) - min(parts) <= 1


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=10), st.integers(1, 50))
def test_scaling_all_weights_changes_nothing(total: int, by: list[int], factor: int) -> None:
    assert allocate(total, by) == allocate(total, [weight * factor for weight in by])


@given(totals, st.lists(st.fractions(0, 100, max_denominator=400), min_size=1, max_size=10))
def test_fractions_share_like_the_whole_numbers_they_are_in_proportion_to(total: int, by: list[Fraction]) -> None:
    scale = lcm(*(weight.denominator for weight in by))
    assert allocate(total, by) == allocate(total, [int(weight * scale) for weight in by])


def test_a_weight_of_zero_gets_nothing_while_another_has_weight() -> None:
    assert allocate(100, [0, 1, 0]) == [0, 100, 0]
    assert allocate(100, [0, 0, 0]) == [34, 33, 33]


@pytest.mark.parametrize("by", [[], [-1, 2]])
def test_impossible_shares_are_errors(by: list[int]) -> None:
    with pytest.raises(ValueError):
        allocate(1, by)


@pytest.mark.parametrize(("currency", "places"), [("CNY", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("EUR", 2)])
def test_minor_units_follow_iso_4217(currency: str, places: int) -> None:
    assert exponent(currency) == places
    assert to_decimal(12345, currency) == Decimal(12345).scaleb(-places)


@given(st.integers(-(10**14), 10**14), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_decimals_and_minor_units_are_the_same_amount(minor: int, currency: str) -> None:
    assert to_minor(to_decimal(minor, currency), currency) == minor
    assert Money.of(str(to_decimal(minor, currency)), currency) == Money(minor, currency)


def test_the_rounding_mode_is_the_callers() -> None:
    half = Decimal("0.125")
    assert [to_minor(half, "CNY", mode) for mode in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)] == [13, 12, 12]
    assert to_minor(Decimal("-0.125"), "CNY") == -13


def test_currencies_do_not_mix_and_floats_do_not_enter() -> None:
    with pytest.raises(ValueError, match="do not add"):
        Money(1, "CNY") + Money(1, "EUR")
    with pytest.raises(ValueError, match="do not add"):
        assert Money(1, "CNY") < Money(1, "EUR")
    with pytest.raises(TypeError):
        Money(1.0, "CNY")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1, "CNY") * 1.5  # type: ignore[operator]
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, "rmb")


def test_arithmetic() -> None:
    assert Money(150, "CNY") + Money(50, "CNY") - Money(20, "CNY") == Money(180, "CNY")
    assert -Money(5, "CNY") * 3 == Money(-15, "CNY")
    assert Money(100, "CNY").share([1, 2]) == [Money(33, "CNY"), Money(67, "CNY")]
    assert str(Money(42500, "CNY")) == "425.00 CNY"
