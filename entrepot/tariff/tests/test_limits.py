"""Which way the goods go: limits by date, to the fen."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from entrepot.tariff import regimes
from entrepot.tariff.steps import not_confirmed
from entrepot.tariff.tests.makers import a_line, a_request, shipped_book
from entrepot.tariff.tests.makers import quoted as answered
from entrepot.tariff.types import Quote

OLD, NEW = date(2018, 12, 31), date(2019, 1, 1)


def quoted(*lines: object, **changes: object) -> Quote:
    return answered(a_request(*lines, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "price", "used", "decision"),
    [
        (OLD, "2000.00", "0", "clear"),
        (OLD, "2000.01", "0", "general_trade"),  # also a single indivisible item
        (OLD, "2000.00", "18000.00", "clear"),
        (OLD, "2000.00", "18000.01", "general_trade"),
        (NEW, "2000.01", "0", "clear"),
        (NEW, "5000.00", "0", "clear"),
        (NEW, "5000.01", "0", "full_tax_single_item"),
        (NEW, "5000.00", "21000.00", "clear"),
        (NEW, "5000.00", "21000.01", "general_trade"),
        (NEW, "26000.00", "0", "full_tax_single_item"),
        (NEW, "26000.01", "0", "general_trade"),
    ],
)
def test_limits_are_inclusive_and_dated(day: date, price: str, used: str, decision: str) -> None:
    got = quoted(a_line(price, rates={"duty": "0.1"}), day=day, used=used)
    assert got.decision == decision
    assert got.lines[0].rates["relief"] == ("0.7" if decision == "clear" else "1")


def test_without_a_duty_rate_nothing_is_guessed() -> None:
    got = quoted(a_line("5000.01"), day=NEW)
    assert (got.decision, got.total_tax) == ("rates_not_verified", Decimal("0.00"))
    assert [warning.code for warning in got.warnings] == ["not_computed"]
    over = quoted(a_line("100"), day=NEW, used="26000")
    assert (over.decision, over.total_tax) == ("general_trade", 0)
    assert [warning.code for warning in over.warnings] == ["not_computed"]


def test_two_items_above_the_single_limit_are_split() -> None:
    got = quoted(a_line("3000"), a_line("2500", id="2"), a_line("1800", id="3"), day=NEW)
    assert got.decision == "split"
    assert [dict(part.units) for part in got.parts] == [
        {"1": Decimal(1), "3": Decimal(1)},
        {"2": Decimal(1)},
    ]
    assert all(part.fits and part.customs_value <= 5000 for part in got.parts)
    assert got.vat == Decimal("336.00") + Decimal("280.00") + Decimal("201.60")


def test_one_line_of_several_pieces_is_split_by_pieces() -> None:
    got = quoted(a_line("1999.99", quantity="5"), day=NEW)
    assert [part.units["1"] for part in got.parts] == [2, 2, 1]


def test_a_split_with_a_piece_that_is_above_by_itself() -> None:
    got = quoted(a_line("6000"), a_line("100", id="2"), day=NEW)
    assert got.decision == "split"
    assert [(dict(part.units), part.fits) for part in got.parts] == [({"1": 1}, False), ({"2": 1}, True)]
    assert [warning.code for warning in got.warnings] == ["not_computed"]


def test_weighed_goods_are_not_cut() -> None:
    got = quoted(a_line("600", quantity="9.5", unit="kg"), a_line("10", id="2"), day=NEW)
    assert [dict(part.units) for part in got.parts] == [{"1": Decimal("9.5")}, {"2": 1}]


def test_channels_and_regimes() -> None:
    for channel, more in (("bonded", ["bonded_zone"]), ("direct", [])):
        got = quoted(a_line("10"), channel=channel)
        assert (got.regime, got.channel) == ("CN_CBEC", channel)
        assert [step.code for step in got.demands] == ["real_name", "three_documents", *more]


def test_a_day_after_the_book_was_made_is_told() -> None:
    got = quoted(a_line("10"), day=date(2027, 1, 1))
    assert [warning.code for warning in got.warnings] == ["after_book"]


def test_a_reduced_rate_without_a_source_is_told() -> None:
    got = quoted(a_line("100", "1509200000"))
    assert [warning.code for warning in got.warnings] == ["not_confirmed"]
    assert got.vat == Decimal("6.30")


@pytest.mark.parametrize("folder", regimes.FOLDERS)
def test_what_is_not_confirmed_is_told_in_the_readers_own_language(folder: str) -> None:
    rows = [row for row in shipped_book(folder).rates if not row.confirmed]
    for row in rows:
        told = not_confirmed(row, "1")
        assert re.search("[一-鿿]", row.noted[0]) and not re.search("[a-z]{3}", row.noted[0]), row.key
        assert row.noted[0] in told.zh and row.noted[1] in told.en and " | " not in told.zh + told.en
    if folder.startswith("cn_"):
        assert not any(re.search("[a-z]{3}", not_confirmed(row, "1").zh) for row in rows)


def test_the_explanation_can_be_followed() -> None:
    got = quoted(a_line("425", "3304990099", measures={"g": "20"}), day=date(2025, 11, 14))
    steps = got.lines[0].explanation
    assert [step.code for step in steps] == ["customs_value", "excise_class", "vat_rate", "excise", "vat"]
    assert "21.25" in steps[1].zh and "21.25" in steps[1].en and steps[1].source == "财税[2016]103号"
    assert "[425.00 ÷ (1 − 0.15) × 0.15] × 0.7 = 52.50" in steps[3].zh
    assert "(425.00 + 75.00) × 0.13 × 0.7 = 45.50" in steps[4].en
    assert got.explanation[0].code == "inside_limits" and "5000.00" in got.explanation[0].zh
    assert all(step.zh and step.en for step in (*steps, *got.explanation))
