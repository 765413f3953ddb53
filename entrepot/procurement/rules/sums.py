"""What an order comes to. Pure; half-up to the minor unit, each sum once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from entrepot.kit.money import allocate, exponent, to_decimal, to_minor
from entrepot.procurement.types import HOUSE_CURRENCY, Tier

PRICE_PLACES = 4
UNITS_MAX = 10_000_000
PRICE_MAX = Decimal("1e9")
RATE_PLACES = Decimal("1e-8")


def discount_for(tiers: Sequence[Tier], units: int) -> Decimal:
    """The discount of the highest tier that so many units reach."""
    reached = [tier for tier in tiers if tier.units_from <= units]
    return max(reached, key=lambda tier: tier.units_from).discount if reached else Decimal(0)


def goods_minor(units: int, unit_price: Decimal, currency: str) -> int:
    return to_minor(unit_price * units, currency)


def discounted(goods: Sequence[int], discount: Decimal) -> list[int]:
    """Each line's share of the discount on all: shares sum to the whole, and none is above its line."""
    whole = int((Decimal(sum(goods)) * discount).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return allocate(whole, goods) if goods else []


def in_house(minor: int, currency: str, rate: Decimal) -> int:
    """The value in yuan at `rate` yuan for one of `currency`."""
    return to_minor(to_decimal(minor, currency) * rate, HOUSE_CURRENCY)


def from_house(minor: int, currency: str, rate: Decimal) -> int:
    """Yuan as another currency, at `rate` yuan for one of it."""
    amount = to_decimal(minor, HOUSE_CURRENCY) / rate
    return to_minor(amount.quantize(Decimal(1).scaleb(-exponent(currency) - 6)), currency)


def over_units(units: int, tolerance: Decimal) -> int:
    """Units that may come beyond a line's: the tolerance, rounded down."""
    return int(units * tolerance)


def value_of(units: int, line_units: int, line_minor: int, before: int) -> int:
    """What `units` of a line are worth after `before` of them: parts of a line sum to the line. What comes beyond it
    is worth as much a unit."""
    if line_units <= 0:
        return 0
    after = (2 * line_minor * (before + units) + line_units) // (2 * line_units)
    return after - (2 * line_minor * before + line_units) // (2 * line_units)
