"""For races: works that begin at the same moment, and places where racers wait for each other. None of them gives up a
lock meanwhile: what it came to would then depend on the speed of the machine."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from time import monotonic
from typing import Any, TypeVar
from unittest import mock

from django.db import IntegrityError, connection, transaction

from entrepot.kit import sql
from entrepot.kit.refusals import Refusal

T = TypeVar("T")
WAIT_S = 60
PAUSE = "set_config('lock_timeout', %(lock_timeout)s, true)"  # where hot statements may wait before they look

_LIMITS = {"lock_timeout", "statement_timeout"}
_MEET = """
DROP SEQUENCE IF EXISTS racers_met;
CREATE SEQUENCE racers_met MINVALUE 0;
CREATE OR REPLACE FUNCTION meet(racers int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('racers_met');
    FOR waited IN 1..6000 LOOP
        EXIT WHEN (SELECT last_value FROM racers_met) >= racers - 1;
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN '';
END $$
"""
_WAITING = """
SELECT count(DISTINCT w.pid)::int AS n FROM pg_locks w
 WHERE NOT w.granted AND w.locktype IN ('transactionid', 'tuple')
   AND w.pid IN (SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                  WHERE d.datname = current_database())
"""


def meeting(racers: int) -> str:
    """An SQL expression (text) that returns once this many statements have come to it, a minute at most: each has then
    taken its snapshot and none has written, however slowly the others came."""
    with connection.cursor() as cursor:
        cursor.execute(_MEET)
    return f"meet({racers})"


def until_waiting(racers: int) -> None:
    """Return once this many statements wait for rows that somebody holds. Raises AssertionError after a minute."""
    pause, until = threading.Event(), monotonic() + WAIT_S
    while sql.rows(_WAITING)[0]["n"] < racers:
        if monotonic() > until:
            raise AssertionError(f"fewer than {racers} wait")
        pause.wait(0.01)


@contextmanager
def unhurried() -> Iterator[None]:
    """Whoever waits for a lock waits a minute, whatever the verb allows. Not in two threads at a time: what one patched
    the other would put back for good."""

    def run(plain: Callable[..., Any], statement: str, params: Any = ()) -> Any:
        limits = _LIMITS.intersection(params) if isinstance(params, Mapping) else ()
        return plain(statement, {**params, **dict.fromkeys(limits, f"{WAIT_S}s")} if limits else params)

    with ExitStack() as patched:
        for name in ("rows", "run", "hot"):
            patched.enter_context(mock.patch.object(sql, name, partial(run, getattr(sql, name))))
        yield


def at_once(works: Sequence[Callable[[], T]], *, connected: bool = True) -> list[T]:
    """What each gave, in their order. All begin at the same moment, each on a connection of its own; not `connected`
    before they begin where most only wait, and there are more of them than the server takes."""
    meet = threading.Barrier(len(works), timeout=WAIT_S)

    def one(work: Callable[[], T]) -> T:
        try:
            if connected:
                connection.ensure_connection()
            meet.wait()
            return work()
        finally:
            connection.close()

    with unhurried(), ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def alone(work: Callable[[], T]) -> T:
    """What it gives, its thread's connection closed behind it."""
    try:
        return work()
    finally:
        connection.close()


def behind(first: Callable[[], object], works: Sequence[Callable[[], T]]) -> list[T]:
    """What others come to who began to wait, one after the other, for rows that `first` changed and then commits: what
    their statements saw when they began is not what they are to be judged by."""
    with ThreadPoolExecutor(len(works) + 1) as pool, unhurried():
        with transaction.atomic():
            first()
            waiting = []
            for n, work in enumerate(works, 1):
                waiting.append(pool.submit(alone, work))
                pool.submit(alone, partial(until_waiting, n)).result(WAIT_S)
        return [each.result(WAIT_S) for each in waiting]


def racing(works: Sequence[Callable[[], object]]) -> list[str]:
    """`at_once`; what each came to, sorted: the text of its answer, or the code of its refusal. Whoever is told to come
    again does so."""
    until = monotonic() + WAIT_S

    def answer(work: Callable[[], object]) -> str:
        while True:
            try:
                return str(work())
            except Refusal as no:
                if no.retry_after_s is None or monotonic() > until:
                    return no.code
            except IntegrityError as no:
                return type(no).__name__

    return sorted(at_once([partial(answer, work) for work in works]))


def outcomes(works: Sequence[Callable[[], object]]) -> Counter[str]:
    """`racing`, counted: how many are `done`, and how many came to each refusal."""

    def done(work: Callable[[], object]) -> str:
        work()
        return "done"

    return Counter(racing([partial(done, work) for work in works]))
