"""How long a verb waits for another's locks, and what it says when it gives up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from entrepot.kit.refusals import Refusal

LOCK_TIMEOUT_MS = 2_000
LOCK_TIMEOUT = f"{LOCK_TIMEOUT_MS}ms"


class CannotWait(Refusal):
    """Others held the same goods for longer than the lock timeout. Nothing was written."""

    code = "stock_busy"
    status = 503
    retry_after_s = 1
    zh = "抢购人数过多，请稍后重试"
    en = "Many buyers want these goods right now; please try again"


@contextmanager
def waiting() -> Iterator[None]:
    """Turns a lock that was not had in time into CannotWait."""
    try:
        yield
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise CannotWait from late
        raise
