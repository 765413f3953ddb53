"""The log as it is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from entrepot.audit import selectors
from entrepot.audit.models import Entry
from entrepot.kit import sql
from entrepot.kit.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_what_was_done_at_one_moment_is_on_one_page_each() -> None:
    """What one job reads is written down with one time; the server may sort the rows anew for each page."""
    buyer, count = new_id(), 6 * selectors.page_size
    subjects = [new_id() for _ in range(count)]
    told = {"actor": "system:test", "buyer_id": buyer, "reason": "x", "subject_kind": "parcel"}
    rows = [
        Entry(subject_id=one, at=NOW + timedelta(seconds=i % 3), action="test", **told)
        for i, one in enumerate(subjects)
    ]
    Random(7).shuffle(rows)
    Entry.objects.bulk_create(rows)
    sql.run("SET LOCAL enable_indexscan = off")
    pages = [selectors.of_buyer(buyer_id=buyer, page=page) for page in range(1, 8)]
    assert [len(page) for page in pages] == [selectors.page_size] * 6 + [0]
    assert {entry.subject_id for page in pages for entry in page} == set(subjects)
