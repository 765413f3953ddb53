"""Questions to receiving: ids in, types out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from entrepot.consignments import selectors as consignments
from entrepot.receiving import models, reading
from entrepot.receiving.types import (
    Condition,
    Gap,
    GapState,
    OpenDifference,
    Pallet,
    Receipt,
    Standing,
    Taken,
)

PAGE = 50
PAGES_MAX = 500
EXPORT_MAX = 100_000
RECENT = 20


def receipts(*, consignment_id: UUID) -> list[Receipt]:
    """Of a consignment, the newest first."""
    rows = models.Receipt.objects.filter(consignment_id=consignment_id).order_by("-id")
    return [reading.receipt(row) for row in rows]


def standing(*, receipt_id: UUID, final: bool = True) -> Standing | None:
    """A receipt with what was counted and what closing it would do."""
    row = models.Receipt.objects.filter(id=receipt_id).first()
    consignment = consignments.consignment(consignment_id=row.consignment_id, brief=True) if row else None
    if row is None or consignment is None:
        return None
    weighed, whole, wrong = reading.weighed(row.id, consignment, final=final)
    found = sorted(whole + wrong, key=lambda one: (str(one.sku_id), one.lot))
    holders = list(models.Pallet.objects.filter(receipt_id=row.id).order_by("code").values_list("code", "held_by"))
    on_pallets = models.Scan.objects.filter(receipt_id=row.id).exclude(pallet="").values("pallet").order_by("pallet")
    units = {one["pallet"]: one["units"] for one in on_pallets.annotate(units=Sum("units"))} if holders else {}
    recent = models.Scan.objects.filter(receipt_id=row.id).order_by("-taken_at", "-id")[:RECENT]
    return Standing(
        receipt=reading.receipt(row),
        consignment=consignment,
        found=tuple(found),
        weighed=weighed,
        pallets=tuple(Pallet(code, held_by, units.get(code, 0)) for code, held_by in holders),
        recent=tuple(_taken(one) for one in recent),
    )


def differences(
    *, state: str = "", kind: str = "", receipt_id: UUID | None = None, page: int = 1
) -> tuple[list[OpenDifference], bool]:
    """A page of what closed receipts left, the oldest open ones first, and whether there is more."""
    page = min(max(page, 1), PAGES_MAX)
    found = list(_asked(state, kind, receipt_id)[(page - 1) * PAGE : page * PAGE + 1])
    return _differences(found[:PAGE]), len(found) > PAGE


def exported_differences(*, state: str = "", kind: str = "") -> Iterator[OpenDifference]:
    """All that the same filters find, at most `EXPORT_MAX`, a few hundred at a time."""
    ids = list(_asked(state, kind, None).values_list("id", flat=True)[:EXPORT_MAX])
    for start in range(0, len(ids), 500):
        part = {row.id: row for row in models.Difference.objects.filter(id__in=ids[start : start + 500])}
        yield from _differences([part[one] for one in ids[start : start + 500] if one in part])


def open_differences() -> int:
    return models.Difference.objects.filter(state=GapState.OPEN).count()


def discrepancies() -> list[dict[str, Any]]:
    """Consignment lines of closed receipts whose counts are not what the scans say: {rule, id}. None is right.

    Counted units of a consignment = its scans' units, less those of articles and lots that belong to no line.
    """
    closed = models.Scan.objects.filter(receipt__state="closed").values("receipt__consignment_id").order_by()
    scanned = {row["receipt__consignment_id"]: row["units"] for row in closed.annotate(units=Sum("units"))}
    strange = models.Difference.objects.filter(kind=Gap.WRONG).values("receipt__consignment_id").order_by()
    apart = {row["receipt__consignment_id"]: row["units"] for row in strange.annotate(units=Sum("found"))}
    wrong = []
    for consignment_id, units in scanned.items():
        came = sum(line.received for line in consignments.lines(consignment_id=consignment_id))
        other = models.Difference.objects.filter(receipt__consignment_id=consignment_id, kind=Gap.OTHER_LOT)
        beyond = sum(other.values_list("found", flat=True))
        if not came + apart.get(consignment_id, 0) <= units <= came + apart.get(consignment_id, 0) + beyond:
            wrong.append({"rule": "counted", "id": consignment_id})
    return wrong


def counts() -> dict[Gap, int]:
    """Open differences by kind."""
    rows = models.Difference.objects.filter(state=GapState.OPEN).values_list("kind").annotate(Count("id")).order_by()
    return {Gap(kind): count for kind, count in rows}


def _asked(state: str, kind: str, receipt_id: UUID | None) -> QuerySet[models.Difference]:
    rows = models.Difference.objects.all()
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if receipt_id is not None:
        rows = rows.filter(receipt_id=receipt_id)
    return rows.order_by("id") if state == GapState.OPEN else rows.order_by("-id")


def _differences(rows: list[models.Difference]) -> list[OpenDifference]:
    of = {row.id: row for row in models.Receipt.objects.filter(id__in={row.receipt_id for row in rows})}
    return [
        OpenDifference(
            row.id, row.receipt_id, of[row.receipt_id].number, of[row.receipt_id].consignment_id, Gap(row.kind),
            GapState(row.state), row.sku_id, row.lot, row.expected, row.found, row.reason, row.outcome, row.at,
        )
        for row in rows
    ]  # fmt: skip


def _taken(row: models.Scan) -> Taken:
    return Taken(
        row.id, row.sku_id, row.code, row.lot, row.units, Condition(row.condition), row.pallet, row.taken_by,
        row.taken_at,
    )  # fmt: skip
