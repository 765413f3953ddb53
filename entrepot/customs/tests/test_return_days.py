"""Until when goods of a released list may be asked back and be back: days in China, from a dated table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from entrepot.customs.rules import return_days as days

MIDNIGHT = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)  # the first of November in China begins


def row(**changes: str) -> dict[str, str]:
    fields = {"valid_from": "2020-01-01", "valid_to": "", "apply_days": "30", "back_days": "45"}
    return {**fields, "first_day_counts": "0", "source": "a law", **changes}


@pytest.mark.parametrize(
    ("at", "released_on"),
    [
        (MIDNIGHT - timedelta(microseconds=1), date(2026, 10, 31)),
        (MIDNIGHT, date(2026, 11, 1)),
        (MIDNIGHT + timedelta(hours=24), date(2026, 11, 2)),
    ],
)
def test_days_are_counted_from_the_day_of_release_in_china(at: datetime, released_on: date) -> None:
    found = days.window(days.table(), released_at=at)
    assert found is not None
    assert found.released_on == released_on
    assert (found.apply_by - released_on).days == 30
    assert (found.back_by - released_on).days == 45
    assert "45/2020" in found.source


def test_the_row_in_force_at_release_counts() -> None:
    table = days.parse(
        [row(valid_to="2026-11-01", apply_days="7", back_days="9"), row(valid_from="2026-11-01", first_day_counts="1")]
    )
    before = days.window(table, released_at=MIDNIGHT - timedelta(seconds=1))
    after = days.window(table, released_at=MIDNIGHT)
    assert before is not None
    assert after is not None
    assert (before.apply_by, before.back_by) == (date(2026, 11, 7), date(2026, 11, 9))
    assert (after.apply_by, after.back_by) == (date(2026, 11, 30), date(2026, 12, 15))  # the day of release is day one
    assert days.window(table, released_at=datetime(2019, 12, 31, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "rows",
    [
        [row(), row(valid_from="2026-01-01")],
        [row(apply_days="50")],
        [row(apply_days="0")],
        [row(source="")],
    ],
)
def test_a_table_that_contradicts_itself_is_no_table(rows: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="days"):
        days.parse(rows)
