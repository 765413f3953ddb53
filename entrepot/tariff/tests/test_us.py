"""What holds for every parcel into the United States."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.kit.money import exponent
from entrepot.tariff.book import Book
from entrepot.tariff.tests.makers import a_book, a_line, a_request, quoted
from entrepot.tariff.types import LineRequest, Quote, QuoteRequest

ROWS = (
    '6109,,US,duty,"{""rate"":""0.165""}",2016-08-26,,yes,here,',
    '0402,,US,duty,"{""rate"":""0.149"",""specific"":[{""per"":""kg"",""amount"":""1.035""}]}",2016-08-26,,yes,here,',
    ',CN,US,additional.ieepa,"{""rate"":""0.30""}",2025-02-01,2026-02-24,yes,here,',
    ',,US,additional.ieepa,"{""rate"":""0.15""}",2025-04-05,2026-02-24,yes,here,',
    '6109,CN,US,additional.section_301,"{""rate"":""0.075""}",2020-02-14,,yes,here,',
)
LAW = a_book(*ROWS)
CODES = ("6109100021", "0402210500")
CHANNELS = ("direct", "express", "postal", "general")
cents = st.integers(1, 400_000)
days = st.dates(date(2016, 8, 26), date(2026, 12, 31))


def amount(minor: int, currency: str = "USD") -> str:
    return str(Decimal(minor).scaleb(-exponent(currency)))


def asked(*lines: LineRequest, day: date, **changes: object) -> QuoteRequest:
    return a_request(*lines, day=day, **{"destination": "US", "currency": "USD", "channel": "express", **changes})  # type: ignore[arg-type]


def answer(request: QuoteRequest, law: Book = LAW) -> Quote:
    return quoted(request, law)


@st.composite
def lines(draw: st.DrawFn, currency: str = "USD") -> tuple[LineRequest, ...]:
    made = []
    for i in range(draw(st.integers(1, 5))):
        price = draw(cents)
        made.append(
            a_line(
                amount(price, currency), draw(st.sampled_from(CODES)), id=str(i), quantity=str(draw(st.integers(1, 4))),
                origin=draw(st.sampled_from(("CN", "HK", "FR", "MX"))),
                discount=amount(draw(st.integers(0, price)), currency), measures={"kg": str(draw(st.integers(1, 90)))},
            )
        )  # fmt: skip
    return tuple(made)


@given(lines(), cents, days, st.sampled_from(CHANNELS), st.sampled_from([None, "sea", "air"]))
def test_parts_sum_to_the_whole(
    basket: tuple[LineRequest, ...], freight: int, day: date, channel: str, transport: str | None
) -> None:
    request = asked(*basket, day=day, channel=channel, transport=transport, freight=amount(freight))
    got = answer(request)
    assert got == answer(request)
    assert got.customs_value == sum(line.quantity * line.unit_price - line.discount for line in basket)
    assert got.customs_value == sum(line.customs_value for line in got.lines)
    assert got.duty == sum(line.duty for line in got.lines)
    assert got.vat == got.excise == 0 and all(line.fees == 0 for line in got.lines)
    assert got.total_tax == got.duty + got.fees
    unknown = [reason for reason in got.warnings if reason.code == "not_computed"]
    assert (got.decision == "rates_not_verified") == bool(unknown)
    if unknown:
        assert got.fees == 0


@given(st.sampled_from(("JPY", "KWD")), st.data(), days, st.sampled_from(CHANNELS))
def test_currencies_with_other_places(currency: str, data: st.DataObject, day: date, channel: str) -> None:
    basket = data.draw(lines(currency))
    rate = Decimal("0.0067") if currency == "JPY" else Decimal("3.25")
    got = answer(replace(asked(*basket, day=day, channel=channel, currency=currency), exchange_rate=rate))
    assert got.currency == "USD"
    assert got.customs_value == sum(line.customs_value for line in got.lines)
    assert got.duty == sum(line.duty for line in got.lines)
    assert all(value == value.quantize(Decimal("0.01")) for value in (got.customs_value, got.duty, got.fees))


@given(st.integers(80_001, 500_000), st.integers(0, 3000), st.integers(0, 3000), days)
def test_a_lower_rate_is_never_more_tax(price: int, rate: int, less: int, day: date) -> None:
    def tax(basis_points: int) -> Quote:
        line = a_line(amount(price), rates={"duty": str(Decimal(basis_points) / 10_000)})
        return answer(asked(line, day=day))

    assume(less <= rate)
    high, low = tax(rate), tax(rate - less)
    assert low.total_tax <= high.total_tax and low.fees == high.fees


@given(st.integers(80_001, 500_000), st.integers(1, 80_000), st.sampled_from(["CN", "FR"]))
def test_a_line_cut_in_two_differs_by_the_rounding_alone(price: int, part: int, origin: str) -> None:
    day = date(2025, 10, 1)
    one = answer(asked(a_line(amount(price), origin=origin), day=day))
    first, second = a_line(amount(part), origin=origin), a_line(amount(price - part), origin=origin, id="2")
    two = answer(asked(first, second, day=day))
    assert one.customs_value == two.customs_value and one.fees == two.fees
    assert abs(one.duty - two.duty) <= Decimal("0.01")


@given(st.integers(-1, 1), st.dates(date(2016, 8, 26), date(2025, 8, 28)), st.sampled_from(["CN", "HK", "FR"]))
def test_the_exemption_ends_a_cent_above_it(off: int, day: date, origin: str) -> None:
    got = answer(asked(a_line(amount(80_000 + off), origin=origin), day=day))
    exempt = off <= 0 and (origin == "FR" or day < date(2025, 5, 2))
    assert (got.total_tax == 0 and got.decision == "clear") is exempt


@given(st.integers(-1, 1))
def test_the_formal_entry_begins_a_cent_above_its_limit(off: int) -> None:
    got = answer(asked(a_line(amount(250_000 + off)), day=date(2025, 10, 1)))
    assert got.fees == (Decimal("33.58") if off > 0 else 0)


@given(lines(), st.dates(date(2026, 7, 24), date(2030, 1, 1)), st.sampled_from(CHANNELS))
def test_nothing_is_guessed_after_the_surcharge(basket: tuple[LineRequest, ...], day: date, channel: str) -> None:
    got = answer(asked(*basket, day=day, channel=channel))
    assert (got.decision, got.total_tax) == ("rates_not_verified", 0)
    assert sum(reason.code == "not_computed" for reason in got.warnings) == len(basket)
