"""What must hold of a warehouse and a receipt before they are written. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from entrepot.stock.types import ON_SHELF, CustomsState, PutBack, ReceiptLine, Warehouse, WarehouseDraft, WarehouseKind
from entrepot.stock.types.bonded import BookDraft, InboundLine, ItemDraft

RECEIPTS_MAX = 5_000  # lines in one call
QUANTITY_MAX = 10_000_000  # units in one line

# Under which customs state goods may stand where.
STATES_OF: dict[WarehouseKind, frozenset[CustomsState]] = {
    kind: frozenset({CustomsState.IN_TRANSIT, state, CustomsState.QUARANTINED}) for kind, state in ON_SHELF.items()
}


def warehouse_fault(draft: WarehouseDraft) -> str | None:
    """The first field of the draft that cannot be right, or None.

    1210 goods leave a bonded warehouse with account book and area, 9610 goods leave one abroad (GAC 194/2018).
    """
    digits = {"customs_code": (0, 4), "port_code": (0, 4), "trade_mode": (4,)}
    for field, lengths in digits.items():
        value = getattr(draft, field)
        if len(value) not in lengths or (value and not (value.isascii() and value.isdigit())):
            return field
    if not draft.code or not draft.code.isascii() or len(draft.code) > 40:
        return "code"
    if len(draft.country) != 2 or not draft.country.isupper():
        return "country"
    if not 0 <= draft.days_min <= draft.days_max <= 365:
        return "days_max"
    if draft.kind is WarehouseKind.BONDED:
        missing = [f for f in ("account_book", "area_code", "area_name", "customs_code") if not getattr(draft, f)]
        return missing[0] if missing else None
    return None


def receipt_fault(receipts: Sequence[ReceiptLine], warehouses: Mapping[UUID, Warehouse]) -> tuple[int, str] | None:
    """Position and field of the first receipt line that cannot be right, or None."""
    for i, line in enumerate(receipts):
        warehouse = warehouses.get(line.warehouse_id)
        if warehouse is None:
            return i, "warehouse_id"
        if not 0 < line.quantity <= QUANTITY_MAX:
            return i, "quantity"
        if not line.unit_cost.is_finite() or line.unit_cost < 0:
            return i, "unit_cost"
        if line.customs_state not in STATES_OF[warehouse.kind]:
            return i, "customs_state"
        if warehouse.kind is WarehouseKind.BONDED and not line.item_record:
            return i, "item_record"
        if not line.lot or len(line.lot) > 60:
            return i, "lot"
        if len(line.origin) != 2 or not line.origin.isupper():
            return i, "origin"
    return None


def book_fault(draft: BookDraft) -> str | None:
    """The first field of an account book that cannot be right, or None."""
    if not 0 < len(draft.number) <= 30 or not draft.number.isascii() or not draft.number.isalnum():
        return "number"
    if len(draft.operator_code) not in (10, 18) or not draft.operator_code.isascii():
        return "operator_code"
    if not 0 < len(draft.operator_name) <= 100:
        return "operator_name"
    if len(draft.customs_code) != 4 or not (draft.customs_code.isascii() and draft.customs_code.isdigit()):
        return "customs_code"
    if draft.valid_to is not None and draft.valid_to < draft.valid_from:
        return "valid_to"
    return None if 0 <= draft.sampling_days <= 60 else "sampling_days"


def item_fault(items: Sequence[ItemDraft]) -> tuple[int, str] | None:
    """Position and field of the first item record that cannot be right, or None."""
    if not 0 < len(items) <= RECEIPTS_MAX:
        return 0, "items"
    seen: set[tuple[UUID, str]] = set()
    for i, item in enumerate(items):
        digits = {"hs_code": (8, 10), "unit": (3,)}
        for field, lengths in digits.items():
            value = getattr(item, field)
            if len(value) not in lengths or not (value.isascii() and value.isdigit()):
                return i, field
        if not 0 < len(item.item_record) <= 30 or (item.sku_id, item.item_record) in seen:
            return i, "item_record"
        if len(item.origin) != 2 or not item.origin.isupper():
            return i, "origin"
        if not 0 < len(item.name) <= 250:
            return i, "name"
        seen.add((item.sku_id, item.item_record))
    return None


def inbound_fault(lines: Sequence[InboundLine]) -> tuple[int, str] | None:
    """Position and field of the first line of an inbound declaration that cannot be right, or None."""
    if not 0 < len(lines) <= RECEIPTS_MAX:
        return 0, "lines"
    seen: set[tuple[UUID, str]] = set()
    for i, line in enumerate(lines):
        if not 0 < len(line.lot) <= 60 or (line.sku_id, line.lot) in seen:
            return i, "lot"
        if not 0 < line.quantity <= QUANTITY_MAX:
            return i, "quantity"
        if not line.unit_cost.is_finite() or line.unit_cost < 0:
            return i, "unit_cost"
        if len(line.currency) != 3 or not line.currency.isupper():
            return i, "currency"
        if line.produced_on and line.expires_on and line.produced_on > line.expires_on:
            return i, "expires_on"
        seen.add((line.sku_id, line.lot))
    return None


def unlike_record(lines: Sequence[InboundLine], known: Mapping[tuple[UUID, str], str]) -> tuple[int, str] | None:
    """Position and field of the first line that is not as its book has it; `known`: origins by article and record."""
    for i, line in enumerate(lines):
        origin = known.get((line.sku_id, line.item_record))
        if origin is None:
            return i, "item_record"
        if origin != line.origin:
            return i, "origin"
    return None


def spread(
    lines: Sequence[PutBack], shipped: Sequence[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], CustomsState, int]] | None:
    """Which shipped claims the units came from, and the state each part stands in now; None where more came back than
    is out. Nobody can tell the lots of a line apart once they are sold: the claims are filled in their order, the sound
    units first; where one of the lots was called back since (`stopped`), all are quarantined. `shipped` says what of
    each claim is `left`.
    """
    doubtful = {claim["line_id"] for claim in shipped if claim["stopped"]}
    parts: list[tuple[dict[str, Any], CustomsState, int]] = []
    left = {claim["id"]: int(claim["left"]) for claim in shipped}
    for line, quantity, spoiled in [
        *((one, one.sound, one.line_id in doubtful) for one in lines),
        *((one, one.spoiled, True) for one in lines),
    ]:
        for claim in [dict(claim) for claim in shipped if claim["line_id"] == line.line_id]:
            taken = min(quantity, left[claim["id"]])
            if taken:
                state = CustomsState.QUARANTINED if spoiled else CustomsState(claim["customs_state"])
                parts.append((claim, state, taken))
                left[claim["id"]] -= taken
                quantity -= taken
        if quantity:
            return None
    return parts


def may_transfer(source: Warehouse, target: Warehouse) -> bool:
    """Whether goods may go without telling customs: their state stays what it is. Bonded goods stay in one account
    book, goods abroad stay in one country, and what has paid its duty goes between warehouses and shops at home."""
    if source.kind is WarehouseKind.BONDED or target.kind is WarehouseKind.BONDED:
        return source.kind is target.kind and source.account_book == target.account_book
    if WarehouseKind.OVERSEAS in (source.kind, target.kind):
        return source.kind is target.kind and source.country == target.country
    return True
