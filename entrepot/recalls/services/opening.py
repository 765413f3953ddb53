"""A recall begins: its goods are set aside in the same transaction; and ends, with a reason."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from entrepot.audit.services import record
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import order_once
from entrepot.provenance import services as provenance
from entrepot.provenance.types import Happening, Step
from entrepot.recalls import models, rules
from entrepot.recalls.services.holding import hold
from entrepot.recalls.types import INSTRUCTION_MAX, LOTS_MAX, REASON_MAX, RecallDraft, RecallState
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs

PREFIX = "RC"
WORK = "recalls.work"


class RecallInvalid(Invalid):
    code = "recall_invalid"
    zh = "召回资料有误：{what}"
    en = "The recall's {what} cannot be right"


class AlreadyRecalled(Refusal):
    code = "already_recalled"
    zh = "批次 {lots} 已有进行中的召回"
    en = "There is an open recall of lot {lots} already"


class RecallKeyReused(Refusal):
    code = "recall_key_reused"
    status = 422
    zh = "该请求号已用于另一次召回"
    en = "This key was used for another recall"


class RecallStillOpen(Refusal):
    code = "recall_still_open"
    zh = "召回尚未结束：请先结束召回，再解除停止出库"
    en = "The recall is still open: close it before its lots may be sold again"


class UnknownRecall(NotFound):
    code = "unknown_recall"
    zh = "没有找到这次召回，或它已经结束"
    en = "There is no such recall, or it is closed"


def open_recall(*, draft: RecallDraft, actor: str, now: datetime) -> UUID:
    """Call lots back: what is free of them is quarantined at once; who has the rest is found by a job. The same key
    again gives the same recall. Refuses RecallInvalid(field), AlreadyRecalled, RecallKeyReused, CannotWait."""
    if wrong := rules.fault(draft):
        raise RecallInvalid(field=wrong, what=wrong)
    if len(draft.lots) > LOTS_MAX:
        raise RecallInvalid(field="lots", what="lots")
    known = stock.lots(ids=[lot_id for _, lot_id in draft.lots])
    if any(lot_id not in known or known[lot_id].sku_id != sku_id for sku_id, lot_id in draft.lots):
        raise RecallInvalid(field="lots", what="lots")
    codes = {lot_id: lot.code for lot_id, lot in known.items()}
    try:
        with transaction.atomic():
            return _opened(draft, codes, actor, now)
    except IntegrityError:
        _refuse_recalled(codes)
        raise


def _opened(draft: RecallDraft, codes: dict[UUID, str], actor: str, now: datetime) -> UUID:
    row, fresh = models.Recall.objects.get_or_create(key=draft.key[:100], defaults=_columns(draft, actor, now))
    if not fresh:
        lots = models.RecallLot.objects.filter(recall_id=row.id).values_list("sku_id", "lot_id")
        if set(lots) != set(draft.lots):
            raise RecallKeyReused(field="key")
        return row.id
    models.RecallLot.objects.bulk_create(
        models.RecallLot(id=new_id(), recall_id=row.id, sku_id=sku_id, lot_id=lot_id, code=codes[lot_id])
        for sku_id, lot_id in sorted(draft.lots)
    )
    hold(row, now)
    _trace(row, "open", actor, row.reason_zh, now)
    order_once(job=WORK, args={"recall_id": str(row.id)}, of=row.id)
    return row.id


def close_recall(*, recall_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """Nothing more is asked for; its lots stay stopped and what was set aside in quarantine (`lift_stop`). Once.

    Refuses RecallInvalid for no reason, UnknownRecall.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise RecallInvalid(field="reason", what="reason")
    with transaction.atomic():
        rows = models.Recall.objects.filter(id=recall_id, state=RecallState.OPEN)
        if not rows.update(state=RecallState.CLOSED, closed_at=now, closed_by=actor, close_reason=reason):
            raise UnknownRecall(what="recall")
        models.RecallLot.objects.filter(recall_id=recall_id).update(open=False)
        _trace(models.Recall.objects.get(id=recall_id), "close", actor, reason, now)


def lift_stop(*, recall_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """Nothing was wrong with the lots of a closed recall: they may be sold again, and their journeys say so. Units that
    were set aside stay in quarantine until somebody ends that (`stock.end_quarantine`). Again it changes nothing.

    Refuses RecallInvalid for no reason, UnknownRecall, RecallStillOpen, AlreadyRecalled (by another one), CannotWait.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise RecallInvalid(field="reason", what="reason")
    with transaction.atomic():
        rows = models.Recall.objects.filter(id=recall_id)
        if not rows.filter(state=RecallState.CLOSED, lifted_at__isnull=True).update(lifted_at=now):
            row = rows.first()
            if row is None or row.state == RecallState.OPEN:
                raise UnknownRecall(what="recall") if row is None else RecallStillOpen
            return
        row = rows.get()
        lots = list(models.RecallLot.objects.filter(recall_id=recall_id).values_list("sku_id", "lot_id").order_by("id"))
        stock_verbs.resume_lots(lots=lots)
        # Asked after the levels are locked: a recall that opens at this moment is seen here, or stops them after us.
        _refuse_recalled([lot_id for _sku, lot_id in lots])
        step = Step(Happening.CLEARED, f"cleared:{row.number}", now, "", {"recall": row.number})
        for sku_id, lot_id in lots:
            provenance.append(sku_id=sku_id, lot_id=lot_id, steps=[step])
        _trace(row, "lift", actor, reason, now)


def _refuse_recalled(lot_ids: Collection[UUID]) -> None:
    """Refuses AlreadyRecalled."""
    held = models.RecallLot.objects.filter(open=True, lot_id__in=lot_ids).order_by("code")
    if taken := list(held.values_list("code", flat=True)):
        raise AlreadyRecalled(field="lots", lots=", ".join(taken))


def _columns(draft: RecallDraft, actor: str, now: datetime) -> dict[str, Any]:
    reason, instruction = ([text.strip() for text in pair] for pair in (draft.reason, draft.instruction))
    return {
        "id": new_id(),
        "number": human_number(PREFIX, now),
        "state": RecallState.OPEN,
        "remedy": draft.remedy,
        "reason_zh": reason[0][:REASON_MAX],
        "reason_en": reason[1][:REASON_MAX],
        "instruction_zh": instruction[0][:INSTRUCTION_MAX],
        "instruction_en": instruction[1][:INSTRUCTION_MAX],
        "opened_at": now,
        "opened_by": actor,
    }


def _trace(row: models.Recall, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor, action=f"recalls.{action}", subject_kind="recall", subject_id=row.id, buyer_id=None,
        reason=reason, at=now,
    )  # fmt: skip
