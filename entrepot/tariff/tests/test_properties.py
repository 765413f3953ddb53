"""What holds for every basket."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from entrepot.tariff.arithmetic import rounded
from entrepot.tariff.tests.makers import a_line, a_request
from entrepot.tariff.tests.makers import quoted as answered
from entrepot.tariff.types import LineRequest, Quote

CODES = ("6109100021", "3304990099", "3303000010", "2204210000", "2208300000", "2203000000", "9102110000", "1509200000")
cents = st.integers(1, 800_000).map(lambda minor: str(Decimal(minor) / 100))
days = st.dates(date(2016, 4, 8), date(2026, 12, 31))


@st.composite
def lines(draw: st.DrawFn) -> tuple[LineRequest, ...]:
    made = []
    for i in range(draw(st.integers(1, 6))):
        price, quantity = draw(cents), draw(st.integers(1, 9))
        discount = draw(st.integers(0, int(Decimal(price) * 100 * quantity)))
        measures = {"ml": str(draw(st.integers(1, 5000))), "g": str(draw(st.integers(1, 5000)))}
        made.append(
            a_line(
                price, draw(st.sampled_from(CODES)), id=str(i), quantity=str(quantity),
                discount=str(Decimal(discount) / 100), measures=measures,
            )
        )  # fmt: skip
    return tuple(made)


@given(lines(), cents, cents, days, cents)
def test_parts_sum_and_answers_repeat(
    basket: tuple[LineRequest, ...], freight: str, insurance: str, day: date, used: str
) -> None:
    request = a_request(*basket, day=day, used=used, freight=freight, insurance=insurance)
    got = answered(request)
    assert got == answered(request)
    goods = sum(line.quantity * line.unit_price - line.discount for line in basket)
    assert got.customs_value == goods + Decimal(freight) + Decimal(insurance)
    assert got.customs_value == sum(line.customs_value for line in got.lines)
    for name in ("duty", "excise", "vat"):
        assert getattr(got, name) == sum(getattr(line, name) for line in got.lines) >= 0
    assert got.total_tax == sum(line.total_tax for line in got.lines)
    _split_is_sound(got, basket, Decimal(5000) if day >= date(2019, 1, 1) else Decimal(2000))


def _split_is_sound(got: Quote, basket: tuple[LineRequest, ...], single: Decimal) -> None:
    if got.decision != "split":
        assert got.parts == ()
        return
    assert sum(part.customs_value for part in got.parts) == got.customs_value
    for line in basket:
        assert sum(part.units.get(line.id, Decimal(0)) for part in got.parts) == line.quantity
    assert all(part.fits == (part.customs_value <= single) for part in got.parts)


@given(st.sampled_from(CODES), st.integers(1, 400_000), st.integers(0, 100_000), st.integers(1, 2000), days)
def test_more_value_is_never_less_tax(hs_code: str, price: int, more: int, measure: int, day: date) -> None:
    """Inside the limits; classes only ever step up with the value."""

    def tax(minor: int) -> Quote:
        line = a_line(str(Decimal(minor) / 100), hs_code, measures={"ml": str(measure), "g": str(measure)})
        return answered(a_request(line, day=day))

    low, high = tax(price), tax(price + more)
    if low.decision == high.decision == "clear":
        assert low.total_tax <= high.total_tax
        assert low.excise <= high.excise


@given(
    st.integers(1, 500_000), st.sampled_from(["0", "0.10", "0.15", "0.30"]), st.sampled_from(["0.09", "0.13", "0.17"])
)
def test_two_rounded_taxes_stay_within_a_fen_of_the_comprehensive_rate(minor: int, excise: str, vat: str) -> None:
    ct, rate = Fraction(excise), Fraction(vat)
    line = a_line(str(Decimal(minor) / 100), rates={"excise": excise, "vat": vat})
    got = answered(a_request(line))
    exact = minor * (rate + ct) / (1 - ct) * Fraction(7, 10)
    assert abs(Fraction(got.total_tax) * 100 - exact) <= 1


@given(st.sampled_from([("g", 10), ("ml", 10), ("sheet", 15)]), st.integers(1, 400), st.integers(-1, 1))
def test_the_class_turns_exactly_at_the_threshold(unit: tuple[str, int], measure: int, off: int) -> None:
    name, each = unit
    minor = measure * each * 100 + off
    line = a_line(str(Decimal(minor) / 100), "3304990099", measures={name: str(measure)})
    got = answered(a_request(line))
    if got.decision == "clear":
        assert (got.lines[0].rates["excise"] == "0.15") is (off >= 0)


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_half_up(numerator: int, denominator: int) -> None:
    value = Fraction(numerator, denominator)
    got = rounded(value)
    assert -Fraction(1, 2) < got - value <= Fraction(1, 2)
