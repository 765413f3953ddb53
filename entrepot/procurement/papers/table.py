"""An order as rows: one a line, so that a supplier's sheet can sort and add them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from entrepot.kit.money import to_decimal
from entrepot.procurement.types import Version

HEADINGS = (
    "order", "version", "date", "supplier", "contract", "incoterm", "place", "expected", "currency", "line", "sku",
    "gtin", "name", "origin", "units", "unit_price", "discount", "amount",
)  # fmt: skip


def rows(*, number: str, version: Version) -> Iterator[list[Any]]:
    """The headings, then the lines."""
    paper = version.document
    yield list(HEADINGS)
    head = [number, version.number, paper.day.isoformat(), paper.supplier_code, paper.contract_number]
    terms = [paper.incoterm.value, paper.place, paper.expected_on.isoformat(), paper.currency]
    for line in paper.lines:
        goods = [line.number, line.sku_code, line.gtin, line.name, line.origin, line.units, str(line.unit_price)]
        sums = [str(to_decimal(minor, paper.currency)) for minor in (line.discount_minor, line.amount_minor)]
        yield [*head, *terms, *goods, *sums]
