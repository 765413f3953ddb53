"""The scheduler: one thread that looks what is due, a few for each party that send, so that a payment's notice never
waits behind what customs has to say. Any 2xx is "taken"; else again, later."""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from sqlite3 import Row
from typing import Any

from entrepot.sandbox.party import Party
from entrepot.sandbox.wire import Message, NotTaken, joined, post

SENDERS = 4  # of each party
FLYING_MAX = 50  # messages of a party that are handed to them; looked for again when half of these are sent
TIMEOUT_S = 10.0
WAIT_MAX_S = 60.0


def wait_s(attempts: int) -> float:
    """Back-off after so many failed attempts: 0.5, 1, 2, 4 … 60 s; twenty attempts span a quarter of an hour."""
    return float(min(0.5 * 2 ** (attempts - 1), WAIT_MAX_S))


class Scheduler:
    def __init__(self) -> None:
        self._parties: Sequence[Party] = ()
        self._wake = threading.Condition()
        self._stirred = False
        self._in_flight: dict[str, set[int]] = {}
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def wake(self) -> None:
        with self._wake:
            self._stirred = True
            self._wake.notify()

    def start(self, parties: Sequence[Party]) -> None:
        self._parties = parties
        self._in_flight = {party.name: set() for party in parties}
        self._pools = {party.name: ThreadPoolExecutor(SENDERS, thread_name_prefix=party.name) for party in parties}
        threading.Thread(target=self._run, name="scheduler", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._stirred = False
            for party in self._parties:
                self._start_due(party)
            # Before the condition is held: parties wake us with their own lock held, so theirs is always taken first.
            pause_s = self._pause_s()
            with self._wake:
                if not self._stirred:
                    self._wake.wait(pause_s)

    def _start_due(self, party: Party) -> None:
        flying = self._in_flight[party.name]
        with self._wake:
            without = frozenset(flying)
        if len(without) > FLYING_MAX // 2:
            return
        for bundle in _bundles(party, party.due(time.time(), limit=FLYING_MAX - len(without), without=without)):
            with self._wake:
                flying.update(row["id"] for row in bundle)
            self._pools[party.name].submit(self._send, party, bundle)

    def _pause_s(self) -> float:
        """Until the next message is due. Those in flight keep their old due time; the sender stirs when it is done,
        also where there is no room for more."""
        with self._wake:
            flying = {name: frozenset(ids) for name, ids in self._in_flight.items() if len(ids) <= FLYING_MAX // 2}
        free = [party for party in self._parties if party.name in flying]
        dues = [due for party in free if (due := party.next_due(flying[party.name])) is not None]
        if not dues:
            return 30.0
        return min(max(min(dues) - time.time(), 0.0), 30.0)

    def _send(self, party: Party, bundle: Sequence[dict[str, Any]]) -> None:
        try:
            found = [(row, party.compose(row["kind"], json.loads(row["payload"]))) for row in bundle]
            for url in dict.fromkeys(message.url if message else "" for _, message in found):
                self._deliver(party, [one for one in found if (one[1].url if one[1] else "") == url])
        except Exception:  # noqa: BLE001 a party's bug must not stop the others' messages
            traceback.print_exc()
            for row in bundle:
                party.missed(row["id"], "bug in the sandbox", wait_s(row["attempts"] + 1))
        finally:
            with self._wake:
                self._in_flight[party.name].difference_update(row["id"] for row in bundle)
                self._stirred = True
                self._wake.notify()

    def _deliver(self, party: Party, found: Sequence[tuple[dict[str, Any], Message | None]]) -> None:
        """Post what goes to one address; what was not taken is tried again, each alone."""
        answer = b""
        try:
            if messages := [message for _, message in found if message is not None]:
                answer = post(joined(messages), TIMEOUT_S)
        except NotTaken as error:
            for row, _ in found:
                party.missed(row["id"], str(error), wait_s(row["attempts"] + 1))
        else:
            for row, message in found:
                if message is not None:
                    party.told(row["kind"], json.loads(row["payload"]), answer)
                party.sent(row["id"])


def _bundles(party: Party, due: Sequence[Row]) -> list[list[dict[str, Any]]]:
    """What leaves together: new messages where the party does so, everything else alone, so that a message that is not
    taken does not hold up the others."""
    rows = [dict(row) for row in due]
    new = [row for row in rows if row["attempts"] == 0] if party.together() else []
    return [*([new] if new else []), *([row] for row in rows if row not in new)]
