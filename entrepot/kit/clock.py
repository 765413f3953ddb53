"""Time is handed in. Only entry points (views, tasks, commands) call `now()`; verbs take it as an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def day_in(zone: ZoneInfo, at: datetime) -> date:
    """The calendar day at `at` in `zone`; tax years begin by local days. Raises ValueError if `at` is naive."""
    if at.tzinfo is None:
        raise ValueError("a naive time has no day")
    return at.astimezone(zone).date()


def span_of(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """The half-open span of a local day."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)
