"""Tells the house which products changed."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from entrepot.outbox.services import emit

EVENT_PRODUCTS_MAX = 500
# One aggregate for the whole catalogue: readers see changes in the order in which they were written.
_CATALOGUE = UUID("00000000-0000-7000-8000-0000000ca7a1")


def products_changed(product_ids: Iterable[UUID]) -> None:
    """Emit `catalogue.products_changed`, at most 500 products an event, inside the caller's transaction."""
    ids = [str(product_id) for product_id in sorted(set(product_ids))]
    for start in range(0, len(ids), EVENT_PRODUCTS_MAX):
        emit(
            topic="catalogue.products_changed",
            aggregate_id=_CATALOGUE,
            buyer_id=None,
            payload={"product_ids": ids[start : start + EVENT_PRODUCTS_MAX]},
        )
