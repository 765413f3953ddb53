"""What a line of a sales history is, and which lines a cancellation takes back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from entrepot.replenishment.types import Dirt

# Postage, carriage, fees, samples, discounts, manual corrections: codes of the UCI retailer, a default to replace.
NOT_GOODS = frozenset(("POST", "DOT", "M", "C2", "S", "D", "B", "AMAZONFEE", "BANK CHARGES", "CRUK", "GIFT_0001_*"))
_CANCELS = re.compile(r"C\d")


def is_goods(article: str, not_goods: frozenset[str]) -> bool:
    """Codes that end in * stand for all that begin like them."""
    return article not in not_goods and not any(
        article.startswith(code[:-1]) for code in not_goods if code.endswith("*")
    )


def judge(invoice: str, article: str, quantity: int, price: Decimal, customer: str, not_goods: frozenset[str]) -> str:
    """The dirt in one readable line, empty for a plain sale. Whether it is a duplicate only the whole file tells."""
    if not is_goods(article, not_goods):
        return Dirt.NOT_GOODS
    if quantity < 0:
        return Dirt.CANCELLATION_ALONE if _CANCELS.match(invoice) else Dirt.NEGATIVE
    if price <= 0 or quantity == 0:
        return Dirt.PRICE
    return "" if customer else Dirt.NO_CUSTOMER


@dataclass(frozen=True, slots=True)
class Trade:
    """One line of one customer and article, in the order of time. Negative units take back."""

    line: int
    units: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Units that the line `cancel` takes back of the line `sale`."""

    sale: int
    cancel: int
    units: int


def match(trades: Sequence[Trade]) -> list[TakenBack]:
    """Cancellations take back the latest earlier sales at their price, never more than was sold."""
    left: dict[int, int] = {}
    sold: list[Trade] = []
    found = []
    for trade in trades:
        if trade.units > 0:
            sold.append(trade)
            left[trade.line] = trade.units
            continue
        open_units = -trade.units
        for sale in reversed(sold):
            if sale.price != trade.price or not left[sale.line]:
                continue
            units = min(open_units, left[sale.line])
            left[sale.line] -= units
            open_units -= units
            found.append(TakenBack(sale.line, trade.line, units))
            if not open_units:
                break
    return found
