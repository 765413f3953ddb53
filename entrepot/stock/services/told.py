"""What others are told: that an article has sold out in a warehouse, expired there, or is there again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.outbox.services import emit
from entrepot.stock import cached

CHANGED = "stock.changed"
TURNED = "stock.tell_turned"  # the job that says so once all processes know of a shelf life
CHUNK = 500


def tell(*, sku_ids: Collection[UUID]) -> None:
    """Emit `stock.changed` {sku_ids} for articles whose free units in a warehouse came to or left zero."""
    ordered = sorted(sku_ids)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        emit(topic=CHANGED, aggregate_id=chunk[0], buyer_id=None, payload={"sku_ids": [str(i) for i in chunk]})


def tell_expired(*, now: datetime) -> int:
    """Tell of articles with units in lots that may not be sold from today (in China) on. Returns how many."""
    with transaction.atomic():
        rows = sql.rows(sql.load("stock", "expired"), {"days": cached.days_of_sale(now)})
        tell(sku_ids=[row["sku_id"] for row in rows])
    return len(rows)


def tell_turned(*, least: int, most: int, now: datetime) -> int:
    """Tell of articles with units in lots that may be sold where `least` days of shelf life must be left and not where
    it is `most`. Returns how many."""
    today = day_in(CHINA, now)
    days = [today + timedelta(days=left) for left in range(least + 1, most + 1)]
    with transaction.atomic():
        rows = sql.rows(sql.load("stock", "expired"), {"days": days})
        tell(sku_ids=[row["sku_id"] for row in rows])
    return len(rows)
