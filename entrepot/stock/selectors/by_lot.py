"""Questions about lots and the orders they went to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.stock.models import Claim
from entrepot.stock.models import Lot as LotRow
from entrepot.stock.selectors.goods import lot_of
from entrepot.stock.types import ClaimState, Lot, LotClaim, LotUnits

LOTS_MAX = 500
ENDING_MAX = 2_000
FIRST = (UUID(int=0), UUID(int=0), 0)


def lots_of(*, sku_ids: Collection[UUID]) -> list[Lot]:
    """The lots of articles, by article and code; at most `LOTS_MAX`."""
    return [lot_of(row) for row in LotRow.objects.filter(sku_id__in=sku_ids).order_by("sku_id", "code")[:LOTS_MAX]]


def lots_ending(*, sku_ids: Collection[UUID], ending: str) -> list[Lot]:
    """Lots of articles whose code ends so, by article and code; at most `ENDING_MAX`."""
    rows = LotRow.objects.filter(sku_id__in=sku_ids, code__endswith=ending).order_by("sku_id", "code")
    return [lot_of(row) for row in rows[:ENDING_MAX]]


def moved_lots(*, since: datetime, until: datetime, after: tuple[UUID, UUID], most: int) -> list[tuple[UUID, UUID]]:
    """Lots (sku_id, lot_id) that came or left in a time, in their order from the one after `after` on."""
    params = {"since": since, "until": until, "sku_id": after[0], "lot_id": after[1], "most": most}
    return [(row["sku_id"], row["lot_id"]) for row in sql.rows(sql.load("stock", "moved_lots"), params)]


def units_of_lots(*, lots: Collection[tuple[UUID, UUID]]) -> dict[UUID, LotUnits]:
    """How the units of lots (sku_id, lot_id) stand, by lot. One statement."""
    return {row["lot_id"]: LotUnits(**row) for row in sql.rows(sql.load("stock", "units_of_lots"), _keys(lots))}


def open_claims(*, lots: Collection[tuple[UUID, UUID]]) -> list[LotClaim]:
    """What orders that have not left hold of lots (sku_id, lot_id). One statement."""
    return [_claim(row) for row in sql.rows(sql.load("stock", "open_of_lots"), _keys(lots))]


def shipped_claims(*, sku_id: UUID, lot_id: UUID, after: tuple[UUID, UUID, int] = FIRST, most: int) -> list[LotClaim]:
    """What orders took of a lot with them, in the order of `LotClaim.key`, from the one after `after` on."""
    key = dict(zip(("reference", "line_id", "part"), after, strict=True))
    params = {"sku_id": sku_id, "lot_id": lot_id, "most": most, **key}
    return [_claim(row) for row in sql.rows(sql.load("stock", "shipped_of_lot"), params)]


def claims_now(*, sku_ids: Collection[UUID], ids: Collection[UUID]) -> dict[UUID, tuple[ClaimState, int]]:
    """How claims stand, and how many of their units are back, by claim. One statement."""
    rows = Claim.objects.filter(sku_id__in=sku_ids, id__in=ids).values_list("id", "state", "returned")
    return {claim_id: (ClaimState(state), returned) for claim_id, state, returned in rows}


def served_lines(*, sku_ids: Collection[UUID], line_ids: Collection[UUID]) -> set[UUID]:
    """Which of these order lines hold units, or took some with them. One statement."""
    rows = Claim.objects.filter(sku_id__in=sku_ids, line_id__in=line_ids).exclude(state=ClaimState.RELEASED)
    return set(rows.values_list("line_id", flat=True))


def _keys(lots: Collection[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {"sku_ids": sorted({sku for sku, _ in lots}), "lot_ids": sorted({lot for _, lot in lots})}


def _claim(row: Mapping[str, Any]) -> LotClaim:
    return LotClaim(**{**row, "state": ClaimState(row["state"])})


def lot_story(*, sku_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """Receipts of a lot and what left by day in China: {kind, at, warehouse_id, units, reference}. One statement."""
    return sql.rows(sql.load("stock", "lot_story"), {"sku_id": sku_id, "lot_id": lot_id})
