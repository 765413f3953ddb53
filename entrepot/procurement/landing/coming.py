"""The landing of goods that came together: made with the first receipt, it takes in what comes later and is run again
by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from entrepot.audit.services import record
from entrepot.kit.ids import human_number, new_id
from entrepot.procurement.landing import models as tables
from entrepot.procurement.landing.services import (
    BATCH,
    LandingInvalid,
    NoExchangeRate,
    NoLotsInLine,
    NoMeasure,
    NoSuchLot,
    NothingToAllocate,
    allocate_landing,
    reverse_landing,
    tell_changed,
)
from entrepot.procurement.landing.types import LandingLineDraft
from entrepot.stock import selectors as stock

ACTOR = "system:procurement"
WAITS = (NothingToAllocate, NoExchangeRate, NoMeasure, NoLotsInLine, NoSuchLot)


@dataclass(frozen=True, slots=True)
class Goods:
    """Lots that came so far with one source: a consignment. `name` is what people call it."""

    source: UUID
    name: str
    lines: Sequence[LandingLineDraft]


def land(*, goods: Goods, actor: str, now: datetime) -> UUID:
    """Open the landing of a consignment's lots, or let it take in those that came since; further units of a lot count
    with the next run. The same again changes nothing. Refuses LandingInvalid(field)."""
    facts = stock.lot_facts(lots=[(line.sku_id, line.lot_id) for line in goods.lines])
    if not goods.lines or any((line.sku_id, line.lot_id) not in facts for line in goods.lines):
        raise LandingInvalid(field="lot", position=1, what="lot")
    with transaction.atomic():
        draft = tables.Landing(
            id=new_id(),
            number=human_number("LC", now),
            name=goods.name[:100],
            source=goods.source,
            lots=0,
            created_at=now,
        )
        tables.Landing.objects.bulk_create([draft], ignore_conflicts=True)
        row = tables.Landing.objects.select_for_update().get(source=goods.source)
        known = set(tables.LandingLine.objects.filter(of_id=row.id).values_list("sku_id", "lot_id"))
        fresh = [line for line in goods.lines if (line.sku_id, line.lot_id) not in known]
        tables.LandingLine.objects.bulk_create(
            [
                tables.LandingLine(
                    of=row, n=n, sku_id=line.sku_id, lot_id=line.lot_id, lot=facts[line.sku_id, line.lot_id].code,
                    gross_g=line.gross_g, volume_ml=line.volume_ml, hs_code=line.hs_code,
                )
                for n, line in enumerate(fresh, len(known) + 1)
            ],
            batch_size=BATCH,
        )  # fmt: skip
        tables.Landing.objects.filter(id=row.id).update(lots=len(known) + len(fresh))
        if not known:
            _trace(row.id, "open", actor, goods.name, now)
        tell_changed(row=row)
    return row.id


def run_again(*, landing_id: UUID, now: datetime) -> UUID | None:
    """Lay what is due on the lots as they are now, where the run that stands does not say it already. What keeps an
    invoice from being shared stands in the records, and the landing is stale until `run_waiting` finds it mended or
    somebody sees to it. Returns the run, None where nothing was laid."""
    try:
        return _run(landing_id, now)
    except WAITS as no:
        _trace(landing_id, "wait", ACTOR, no.message("zh-hans"), now)
    return None


def run_waiting(*, now: datetime) -> int:
    """The same for landings with an invoice that no run has laid yet: what it waited for, such as the rate of its day,
    may be there now. Why the others wait stands in the records already. How many were laid."""
    laid = tables.RunCharge.objects.filter(invoice_id=OuterRef("id"))
    rows = tables.LandingInvoice.objects.filter(~Exists(laid), withdrawn_at=None, of__source__isnull=False)
    made = 0
    for landing_id in sorted(set(rows.values_list("of_id", flat=True))):
        with suppress(*WAITS):
            made += _run(landing_id, now) is not None
    return made


def _run(landing_id: UUID, now: datetime) -> UUID | None:
    due = tables.LandingInvoice.objects.filter(of_id=landing_id, withdrawn_at=None).exists()
    stands = tables.LandingRun.objects.filter(of_id=landing_id, reversed_at=None).exists()
    if _known(landing_id):
        return None
    if due:
        return allocate_landing(landing_id=landing_id, actor=ACTOR, now=now)
    if stands:
        reverse_landing(landing_id=landing_id, reason="every invoice is withdrawn", actor=ACTOR, now=now)
    return None


def _known(landing_id: UUID) -> bool:
    """Whether the run that stands has laid what is due on as many units of each lot as came."""
    run = tables.LandingRun.objects.filter(of_id=landing_id, reversed_at=None).first()
    if run is None:
        return False
    due = tables.LandingInvoice.objects.filter(of_id=landing_id, withdrawn_at=None).values_list("id", flat=True)
    laid = tables.RunCharge.objects.filter(run_id=run.id).values_list("invoice_id", flat=True)
    keys = list(tables.LandingLine.objects.filter(of_id=landing_id).values_list("sku_id", "lot_id"))
    shares = stock.run_costs(run_id=run.id, lots=keys)
    facts = stock.lot_facts(lots=keys)
    return set(due) == set(laid) and all(key in shares and shares[key][0].units == facts[key].units for key in keys)


def _trace(landing_id: UUID, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor, action=f"procurement.landing_{action}", subject_kind="landing", subject_id=landing_id,
        buyer_id=None, reason=reason, at=now,
    )  # fmt: skip
