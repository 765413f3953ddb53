"""Questions about recalls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from entrepot.orders import selectors as orders
from entrepot.recalls import models, rules
from entrepot.recalls.types import (
    Affected,
    AffectedState,
    BuyerNotice,
    Coverage,
    Offer,
    Recall,
    RecallLot,
    RecallState,
    Relief,
    Remedy,
)
from entrepot.returns import selectors as returns
from entrepot.returns.types import Progress
from entrepot.stock import selectors as stock

PAGE = 50
EXPORT_PAGE = 2_000
NOTICES_MAX = 50
NOT_ASKED = Progress()


def recalls(*, state: str = "", page: int = 1) -> list[Recall]:
    """Recalls, the newest first, `PAGE` a page. Two statements."""
    rows = models.Recall.objects.order_by("-id")
    rows = rows.filter(state=state) if state else rows
    start = (max(page, 1) - 1) * PAGE
    return _whole(list(rows[start : start + PAGE]))


def recall(*, recall_id: UUID) -> Recall | None:
    return next(iter(_whole(list(models.Recall.objects.filter(id=recall_id)))), None)


def open_lots(*, lot_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Which of these lots are being recalled, with the recall's number."""
    rows = models.RecallLot.objects.filter(lot_id__in=lot_ids, open=True)
    return dict(rows.values_list("lot_id", "recall__number"))


def coverage(*, found: Recall) -> Coverage:
    """How far the recall has come, as of `counted_at`; stock as it is now. Three statements, whatever its size."""
    units = stock.units_of_lots(lots=[(one.sku_id, one.lot_id) for one in found.lots])
    sold = models.Affected.objects.filter(recall_id=found.id, state=AffectedState.SOLD).aggregate(
        **{name: Sum(field) for name, field in _SUMS.items()}
    )
    told = models.Notice.objects.filter(recall_id=found.id).aggregate(
        buyers=Count("id"),
        told=Count("id", filter=Q(told_at__isnull=False)),
        mailed=Count("id", filter=Q(mailed=True)),
        seen=Count("id", filter=Q(seen_at__isnull=False)),
    )
    in_stock = {name: sum(getattr(one, name) for one in units.values()) for name in _STOCK}
    return Coverage(**in_stock, **{name: value or 0 for name, value in sold.items()}, **told)


_SUMS = {"sold": "quantity", "coming": "coming", "back": "back", "kept": "kept", "paid": "paid"}
_STOCK = ("received", "free", "held", "claimed")


def steps(*, told: Coverage) -> list[tuple[str, int, int, int]]:
    """What a chart of the coverage shows: (step, units or buyers, of how many, per cent)."""
    return [(name, part, whole, rules.percent(part, whole)) for name, part, whole in rules.steps(told)]


def affected(*, recall_id: UUID, state: AffectedState, page: int = 1) -> list[Affected]:
    """Order lines that hold or took of the lots, `PAGE` a page."""
    rows = models.Affected.objects.filter(recall_id=recall_id, state=state).order_by("id")
    start = (max(page, 1) - 1) * PAGE
    return [_affected(row) for row in rows[start : start + PAGE]]


def all_affected(*, recall_id: UUID) -> Iterator[Affected]:
    """Every order line, read page by page: for a file."""
    after = UUID(int=0)
    while rows := list(models.Affected.objects.filter(recall_id=recall_id, id__gt=after).order_by("id")[:EXPORT_PAGE]):
        yield from (_affected(row) for row in rows)
        after = rows[-1].id


def notices(*, buyer_id: UUID, order_id: UUID | None = None) -> list[BuyerNotice]:
    """What a buyer is told, by recall and order, the newest recall first. Three statements, one where there is none."""
    told: dict[UUID, datetime] = dict(
        models.Notice.objects.filter(buyer_id=buyer_id)
        .order_by("-recall_id")
        .values_list("recall_id", "written_at")[:NOTICES_MAX]
    )
    if not told:
        return []
    rows = models.Affected.objects.filter(buyer_id=buyer_id, recall_id__in=told, state=AffectedState.SOLD)
    rows = rows if order_id is None else rows.filter(order_id=order_id)
    known = {row.id: row for row in models.Recall.objects.filter(id__in=told)}
    groups: dict[tuple[UUID, UUID], list[models.Affected]] = {}
    for row in rows.order_by("-recall_id", "order_id", "line_number"):
        groups.setdefault((row.recall_id, row.order_id), []).append(row)
    return [_notice(known[recall_id], told[recall_id], found) for (recall_id, _), found in groups.items()]


def offers(*, recall_id: UUID, buyer_id: UUID, order_id: UUID, now: datetime) -> dict[UUID, Offer]:
    """What the recall still owes for an order, by parcel: units by line, and whether they may stay with the buyer."""
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    row = models.Recall.objects.filter(id=recall_id).first()
    mine = models.Affected.objects.filter(
        buyer_id=buyer_id, recall_id=recall_id, order_id=order_id, state=AffectedState.SOLD
    )
    rows = list(mine.exclude(parcel_id=None))
    if order is None or row is None or not rows:
        return {}
    returnable = returns.returnable(order=order, now=now)
    claims = stock.claims_now(sku_ids={one.sku_id for one in rows}, ids=[one.claim_id for one in rows])
    progress = returns.progress(buyer_ids=[buyer_id], line_ids=[one.line_id for one in rows])
    kept = kept_of(rows=rows, progress=progress)
    found = {}
    for parcel_id in {one.parcel_id for one in rows if one.parcel_id}:
        may = returnable.get(parcel_id)
        if may is None:
            continue
        of_parcel = [one for one in rows if one.parcel_id == parcel_id]
        units = rules.by_line((one.line_id, one.quantity) for one in of_parcel)
        back = rules.by_line((one.line_id, claims[one.claim_id][1]) for one in of_parcel)
        answered = {line: back[line] + kept[line] + progress.get(line, NOT_ASKED).coming for line in units}
        left = {line: may.left[line] + progress.get(line, NOT_ASKED).lapsed for line in units}
        owed = {line: rules.payable(units[line], answered[line], left[line]) for line in units}
        found[parcel_id] = Offer(
            units={line: n for line, n in owed.items() if n},
            keep=rules.may_keep(Remedy(row.remedy), window_open=may.open),
            kept=sum(progress.get(line, NOT_ASKED).kept for line in units),
        )
    return found


def kept_of(*, rows: Sequence[models.Affected], progress: Mapping[UUID, Progress]) -> dict[UUID, int]:
    """Of each order line of a recall's rows, the units that were paid for and kept by recalls of the same lots: what
    another recall has paid for of the line's other lots is none of them. One statement."""
    keys = {"buyer_id__in": {one.buyer_id for one in rows}, "claim_id__in": [one.claim_id for one in rows]}
    same = models.Affected.objects.filter(**keys).values_list("line_id", "recall__number").distinct()
    found = {one.line_id: 0 for one in rows}
    for line_id, number in same:
        found[line_id] += progress.get(line_id, NOT_ASKED).kept_for.get(number, 0)
    return found


def _whole(rows: list[models.Recall]) -> list[Recall]:
    lots: dict[UUID, list[models.RecallLot]] = {}
    for lot in models.RecallLot.objects.filter(recall_id__in=[row.id for row in rows]).order_by("code"):
        lots.setdefault(lot.recall_id, []).append(lot)
    return [_recall(row, lots.get(row.id, [])) for row in rows]


def _recall(row: models.Recall, lots: list[models.RecallLot]) -> Recall:
    return Recall(
        id=row.id,
        number=row.number,
        state=RecallState(row.state),
        remedy=Remedy(row.remedy),
        reason=_texts(row, "reason"),
        instruction=_texts(row, "instruction"),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        close_reason=row.close_reason,
        lifted_at=row.lifted_at,
        counted_at=row.counted_at,
        lots=tuple(
            RecallLot(one.sku_id, one.lot_id, one.code, one.gathered_at is not None, one.received) for one in lots
        ),
    )


def _texts(row: models.Recall, name: str) -> Mapping[str, str]:
    return {"zh-hans": getattr(row, f"{name}_zh"), "en": getattr(row, f"{name}_en")}


def _affected(row: models.Affected) -> Affected:
    fields: dict[str, Any] = {name: getattr(row, name) for name in Affected.__dataclass_fields__}
    return Affected(**fields | {"state": AffectedState(row.state), "relief": Relief(row.relief)})


def _notice(row: models.Recall, written_at: datetime, found: list[models.Affected]) -> BuyerNotice:
    return BuyerNotice(
        recall_id=row.id,
        number=row.number,
        reason=_texts(row, "reason"),
        instruction=_texts(row, "instruction"),
        remedy=Remedy(row.remedy),
        open=row.state == RecallState.OPEN,
        told_at=written_at,
        order_id=found[0].order_id,
        order_number=found[0].order_number,
        units=rules.by_line((one.line_id, one.quantity) for one in found),
        titles=tuple({one.line_id: one.titles for one in found}.values()),
    )
