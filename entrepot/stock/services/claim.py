from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.stock import cached
from entrepot.stock.services.receive import lock_levels
from entrepot.stock.services.told import tell
from entrepot.stock.services.waiting import LOCK_TIMEOUT_MS, waiting
from entrepot.stock.types import HOUSE, Claimed, ClaimLine, ClaimWish

LINES_MAX = 2_500  # in one claim: the fifty lines of a basket, each from as many warehouses as a payment has shares


class OutOfStock(Refusal):
    """`lines`: [{reference, line_id, sku_id, warehouse_id, left}] for each line that could not be served; nothing was
    held for anybody."""

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
    return claim_many(wishes=[ClaimWish(reference, buyer_id, tuple(parcel_claims), expires_at)], now=now)


def claim_many(*, wishes: Sequence[ClaimWish], now: datetime, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> list[Claimed]:
    """`claim` for many orders in one statement, first come first served. Where one cannot be served nothing is held:
    OutOfStock names those that have no hope, and the caller asks again for the others."""
    for wish in wishes:
        if not 0 < len(wish.lines) <= LINES_MAX or min(line.quantity for line in wish.lines) < 1:
            raise ValueError(f"1 to {LINES_MAX} lines of at least one unit")
    rows: list[dict[str, Any]] = []
    with transaction.atomic(savepoint=False):
        for params in _statements(wishes, now, f"{lock_timeout_ms}ms"):
            rows += _hold(params)
            short = [row for row in rows if row["short"]]
            if short:
                named = ("reference", "line_id", "sku_id", "warehouse_id")
                raise OutOfStock(
                    lines=[{**{name: str(row[name]) for name in named}, "left": row["quantity"]} for row in short]
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


def _statements(wishes: Sequence[ClaimWish], now: datetime, lock_timeout: str) -> Iterator[dict[str, Any]]:
    """Parameters of the one statement. Only where channels ask for different shelf lives there is one for each, the
    strictest first: it could use fewest lots. Then all levels are locked before, so that locks stay in key order."""
    today = day_in(CHINA, now)
    places: dict[date, list[int]] = {}
    for place, wish in enumerate(wishes):
        places.setdefault(cached.sold_until(today, [wish.channel_id]), []).append(place)
    if len(places) > 1:
        goods = [(line.sku_id, line.warehouse_id) for wish in wishes for line in wish.lines]
        lock_levels(lines=goods, timeout=lock_timeout)
    for day in sorted(places, reverse=True):
        lines = [_columns(place, wishes[place], line) for place in places[day] for line in wishes[place].lines]
        yield {
            "wishes": sql.document([{"n": n, **line} for n, line in enumerate(lines)]),
            "owner_id": HOUSE,
            "day": day,
            "at": now,
            "lock_timeout": lock_timeout,
        }


def _columns(place: int, wish: ClaimWish, line: ClaimLine) -> dict[str, Any]:
    return {
        "place": place,
        "reference": wish.reference,
        "buyer_id": wish.buyer_id,
        "expires_at": wish.expires_at,
        "base": new_id(),
        "line_id": line.line_id,
        "sku_id": line.sku_id,
        "warehouse_id": line.warehouse_id,
        "quantity": line.quantity,
    }


def _hold(params: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        with waiting():
            return sql.hot_rows(sql.load("stock", "claim"), params)
    except IntegrityError as clash:
        if isinstance(clash.__cause__, UniqueViolation):
            raise ClaimRaced from clash
        raise
