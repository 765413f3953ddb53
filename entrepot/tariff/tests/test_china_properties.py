"""What holds for every way into China: bonded, direct, post and general trade."""

from __future__ import annotations

import gc
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from entrepot.tariff import engine
from entrepot.tariff.arithmetic import rounded
from entrepot.tariff.regimes import REGIMES
from entrepot.tariff.tests.makers import a_book, a_line, a_request, frozen_books, quoted
from entrepot.tariff.types import Buyer, LineQuote, LineRequest, Quote, QuoteRequest

CHANNELS = ("bonded", "direct", "postal", "general")
SHIRT, CREAM, TOY, BAG, WHISKY, CHOCOLATE = (
    "6109100021", "3304990099", "9503002100", "4202210090", "2208300000", "1806320000",
)  # fmt: skip
CODES = (SHIRT, CREAM, TOY, BAG, WHISKY, CHOCOLATE)
# Units of yuan for one of the currency: any will do.
CURRENCIES = {
    "CNY": (2, None),
    "JPY": (0, Decimal("0.0467")),
    "KWD": (3, Decimal("23.391")),
    "USD": (2, Decimal("7.1")),
}
DUTY = a_book(*(f'{code[:4]},,CN,duty,"{{""rate"":""0.06""}}",2010-01-01,,yes,worked example,' for code in CODES))
FEN = Decimal("0.01")
days = st.dates(date(2016, 4, 8), date(2026, 11, 27))
channels = st.sampled_from(CHANNELS)
percents = st.integers(0, 60).map(lambda n: Decimal(n) / 100)


def yuan(fen: int) -> str:
    return str(Decimal(fen) / 100)


def answer(channel: str, *lines: LineRequest, **changes: object) -> Quote:
    return quoted(a_request(*lines, channel=channel, **changes), DUTY)  # type: ignore[arg-type]


@st.composite
def baskets(draw: st.DrawFn) -> QuoteRequest:
    """Any basket in any of the currencies, through any of the channels."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    places, rate = CURRENCIES[currency]
    most = 400_000 if rate is None else int(4_000 / rate * 10**places)

    def amount(upper: int, least: int = 0) -> Decimal:
        return Decimal(draw(st.integers(least, upper))).scaleb(-places)

    lines = []
    for i in range(draw(st.integers(1, 5))):
        price, quantity = amount(most, 1), draw(st.integers(1, 5))
        discount = amount(int(price.scaleb(places)) * quantity)
        measures = {"g": str(draw(st.integers(1, 3_000))), "ml": str(draw(st.integers(1, 3_000)))}
        code = draw(st.sampled_from(CODES))
        line = a_line(str(price), code, id=str(i), quantity=str(quantity), discount=str(discount), measures=measures)
        lines.append(line)
    return a_request(
        *lines, channel=draw(channels), day=draw(days), currency=currency, exchange_rate=rate,
        freight=amount(most // 10), insurance=amount(most // 100),
        buyer=Buyer(origin_region=draw(st.sampled_from([None, "HK", "FR"]))),
    )  # fmt: skip


@given(baskets())
def test_parts_sum_to_the_whole_in_yuan_and_fen(request: QuoteRequest) -> None:
    got = quoted(request, DUTY)
    assert got == quoted(request, DUTY) and got.currency == "CNY"
    for name in ("customs_value", "duty", "excise", "vat", "fees"):
        parts = [getattr(line, name) for line in got.lines]
        assert getattr(got, name) == sum(parts)
        assert all(part >= 0 and part == part.quantize(FEN) for part in parts)
    assert got.total_tax == sum(line.total_tax for line in got.lines)
    told = [step for line in got.lines for step in line.explanation]
    assert all(step.zh and step.en for step in (*told, *got.explanation, *got.warnings, *got.demands))
    if request.channel == "postal":
        assert (got.excise, got.vat, got.fees) == (0, 0, 0)
        assert got.duty == 0 or got.duty > 50
    elif request.currency == "CNY":
        goods = sum(line.quantity * line.unit_price - line.discount for line in request.lines)
        assert got.customs_value == goods + request.freight + request.insurance


@given(baskets())
def test_an_account_is_written_once_and_stays_what_it_is(request: QuoteRequest) -> None:
    """Read before or after the quotes are compared, and again: the same rates and steps."""
    first, second = quoted(request, DUTY), quoted(request, DUTY)
    for one, other in zip(first.lines, second.lines, strict=True):
        steps, rates = one.explanation, one.rates
        assert one.explanation is steps and one.rates is rates
        assert one == other and (other.explanation, other.rates) == (steps, rates)
        assert one != dearer(other) and one != other.id


def dearer(line: LineQuote) -> LineQuote:
    """A line that owes a fen more."""
    return structs.replace(line, vat_minor=line.vat_minor + 1)


def test_a_quote_that_is_let_go_leaves_nothing_behind() -> None:
    """What a line holds may not hold the line: the collector would have to look for it, and at structs that are hidden
    from it (`gc=False`) it never does."""
    basket = a_request(*(a_line("25", code, id=code, measures={"g": "20", "ml": "20"}) for code in CODES))
    books = frozen_books()

    def read() -> None:
        for line in engine.quote(basket, books, REGIMES.values()).lines:
            assert line.explanation[0].zh

    for _ in range(3):
        read()
    gc.collect()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        for _ in range(50):
            read()
        assert gc.collect() == 0
        assert sys.getallocatedblocks() - before < 50
    finally:
        gc.enable()


@given(baskets())
def test_the_ranking_agrees_with_each_way_by_itself(request: QuoteRequest) -> None:
    got = quoted(replace(request, channel=None), DUTY)
    sums = [option.total_tax for option in got.options if option.open and option.total_tax is not None]
    assert sums == sorted(sums)
    for option in got.options:
        alone = quoted(replace(request, channel=option.channel), DUTY)
        assert (option.decision, option.regime, option.demands) == (alone.decision, alone.regime, alone.demands)
        assert option.total_tax in (None, alone.total_tax)


@given(
    st.sampled_from(["bonded", "direct", "general"]), st.integers(1, 900_000), days,
    st.tuples(percents, percents, percents), st.tuples(percents, percents, percents),
)  # fmt: skip
@example(
    "general",
    1,
    date(2025, 1, 1),
    (Decimal("0.02"), Decimal("0.33"), Decimal(0)),
    (Decimal("0.5"), Decimal(0), Decimal(0)),
)
def test_a_narrower_rate_is_never_more_tax(
    channel: str, fen: int, day: date, some: tuple[Decimal, ...], others: tuple[Decimal, ...]
) -> None:
    """Duty, consumption tax and VAT, each by itself and all together; the decision does not go by rates."""
    low, high = (tuple(pick(pair) for pair in zip(some, others, strict=True)) for pick in (min, max))

    def taxed(rates: tuple[Decimal, ...]) -> Quote:
        given = {name: str(rate) for name, rate in zip(("duty", "excise", "vat"), rates, strict=True)}
        return answer(channel, a_line(yuan(fen), rates=given), day=day)

    most = taxed(high)
    ways = [low, *((*high[:i], low[i], *high[i + 1 :]) for i in range(3))]
    for rates in ways:
        less = taxed(rates)
        assert less.decision == most.decision
        assert less.total_tax <= most.total_tax
        assert less.excise <= most.excise and less.vat <= most.vat


@given(
    st.sampled_from(CODES), st.integers(1, 400_000), st.integers(1, 3_000), st.lists(percents, min_size=6, max_size=6)
)
def test_narrower_items_of_the_post_are_never_more_tax(
    hs_code: str, fen: int, measure: int, rates: list[Decimal]
) -> None:
    line = a_line(yuan(fen), hs_code, measures={"g": str(measure), "ml": str(measure)})

    def taxed(items: list[Decimal]) -> Quote:
        text = ",".join(f'""{i}"":""{rate}""' for i, rate in enumerate(items, 1))
        book = a_book(f',,CN,postal_rate,"{{{text}}}",2024-12-01,,yes,what-if,')
        return quoted(a_request(line, channel="postal"), book)

    low, high = ([pick(pair) for pair in zip(rates[:3], rates[3:], strict=True)] for pick in (min, max))
    assert taxed(low).decision == taxed(high).decision == "clear"
    assert taxed(low).total_tax <= taxed(high).total_tax


halves = st.tuples(st.integers(1, 6), st.integers(1, 6))
costs_moved = st.tuples(st.integers(0, 20_000), st.integers(0, 2_000))


@given(channels, st.sampled_from([SHIRT, CREAM, TOY, BAG]), st.integers(1, 300_000), halves, st.integers(1, 300),
       costs_moved, days)  # fmt: skip
def test_a_line_in_two_differs_by_no_more_than_its_rounding(
    channel: str, hs_code: str, fen: int, counts: tuple[int, int], grams: int, moved: tuple[int, int], day: date
) -> None:
    """Two roundings instead of one: at most one fen for each tax. What is levied on a sum alone (the post's exemption,
    the waiver of duty) may tip where the sum lies within that fen of it."""

    def lines(*pieces: int) -> list[LineRequest]:
        return [
            a_line(yuan(fen), hs_code, id=str(i), quantity=str(n), measures={"g": str(grams * n)})
            for i, n in enumerate(pieces)
        ]

    costs = {"freight": yuan(moved[0]), "insurance": yuan(moved[1])}
    one, two = (answer(channel, *lines(*pieces), day=day, **costs) for pieces in ([sum(counts)], counts))
    assert one.customs_value == two.customs_value and one.decision == two.decision
    # Freight is shared in whole fen, which may lift one half of the goods over the threshold of its class.
    assume({line.rates.get("excise") for line in two.lines} == {one.lines[0].rates.get("excise")})
    assume(("tax_exempt" in _codes(one)) == ("tax_exempt" in _codes(two)))
    assume(("duty_waived" in _codes(one)) == ("duty_waived" in _codes(two)))
    for name in ("duty", "excise", "vat"):
        assert abs(getattr(one, name) - getattr(two, name)) <= FEN


def _codes(got: Quote) -> set[str]:
    return {step.code for step in got.explanation}


@given(st.sampled_from([SHIRT, TOY, BAG, CHOCOLATE]), st.integers(1, 200_000), days)
def test_the_exemption_of_the_post_turns_on_fifty_yuan(hs_code: str, fen: int, day: date) -> None:
    got = answer("postal", a_line(yuan(fen), hs_code), day=day)
    assume(got.decision == "clear")
    due = rounded(Fraction(got.lines[0].rates["duty"]) * fen)
    assert got.duty == (0 if due <= 5_000 else Decimal(due) / 100)
    assert ("tax_exempt" in _codes(got)) is (due <= 5_000)


@pytest.mark.parametrize("off", [-1, 0, 1])
@given(
    region=st.sampled_from([("HK", 80_000), ("MO", 80_000), ("TW", 80_000), ("FR", 100_000)]),
    first=st.integers(1, 79_998),
)
def test_the_parcel_limit_is_inclusive(off: int, region: tuple[str, int], first: int) -> None:
    place, limit = region
    lines = a_line(yuan(first), TOY), a_line(yuan(limit + off - first), TOY, id="2")
    got = answer("postal", *lines, buyer=Buyer(origin_region=place))
    assert got.decision == ("return_or_declare" if off > 0 else "clear")
    assert off <= 0 or (got.total_tax == 0 and {"not_computed"} <= {warning.code for warning in got.warnings})


@pytest.mark.parametrize("off", [-1, 0, 1])
@given(channel=st.sampled_from(["bonded", "direct"]), used=st.integers(0, 2_100_000), first=st.integers(1, 499_998))
def test_the_limits_of_cross_border_retail_are_inclusive(off: int, channel: str, used: int, first: int) -> None:
    parcel = a_line(yuan(first)), a_line(yuan(500_000 + off - first), id="2")
    got = answer(channel, *parcel, used=yuan(used))
    over_annual = used + 500_000 + off > 2_600_000
    assert got.decision == ("general_trade" if over_annual else "split" if off > 0 else "clear")
    year = answer(channel, a_line(yuan(first)), used=yuan(2_600_000 + off - first))
    assert year.decision == ("general_trade" if off > 0 else "clear")


@pytest.mark.parametrize("off", [-1, 0, 1])
@given(first=st.integers(1, 4_998))
def test_duty_is_waived_below_fifty_yuan_and_not_at_it(off: int, first: int) -> None:
    """At 100 % the duty is the customs value: two lines that come to 49.99, 50.00 and 50.01."""
    lines = [
        a_line(yuan(fen), id=str(i), rates={"duty": "1", "excise": "0", "vat": "0.13"})
        for i, fen in enumerate((first, 5_000 + off - first))
    ]
    got = answer("general", *lines)
    assert got.duty == (0 if off < 0 else Decimal(5_000 + off) / 100)
    assert ("duty_waived" in _codes(got)) is (off < 0)
    base = sum((line.customs_value + line.duty for line in got.lines), Decimal(0))
    assert abs(got.vat - base * Decimal("0.13")) <= FEN


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("currency", "price"), [("JPY", "19251"), ("KWD", "38.435"), ("USD", "126.62")])
def test_a_currency_of_any_places_is_converted_once(channel: str, currency: str, price: str) -> None:
    """About 899 yuan: the line's amount is converted as a whole and rounded to the fen once."""
    rate = CURRENCIES[currency][1]
    assert rate is not None
    got = answer(channel, a_line(price, quantity="1"), currency=currency, exchange_rate=rate)
    value = (Decimal(price) * rate).quantize(FEN)
    assert got.customs_value == value
    plain = answer(channel, a_line(str(value)))
    assert (got.decision, got.duty, got.excise, got.vat) == (plain.decision, plain.duty, plain.excise, plain.vat)
    assert "exchange_rate" in _codes(got)


@pytest.mark.parametrize(
    ("channel", "price", "told"), [("general", "6000", True), ("bonded", "6000", True), ("bonded", "500", False)]
)
def test_a_duty_without_a_source_is_told_where_it_is_charged(channel: str, price: str, told: bool) -> None:
    duty = a_book('6109,,CN,duty,"{""rate"":""0.14""}",2019-01-01,,no,none at hand,')
    answer = quoted(a_request(a_line(price), channel=channel), duty)
    found = [one.figures["measure"] for one in answer.warnings if one.code == "not_confirmed"]
    assert ("duty" in found) is told


def test_a_consumption_tax_without_a_source_is_told() -> None:
    excise = a_book('6109,,CN,excise,"{""form"":""ad_valorem"",""rate"":""0.05""}",2019-01-01,,no,none at hand,')
    answer = quoted(a_request(a_line("500")), excise)
    assert [one.figures["measure"] for one in answer.warnings if one.code == "not_confirmed"] == ["excise"]
