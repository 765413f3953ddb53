"""What must hold of a warehouse and a receipt before they are written. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from entrepot.stock.types import CustomsState, PutBack, ReceiptLine, Warehouse, WarehouseDraft, WarehouseKind

RECEIPTS_MAX = 5_000  # lines in one call
QUANTITY_MAX = 10_000_000  # units in one line

# Under which customs state goods may stand where: goods abroad are in nobody's bond, goods at home have paid.
STATES_OF: dict[WarehouseKind, frozenset[CustomsState]] = {
    WarehouseKind.BONDED: frozenset({CustomsState.IN_TRANSIT, CustomsState.BONDED, CustomsState.QUARANTINED}),
    WarehouseKind.OVERSEAS: frozenset({CustomsState.IN_TRANSIT, CustomsState.RELEASED, CustomsState.QUARANTINED}),
    WarehouseKind.DOMESTIC: frozenset({CustomsState.IN_TRANSIT, CustomsState.DUTY_PAID, CustomsState.QUARANTINED}),
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


def spread(
    lines: Sequence[PutBack], shipped: Sequence[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], CustomsState, int]] | None:
    """Which shipped claims the units came from, and the state each part stands in now; None where more came back than
    is out. Nobody can tell the lots of a line apart once they are sold: the claims are filled in their order, the sound
    units first. `shipped` says what of each claim is `left`.
    """
    parts: list[tuple[dict[str, Any], CustomsState, int]] = []
    left = {claim["id"]: int(claim["left"]) for claim in shipped}
    for line, quantity, spoiled in [
        *((one, one.sound, False) for one in lines),
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
