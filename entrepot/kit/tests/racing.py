"""For races: works that begin at the same moment, and a place in a statement where racers wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from django.db import IntegrityError, connection

from entrepot.kit.refusals import Refusal

WAIT_S = 60
PAUSE = "set_config('lock_timeout', %(lock_timeout)s, true)"  # where hot statements may wait before they look

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


def meeting(racers: int) -> str:
    """An SQL expression (text) that returns once this many statements have come to it, a minute at most: each has then
    taken its snapshot and none has written, however slowly the others came."""
    with connection.cursor() as cursor:
        cursor.execute(_MEET)
    return f"meet({racers})"


def racing(works: Sequence[Callable[[], object]]) -> list[str]:
    """All at once, each on a connection of its own; what each came to, sorted: the text of its answer, or the code of
    its refusal. Whoever is told to come again, for the machine is slow, does so."""
    meet, until = threading.Barrier(len(works), timeout=WAIT_S), monotonic() + WAIT_S

    def answer(work: Callable[[], object]) -> str:
        while True:
            try:
                return str(work())
            except Refusal as no:
                if no.retry_after_s is None or monotonic() > until:
                    return no.code

    def one(work: Callable[[], object]) -> str:
        try:
            meet.wait()
            return answer(work)
        except IntegrityError as no:
            return type(no).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(one, works))
