"""What the customs desk did, written down by the day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import first_id, new_id

DAYS_BACK = 15  # reckoned again each hour: receipts come days late


def close_days(*, now: datetime) -> int:
    """Reckon the days gone by, in China, and write them down. Returns how many. Repeatable."""
    today = day_in(CHINA, now)
    begin = datetime.combine(today - timedelta(days=DAYS_BACK), time(), CHINA)
    end = datetime.combine(today, time(), CHINA)
    ids = [new_id() for _ in range(DAYS_BACK)]
    params = {"begin": begin, "end": end, "first": first_id(begin), "ids": ids, "at": now}
    with transaction.atomic():
        return sql.run(sql.load("customs", "close_days"), params)
