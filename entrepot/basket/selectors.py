"""Questions about baskets."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from entrepot.basket.types import BasketLine
from entrepot.kit import sql


def lines(*, buyer_id: UUID, storefront_id: UUID) -> list[BasketLine]:
    """The basket in the order things were put in."""
    return lines_of(baskets=[(buyer_id, storefront_id)]).get((buyer_id, storefront_id), [])


def lines_of(*, baskets: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[BasketLine]]:
    """Baskets by (buyer_id, storefront_id), each in the order things were put in; empty ones are left out."""
    wanted = set(baskets)
    params = {"buyer_ids": [one for one, _ in wanted], "storefront_ids": [one for _, one in wanted]}
    found: dict[tuple[UUID, UUID], list[BasketLine]] = {}
    for row in sql.hot_rows(sql.load("basket", "lines"), params):
        line = BasketLine(buyer_id=row["buyer_id"], sku_id=row["sku_id"], quantity=row["quantity"])
        found.setdefault((row["buyer_id"], row["storefront_id"]), []).append(line)
    return found


def count(*, buyer_id: UUID, storefront_id: UUID) -> int:
    """Units in the basket: the number on its badge."""
    params = {"buyer_id": buyer_id, "storefront_id": storefront_id}
    return int(sql.hot_rows(sql.load("basket", "count"), params)[0]["units"])
