from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.stock import cached
from entrepot.stock.models import Claim
from entrepot.stock.services.entries import SYSTEM, entering
from entrepot.stock.services.told import tell
from entrepot.stock.services.waiting import LOCK_TIMEOUT, waiting
from entrepot.stock.types import ClaimState, MovementKind
from entrepot.stock.types.bonded import Booking, EntryKind


class NothingClaimed(Refusal):
    """Goods cannot leave for lines that hold none: never claimed, or given back."""

    code = "nothing_claimed"
    zh = "该订单行没有占用库存，不能出库"
    en = "These order lines hold no stock, so nothing can leave the warehouse"


class LotStopped(Refusal):
    """`lines` hold units of a lot that was called back, or has expired: nothing of the order left."""

    code = "lot_stopped"
    zh = "该批次商品正在召回或已过期，不能出库"
    en = "The lot is being called back or has expired: nothing of it may leave the warehouse"


def release(*, reference: UUID, sku_ids: Sequence[UUID], line_ids: Sequence[UUID] | None = None, now: datetime) -> int:
    """Give back what the order, or these lines of it, still hold. Returns the units given back, 0 if none were held."""
    with transaction.atomic(savepoint=False):
        rows = _close(reference, sku_ids, line_ids, MovementKind.RELEASE, now)
        tell(sku_ids={row["sku_id"] for row in rows if row["fresh"]})
    return sum(row["quantity"] for row in rows)


def ship(
    *,
    reference: UUID,
    line_ids: Sequence[UUID],
    sku_ids: Sequence[UUID],
    booking: Booking | None = None,
    now: datetime,
) -> int:
    """The units held for these lines leave their warehouse. Returns how many; 0 when they have left before.

    `booking`: the released list that they leave their account book with, as `write_off` does it, in the same statement.

    Refuses NothingClaimed when a line neither holds nor has shipped anything, LotStopped.
    """
    with transaction.atomic(savepoint=False):
        rows = _close(reference, sku_ids, line_ids, MovementKind.SHIP, now, booking)
        if stopped := sorted({str(row["line_id"]) for row in rows if row["stopped"]}):
            raise LotStopped(lines=stopped)
        missing = set(line_ids) - {row["line_id"] for row in rows}
        if missing:
            left = Claim.objects.filter(
                sku_id__in=set(sku_ids), reference=reference, line_id__in=missing, state=ClaimState.SHIPPED
            )
            if missing - set(left.values_list("line_id", flat=True)):
                raise NothingClaimed(lines=sorted(str(line) for line in missing))
    return sum(row["quantity"] for row in rows)


def _close(
    reference: UUID,
    sku_ids: Sequence[UUID],
    line_ids: Sequence[UUID] | None,
    kind: MovementKind,
    now: datetime,
    booking: Booking | None = None,
) -> list[dict[str, Any]]:
    leaving = kind is MovementKind.SHIP
    params = {
        "reference": reference,
        "sku_ids": sorted(set(sku_ids)),
        "line_ids": None if line_ids is None else list(line_ids),
        "kind": kind.value,
        "state": (ClaimState.SHIPPED if leaving else ClaimState.RELEASED).value,
        "leaving": int(leaving),
        "base": new_id(),
        "at": now,
        "day": cached.fresh_day(now),
        "today": day_in(CHINA, now),
        "lock_timeout": LOCK_TIMEOUT,
    }
    verb = "close"
    if booking is not None:
        verb, params = "leave", params | entering(kind=EntryKind.WRITE_OFF, bookings=[booking], actor=SYSTEM)
    with waiting():
        return sql.hot_rows(sql.load("stock", verb), params)
