"""What log lines strike out."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.server.logs import Discreet, discreet


@pytest.mark.parametrize(
    "text",
    [
        "id 11010519491231002X here",
        "(11010519900107001x)",
        "phone=13800135678",
        "+8613800135678",
        "mail anna.lee+shop@mail.example.com.",
        "duplicate key\nDETAIL:  Key (name)=(张小燕) already exists.\n",
        "violates check\nDETAIL:  Failing row contains (1,\n 张小燕, x).\n",
    ],
)
def test_personal_data_is_struck_out(text: str) -> None:
    clean = discreet(text)
    for secret in ("110105", "13800135678", "anna", "张小燕"):
        assert secret not in clean


@pytest.mark.parametrize(
    "text",
    [
        "order KL2611210123456789 paid",
        "parcel 01a1fd3c-7b6c-77bb-9ce7-61c30257b442",
        "amount 13800 CNY, 1234567890123 EAN",
        "GET /api/v1/orders 200",
        "sku 13800135678901234567",
    ],
)
def test_numbers_of_the_trade_stay(text: str) -> None:
    assert discreet(text) == text


@given(st.text())
def test_any_line_passes(text: str) -> None:
    assert discreet(discreet(text)) == discreet(text)


def test_tracebacks_are_struck_out_too() -> None:
    formatter = Discreet("{message}", style="{")
    try:
        raise ValueError("cannot use 11010519491231002X of anna@example.com")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed for %s", ("13800135678",), info)
    line = formatter.format(record)
    assert "Traceback" in line
    assert "11010519491231002X" not in line.split("raise ValueError")[0]
    assert "anna" not in line.splitlines()[-1]
    assert "13800135678" not in line
