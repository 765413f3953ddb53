"""Exact arithmetic that all regimes share. Amounts are integer minor units, rates exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from entrepot.kit.money import allocate, exponent
from entrepot.tariff.types import LineRequest, QuoteRequest, Value
from entrepot.tariff.types.refusals import BadAmount

AMOUNT_MAX = Decimal(1_000_000_000)
LINES_MAX = 200
_ONE, _ZERO = Fraction(1), Decimal(0)
# Units that convert into each other, and how many of the smallest each is.
_LIKE: Mapping[str, Mapping[str, int]] = {
    unit: family
    for family in (
        {"g": 1, "kg": 1_000, "t": 1_000_000},
        {"ml": 1, "l": 1_000},
        {"piece": 1, "dozen": 12, "gross": 144, "thousand": 1_000},
    )
    for unit in family
}


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
    return allocate(cut(sum(parts, Fraction(0))), parts)


def sum_to_step(parts: Sequence[Fraction], step: int) -> list[int]:
    """Lines add up exactly, the sum is rounded to the nearest `step` minor units, halves up, and shared among them."""
    return allocate(rounded(sum(parts, Fraction(0)) / step) * step, parts)


def measured_ratio(measures: Mapping[str, Decimal], unit: str) -> tuple[int, int] | None:
    """The line's quantity in `unit` as numerator and denominator; None where it is not known.

    Converted inside mass, volume and count only.
    """
    if unit in measures:
        return measures[unit].as_integer_ratio()
    if (like := _LIKE.get(unit)) is not None:
        for name, amount in measures.items():
            if name in like:
                numerator, denominator = amount.as_integer_ratio()
                return numerator * like[name], denominator * like[unit]
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
    places = exponent(request.currency)
    scale = _scale(request.currency, currency, exchange)
    freight = half_up(minor(request.freight, places, "-", "freight", "freight") * scale[0], scale[1])
    insurance = half_up(minor(request.insurance, places, "-", "insurance", "insurance") * scale[0], scale[1])
    values = [_goods(line, i, places, scale) for i, line in enumerate(request.lines)]
    if freight or insurance:
        weights = [value.intrinsic for value in values]
        shares = zip(allocate(freight, weights), allocate(insurance, weights), strict=True)
        for value, (its_freight, its_insurance) in zip(values, shares, strict=True):
            value.freight, value.insurance = its_freight, its_insurance
    return values


def _scale(asked: str, wanted: str, exchange: Fraction) -> tuple[int, int]:
    """Minor units of `wanted` for one minor unit of `asked`, as numerator and denominator."""
    if asked == wanted:
        return 1, 1
    return (exchange * Fraction(10) ** (exponent(wanted) - exponent(asked))).as_integer_ratio()


def _goods(line: LineRequest, index: int, places: int, scale: tuple[int, int]) -> Value:
    """What the goods of a line cost and the discount on them."""
    quantity, price = line.quantity, line.unit_price
    if not is_positive(quantity):
        raise out_of_range(quantity, line.id, "quantity", f"lines[{index}].quantity")
    if not is_positive(price):  # customs takes no value of nothing: a gift has the price of its like
        raise out_of_range(price, line.id, "unit_price", f"lines[{index}].unit_price")
    count, counts = quantity.as_integer_ratio()
    each, per = price.as_integer_ratio()
    goods = half_up(count * each * 10**places * scale[0], counts * per * scale[1])
    if not line.discount:
        return Value(goods, 0, 0, 0)
    given = minor(line.discount, places, line.id, "discount", f"lines[{index}].discount")
    discount = half_up(given * scale[0], scale[1])
    if discount > goods:
        why = {"why_zh": "折扣大于货款", "why_en": "more than the goods cost"}
        raise BadAmount(field=f"lines[{index}].discount", line=line.id, name="discount", value=line.discount, **why)
    return Value(goods, discount, 0, 0)


def is_amount(value: Decimal) -> bool:
    """From 0 to AMOUNT_MAX."""
    try:
        return _ZERO <= value <= AMOUNT_MAX
    except InvalidOperation:  # not a number: it has no order
        return False


def is_positive(value: Decimal) -> bool:
    """Above 0, to AMOUNT_MAX."""
    try:
        return _ZERO < value <= AMOUNT_MAX
    except InvalidOperation:
        return False


def out_of_range(value: Decimal, line: str, name: str, field: str) -> BadAmount:
    """The refusal for an amount that is not what `is_amount` or `is_positive` asks for."""
    why = {"why_zh": "应在 0 与十亿之间", "why_en": "it must be between 0 and a thousand million"}
    if not value:
        why = {"why_zh": "应大于 0", "why_en": "it must be above 0"}
    return BadAmount(field=field, line=line, name=name, value=value, **why)


def check_measures(line: LineRequest, index: int) -> None:
    """Raises BadAmount for a measure that is not above 0."""
    for unit, amount in line.measures.items():
        if not is_positive(amount):
            raise out_of_range(amount, line.id, f"measures.{unit}", f"lines[{index}].measures.{unit}")


def minor(value: Decimal, places: int, line: str, name: str, field: str) -> int:
    """An amount in whole minor units. Raises BadAmount where it has more places than the currency."""
    if not value:
        return 0
    if not is_amount(value):
        raise out_of_range(value, line, name, field)
    numerator, denominator = value.as_integer_ratio()
    whole: int
    whole, rest = divmod(numerator * 10**places, denominator)
    if rest:
        why = {"why_zh": f"最多 {places} 位小数", "why_en": f"at most {places} decimal places"}
        raise BadAmount(field=field, line=line, name=name, value=value, **why)
    return whole


def given_rate(line: LineRequest, name: str, index: int) -> Fraction:
    """A rate of the asker: 0 to below 1 for consumption tax and VAT, up to 10 (1 000 %) for duty. Raises BadAmount."""
    value: Decimal = getattr(line.rates, name)
    if not is_amount(value) or value > 10 or (name != "duty" and value >= 1):
        why = {"why_zh": "税率应写作 0.13 的形式", "why_en": "a rate is written like 0.13"}
        raise BadAmount(field=f"lines[{index}].rates.{name}", line=line.id, name=f"rates.{name}", value=value, **why)
    return Fraction(value)
