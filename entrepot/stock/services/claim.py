from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.stock.services.told import tell
from entrepot.stock.services.waiting import LOCK_TIMEOUT, waiting
from entrepot.stock.types import HOUSE, Claimed, ClaimLine

LINES_MAX = 200  # order lines in one claim


class OutOfStock(Refusal):
    """`lines`: [{line_id, sku_id, warehouse_id, left}] for each line that could not be served; nothing was held."""

    code = "out_of_stock"
    zh = "库存不足，无法满足所选数量"
    en = "There is not enough stock for the quantity chosen"


class ClaimRaced(Refusal):
    """The same lines were claimed at the same moment by another call; asking again finds what it held."""

    code = "claim_raced"
    zh = "同一订单正在占用库存，请重试"
    en = "The same lines are being claimed by another request; please try again"


def claim(
    *, buyer_id: UUID, parcel_claims: Sequence[ClaimLine], reference: UUID, expires_at: datetime, now: datetime
) -> list[Claimed]:
    """Hold units for all the lines or for none, first expired first out, from our own sellable goods.

    A line held already under this reference is returned as it is, whatever its quantity now says. Refuses OutOfStock,
    ClaimRaced, CannotWait; after a refusal the caller's transaction must end.
    """
    if not 0 < len(parcel_claims) <= LINES_MAX or min(line.quantity for line in parcel_claims) < 1:
        raise ValueError(f"1 to {LINES_MAX} lines of at least one unit")
    params = {
        "line_ids": [line.line_id for line in parcel_claims],
        "bases": [new_id() for _ in parcel_claims],
        "sku_ids": [line.sku_id for line in parcel_claims],
        "warehouse_ids": [line.warehouse_id for line in parcel_claims],
        "quantities": [line.quantity for line in parcel_claims],
        "reference": reference,
        "buyer_id": buyer_id,
        "owner_id": HOUSE,
        "day": day_in(CHINA, now),
        "at": now,
        "expires_at": expires_at,
        "lock_timeout": LOCK_TIMEOUT,
    }
    with transaction.atomic(savepoint=False):
        rows = _hold(params)
        short = [row for row in rows if row["short"]]
        if short:
            raise OutOfStock(
                lines=[
                    {
                        "line_id": str(row["line_id"]),
                        "sku_id": str(row["sku_id"]),
                        "warehouse_id": str(row["warehouse_id"]),
                        "left": row["quantity"],
                    }
                    for row in short
                ]
            )
        tell(sku_ids={row["sku_id"] for row in rows if row["gone"]})
    return [
        Claimed(
            claim_id=row["claim_id"],
            line_id=row["line_id"],
            sku_id=row["sku_id"],
            warehouse_id=row["warehouse_id"],
            lot_id=row["lot_id"],
            quantity=row["quantity"],
        )
        for row in rows
    ]


def _hold(params: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        with waiting():
            return sql.rows(sql.load("stock", "claim"), params)
    except IntegrityError as clash:
        if isinstance(clash.__cause__, UniqueViolation):
            raise ClaimRaced from clash
        raise
