"""Goods that an order holds of a recalled lot: other goods instead, or the parcel is called off; the buyer is told."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.checkout import services as checkout
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import ParcelState
from entrepot.recalls import models
from entrepot.recalls.types import AffectedState
from entrepot.stock import services as stock_verbs

BATCH = 1_000
ACTOR = "system:recalls"
TOLD_TO_CUSTOMS = (ParcelState.DECLARED, ParcelState.HELD)
PAID = (ParcelState.PAID, *TOLD_TO_CUSTOMS)

_log = logging.getLogger(__name__)


def relieve(row: models.Recall, now: datetime) -> None:
    """Every order that holds units of the recall's lots gets others, or its parcel is called off: at once before
    customs knows of it, else when customs agrees; that is asked once. What nobody paid for yet waits until somebody
    does: it cannot leave. Calls outside, so not inside a transaction."""
    after = UUID(int=0)
    while True:
        rows = models.Affected.objects.filter(recall_id=row.id, state=AffectedState.HELD, id__gt=after)
        page = list(rows.exclude(parcel_id=None).order_by("id")[:BATCH])
        if not page:
            return
        after = page[-1].id
        buyers, lines = {one.buyer_id for one in page}, [one.line_id for one in page]
        known = orders.lines(buyer_ids=buyers, line_ids=lines)
        for of in _by_parcel(page):
            _relieve(row, of, known[of[0].line_id], now)


def _by_parcel(page: Sequence[models.Affected]) -> list[list[models.Affected]]:
    found: dict[tuple[UUID, UUID | None], list[models.Affected]] = {}
    for one in page:
        found.setdefault((one.order_id, one.parcel_id), []).append(one)
    return list(found.values())


def _relieve(row: models.Recall, of: Sequence[models.Affected], line: Mapping[str, Any], now: datetime) -> None:
    first, skus, state = of[0], {one.sku_id for one in of}, ParcelState(line["state"])
    told, channel_id = state in TOLD_TO_CUSTOMS, line["storefront_id"]
    if stock_verbs.replace_stopped(
        reference=first.order_id, sku_ids=skus, channel_id=channel_id, same_record=told, now=now
    ):
        return
    if state not in PAID or all(one.asked for one in of) or first.parcel_id is None:
        return
    who = {"parcel_id": first.parcel_id, "order_id": first.order_id, "buyer_id": first.buyer_id}
    try:
        checkout.call_off(**who, actor=ACTOR, reason=f"{row.number} {row.reason_zh}", now=now)
    except Refusal as no:  # a clerk sees the order among those that still hold units; the next pass asks again
        _log.info("a parcel of recall %s is not called off: %s", row.number, no.code)
        return
    models.Affected.objects.filter(buyer_id=first.buyer_id, id__in=[one.id for one in of]).update(asked=True)
