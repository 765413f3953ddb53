"""What the night does: months are closed, and every book of stock is held against the others."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid
from entrepot.stock import cached
from entrepot.stock.lot_models import Closing, ClosingSum, ShelfLife, StockAudit
from entrepot.stock.models import Level, Movement
from entrepot.stock.selectors.bonded import book_states
from entrepot.stock.selectors.goods import discrepancies
from entrepot.stock.selectors.worth import BEGINNING, begins

FOUND_KEPT = 100
SETTLED = timedelta(hours=1)  # by then everything that began before a month's end is written
DAYS_MAX = 3_650
_log = logging.getLogger(__name__)


class ShelfLifeInvalid(Invalid):
    code = "shelf_life_invalid"
    zh = "最短剩余保质期应为0到{most}天"
    en = "The shelf life that must be left is 0 to {most} days"


def put_shelf_life(*, channel_id: UUID, days: int) -> None:
    """Goods sold there must have so many days of shelf life left; 0: none. Other processes heed it within
    `cached.KEPT_S`. Refuses ShelfLifeInvalid."""
    if not 0 <= days <= DAYS_MAX:
        raise ShelfLifeInvalid(field="days", most=DAYS_MAX)
    with transaction.atomic():
        ShelfLife.objects.update_or_create(channel_id=channel_id, defaults={"days_min": days})
        transaction.on_commit(cached.forget_shelf_lives)
    cached.forget_shelf_lives()


def close_months(*, now: datetime) -> int:
    """Write the closing of every month that has ended since the last one (in China). Returns how many months."""
    done = 0
    before: date | None = ClosingSum.objects.aggregate(last=Max("month"))["last"]
    month = _after(before or _first_month(now))
    while begins(month) + SETTLED <= now:
        params = {"month": month, "until": begins(month), "before": before, "since": begins(before or BEGINNING)}
        with transaction.atomic():
            sql.run(sql.load("stock", "close_month"), {**params, "base": new_id()})
            if sql.run(sql.load("stock", "sum_month"), {**params, "base": new_id()}):
                before, done = month, done + 1
        month = _after(month)
    return done


def audit_stock(*, now: datetime) -> int:
    """Hold ledger, levels, claims, costs, the newest closing and account books against each other and keep what was
    found. Reports only: returns how many are wrong."""
    found = [
        {"rule": one.rule, "sku_id": str(one.sku_id), "where": str(one.level_id), "expected": str(one.expected),
         "found": str(one.found)}
        for one in discrepancies()
    ]  # fmt: skip
    month = Closing.objects.aggregate(last=Max("month"))["last"]
    params = {"month": month, "until": begins(month) if month else None}
    found += [
        {"rule": row["rule"], "sku_id": str(row["sku_id"]), "where": str(row["where_"]),
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


def _first_month(now: datetime) -> date:
    """The month in which the ledger begins; this one, where it has not begun."""
    first = Movement.objects.aggregate(first=Min("at"))["first"] or now
    return day_in(CHINA, first).replace(day=1)


def _after(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=32)).replace(day=1)
