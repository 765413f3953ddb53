"""What holds for every parcel into Canada."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.kit.money import exponent
from entrepot.tariff.regimes.ca.rules import RegionNeeded
from entrepot.tariff.tests.makers import a_book, a_line, a_request, quoted
from entrepot.tariff.types import Buyer, LineRequest, Quote, QuoteRequest

LAW = a_book(
    '6109,,CA,duty,"{""rate"":""0.18""}",2017-04-01,,yes,here,',
    '0402,,CA,duty,"{""rate"":""0.03"",""specific"":[{""per"":""kg"",""amount"":""0.0332""}]}",2017-04-01,,yes,here,',
)
PROVINCES = ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")
CHANNELS = ("direct", "express", "postal")
cents = st.integers(1, 30_000)
days = st.dates(date(2017, 4, 1), date(2026, 12, 31))
regions = st.sampled_from(PROVINCES)
places = st.sampled_from([None, "US", "MX", "FR"])


def amount(minor: int, currency: str = "CAD") -> str:
    return str(Decimal(minor).scaleb(-exponent(currency)))


def asked(*lines: LineRequest, day: date, buyer: Buyer, **changes: object) -> QuoteRequest:
    fields = {"destination": "CA", "currency": "CAD", "channel": "express", **changes}
    return replace(a_request(*lines, day=day, **fields), buyer=buyer)  # type: ignore[arg-type]


def answer(request: QuoteRequest) -> Quote:
    return quoted(request, LAW)


@st.composite
def lines(draw: st.DrawFn, currency: str = "CAD") -> tuple[LineRequest, ...]:
    made = []
    for i in range(draw(st.integers(1, 5))):
        price = draw(cents)
        made.append(
            a_line(
                amount(price, currency), draw(st.sampled_from(("6109100021", "0402210500"))), id=str(i),
                discount=amount(draw(st.integers(0, price)), currency), measures={"g": str(draw(st.integers(1, 9000)))},
            )
        )  # fmt: skip
    return tuple(made)


def whole(got: Quote) -> None:
    assert got.customs_value == sum(line.customs_value for line in got.lines)
    assert got.duty == sum(line.duty for line in got.lines)
    assert got.vat == sum(line.vat for line in got.lines)
    assert got.total_tax == got.duty + got.vat + got.fees


@given(lines(), cents, days, st.sampled_from(CHANNELS), regions, places)
def test_parts_sum_to_the_whole(
    basket: tuple[LineRequest, ...], freight: int, day: date, channel: str, region: str, place: str | None
) -> None:
    buyer = Buyer(origin_region=place, region=region)
    request = asked(*basket, day=day, buyer=buyer, channel=channel, freight=amount(freight))
    got = answer(request)
    assert got == answer(request) and got.decision == "clear"
    whole(got)
    assert got.customs_value == sum(line.unit_price - line.discount for line in basket)
    assert got.fees == (Decimal("9.95") if channel == "postal" and got.duty + got.vat else 0)


@given(st.sampled_from(("KRW", "KWD")), st.data(), days, st.sampled_from(CHANNELS), regions)
def test_currencies_with_other_places(currency: str, data: st.DataObject, day: date, channel: str, region: str) -> None:
    basket = data.draw(lines(currency))
    rate = Decimal("0.00099") if currency == "KRW" else Decimal("4.45")
    request = asked(*basket, day=day, buyer=Buyer(region=region), channel=channel, currency=currency)
    got = answer(replace(request, exchange_rate=rate))
    assert got.currency == "CAD"
    whole(got)
    assert all(value == value.quantize(Decimal("0.01")) for value in (got.customs_value, got.duty, got.vat))


@given(st.integers(-1, 1), regions, st.dates(date(2020, 7, 1), date(2026, 12, 31)), st.sampled_from(["US", "MX"]))
def test_couriers_out_of_north_america(off: int, region: str, day: date, place: str) -> None:
    buyer = Buyer(origin_region=place, region=region)
    low = answer(asked(a_line(amount(4_000 + off)), day=day, buyer=buyer))
    assert (low.duty, low.vat > 0) == (0, off > 0)
    high = answer(asked(a_line(amount(15_000 + off)), day=day, buyer=buyer))
    assert (high.duty > 0, high.vat > 0) == (off > 0, True)


@given(st.integers(-1, 1), regions, days, st.sampled_from(["direct", "postal"]), places)
def test_all_other_parcels(off: int, region: str, day: date, channel: str, place: str | None) -> None:
    buyer = Buyer(origin_region=place, region=region)
    got = answer(asked(a_line(amount(2_000 + off)), day=day, buyer=buyer, channel=channel))
    assert (got.duty > 0, got.vat > 0) == (off > 0, off > 0)


@given(st.integers(2_001, 500_000), st.integers(0, 3_000), st.integers(0, 3_000), regions)
def test_a_lower_rate_is_never_more_tax(price: int, rate: int, other: int, region: str) -> None:
    def tax(basis_points: int) -> Quote:
        line = a_line(amount(price), rates={"duty": str(Decimal(basis_points) / 10_000)})
        return answer(asked(line, day=date(2024, 5, 1), buyer=Buyer(region=region)))

    low, high = tax(min(rate, other)), tax(max(rate, other))
    assert low.duty <= high.duty and low.vat <= high.vat


@given(st.integers(15_002, 500_000), st.integers(1, 15_000), regions)
def test_a_line_cut_in_two_differs_by_the_rounding_alone(price: int, part: int, region: str) -> None:
    """Duty by a cent; each sales tax by a cent for its own rounding and at most one more for that of the duty."""
    day, buyer = date(2024, 5, 1), Buyer(region=region)
    one = answer(asked(a_line(amount(price)), day=day, buyer=buyer))
    two = answer(asked(a_line(amount(part)), a_line(amount(price - part), id="2"), day=day, buyer=buyer))
    taxes = sum(name in {"hst", "gst", "pst"} for name in one.lines[0].rates)
    assert one.customs_value == two.customs_value
    assert abs(one.duty - two.duty) <= Decimal("0.01")
    assert abs(one.vat - two.vat) <= taxes * Decimal("0.02")


@pytest.mark.parametrize("region", [None, "TX", "on", "ON.x", ""])
def test_the_province_is_asked_for_where_tax_is_due(region: str | None) -> None:
    buyer = Buyer(region=region)
    with pytest.raises(RegionNeeded) as refused:
        answer(asked(a_line("20.01"), day=date(2024, 5, 1), buyer=buyer))
    assert refused.value.field == "buyer.region" and set(PROVINCES) == set(refused.value.data["known"].split(", "))
    assert answer(asked(a_line("20.00"), day=date(2024, 5, 1), buyer=buyer)).total_tax == 0
