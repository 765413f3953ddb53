"""All of a lot is taken off sale at once, whatever warehouse it lies in: a recall begins so. What orders hold of it
does not leave; it is replaced by other lots where there are some.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.stock import models as tables
from entrepot.stock.services.claim import OutOfStock, claim_many
from entrepot.stock.services.close import release
from entrepot.stock.services.receive import lock_levels
from entrepot.stock.services.told import tell
from entrepot.stock.types import ClaimLine, ClaimState, ClaimWish, CustomsState

LOTS_MAX = 200


def hold_lots(*, lots: Collection[tuple[UUID, UUID]], reference: str, now: datetime) -> int:
    """Every free unit of these lots (sku_id, lot_id) goes into quarantine; what is under way between warehouses when it
    has arrived and this is called again. Returns how many.

    What orders have claimed stays claimed, and does not leave any more: `ship` refuses LotStopped. The levels stay
    locked until the caller's transaction ends: who reads claims after it in the same transaction knows all of them. The
    reference is to be new each time. Refuses CannotWait.
    """
    if len(lots) > LOTS_MAX or not 0 < len(reference) <= 60:
        raise ValueError(f"at most {LOTS_MAX} lots, under a reference")
    keys = {"sku_ids": sorted({sku for sku, _ in lots}), "lot_ids": sorted({lot for _, lot in lots})}
    with transaction.atomic():
        # Locked before their levels are read: a receipt, which makes levels elsewhere, locks its lots first too.
        lots_of = tables.Lot.objects.select_for_update(no_key=True).filter(id__in=keys["lot_ids"])
        list(lots_of.order_by("id").values_list("id"))
        levels = tables.Level.objects.filter(sku_id__in=keys["sku_ids"], lot_id__in=keys["lot_ids"])
        places = sorted({(one.sku_id, one.warehouse_id, one.lot_id, one.owner_id) for one in levels})
        if not places:
            return 0
        _open_quarantine(places)
        lock_levels(lines=[(sku, warehouse) for sku, warehouse, _, _ in places])
        sql.run(sql.load("stock", "stop"), keys)
        held = sql.rows(sql.load("stock", "hold"), {**keys, "base": new_id(), "reference": reference, "at": now})
        tell(sku_ids=[row["sku_id"] for row in held])
    return sum(row["units"] for row in held)


def resume_lots(*, lots: Collection[tuple[UUID, UUID]]) -> None:
    """What was stopped of these lots may be claimed and leave again. What was set aside stays so: somebody ends that by
    `end_quarantine`, lot by lot. The levels stay locked until the caller's transaction ends. Refuses CannotWait."""
    keys = {"sku_ids": sorted({sku for sku, _ in lots}), "lot_ids": sorted({lot for _, lot in lots})}
    with transaction.atomic():
        rows = tables.Level.objects.filter(sku_id__in=keys["sku_ids"], lot_id__in=keys["lot_ids"])
        places = sorted(set(rows.values_list("sku_id", "warehouse_id")))
        if places:
            lock_levels(lines=places)
            sql.run(sql.load("stock", "resume"), keys)
            tell(sku_ids=keys["sku_ids"])


def _open_quarantine(places: list[tuple[UUID, UUID, UUID, UUID]]) -> None:
    """The levels that the units go to are there before they are locked."""
    sql.run(
        sql.load("stock", "open_levels"),
        {
            "level_ids": [new_id() for _ in places],
            "sku_ids": [one[0] for one in places],
            "warehouse_ids": [one[1] for one in places],
            "lot_ids": [one[2] for one in places],
            "owner_ids": [one[3] for one in places],
            "states": [CustomsState.QUARANTINED.value for _ in places],
        },
    )


class _NotTheSame(Exception):
    """Other goods than were declared."""


def replace_stopped(
    *, reference: UUID, sku_ids: Collection[UUID], channel_id: UUID, same_record: bool, now: datetime
) -> bool:
    """An order's lines that hold units of lots that are stopped or have expired hold other lots instead, each line
    whole, first expired first, and of what its channel may still sell. True when none of these lines holds any more;
    else they all hold what they held. `same_record`: only lots of the item record that customs was told. Refuses
    CannotWait."""
    with transaction.atomic():
        rows = tables.Claim.objects.select_for_update(of=("self",)).select_related("level__lot")
        mine = rows.filter(sku_id__in=sku_ids, reference=reference, state=ClaimState.OPEN).order_by("sku_id", "id")
        held: dict[UUID, list[tables.Claim]] = {}
        for one in mine:
            held.setdefault(one.line_id, []).append(one)
        today = day_in(CHINA, now)
        lines = [of for of in held.values() if any(_stays(one.level, today) for one in of)]
        if not lines:
            return True
        try:
            with transaction.atomic():
                _replace(reference, lines, channel_id, same_record, now)
        except (OutOfStock, _NotTheSame):
            return False
    return True


def _stays(level: tables.Level, today: date) -> bool:
    return level.stopped or (level.lot.expires_on is not None and level.lot.expires_on <= today)


def _replace(
    reference: UUID, lines: list[list[tables.Claim]], channel_id: UUID, same_record: bool, now: datetime
) -> None:
    first = lines[0][0]
    skus = sorted({of[0].sku_id for of in lines})
    release(reference=reference, sku_ids=skus, line_ids=[of[0].line_id for of in lines], now=now)
    goods = tuple(
        ClaimLine(of[0].line_id, of[0].sku_id, of[0].level.warehouse_id, sum(one.quantity for one in of))
        for of in lines
    )
    wish = ClaimWish(reference, first.buyer_id, goods, first.expires_at, channel_id)
    got = claim_many(wishes=[wish], now=now)
    if same_record:
        told = {of[0].line_id: {one.level.lot.item_record for one in of} for of in lines}
        records = dict(tables.Lot.objects.filter(id__in=[one.lot_id for one in got]).values_list("id", "item_record"))
        if any(records[one.lot_id] not in told[one.line_id] for one in got):
            raise _NotTheSame
