"""What holds for every parcel to Australia, New Zealand, Japan, Korea and Singapore."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from entrepot.kit.money import exponent
from entrepot.tariff.params import BadParams
from entrepot.tariff.regimes import REGIMES, parser
from entrepot.tariff.tests.makers import a_book, a_line, a_request, frozen_books, quoted
from entrepot.tariff.types import Buyer, LineRequest, Quote, QuoteRequest, Rates, wire
from entrepot.tariff.types.refusals import NoBook

FIRST = {"AU": date(2018, 7, 1), "NZ": date(2010, 10, 1), "JP": date(2014, 4, 1), "KR": date(2016, 1, 1),
         "SG": date(2014, 1, 1)}  # fmt: skip
MONEY = {"AU": "AUD", "NZ": "NZD", "JP": "JPY", "KR": "KRW", "SG": "SGD"}
CODES = ("6109100021", "9503002100", "4202210090", "1806900000", "2204210000", "6403910000")
DOLLAR = a_book(',,KR,fx.USD,"{""rate"":""1312.5""}",2000-01-01,,yes,worked example,')
places = st.sampled_from(sorted(FIRST))
rates = st.integers(0, 40).map(lambda percent: Decimal(percent) / 100)


def answered(request: QuoteRequest) -> Quote:
    return quoted(request, *([DOLLAR] if request.destination == "KR" else []))


def amount(minor: int, currency: str) -> str:
    return str(Decimal(minor).scaleb(-exponent(currency)))


LINES = st.lists(
    st.tuples(
        st.integers(1, 120_000), st.integers(1, 3), st.sampled_from([0, 0, 3, 10]), st.sampled_from(CODES), rates, rates
    ),
    min_size=1,
    max_size=4,
)
REST = st.tuples(
    places, st.integers(0, 4_500), st.integers(0, 2), st.integers(0, 9_000), st.integers(0, 900), st.booleans(),
    st.sampled_from([None, "air", "sea", "post"]), st.sampled_from([None, "US", "CN"]), st.booleans(),
)  # fmt: skip


def parcels(currency: str | None = None, known: bool | None = None) -> st.SearchStrategy[QuoteRequest]:
    """Parcels of one to four lines near the limits; `known`: with the rates that their lines need."""
    return st.builds(lambda lines, rest: _parcel(lines, rest, currency, known), LINES, REST)


def _parcel(lines: list[Any], rest: tuple[Any, ...], currency: str | None, known: bool | None) -> QuoteRequest:
    to, day, way, freight, insurance, registered, transport, sent_from, with_rates = rest
    money = currency or MONEY[to]
    made = []
    for i, (price, quantity, off, code, duty, excise) in enumerate(lines):
        minor = max(price // 3, 1) if exponent(MONEY[to]) == 0 else price
        given = {"duty": str(duty), "excise": str(excise)} if (with_rates if known is None else known) else {}
        discount = amount(minor * quantity * off // 10, money)
        line = a_line(amount(minor, money), code, id=str(i), quantity=str(quantity), discount=discount, rates=given)
        made.append(line)
    ways = REGIMES[to.lower()].channels
    request = a_request(
        *made, day=FIRST[to] + timedelta(days=day), destination=to, currency=money, channel=ways[way % len(ways)],
        freight=amount(freight, money), insurance=amount(insurance, money), registered_seller=registered,
        transport=transport,
    )  # fmt: skip
    return structs.replace(request, buyer=Buyer(origin_region=sent_from))


@given(parcels())
def test_lines_add_up_to_the_whole_and_answers_repeat(request: QuoteRequest) -> None:
    got = answered(request)
    assert got == answered(request)
    for name in ("customs_value", "duty", "excise", "vat"):
        assert getattr(got, name) == sum(getattr(line, name) for line in got.lines) >= 0
    assert got.total_tax == sum(line.total_tax for line in got.lines)
    assert got.currency == MONEY[request.destination]
    assert got.total_tax == got.total_tax.quantize(Decimal(1).scaleb(-exponent(got.currency)))
    assert (got.collector == "none") <= (got.total_tax == 0)
    if got.decision == "rates_not_verified":
        assert "not_computed" in {warning.code for warning in got.warnings}
    else:
        assert got.decision == "clear"
    assert wire.render(got)["total_tax"] == f"{got.total_tax:f}"


@given(parcels(known=True), st.sampled_from(["duty", "excise", "vat"]), rates, rates)
def test_a_lower_rate_never_raises_the_tax(request: QuoteRequest, name: str, one: Decimal, other: Decimal) -> None:
    def taxed(rate: Decimal) -> Quote:
        lines = tuple(structs.replace(line, rates=_with(line.rates, name, rate)) for line in request.lines)
        return answered(structs.replace(request, lines=lines))

    low, high = taxed(min(one, other)), taxed(max(one, other))
    assert low.total_tax <= high.total_tax
    assert low.duty <= high.duty


def _with(given: Rates, name: str, rate: Decimal) -> Rates:
    return replace(given, **{name: rate})


@given(places, st.integers(1, 60_000), st.integers(2, 6), rates, rates)
def test_a_line_split_in_pieces_owes_the_same_but_for_rounding(
    to: str, price: int, pieces: int, duty: Decimal, excise: Decimal
) -> None:
    """Half a minor unit a line and tax; in Japan lines of one code are one column, so nothing at all."""
    given = {"duty": str(duty), "excise": str(excise)}
    channel = "general" if to == "JP" else "direct"

    def ask(*lines: LineRequest) -> Quote:
        return answered(a_request(*lines, destination=to, currency=MONEY[to], channel=channel))

    money = amount(price, MONEY[to])
    whole = ask(a_line(money, "9503002100", quantity=str(pieces), rates=given))
    split = ask(*[a_line(money, "9503002100", id=str(i), rates=given) for i in range(pieces)])
    unit = Decimal(1).scaleb(-exponent(MONEY[to]))
    allowed = Decimal(0) if to == "JP" else unit * 2 * (pieces + 1)
    assert whole.customs_value == split.customs_value
    assert abs(whole.total_tax - split.total_tax) <= allowed
    assert whole.collector == split.collector


@given(st.sampled_from([("AU", 100_000), ("NZ", 100_000), ("SG", 40_000)]), st.integers(-1, 1), st.data())
def test_the_limit_turns_exactly(case: tuple[str, int], off: int, data: st.DataObject) -> None:
    """The limit shared by any number of lines; freight counts in Singapore alone."""
    to, most = case
    parts = data.draw(st.integers(1, 4))
    each = [(most + off) // parts + (i < (most + off) % parts) for i in range(parts)]
    freight = data.draw(st.integers(0, 5_000))
    if to == "SG":
        each[0] -= freight
    lines = [
        a_line(amount(minor, "AUD"), "9503002100", id=str(i), rates={"duty": "0.05"}) for i, minor in enumerate(each)
    ]
    got = answered(
        a_request(
            *lines, destination=to, currency=MONEY[to], channel="direct", transport="air",
            freight=amount(freight, "AUD"), day=date(2024, 3, 1),
        )
    )  # fmt: skip
    assert got.collector == ("importer" if off > 0 else "seller")
    assert bool(got.duty) is (off > 0)


@given(st.sampled_from(["JPY", "KWD", "USD"]), st.data())
def test_any_currency_with_a_rate(currency: str, data: st.DataObject) -> None:
    """Currencies with 0, 3 and 2 places: each amount is turned once, half-up, into the destination's minor units."""
    request = data.draw(parcels(currency=currency, known=True).filter(lambda made: MONEY[made.destination] != currency))
    rate = data.draw(st.integers(1, 5_000_000)) / Decimal(1_000)
    got = answered(structs.replace(request, exchange_rate=rate))
    assert got.currency == MONEY[request.destination]
    assert got.customs_value == sum(line.customs_value for line in got.lines)
    assert got.total_tax == sum(line.total_tax for line in got.lines)
    if request.destination == "SG":
        scale = Decimal("0.005") * (2 * len(request.lines) + 2)
        goods = sum(line.quantity * line.unit_price - line.discount for line in request.lines)
        assert abs(got.customs_value - (goods + request.freight + request.insurance) * rate) <= scale


@given(st.integers(-1, 1), st.sampled_from([None, "US"]), st.sampled_from(["direct", "express", "postal"]))
def test_koreas_limit_is_in_dollars(off: int, sent_from: str | None, channel: str) -> None:
    limit = 20_000 if sent_from == "US" and channel != "postal" else 15_000
    request = a_request(
        a_line(amount(limit + off, "USD"), "9503002100", rates={"duty": "0.08"}), destination="KR", currency="USD",
        channel=channel, exchange_rate=Decimal("1312.50"),
    )  # fmt: skip
    got = quoted(structs.replace(request, buyer=Buyer(origin_region=sent_from)))
    assert got.collector == ("importer" if off > 0 else "none")
    assert bool(got.total_tax) is (off > 0)


def test_koreas_rate_of_the_dollar_is_told_of_where_nobody_confirmed_it_and_where_it_is_missing() -> None:
    line = a_line("100000", "9503002100")
    request = a_request(line, destination="KR", currency="KRW", channel="direct")

    def told(confirmed: str) -> list[str]:
        row = f',,KR,fx.USD,"{{""rate"":""1312.5""}}",2000-01-01,,{confirmed},somebody,guessed'
        return [step.code for step in quoted(request, a_book(row)).warnings]

    assert "not_confirmed" in told("no")
    assert "not_confirmed" not in told("yes")
    with pytest.raises(NoBook) as refusal:  # no rate of the request's own would help: it is asked in won
        quoted(structs.replace(request, exchange_rate=Decimal("1312.50")))
    assert "fx.USD" in refusal.value.message("zh-hans") and "fx.USD" in refusal.value.message("en")


@pytest.mark.parametrize("to", sorted(FIRST))
def test_every_way_in_is_ranked(to: str) -> None:
    request = a_request(a_line("120", "9503002100"), destination=to, currency=MONEY[to], channel=None)
    got = answered(request)
    assert [option.channel for option in got.options if option.open]
    assert {option.channel for option in got.options} == set(REGIMES[to.lower()].channels)
    assert frozen_books(to).codes == (f"{to.lower()}/1",)


@pytest.mark.parametrize(
    ("measure", "params"),
    [
        ("parcel_limit", {"amount": "10", "currency": "usd", "value": "cif", "inside": "nobody"}),
        ("parcel_limit", {"amount": "10", "currency": "USD", "value": "fob", "inside": "nobody"}),
        ("parcel_limit", {"amount": 10, "currency": "USD", "value": "cif", "inside": "nobody"}),
        ("parcel_limit_except", {"why": "leather"}),
        ("other_taxes", {}),
        ("nz_waiver", {"below": "60.001"}),
        ("jp_rounding", {"base": "0", "tax": "100"}),
        ("jp_retail_share", {"share": "1"}),
        ("jp_simplified_limit", {"amount": "1.5"}),
    ],
)
def test_bad_parameters_are_told(measure: str, params: dict[str, object]) -> None:
    read = parser(measure)
    assert read is not None
    with pytest.raises(BadParams):
        read(params)


def test_lines_of_one_column_owe_a_duty_by_weight_on_all_their_kilograms() -> None:
    by_weight = a_book('1704,,JP,duty,"{""specific"":[{""per"":""kg"",""amount"":""100""}]}",2014-04-01,,yes,test,')

    def ask(*weights: str) -> Quote:
        lines = [a_line("10000", "1704900000", id=kg, unit="kg", quantity=kg) for kg in weights]
        return quoted(a_request(*lines, destination="JP", currency="JPY", channel="general"), by_weight)

    assert ask("7").duty == ask("3", "4").duty == 700
