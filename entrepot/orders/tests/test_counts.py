"""What the back office's first page counts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from secrets import token_bytes

import pytest

from entrepot.orders import selectors
from entrepot.orders.tests import makers

pytestmark = pytest.mark.django_db


def test_orders_are_counted_by_their_day_in_china() -> None:
    """16:30 UTC is half past midnight of the next day there."""
    for hour in (15, 16, 16):
        makers.placed(id_hash=token_bytes(32), placed_at=datetime(2026, 11, 20, hour, 30, tzinfo=UTC))
    days, parcels = selectors.overview(since=date(2026, 11, 20))
    assert (days, parcels["placed"]) == ({date(2026, 11, 20): 1, date(2026, 11, 21): 2}, 3)
    assert selectors.overview(since=date(2026, 11, 21))[0] == {date(2026, 11, 21): 2}
