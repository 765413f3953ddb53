"""The one writer of days of sales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import DatabaseError, connection
from psycopg.errors import DeadlockDetected, UniqueViolation

from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.replenishment.models import DayOfSales

CHUNK = 5_000
_KEPT = "id, source, article, sku_id, place, day, units, cancelled, returned"


@contextmanager
def once(refusal: Refusal) -> Iterator[None]:
    """Of two who write the same at the same moment the database lets one through; the other is refused by name. Around
    the transaction. COPY's errors are the driver's, those of the ORM have them as their cause."""
    try:
        yield
    except (DatabaseError, UniqueViolation, DeadlockDetected) as no:
        if isinstance(no, UniqueViolation | DeadlockDetected) or isinstance(
            no.__cause__, UniqueViolation | DeadlockDetected
        ):
            raise refusal from no
        raise


@dataclass(frozen=True, slots=True)
class Covered:
    """The days of a source, or of some of its places, that new rows stand for."""

    source: str
    since: date
    until: date
    places: Sequence[str] | None = None


def replace_days(covered: Covered, rows: Iterator[tuple[Any, ...]]) -> int:
    """Rows (article, sku_id, place, day, units, cancelled, returned) take the place of what the days had. In the
    caller's transaction."""
    old = DayOfSales.objects.filter(source=covered.source, day__range=(covered.since, covered.until))
    (old if covered.places is None else old.filter(place__in=covered.places)).delete()
    count = 0
    while chunk := list(islice(rows, CHUNK)):
        with connection.cursor() as cursor, cursor.copy(f"COPY replenishment_dayofsales ({_KEPT}) FROM STDIN") as copy:
            for row in chunk:
                copy.write_row((new_id(), covered.source, *row))
        count += len(chunk)
    return count
