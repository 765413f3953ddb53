"""What a bonded list takes out of its account book, and a return brings into it again. Pure.

Kept beside the declaration, for the documents are sealed and a release must be booked without opening them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from entrepot.customs.rules.papers import Facts
from entrepot.stock.types.bonded import Booking, BookLine

MODES = ("1210", "1239")  # bonded


def booked(facts: Facts) -> dict[str, Any]:
    """Of a bonded parcel weights and lines: gnum, article, item record, units; nothing of others."""
    if not is_bonded(facts):
        return {}
    lines = []
    for line in facts.parcel.lines:
        record = next((lot.item_record for lot in facts.lots.get(line.sku_id, ()) if lot.item_record), "")
        lines.append([line.number, str(line.sku_id), record, line.quantity])
    return {
        "gross_g": sum(line.gross_weight_g for line in facts.parcel.lines),
        "net_g": sum(line.net_weight_g for line in facts.parcel.lines),
        "lines": lines,
    }


def is_bonded(facts: Facts) -> bool:
    return bool(facts.warehouse.account_book) and facts.parcel.trade_mode in MODES


def coming_back(book: str, column: Mapping[str, Any], units: Mapping[int, int]) -> dict[str, Any]:
    """What these units, by gnum, bring into the list's book again; nothing where the list took nothing out."""
    known = {int(gnum): (sku_id, record) for gnum, sku_id, record, _ in column.get("lines", ())}
    lines = [[gnum, *known[gnum], units[gnum]] for gnum in sorted(units) if gnum in known]
    return {"book": book, "lines": lines} if book and lines else {}


def booking(book: str, reference: UUID, cause: UUID, column: Mapping[str, Any], note: str = "") -> Booking:
    """The column as stock takes it."""
    lines = tuple(BookLine(UUID(sku_id), record, int(units)) for _, sku_id, record, units in column["lines"])
    return Booking(book, str(reference), str(cause), lines, note)
