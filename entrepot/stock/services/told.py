"""What others are told: that an article has sold out in a warehouse, or is there again."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from entrepot.outbox.services import emit

CHANGED = "stock.changed"
CHUNK = 500


def tell(*, sku_ids: Collection[UUID]) -> None:
    """Emit `stock.changed` {sku_ids} for articles whose free units in a warehouse came to or left zero."""
    ordered = sorted(sku_ids)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        emit(topic=CHANGED, aggregate_id=chunk[0], buyer_id=None, payload={"sku_ids": [str(i) for i in chunk]})
