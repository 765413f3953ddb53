"""Small builders for tests here and above: a consignment on its way, of orders that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from entrepot.consignments import selectors, services
from entrepot.consignments.types import Consignment, ConsignmentDraft, Happened, LegDraft, LineDraft, Mode, Stage
from entrepot.kit.ids import new_id
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.makers import NOW
from entrepot.procurement.types import Incoterm, OrderView
from entrepot.stock.tests.makers import warehouse
from entrepot.stock.types import WarehouseKind

BEST = date(2028, 6, 30)
LEGS = (
    LegDraft(Stage.BEFORE, Mode.ROAD, "Grasse", "Le Havre", date(2026, 11, 1), date(2026, 11, 3)),
    LegDraft(Stage.MAIN, Mode.SEA, "Le Havre", "Ningbo", date(2026, 11, 5), date(2026, 12, 10), "CMA CGM", "X 12"),
    LegDraft(Stage.AFTER, Mode.ROAD, "Ningbo", "NGB1", date(2026, 12, 11), date(2026, 12, 12)),
)


def place(kind: WarehouseKind = WarehouseKind.DOMESTIC) -> UUID:
    return warehouse(f"W-{kind.value}", kind)


def notice(order: OrderView, units: Sequence[int], **changes: Any) -> ConsignmentDraft:
    """Of each line of the order so many units in one lot L1, L2 … by sea."""
    lines = tuple(
        LineDraft(line.id, n, f"L{line.number}", date(2026, 6, 1), BEST)
        for line, n in zip(order.lines, units, strict=True)
        if n
    )
    made = ConsignmentDraft(
        supplier_id=order.supplier_id,
        asn=f"ASN-{new_id().hex[-8:]}",
        warehouse_id=changes.pop("warehouse_id", None) or place(),
        incoterm=Incoterm.FOB,
        place="Le Havre",
        lines=lines,
        legs=LEGS,
        bill="CMDU1234567",
        containers=("CSQU3054383",),
    )
    return replace(made, **changes)


def announced(units: Sequence[int] = (100,), **changes: Any) -> tuple[OrderView, Consignment]:
    order = buying.sent(units)
    return order, read(services.announce(draft=notice(order, units, **changes), actor="tests", now=NOW))


def told(consignment_id: UUID, leg: int, kind: Happened, day: date, **changes: Any) -> None:
    at = changes.pop("now", NOW)
    services.report(consignment_id=consignment_id, told=services.Report(leg, kind, day), actor="tests", now=at)


def read(consignment_id: UUID) -> Consignment:
    found = selectors.consignment(consignment_id=consignment_id)
    assert found is not None
    return found
