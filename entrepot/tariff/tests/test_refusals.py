"""Bad input: each answer names the line and the field, in both languages."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from entrepot.kit.refusals import Refusal
from entrepot.tariff import engine, headings, regimes
from entrepot.tariff.book import Books
from entrepot.tariff.tests.makers import a_book, a_line, a_request
from entrepot.tariff.tests.makers import quoted as answered
from entrepot.tariff.tests.test_golden import EXAMPLE
from entrepot.tariff.types import wire
from entrepot.tariff.types.refusals import (
    BadAmount,
    BadQuoteRequest,
    MissingMeasure,
    NoBook,
    NoExchangeRate,
    UnknownCode,
    UnknownHsCode,
    UnsupportedRegime,
)


def refused(kind: type[Refusal], field: str, *lines: Any, **changes: Any) -> Refusal:
    with pytest.raises(kind) as caught:
        answered(a_request(*(lines or (a_line("10"),)), **changes))
    assert caught.value.field == field
    assert caught.value.status == 422
    assert caught.value.message("zh-hans") != caught.value.message("en")
    return caught.value


@pytest.mark.parametrize(
    "hs_code",
    ["", "33049", "330499009", "33049900990", "33O4990099", "３３０４９９００９９", "9999999999", "7701000000"],
)
def test_a_code_that_is_none(hs_code: str) -> None:
    refusal = refused(UnknownHsCode, "lines[1].hs_code", a_line("1"), a_line("1", hs_code, id="b"))
    assert "b" in refusal.message("en")


def test_near_headings_are_told() -> None:
    refusal = refused(UnknownHsCode, "lines[0].hs_code", a_line("1", "3309000000"))
    assert refusal.data["nearest"] == "3305, 3306, 3307"
    assert headings.nearest("xx") == []
    assert headings.known("33049900") and not headings.known("3304990")


@pytest.mark.parametrize(
    ("hs_code", "measures"), [("3304990099", {}), ("2208300000", {"piece": "1"}), ("2203000000", {})]
)
def test_a_measure_the_law_needs(hs_code: str, measures: dict[str, str]) -> None:
    refused(MissingMeasure, "lines[0].measures", a_line("100", hs_code, measures=measures))


@pytest.mark.parametrize("hs_code", ["7113191100", "2205100000", "2402200000", "9506310000"])
def test_a_consumption_tax_without_a_verified_rate_is_not_guessed(hs_code: str) -> None:
    refused(MissingMeasure, "lines[0].rates.excise", a_line("100", hs_code))
    given = answered(a_request(a_line("100", hs_code, rates={"excise": "0.05"})))
    assert given.excise == Decimal("3.68")


@pytest.mark.parametrize(
    ("field", "changes"),
    [("destination", {"destination": "AQ", "channel": None}), ("channel", {"channel": "?"})],
)
def test_regimes_that_are_not_built(field: str, changes: dict[str, str]) -> None:
    refused(UnsupportedRegime, field, **changes)


def test_no_book_for_the_day() -> None:
    assert refused(NoBook, "date", day=date(2016, 4, 7)).data["date"] == "2016-04-07"
    with pytest.raises(NoBook):
        engine.quote(a_request(a_line("1")), Books("CN", ()), regimes.REGIMES.values())


@pytest.mark.parametrize(
    ("field", "changes"),
    [("destination", {"destination": "XX"}), ("destination", {"destination": "EU"}), ("currency", {"currency": "RMB"})],
)
def test_codes_that_iso_does_not_know(field: str, changes: dict[str, str]) -> None:
    refused(UnknownCode, field, **changes)
    refused(UnknownCode, "lines[0].origin", a_line("1", origin="UK"))


def test_another_currency_needs_a_rate() -> None:
    refused(NoExchangeRate, "exchange_rate", currency="KWD")
    given = answered(a_request(a_line("10.005"), currency="KWD", exchange_rate=Decimal("25.1")))
    assert (given.currency, given.customs_value) == ("CNY", Decimal("251.13"))  # 10.005 × 25.1 = 251.1255
    assert given.explanation[1].code == "exchange_rate"
    refused(BadAmount, "exchange_rate", currency="KWD", exchange_rate=Decimal(0))
    refused(BadAmount, "freight", currency="JPY", exchange_rate=Decimal("0.05"), freight="0.5")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("lines[0].quantity", {"quantity": "0"}),
        ("lines[0].quantity", {"quantity": "-1"}),
        ("lines[0].quantity", {"quantity": "NaN"}),
        ("lines[0].quantity", {"quantity": "Infinity"}),
        ("lines[0].discount", {"discount": "10.01"}),
        ("lines[0].discount", {"discount": "0.001"}),
        ("lines[0].discount", {"discount": "-1"}),
        ("lines[0].measures.g", {"measures": {"g": "0"}}),
        ("lines[0].measures.g", {"measures": {"g": "-5"}}),
        ("lines[0].rates.vat", {"rates": {"vat": "1"}}),
        ("lines[0].rates.excise", {"rates": {"excise": "-0.1"}}),
        ("lines[0].rates.duty", {"rates": {"duty": "11"}}),
    ],
)
def test_amounts_that_cannot_be(field: str, changes: dict[str, Any]) -> None:
    refused(BadAmount, field, a_line("10", **changes))


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "-0.01", "1000000000.01"])
def test_what_has_no_order_or_no_end_is_no_amount(value: str) -> None:
    refused(BadAmount, "lines[0].unit_price", a_line(value))
    refused(BadAmount, "lines[1].measures.g", a_line("1"), a_line("1", id="2", measures={"g": value}))
    refused(BadAmount, "lines[0].rates.vat", a_line("1", rates={"vat": value}))
    refused(BadAmount, "freight", freight=value)


def test_amounts_of_the_request() -> None:
    refused(BadAmount, "lines[0].unit_price", a_line("-0.01"))
    refused(BadAmount, "lines[0].unit_price", a_line("1000000000.01"))
    refused(BadAmount, "freight", freight="0.001")
    refused(BadAmount, "insurance", insurance="-1")
    refused(BadAmount, "buyer.used_this_year", used="-1")
    refused(BadAmount, "lines", *(a_line("1", id=str(i)) for i in range(201)))


def changed(path: str, value: Any) -> dict[str, Any]:
    request = copy.deepcopy(EXAMPLE)
    at: Any = request
    *steps, last = path.split("/")
    for step in steps:
        at = at[int(step)] if step.isdigit() else at[step]
    if value is KeyError:
        del at[last]
    else:
        at[int(last) if last.isdigit() else last] = value
    return request


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("destination", KeyError, "destination"),
        ("destination", "cn", "destination"),
        ("date", "2025-13-01", "date"),
        ("date", "20251114", "date"),
        ("date", 5, "date"),
        ("currency", "RMBY", "currency"),
        ("channel", "sea", "channel"),
        ("incoterm", "EXW", "incoterm"),
        ("freight", 0, "freight"),
        ("freight", 1.5, "freight"),
        ("freight", "1e3", "freight"),
        ("freight", None, "freight"),
        ("registered_seller", "yes", "registered_seller"),
        ("extra", 1, "extra"),
        ("lines", [], "lines"),
        ("lines", {}, "lines"),
        ("lines/0", "x", "lines[0]"),
        ("lines/0/quantity", "one", "lines[0].quantity"),
        ("lines/0/quantity", "1\n", "lines[0].quantity"),
        ("lines/0/unit_price", KeyError, "lines[0].unit_price"),
        ("lines/0/id", "", "lines[0].id"),
        ("lines/0/id", "x" * 41, "lines[0].id"),
        ("lines/0/origin", "France", "lines[0].origin"),
        ("lines/0/measures", {"stone": "1"}, "lines[0].measures.stone"),
        ("lines/0/measures", {"g": 20}, "lines[0].measures.g"),
        ("lines/0/rates", {"duties": "0"}, "lines[0].rates.duties"),
        ("lines/0/rates", [], "lines[0].rates"),
        ("lines/0/colour", "red", "lines[0].colour"),
        ("buyer", {"used": "0"}, "buyer.used"),
        ("buyer/used_this_year", "-", "buyer.used_this_year"),
    ],
)
def test_the_wire_is_strict(path: str, value: Any, field: str) -> None:
    with pytest.raises(BadQuoteRequest) as caught:
        wire.parse(changed(path, value))
    assert caught.value.field == field
    assert caught.value.message("zh") and field in caught.value.message("en")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"a":', b"\xff\xfe", b"[" * 5000, b'"' + b"x" * 1024 * 1024 + b'"']
)
def test_bodies_that_are_no_request(body: bytes) -> None:
    with pytest.raises(BadQuoteRequest):
        wire.parse(body)


def test_line_ids_are_told_apart() -> None:
    request = copy.deepcopy(EXAMPLE)
    request["lines"] = [request["lines"][0], request["lines"][0]]  # type: ignore[index]
    with pytest.raises(BadQuoteRequest) as caught:
        wire.parse(request)
    assert caught.value.field == "lines[1].id"


def test_optional_fields_may_be_left_out() -> None:
    request = wire.parse(
        {
            "destination": "CN", "date": "2025-11-14", "currency": "CNY",
            "lines": [{"id": "1", "hs_code": "6109100021", "origin": "PT", "quantity": "2", "unit": "piece",
                       "unit_price": "99.50"}],
        }
    )  # fmt: skip
    assert request.channel is None and request.registered_seller
    assert [option.total_tax for option in answered(request).options if option.channel == "bonded"] == [
        Decimal("18.11")
    ]


@pytest.mark.parametrize(("to", "channel"), [("CN", "bonded"), ("CN", "general"), ("CN", "postal"), ("DE", "direct"),
                                             ("US", "direct"), ("AU", "direct"), ("JP", "direct")])  # fmt: skip
@pytest.mark.parametrize("confirmed", ["yes", "no"])
def test_a_rate_of_exchange_without_a_source_is_told(to: str, channel: str, confirmed: str) -> None:
    rate = a_book(f',,{to},fx.NOK,"{{""rate"":""0.7""}}",2020-01-01,,{confirmed},somebody,')
    answer = answered(a_request(a_line("500"), destination=to, channel=channel, currency="NOK"), rate)
    told = [one.figures["measure"] for one in answer.warnings if one.code == "not_confirmed"]
    assert ("fx.NOK" in told) is (confirmed == "no")
