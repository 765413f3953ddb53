"""What goes back of the money and of the yearly allowance. Each part is what is due in all less what went before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from entrepot.kit.money import allocate
from entrepot.orders.types import OrderLine
from entrepot.returns.types import Amounts


@dataclass(frozen=True, slots=True)
class Units:
    """Of one order line, in all its returns up to now: units whose price, freight and tax were given back."""

    priced: int = 0
    freighted: int = 0
    taxed: int = 0

    def plus(self, more: Units) -> Units:
        return Units(self.priced + more.priced, self.freighted + more.freighted, self.taxed + more.taxed)


def share(total: int, units: int, quantity: int) -> int:
    """`units` of `quantity` of a sum, half up: all of it for all units, and never less for more units."""
    if not 0 <= units <= quantity or quantity <= 0 or total < 0:
        raise ValueError("a part of a line")
    return (2 * total * units + quantity) // (2 * quantity)


def due(line: OrderLine, units: Units) -> Amounts:
    """What is given back of a line for so many units in all."""
    return Amounts(
        goods_minor=share(line.goods_minor - line.discount_minor, units.priced, line.quantity),
        freight_minor=share(line.freight_minor, units.freighted, line.quantity),
        tax_minor=share(line.tax_minor, units.taxed, line.quantity),
    )


def part(line: OrderLine, before: Units, more: Units) -> Amounts:
    """What these `more` units bring, after what was given back `before`."""
    return due(line, before.plus(more)) - due(line, before)


def with_tax(lines: Sequence[OrderLine], tax_minor: int) -> list[OrderLine]:
    """The lines of a parcel whose tax came to another sum, shared as theirs was: parts sum to it."""
    taxes = allocate(tax_minor, [line.tax_minor for line in lines])
    return [replace(line, duty_minor=0, excise_minor=0, vat_minor=tax) for line, tax in zip(lines, taxes, strict=True)]


def allowance(lines: Iterable[tuple[OrderLine, Units]], *, most: int) -> int:
    """Of the customs value of a parcel, what counts against nobody's year any more: the goods whose tax was lifted."""
    values = (
        share(line.goods_minor - line.discount_minor + line.freight_minor, units.taxed, line.quantity)
        for line, units in lines
    )
    return min(sum(values), most)
