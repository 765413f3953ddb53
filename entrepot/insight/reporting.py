"""The what-if as a table for spreadsheets, and in a line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entrepot.catalogue.types import text
from entrepot.insight.types import Effect, Tax, Unknown, WhatIf
from entrepot.kit.money import to_decimal, to_minor

COLUMNS = (
    "kind", "sku", "title", "brand", "hs_code", "origin", "destination", "channel", "quantity", "unit_value", "value",
    "currency", "tax_before", "tax_after", "difference", "tax_currency", "why", "reference",
)  # fmt: skip


def table(*, found: WhatIf, language: str) -> Iterator[Sequence[object]]:
    """The header and one row for each position, the most affected first."""
    yield COLUMNS
    same = (effect for effect in found.effects if not effect.changed)
    for effect in (*found.changed, *same):
        position, sku = effect.position, effect.sku
        value = to_minor(position.unit_value * position.quantity, position.currency)
        unknown = next((one for one in (effect.after, effect.before) if isinstance(one, Unknown)), None)
        yield (
            position.kind,
            harmless(sku.code if sku else str(position.sku_id)),
            harmless(text(sku.titles, language) if sku else ""),
            harmless(text(found.brands.get(sku.brand_id, {}), language) if sku else ""),
            effect.hs_code,
            effect.origin,
            position.destination,
            position.channel,
            f"{position.quantity:f}",
            f"{position.unit_value:f}",
            to_decimal(value, position.currency),
            position.currency,
            amount(effect.before, effect.currency),
            amount(effect.after, effect.currency),
            "" if effect.difference is None else to_decimal(effect.difference, effect.currency),
            effect.currency,
            harmless((unknown.zh if language.startswith("zh") else unknown.en) if unknown else ""),
            position.reference,
        )


def harmless(cell: str) -> str:
    """Text that a spreadsheet would take for a formula is kept as text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def amount(tax: Tax, currency: str) -> str:
    """Decimal text, empty where it is not computed."""
    return "" if isinstance(tax, Unknown) else str(to_decimal(tax, currency))


def change(before: int, after: int, currency: str) -> str:
    """ "tax 98.00 to 122.50 CNY (+24.50)"."""
    figures = (to_decimal(before, currency), to_decimal(after, currency), to_decimal(after - before, currency))
    return f"tax {figures[0]} to {figures[1]} {currency} ({figures[2]:+f})"


def both(effect: Effect) -> str:
    if isinstance(effect.before, Unknown) or isinstance(effect.after, Unknown):
        sides = (effect.before, effect.after)
        said = [one.code if isinstance(one, Unknown) else str(to_decimal(one, effect.currency)) for one in sides]
        return " to ".join(said)
    return change(effect.before, effect.after, effect.currency)
