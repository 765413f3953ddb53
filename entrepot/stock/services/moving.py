"""Units that move between levels or change by a count: all lines or none, each once by its reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.stock import cached
from entrepot.stock.services.told import tell
from entrepot.stock.types import MovementKind


@dataclass(frozen=True, slots=True)
class Step:
    """`change` units on hand of one level, more or fewer."""

    sku_id: UUID
    level_id: UUID
    kind: MovementKind
    change: int
    reference: str


def move(*, steps: Sequence[Step], now: datetime) -> list[dict[str, Any]]:
    """Take the steps if every level keeps what is claimed of it; one row a step as `sql/move.sql` says. Nothing is
    written where one does not fit: the caller refuses. In a transaction, the levels locked."""
    if not steps:
        return []
    params = {
        "lines": sql.document(
            [
                {
                    "n": n, "id": new_id(), "sku_id": one.sku_id, "level_id": one.level_id, "kind": one.kind.value,
                    "change": one.change, "reference": one.reference,
                }
                for n, one in enumerate(steps)
            ]
        ),
        "at": now,
        "days": cached.days_of_sale(now),
    }  # fmt: skip
    rows = sql.rows(sql.load("stock", "move"), params)
    if all(row["fits"] for row in rows):
        tell(sku_ids={row["sku_id"] for row in rows if row["crossed"]})
    return rows
