"""What stays of a price. Pure. Per unit, in yuan with four places, half-up; a sum is the sum of its rounded parts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from entrepot.kit.money import to_decimal
from entrepot.procurement.types import Cost, Market, Offer

_PLACES = Decimal("0.0001")
GENERAL = "general"  # the way in on which we import ourselves and sell with VAT in the price


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_PLACES, rounding=ROUND_HALF_UP)


def cost_of(offer: Offer, rate: Decimal) -> Cost:
    """What one unit costs up to the border, at `rate` yuan for one of the offer's currency."""
    return Cost(
        goods=rounded(offer.unit_price * rate),
        freight=rounded(offer.freight * rate / offer.units),
        insurance=rounded(offer.insurance * rate / offer.units),
        fees=rounded(to_decimal(offer.fees_minor, "CNY") / offer.units),
    )


def price_of(market: Market, rate: Decimal) -> Decimal:
    """The market's price of one unit in yuan."""
    return rounded(to_decimal(market.price_minor, market.currency) * rate)


def retail(price: Decimal, cost: Cost) -> tuple[Decimal, Decimal, Decimal]:
    """(revenue, our tax, margin) where parcels come to the buyer: the price is without tax, which he pays on top."""
    return price, Decimal(0), price - cost.total


def general(price: Decimal, cost: Cost, vat: Decimal, levies: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """(revenue, our tax, margin) where we import: the price holds VAT, which is not ours, and the VAT of the border is
    deducted from it; duty, excise and fees (`levies`) stay with us."""
    revenue = rounded(price / (1 + vat))
    return revenue, levies, revenue - levies - cost.total
