"""What the night does: days are closed, and every book of stock is held against the others."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max, Min

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid
from entrepot.outbox.services import defer
from entrepot.stock import cached
from entrepot.stock.lot_models import Closing, LotCost, ShelfLife, SoFar, StockAudit
from entrepot.stock.models import Level, Movement
from entrepot.stock.selectors.bonded import book_states
from entrepot.stock.selectors.goods import discrepancies
from entrepot.stock.selectors.worth import DAY, begins, since, totals
from entrepot.stock.services.told import TURNED

FOUND_KEPT = 100
MANY = 20_000  # facts: a tenth of a second
SETTLED = timedelta(hours=1)  # by then everything that began before a day's end is written
ID_TIME = 80  # bits below the time of an id
DAYS_MAX = 3_650
_log = logging.getLogger(__name__)


class ShelfLifeInvalid(Invalid):
    code = "shelf_life_invalid"
    zh = "最短剩余保质期应为0到{most}天"
    en = "The shelf life that must be left is 0 to {most} days"


def put_shelf_life(*, channel_id: UUID, days: int, now: datetime) -> None:
    """Goods sold there must have so many days of shelf life left; 0: none. Other processes heed it within
    `cached.KEPT_S`; then is told of what may be sold there from now on, or no more. Refuses ShelfLifeInvalid."""
    if not 0 <= days <= DAYS_MAX:
        raise ShelfLifeInvalid(field="days", most=DAYS_MAX)
    with transaction.atomic():
        before = ShelfLife.objects.filter(channel_id=channel_id).values_list("days_min", flat=True).first() or 0
        ShelfLife.objects.update_or_create(channel_id=channel_id, defaults={"days_min": days})
        args = {"least": min(before, days), "most": max(before, days)}
        defer(job=TURNED, lock=None, args=args, run_at=now + timedelta(seconds=2 * cached.KEPT_S))
        transaction.on_commit(cached.forget_shelf_lives)
    cached.forget_shelf_lives()


def close_days(*, now: datetime) -> int:
    """Write the closing of every day that has ended since the last one (in China), and again from the day on to which
    something counts that was written after it was closed. Returns how many days."""
    last = day_in(CHINA, now - SETTLED) - DAY
    with transaction.atomic():
        first = _late_day() or _day_after(Closing.objects.aggregate(last=Max("day"))["last"])
        if first is None or first > last:
            return 0
        Closing.objects.filter(day__gte=first).delete()
        sql.run("SET LOCAL work_mem = '64MB'")
        params = {**since(first - DAY), "first": first, "last": last, "until": begins(last + DAY), "base": new_id()}
        sql.run(sql.load("stock", "close_days"), params)
    return (last - first).days + 1


def sum_up_today(*, now: datetime, many: int = MANY) -> bool:
    """Keep what our goods are worth so far today (in China), where so many facts follow the last closing that nobody
    should wait for their sum; else it is not kept. Whether it was."""
    today = day_in(CHINA, now)
    after = since(today)["since"]
    facts = sum(table.objects.filter(at__gte=after)[:many].count() for table in (Movement, LotCost))
    if facts < many:
        SoFar.objects.all().delete()
        return False
    kept = {"at": now, "totals": msgspec.to_builtins(totals(on=today))}
    SoFar.objects.update_or_create(day=today, defaults=kept)
    SoFar.objects.exclude(day=today).delete()
    return True


def _day_after(closed: date | None) -> date | None:
    """The day to be closed next; the one in which the ledger begins, None where it has not begun."""
    if closed:
        return closed + DAY
    first = Movement.objects.aggregate(first=Min("at"))["first"]
    return day_in(CHINA, first) if first else None


def _late_day() -> date | None:
    """The first closed day to which something counts that was written later, as ids tell."""
    newest = Closing.objects.order_by("-id").first()
    if newest is None:
        return None
    until = begins(Closing.objects.aggregate(last=Max("day"))["last"] + DAY)
    params = {"written": UUID(int=newest.id.int >> ID_TIME << ID_TIME), "until": until}
    (row,) = sql.rows(sql.load("stock", "written_late"), params)
    return day_in(CHINA, row["first"]) if row["first"] else None


def audit_stock(*, now: datetime) -> int:
    """Hold ledger, levels, claims, costs, the newest closing and account books against each other and keep what was
    found. Reports only: returns how many are wrong."""
    found = [
        {"rule": one.rule, "sku_id": str(one.sku_id), "where": str(one.level_id), "expected": str(one.expected),
         "found": str(one.found)}
        for one in discrepancies()
    ]  # fmt: skip
    day = Closing.objects.aggregate(last=Max("day"))["last"]
    params = {"day": day, "until": begins(day + DAY) if day else None}
    found += [
        {"rule": row["rule"], "sku_id": row["sku_id"], "where": row["where_"],
         "expected": str(row["expected"]), "found": str(row["found"])}
        for row in sql.rows(sql.load("stock", "cost_audit"), params)
    ]  # fmt: skip
    found += [
        {"rule": "book", "sku_id": str(one.sku_id), "where": f"{one.book} {one.item_record}",
         "expected": str(one.balance), "found": str(one.balance - one.wrong)}
        for one in book_states()
        if one.wrong
    ]  # fmt: skip
    StockAudit.objects.create(at=now, levels=Level.objects.count(), wrong=len(found), found=found[:FOUND_KEPT])
    if found:
        _log.warning("stock: %s books disagree", len(found))
    return len(found)
