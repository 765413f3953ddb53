"""Exact arithmetic that all regimes share. Amounts are integer minor units, rates exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

from entrepot.kit.money import allocate, exponent
from entrepot.tariff.types import LineRequest, QuoteRequest, Value
from entrepot.tariff.types.refusals import BadAmount

AMOUNT_MAX = Decimal(1_000_000_000)
LINES_MAX = 200
_ONE, _NOTHING = Fraction(1), Decimal("0.00")
_TO_BASE = {
    "kg": ("g", 1_000), "t": ("g", 1_000_000), "l": ("ml", 1_000),
    "dozen": ("piece", 12), "gross": ("piece", 144), "thousand": ("piece", 1_000),
}  # fmt: skip


def half_up(numerator: int, denominator: int = 1) -> int:
    """Round a ratio that is not negative to a whole number, halves up. `denominator` is positive."""
    return (2 * numerator + denominator) // (2 * denominator)


def rounded(value: Fraction) -> int:
    """`half_up` for a fraction."""
    return half_up(value.numerator, value.denominator)


def cut(value: Fraction) -> int:
    """Drop what is below a whole unit. `value` is not negative."""
    return value.numerator // value.denominator


def each_half_up(parts: Sequence[Fraction]) -> list[int]:
    """Each line's tax rounded by itself."""
    return [rounded(part) for part in parts]


def sum_cut(parts: Sequence[Fraction]) -> list[int]:
    """Lines add up exactly, the sum drops what is below a minor unit and is shared among them."""
    return _shared(cut(sum(parts, Fraction(0))), parts)


def sum_to_step(parts: Sequence[Fraction], step: int) -> list[int]:
    """Lines add up exactly, the sum is rounded to the nearest `step` minor units, halves up, and shared among them."""
    return _shared(rounded(sum(parts, Fraction(0)) / step) * step, parts)


def _shared(total: int, parts: Sequence[Fraction]) -> list[int]:
    whole = lcm(*(part.denominator for part in parts))
    return _shares(total, [int(part * whole) for part in parts])


def decimal(minor: int, places: int = 2) -> Decimal:
    """Minor units as a decimal with the currency's places."""
    return Decimal(minor).scaleb(-places) if minor or places != 2 else _NOTHING


def measured_ratio(measures: Mapping[str, Decimal], unit: str) -> tuple[int, int] | None:
    """The line's quantity in `unit` as numerator and denominator; None where it is not known.

    Converted inside mass, volume and count only.
    """
    if unit in measures:
        return measures[unit].as_integer_ratio()
    base, factor = _TO_BASE.get(unit, (unit, 1))
    for name, amount in measures.items():
        other, times = _TO_BASE.get(name, (name, 1))
        if other == base:
            numerator, denominator = amount.as_integer_ratio()
            return numerator * times, denominator * factor
    return None


def measured(measures: Mapping[str, Decimal], unit: str) -> Fraction | None:
    """`measured_ratio` as a fraction."""
    ratio = measured_ratio(measures, unit)
    return None if ratio is None else Fraction(*ratio)


def customs_values(request: QuoteRequest, currency: str, exchange: Fraction = _ONE) -> list[Value]:
    """Each line's customs value in minor units of `currency`, in the order of the lines. Raises BadAmount.

    Goods are quantity × unit price, half-up; the discount open to all buyers is taken off; freight and insurance are
    shared by what remains, largest remainder, so that parts sum to the whole. `exchange` is units of `currency` for
    one of the request's: each amount is converted once, by itself.
    """
    if not 1 <= len(request.lines) <= LINES_MAX:
        why = {"why_zh": f"须为 1 至 {LINES_MAX} 行", "why_en": f"1 to {LINES_MAX} lines"}
        raise BadAmount(field="lines", line="-", name="lines", value=len(request.lines), **why)
    places, scale = exponent(request.currency), _scale(request.currency, currency, exchange)
    freight = minor(request.freight, places, "-", "freight", "freight")
    insurance = minor(request.insurance, places, "-", "insurance", "insurance")
    bases: list[tuple[int, int]] = []
    for i, line in enumerate(request.lines):
        goods = _goods(line, places, i, scale)
        discount = minor(line.discount, places, line.id, "discount", f"lines[{i}].discount")
        discount = discount if scale is None else rounded(discount * scale)
        if discount > goods:
            why = {"why_zh": "折扣大于货款", "why_en": "more than the goods cost"}
            raise BadAmount(field=f"lines[{i}].discount", line=line.id, name="discount", value=line.discount, **why)
        bases.append((goods, discount))
    if scale is not None:
        freight, insurance = rounded(freight * scale), rounded(insurance * scale)
    weights = [goods - discount for goods, discount in bases]
    return [
        Value(goods, discount, f, n)
        for (goods, discount), f, n in zip(bases, _shares(freight, weights), _shares(insurance, weights), strict=True)
    ]


def _shares(total: int, weights: list[int]) -> list[int]:
    if not total:
        return [0] * len(weights)
    return [total] if len(weights) == 1 else allocate(total, weights)


def _scale(asked: str, wanted: str, exchange: Fraction) -> Fraction | None:
    """Minor units of `wanted` for one minor unit of `asked`; None where nothing is to be done."""
    if asked == wanted:
        return None
    return exchange * Fraction(10) ** (exponent(wanted) - exponent(asked))


def _goods(line: LineRequest, places: int, index: int, scale: Fraction | None) -> int:
    positive(line.quantity, line.id, "quantity", f"lines[{index}].quantity")
    not_negative(line.unit_price, line.id, "unit_price", f"lines[{index}].unit_price")
    each, count = line.unit_price.scaleb(places), int(line.quantity)
    whole = int(each)
    if scale is None and whole == each and count == line.quantity:
        return whole * count
    exact = Fraction(line.quantity) * Fraction(line.unit_price) * 10**places
    return rounded(exact if scale is None else exact * scale)


def not_negative(value: Decimal, line: str, name: str, field: str) -> None:
    """Raises BadAmount for an amount below 0, above AMOUNT_MAX, or none at all."""
    if not value.is_finite() or value < 0 or value > AMOUNT_MAX:
        why = {"why_zh": "应在 0 与十亿之间", "why_en": "it must be between 0 and a thousand million"}
        raise BadAmount(field=field, line=line, name=name, value=value, **why)


def positive(value: Decimal, line: str, name: str, field: str) -> None:
    """Raises BadAmount for what is not above 0."""
    not_negative(value, line, name, field)
    if not value:
        raise BadAmount(field=field, line=line, name=name, value=value, why_zh="应大于 0", why_en="it must be above 0")


def minor(value: Decimal, places: int, line: str, name: str, field: str) -> int:
    """An amount in whole minor units. Raises BadAmount where it has more places than the currency."""
    if not value:
        return 0
    not_negative(value, line, name, field)
    scaled = value.scaleb(places)
    whole = int(scaled)
    if whole != scaled:
        why = {"why_zh": f"最多 {places} 位小数", "why_en": f"at most {places} decimal places"}
        raise BadAmount(field=field, line=line, name=name, value=value, **why)
    return whole


def given_rate(line: LineRequest, name: str, index: int) -> Fraction:
    """A rate of the asker: 0 to below 1 for consumption tax and VAT, up to 10 (1 000 %) for duty. Raises BadAmount."""
    value: Decimal = getattr(line.rates, name)
    if not value.is_finite() or value < 0 or value > 10 or (name != "duty" and value >= 1):
        why = {"why_zh": "税率应写作 0.13 的形式", "why_en": "a rate is written like 0.13"}
        raise BadAmount(field=f"lines[{index}].rates.{name}", line=line.id, name=f"rates.{name}", value=value, **why)
    return Fraction(value)
