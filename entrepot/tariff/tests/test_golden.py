"""Worked figures of the law and of the notes, computed by hand, against the founding book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from entrepot.tariff.excise import class_zh
from entrepot.tariff.tests.makers import a_line, a_request, frozen_books
from entrepot.tariff.tests.makers import quoted as answered
from entrepot.tariff.types import Quote, wire

NOW = date(2025, 11, 14)

WINE, CREAM, PERFUME, SHIRT, WATCH, BEER, WHISKY, OIL = (
    "2204210000", "3304990099", "3303000010", "6109100021", "9102110000", "2203000000", "2208300000", "1509200000",
)  # fmt: skip


def quoted(*lines: object, **changes: object) -> Quote:
    changes.setdefault("day", NOW)
    return answered(a_request(*lines, **changes))  # type: ignore[arg-type]


EXAMPLE = {
    "destination": "CN", "channel": "bonded", "date": "2025-11-14", "currency": "CNY", "freight": "0.00",
    "insurance": "0.00", "incoterm": "DDP", "registered_seller": True,
    "buyer": {"used_this_year": "0.00", "origin_region": None, "region": None},
    "lines": [{
        "id": "1", "hs_code": "3304990099", "origin": "FR", "quantity": "1", "unit": "piece", "unit_price": "425.00",
        "discount": "0.00", "measures": {"g": "20"}, "table_value": None,
        "rates": {"duty": None, "excise": "0.15", "vat": "0.13"},
    }],
}  # fmt: skip


def test_the_example_of_the_api() -> None:
    answer = wire.render(answered(wire.parse(EXAMPLE)))
    names = ("customs_value", "duty", "excise", "vat", "fees", "total_tax", "decision")
    assert {name: answer[name] for name in names} == {
        "customs_value": "425.00", "duty": "0.00", "excise": "52.50", "vat": "45.50", "fees": "0.00",
        "total_tax": "98.00", "decision": "clear",
    }  # fmt: skip
    assert "cn-cbec/1" in answer["books"] and answer["collector"] == "platform" and answer["warnings"] == []


def test_the_book_gives_the_example_the_same_rates() -> None:
    got = quoted(a_line("425", CREAM, measures={"g": "20"}))
    assert (got.excise, got.vat, got.total_tax) == (Decimal("52.50"), Decimal("45.50"), Decimal("98.00"))


def test_wine_of_600_is_rounded_per_tax_not_by_the_rounded_shop_rate() -> None:
    got = quoted(a_line("600", WINE))
    assert (got.excise, got.vat, got.total_tax) == (Decimal("46.67"), Decimal("60.67"), Decimal("107.34"))
    assert got.total_tax != Decimal("107.40")  # 17.9 % of the shops


@pytest.mark.parametrize(
    ("day", "hs_code", "measures", "percent"),
    [
        # The typical comprehensive rates of each epoch, on 1,000.00 yuan: percent × 10 is the tax.
        ("2016-04-08", SHIRT, {}, "11.90"),
        ("2016-04-08", CREAM, {"g": "1000"}, "47.00"),  # additive trade press: 32.9
        ("2016-10-01", CREAM, {"g": "20"}, "26.353"),
        ("2016-10-01", CREAM, {"g": "1000"}, "11.90"),
        ("2018-05-01", SHIRT, {}, "11.20"),
        ("2018-05-01", OIL, {}, "7.00"),
        ("2019-04-01", SHIRT, {}, "9.10"),
        ("2019-04-01", OIL, {}, "6.30"),
        ("2019-04-01", WINE, {}, "17.889"),
        ("2019-04-01", CREAM, {"g": "20"}, "23.059"),
        ("2019-04-01", PERFUME, {"ml": "50"}, "23.059"),
    ],
)
def test_comprehensive_rates_by_epoch(day: str, hs_code: str, measures: dict[str, str], percent: str) -> None:
    got = quoted(a_line("1000", hs_code, measures=measures), day=date.fromisoformat(day))
    assert got.decision == "clear"
    assert got.total_tax == (Decimal(percent) * 10).quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("day", "tax"),
    [("2016-09-30", "470.00"), ("2016-10-01", "263.53"), ("2018-04-30", "263.53"), ("2018-05-01", "255.29"),
     ("2019-03-31", "255.29"), ("2019-04-01", "230.59")],
)  # fmt: skip
def test_rates_change_on_their_day(day: str, tax: str) -> None:
    """By hand: (vat + ct) / (1 − ct) × 0.7 with 17/30, 17/15, 16/15 and 13/15 per cent."""
    assert quoted(a_line("1000", CREAM, measures={"g": "20"}), day=date.fromisoformat(day)).total_tax == Decimal(tax)


@pytest.mark.parametrize(
    ("price", "measures", "high_end"),
    [
        ("200.00", {"g": "20"}, True),  # 10 per g: inclusive
        ("199.99", {"g": "20"}, False),
        ("500.00", {"ml": "50"}, True),
        ("499.99", {"ml": "50"}, False),
        ("500.00", {"l": "0.05"}, True),
        ("500.00", {"kg": "0.05"}, True),
        ("75.00", {"sheet": "5"}, True),  # 15 per sheet
        ("74.99", {"sheet": "5"}, False),
        ("15.00", {"piece": "1"}, True),
        ("14.99", {"piece": "1"}, False),
        ("425.00", {"g": "50", "piece": "1"}, False),  # 8.50 per g; that a jar is one piece says nothing
        ("700.00", {"ml": "50"}, True),  # 14 per ml
        ("700.00", {"g": "83.5"}, False),  # the same jar declared by gross weight: 8.38 per g
    ],
)
def test_the_legal_quantity_decides_the_cosmetics_class(price: str, measures: dict[str, str], high_end: bool) -> None:
    got = quoted(a_line(price, CREAM, measures=measures))
    assert (got.excise > 0) is high_end
    assert got.lines[0].rates["excise"] == ("0.15" if high_end else "0")


def test_measures_that_disagree_are_told() -> None:
    got = quoted(a_line("700", CREAM, measures={"ml": "50", "g": "83.5"}))
    assert got.excise == 0
    assert [warning.code for warning in got.warnings] == ["measures_disagree"]


def test_spirits_are_taxed_by_value_and_weight() -> None:
    """0.7 l at 300.00: spec = 0.7 × 0.912 = 0.6384; CT = (300 + 0.6384) / 0.8 × 0.2 + 0.6384 = 75.798."""
    got = quoted(a_line("300", WHISKY, measures={"l": "0.7"}))
    assert got.excise == Decimal("53.06")  # 75.798 × 0.7 = 53.0586
    assert got.vat == Decimal("34.20")  # (300 + 75.798) × 0.13 × 0.7 = 34.197618
    by_weight = quoted(a_line("300", WHISKY, measures={"kg": "0.6384"}))
    assert (by_weight.excise, by_weight.vat) == (got.excise, got.vat)


@pytest.mark.parametrize(
    ("price", "each"),
    [("265.76", "220"), ("265.77", "250"), ("1000", "250")],
)
def test_beer_is_taxed_per_tonne_by_its_price_class(price: str, each: str) -> None:
    """100 litres and, for round figures, a tonne: CT = 1 t × 250 or 220, no division. Threshold 2.6576767 per litre."""
    got = quoted(a_line(price, BEER, unit="keg", measures={"l": "100", "t": "1"}))
    assert got.excise == Decimal(each) * Decimal("0.7")
    assert got.lines[0].rates["excise_specific"] == each


def test_beer_by_the_litre_says_that_the_conversion_is_not_confirmed() -> None:
    got = quoted(a_line("10", BEER, quantity="12", unit="bottle", measures={"ml": "6000"}))
    assert got.excise == Decimal("1.06")  # 6 / 988 t × 250 × 0.7 = 1.0627
    assert [warning.code for warning in got.warnings] == ["not_confirmed"]


def test_watches_by_piece() -> None:
    cheap = quoted(a_line("4999.99", WATCH))
    assert cheap.excise == 0
    dear = quoted(a_line("10000", WATCH, rates={"duty": "0.11"}))
    # P [T + vat + ct + T vat] / (1 − ct) = 10,000 × (0.11 + 0.13 + 0.2 + 0.0143) / 0.8, in full
    assert (dear.decision, dear.total_tax) == ("full_tax_single_item", Decimal("5678.75"))
    below = quoted(a_line("9999.99", WATCH, rates={"duty": "0.11"}))
    assert below.excise == 0


def test_general_trade_wine_of_2016_owes_48_2_percent() -> None:
    line = a_line("1000", WINE, rates={"duty": "0.14"})
    got = quoted(line, day=date(2017, 6, 1), used="19500")
    assert got.decision == "general_trade"
    assert got.total_tax == Decimal("482.00")
    assert (got.duty, got.lines[0].rates["relief"]) == (Decimal("140.00"), "1")


def test_freight_and_insurance_go_into_the_customs_value_by_line_value() -> None:
    got = quoted(
        a_line("100", SHIRT), a_line("200", SHIRT, id="2", quantity="2", discount="100"), freight="10.00",
        insurance="1.01",
    )  # fmt: skip
    # 100 : 300 share 10.00 as 2.50 and 7.50, 1.01 as 0.25 and 0.76
    assert [line.customs_value for line in got.lines] == [Decimal("102.75"), Decimal("308.26")]
    assert got.customs_value == Decimal("411.01")
    assert got.vat == Decimal("9.35") + Decimal("28.05")


def test_freight_may_lift_cosmetics_into_the_higher_class() -> None:
    assert quoted(a_line("199", CREAM, measures={"g": "20"})).excise == 0
    assert quoted(a_line("199", CREAM, measures={"g": "20"}), freight="1.00").excise > 0


def test_a_mixed_basket() -> None:
    got = quoted(
        a_line("425", CREAM, measures={"g": "20"}), a_line("600", WINE, id="2"), a_line("199", SHIRT, id="3"),
        a_line("300", WHISKY, id="4", measures={"l": "0.7"}),
    )  # fmt: skip
    assert [line.total_tax for line in got.lines] == [Decimal(t) for t in ("98.00", "107.34", "18.11", "87.26")]
    assert got.total_tax == Decimal("310.71")
    assert got.decision == "clear"


def test_every_class_that_ships_has_its_chinese_name() -> None:
    rates = [rate for book in frozen_books().books for rate in book.rates]
    names = {rate.params["class"] for rate in rates if "class" in rate.params}
    assert len(names) > 10
    assert {name for name in names if class_zh(name).isascii()} == set()
