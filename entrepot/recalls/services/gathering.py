"""The job of a recall: find who has its goods, in batches; follow what comes back; tell whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit.ids import new_id
from entrepot.outbox.services import order_once
from entrepot.provenance import services as provenance
from entrepot.provenance.types import Happening, Step
from entrepot.recalls import models, rules
from entrepot.recalls.selectors import kept_of
from entrepot.recalls.services.holding import STATES, hold, write_down
from entrepot.recalls.services.opening import WORK, UnknownRecall
from entrepot.recalls.services.relieving import relieve
from entrepot.recalls.services.telling import tell
from entrepot.recalls.types import AffectedState, RecallState, Relief
from entrepot.returns import selectors as returns
from entrepot.returns.types import Progress
from entrepot.stock import selectors as stock

BATCH = 1_000
SWEPT_MAX = 500
NOT_ASKED = Progress()


def work(*, recall_id: UUID, now: datetime) -> None:
    """Everything a recall has to do now. Stopped anywhere, it goes on where it was. Writes letters, so not inside a
    transaction."""
    row = models.Recall.objects.filter(id=recall_id, state=RecallState.OPEN).first()
    if row is None:
        return
    with transaction.atomic():
        if not hold(row, now):
            return
    for lot in models.RecallLot.objects.filter(recall_id=row.id, gathered_at__isnull=True).order_by("id"):
        _told_on_the_chain(row, lot, now)
        while not _gathered(row, lot, now):
            pass
    relieve(row, now)
    _follow(row, now)
    _count(row, now)
    tell(row, now)


def sweep(*, now: datetime) -> int:
    """Every open recall looks again: goods that came back to its lots since, orders that shipped, what was refunded."""
    rows = models.Recall.objects.filter(state=RecallState.OPEN).order_by("id").values_list("id", flat=True)[:SWEPT_MAX]
    with transaction.atomic():
        for recall_id in rows:
            order_once(job=WORK, args={"recall_id": str(recall_id)}, of=recall_id)
    return len(rows)


def look_again(*, recall_id: UUID) -> None:
    """Read all claims of the lots anew, by the job. Refuses UnknownRecall."""
    with transaction.atomic():
        if not models.Recall.objects.filter(id=recall_id, state=RecallState.OPEN).exists():
            raise UnknownRecall(what="recall")
        lots = models.RecallLot.objects.filter(recall_id=recall_id)
        lots.update(read_order=None, read_line=None, read_part=0, gathered_at=None)
        order_once(job=WORK, args={"recall_id": str(recall_id)}, of=recall_id)


def _gathered(row: models.Recall, lot: models.RecallLot, now: datetime) -> bool:
    """One batch of what the lot went to; True when it was the last."""
    after = (lot.read_order, lot.read_line, lot.read_part) if lot.read_order and lot.read_line else stock.FIRST
    claims = stock.shipped_claims(sku_id=lot.sku_id, lot_id=lot.lot_id, after=after, most=BATCH)
    last = len(claims) < BATCH
    if claims:
        lot.read_order, lot.read_line, lot.read_part = claims[-1].key
    lot.gathered_at = now if last else None
    with transaction.atomic():
        write_down(row, claims)
        lot.save(update_fields=["read_order", "read_line", "read_part", "gathered_at"])
    return last


def _told_on_the_chain(row: models.Recall, lot: models.RecallLot, now: datetime) -> None:
    """Whoever opens the code of these goods reads that they were called back."""
    key = {"sku_id": lot.sku_id, "lot_id": lot.lot_id}
    provenance.gather(**key, now=now)
    step = Step(Happening.RECALLED, f"recalled:{row.number}", row.opened_at, "", {"recall": row.number})
    provenance.append(**key, steps=[step])


def _follow(row: models.Recall, now: datetime) -> None:
    """How each claim stands by now, page by page, and a notice for each buyer of what was sold."""
    after = UUID(int=0)
    while True:
        rows = models.Affected.objects.filter(recall_id=row.id, id__gt=after).exclude(state=AffectedState.FREED)
        page = list(rows.order_by("id")[:BATCH])
        if not page:
            return
        after = page[-1].id
        with transaction.atomic():
            _bring_up(page)
            _notices(row, {one.buyer_id for one in page if one.state == AffectedState.SOLD}, now)


def _bring_up(page: Sequence[models.Affected]) -> None:
    claims = stock.claims_now(sku_ids={one.sku_id for one in page}, ids=[one.claim_id for one in page])
    buyers, lines = {one.buyer_id for one in page}, {one.line_id for one in page}
    progress = returns.progress(buyer_ids=buyers, line_ids=lines)
    before = {one.id: _changing(one) for one in page}
    for one in page:
        if found := claims.get(one.claim_id):
            one.state, one.back = STATES[found[0]].value, found[1]
    _reliefs([one for one in page if one.state == AffectedState.FREED])
    kept = kept_of(rows=page, progress=progress)
    for line_id in lines:
        _share(
            replace(progress.get(line_id, NOT_ASKED), kept=kept[line_id]),
            [one for one in page if one.line_id == line_id],
        )
    changed = [one for one in page if _changing(one) != before[one.id]]
    models.Affected.objects.bulk_update(
        changed, ["state", "relief", "coming", "back", "kept", "paid"], batch_size=BATCH
    )


def _reliefs(freed: Sequence[models.Affected]) -> None:
    """What the order lines that let go of their units hold or took instead."""
    lines = {one.line_id for one in freed}
    served = stock.served_lines(sku_ids={one.sku_id for one in freed}, line_ids=lines) if freed else set()
    for one in freed:
        one.relief = (Relief.REPLACED if one.line_id in served else Relief.CALLED_OFF).value


def _share(found: Progress, rows: Sequence[models.Affected]) -> None:
    """What is known of a line goes to its rows as far as they have room; units of other lots have none."""
    for row, kept in zip(rows, rules.shared(found.kept, [one.quantity - one.back for one in rows]), strict=True):
        row.kept = kept
    rooms = [one.quantity - one.back - one.kept for one in rows]
    for row, coming in zip(rows, rules.shared(found.coming, rooms), strict=True):
        row.coming = coming
    rooms = [one.back + one.kept for one in rows]
    for row, paid in zip(rows, rules.shared(found.paid, rooms), strict=True):
        row.paid = paid


def _changing(row: models.Affected) -> tuple[str, str, int, int, int, int]:
    return row.state, row.relief, row.coming, row.back, row.kept, row.paid


def _notices(row: models.Recall, buyers: set[UUID], now: datetime) -> None:
    """One notice for each buyer; other facts than before are told again."""
    if not buyers:
        return
    sold = models.Affected.objects.filter(buyer_id__in=buyers, recall_id=row.id, state=AffectedState.SOLD)
    facts: dict[UUID, list[rules.Fact]] = {}
    for buyer_id, order, line, lot, units in sold.values_list(
        "buyer_id", "order_number", "line_number", "lot_code", "quantity"
    ):
        facts.setdefault(buyer_id, []).append((order, line, lot, units))
    models.Notice.objects.bulk_create(
        [
            models.Notice(
                id=new_id(),
                buyer_id=buyer_id,
                recall_id=row.id,
                facts=rules.facts_hash(facts[buyer_id]),
                written_at=now,
            )
            for buyer_id in sorted(facts)
        ],
        update_conflicts=True,
        unique_fields=["buyer_id", "recall"],
        update_fields=["facts"],
        batch_size=BATCH,
    )


def _count(row: models.Recall, now: datetime) -> None:
    lots = list(models.RecallLot.objects.filter(recall_id=row.id))
    units = stock.units_of_lots(lots=[(one.sku_id, one.lot_id) for one in lots])
    for lot in lots:
        lot.received = units[lot.lot_id].received if lot.lot_id in units else 0
    models.RecallLot.objects.bulk_update(lots, ["received"])
    models.Recall.objects.filter(id=row.id).update(counted_at=now)
