"""What goods are and were worth, and what lots cost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from sys import intern
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Sum

from entrepot.kit import sql
from entrepot.kit.clock import CHINA
from entrepot.kit.shapes import reader
from entrepot.stock import lot_models as tables
from entrepot.stock.models import Level as LevelRow
from entrepot.stock.models import Lot as LotRow
from entrepot.stock.selectors.goods import level_of
from entrepot.stock.types import HOUSE, Level
from entrepot.stock.types.lots import Audit, LotCost, LotFacts, MonthTotal, SoFar, Total, Worth, Wrong

AUDITS_SHOWN = 14
COSTS_MAX = 200
CHUNK = 2_000
BEGINNING, DAY = date(1970, 1, 1), timedelta(days=1)


def begins(day: date) -> datetime:
    """The instant at which a day begins in China."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)


def totals(*, on: date) -> list[Total]:
    """What our goods were worth at the end of a day (in China), by warehouse and currency."""
    times = since(on)
    if times["before"] == on:
        rows = tables.Closing.objects.filter(day=on).order_by("warehouse_id", "currency")
        return [Total(**row) for row in rows.values("warehouse_id", "currency", "units", "value")]
    with transaction.atomic():
        # A day's levels are joined in memory and looked up by key: a planner that fears the disk reads whole tables.
        sql.rows("SELECT set_config('work_mem', '64MB', true), set_config('random_page_cost', '1.1', true)")
        found = sql.rows(sql.load("stock", "totals"), {**times, "until": begins(on + DAY)})
    return [Total(**row) for row in found]


_totals = reader(list[Total], strict=False)


def so_far(*, on: date) -> SoFar | None:
    """What `services.sum_up_today` has kept of a day; None where it is summed up at sight (`totals`)."""
    row = tables.SoFar.objects.filter(day=on).first()
    return None if row is None else SoFar(row.at, _totals(row.totals))


def worths(*, levels: Collection[Level], on: date) -> dict[UUID, Worth]:
    """Units and value of these levels at the end of a day (in China), by level."""
    keys = [one.sku_id for one in levels], [one.id for one in levels]
    params = {"sku_ids": keys[0], "level_ids": keys[1], "until": begins(on + DAY)}
    return {row["level_id"]: Worth(**row) for row in sql.rows(sql.load("stock", "worth"), params)}


def every_worth(*, on: date, warehouse_id: UUID | None = None) -> Iterator[tuple[Level, Worth]]:
    """Every level of ours that had units at the end of a day, by article; read bit by bit."""
    rows = LevelRow.objects.select_related("lot").filter(owner_id=HOUSE).order_by("sku_id", "id")
    rows = rows.filter(warehouse_id=warehouse_id) if warehouse_id else rows
    last: UUID | None = None
    while found := list(_sku_chunk(rows, last)):
        levels = [level_of(row) for row in found]
        worth = worths(levels=levels, on=on)
        yield from ((one, worth[one.id]) for one in levels if worth[one.id].units)
        last = levels[-1].sku_id


def _sku_chunk(rows: Any, last: UUID | None) -> Sequence[LevelRow]:
    """Whole articles, so that the last one is not cut."""
    after = rows.filter(sku_id__gt=last) if last else rows
    head = list(after.values_list("sku_id", flat=True)[:CHUNK])
    return list(after.filter(sku_id__lte=head[-1])) if head else []


def month_totals(*, months: int = 13) -> list[MonthTotal]:
    """The value of all our goods when the last months began, the oldest first; as the night wrote it."""
    newest = tables.Closing.objects.aggregate(last=Max("day"))["last"]
    if newest is None:
        return []
    last = (newest + DAY).year * 12 + (newest + DAY).month - 1
    ends = [date(n // 12, n % 12 + 1, 1) - DAY for n in range(last - months + 1, last + 1)]
    rows = tables.Closing.objects.filter(day__in=ends).values("day", "currency").order_by("day", "currency")
    summed = rows.annotate(Sum("units"), Sum("value")).values_list("day", "currency", "units__sum", "value__sum")
    return [MonthTotal(day + DAY, currency, units, value) for day, currency, units, value in summed]


def audits() -> list[Audit]:
    """What the nightly audits found, the newest first."""
    rows = tables.StockAudit.objects.order_by("-at")[:AUDITS_SHOWN]
    return [Audit(row.at, row.levels, row.wrong, tuple(Wrong(**one) for one in row.found)) for row in rows]


def lot_facts(*, lots: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], LotFacts]:
    """What these lots (SKU, lot) bear costs by, at this moment; of those that exist, in no order."""
    with transaction.atomic():
        sql.run("SET LOCAL work_mem = '64MB'")  # a hundred thousand lots are looked for in memory
        rows = sql.tuples(sql.load("stock", "lot_facts"), {"lot_ids": sql.array(lot_id for _, lot_id in lots)})
        return {
            (sku_id, lot_id): LotFacts(sku_id, lot_id, code, cost, intern(currency), *units)
            for sku_id, lot_id, code, cost, currency, *units in rows
        }


def lots_named(*, names: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Ids of lots by SKU and code."""
    rows = LotRow.objects.filter(sku_id__in={sku_id for sku_id, _ in names}, code__in={code for _, code in names})
    found = {(row.sku_id, row.code): row.id for row in rows}
    return {name: found[name] for name in names if name in found}


def lot_costs(*, sku_id: UUID, lot_id: UUID) -> list[LotCost]:
    """Everything ever laid on a lot or taken back, the oldest first; at most `COSTS_MAX`."""
    names = list(LotCost.__dataclass_fields__)
    rows = tables.LotCost.objects.filter(sku_id=sku_id, lot_id=lot_id).order_by("at", "id").values(*names)
    return [LotCost(**row) for row in rows[:COSTS_MAX]]


def run_costs(*, run_id: UUID, lots: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[LotCost]]:
    """What a run laid on these lots, by SKU and lot, in the order it was laid."""
    names = list(LotCost.__dataclass_fields__)
    rows = tables.LotCost.objects.filter(
        sku_id__in={sku_id for sku_id, _ in lots},
        lot_id__in={lot_id for _, lot_id in lots},
        run_id=run_id,
        reverses=None,
    )
    found: dict[tuple[UUID, UUID], list[LotCost]] = {}
    for row in rows.order_by("id").values(*names):
        found.setdefault((row["sku_id"], row["lot_id"]), []).append(LotCost(**row))
    return found


def since(on: date) -> Mapping[str, Any]:
    """The day of the closing at the end of a day or before, None for none, and when that day had ended."""
    before = tables.Closing.objects.filter(day__lte=on).aggregate(last=Max("day"))["last"]
    return {"before": before, "since": begins(before + DAY if before else BEGINNING)}
