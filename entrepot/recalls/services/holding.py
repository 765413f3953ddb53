"""What a recall does to stock, and the rows that say which order lines hold or took of its lots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.recalls import models
from entrepot.recalls.types import AffectedState, RecallState
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.types import ClaimState, LotClaim

STATES = {
    ClaimState.OPEN: AffectedState.HELD,
    ClaimState.SHIPPED: AffectedState.SOLD,
    ClaimState.RELEASED: AffectedState.FREED,
}


def hold(row: models.Recall, now: datetime) -> bool:
    """Set aside what is free of the lots and write down which orders hold the rest. False where the recall was closed
    meanwhile: its lots may be sold again by now.

    In one transaction: while the levels are locked no order can take or leave, so that one that ships at this moment
    has shipped before, and is found among what was shipped, or is written down here and followed.
    """
    mine = models.Recall.objects.filter(id=row.id, state=RecallState.OPEN)
    if not mine.update(pass_number=F("pass_number") + 1):
        return False
    row.refresh_from_db(fields=["pass_number"])
    lots = list(models.RecallLot.objects.filter(recall_id=row.id).values_list("sku_id", "lot_id"))
    stock_verbs.hold_lots(lots=lots, reference=f"recall:{row.number}:{row.pass_number}", now=now)
    write_down(row, stock.open_claims(lots=lots))
    return True


def write_down(row: models.Recall, claims: Sequence[LotClaim]) -> None:
    """One row for each claim, once. A claim whose order is not known is written down too: somebody must look."""
    if not claims:
        return
    codes: dict[UUID, str] = dict(models.RecallLot.objects.filter(recall_id=row.id).values_list("lot_id", "code"))
    buyers = {one.buyer_id for one in claims}
    known = orders.lines(buyer_ids=buyers, line_ids=[one.line_id for one in claims])
    models.Affected.objects.bulk_create(
        [_affected(row, one, codes[one.lot_id], known.get(one.line_id, {})) for one in claims],
        ignore_conflicts=True,
        batch_size=1_000,
    )


def _affected(row: models.Recall, claim: LotClaim, code: str, line: dict[str, Any]) -> models.Affected:
    return models.Affected(
        id=new_id(),
        buyer_id=claim.buyer_id,
        recall_id=row.id,
        claim_id=claim.claim_id,
        sku_id=claim.sku_id,
        lot_id=claim.lot_id,
        lot_code=code,
        order_id=claim.order_id,
        line_id=claim.line_id,
        order_number=line.get("order_number", ""),
        parcel_id=line.get("parcel_id"),
        parcel_number=line.get("parcel_number", ""),
        line_number=line.get("number", 0),
        sku_code=line.get("sku_code", ""),
        titles=line.get("titles", {}),
        quantity=claim.quantity,
        state=STATES[claim.state],
        back=claim.returned,
    )
