"""Questions about landed cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from entrepot.procurement.landing import models as tables
from entrepot.procurement.landing.types import (
    Basis,
    CostKind,
    Invoice,
    Landing,
    LandingLine,
    LandingRow,
    Run,
    RunCharge,
    Work,
)
from entrepot.stock import selectors as stock
from entrepot.stock.types.lots import LotCost

PAGE = 100
RUNS_SHOWN = 20


def landing(*, landing_id: UUID) -> Landing | None:
    """One landing with its invoices and its newest runs."""
    return next(iter(_landings(tables.Landing.objects.filter(id=landing_id))), None)


def landing_of(*, source: UUID) -> Landing | None:
    """The landing of a consignment, once goods of it were received."""
    return next(iter(_landings(tables.Landing.objects.filter(source=source))), None)


def landings(*, text: str = "", page: int = 1) -> list[LandingRow]:
    """Landings, the newest first, by how their number begins; at most `PAGE`. Four statements."""
    rows = tables.Landing.objects.order_by("-id")
    rows = rows.filter(number__startswith=text) if text else rows
    start = (max(page, 1) - 1) * PAGE
    found = list(rows[start : start + PAGE])
    ids = [row.id for row in found]
    due: dict[UUID, set[UUID]] = {}
    for of_id, invoice_id in tables.LandingInvoice.objects.filter(of_id__in=ids, withdrawn_at=None).values_list(
        "of_id", "id"
    ):
        due.setdefault(of_id, set()).add(invoice_id)
    runs = {run.of_id: run for run in tables.LandingRun.objects.filter(of_id__in=ids, reversed_at=None)}
    laid: dict[UUID, set[UUID]] = {}
    charges = tables.RunCharge.objects.filter(run_id__in=[run.id for run in runs.values()])
    for run_id, invoice_id in charges.values_list("run_id", "invoice_id"):
        laid.setdefault(run_id, set()).add(invoice_id)
    return [_row(row, due.get(row.id, set()), runs.get(row.id), laid) for row in found]


def _row(
    row: tables.Landing, due: set[UUID], run: tables.LandingRun | None, laid: Mapping[UUID, set[UUID]]
) -> LandingRow:
    stale = due != (laid.get(run.id, set()) if run else set())
    number, at = (run.number, run.at) if run else (None, None)
    return LandingRow(row.id, row.number, row.name, row.created_at, row.lots, len(due), number, at, stale)


def landing_lines(*, landing_id: UUID, page: int = 1) -> list[LandingLine]:
    """The lots of a landing in their order; at most `PAGE`."""
    start = (max(page, 1) - 1) * PAGE
    rows = tables.LandingLine.objects.filter(of_id=landing_id, n__gt=start, n__lte=start + PAGE).order_by("n")
    return [_plain(LandingLine, row) for row in rows]


def shares_of_run(*, run_id: UUID, lines: Sequence[LandingLine]) -> dict[tuple[UUID, UUID], list[LotCost]]:
    """What a run laid on these lots, by SKU and lot: one entry for each invoice."""
    return stock.run_costs(run_id=run_id, lots=[(line.sku_id, line.lot_id) for line in lines])


def landing_work(*, landing_id: UUID) -> Work | None:
    """How far the run is that was ordered last."""
    row = tables.LandingWork.objects.filter(of_id=landing_id).first()
    if row is None:
        return None
    refused = {"zh-hans": row.refused_zh, "en": row.refused_en} if row.refused_en else {}
    return Work(row.done, row.whole, refused, row.ended_at is not None)


def _landings(rows: Any) -> list[Landing]:
    found = list(rows)
    ids = [row.id for row in found]
    invoices: dict[UUID, list[Invoice]] = {}
    for one in tables.LandingInvoice.objects.filter(of_id__in=ids).order_by("id"):
        made = _plain(Invoice, one, kind=CostKind(one.kind), basis=Basis(one.basis))
        invoices.setdefault(one.of_id, []).append(made)
    runs: dict[UUID, list[tables.LandingRun]] = {}
    for run in tables.LandingRun.objects.filter(of_id__in=ids).order_by("-number"):
        runs.setdefault(run.of_id, []).append(run)
    shown = [run for of in runs.values() for run in of[:RUNS_SHOWN]]
    charges: dict[UUID, list[RunCharge]] = {}
    for charge in tables.RunCharge.objects.filter(run_id__in=[run.id for run in shown]).order_by("invoice_id", "id"):
        charges.setdefault(charge.run_id, []).append(_plain(RunCharge, charge))
    return [
        _plain(
            Landing,
            row,
            invoices=tuple(invoices.get(row.id, ())),
            runs=tuple(
                _plain(Run, run, charges=tuple(charges.get(run.id, ()))) for run in runs.get(row.id, [])[:RUNS_SHOWN]
            ),
        )
        for row in found
    ]


def _plain(kind: Any, row: Any, /, **known: Any) -> Any:
    """A row as the type that crosses the border."""
    said: Mapping[str, Any] = {name: getattr(row, name) for name in kind.__dataclass_fields__ if name not in known}
    return kind(**said, **known)
