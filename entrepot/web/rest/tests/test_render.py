"""Amounts as decimal strings are exactly what the money type says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.money import to_decimal
from entrepot.web.rest.render import amount


@given(st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "JPY", "KWD", "EUR"]))
def test_amounts_are_those_of_the_money_type(minor: int, currency: str) -> None:
    assert amount(minor, currency) == str(to_decimal(minor, currency))
