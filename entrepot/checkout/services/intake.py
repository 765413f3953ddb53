"""The door through which a process places orders: while one batch is being committed, the next gathers.

Whoever finds nobody writing writes at once, on its own connection and in its own thread. Whoever comes meanwhile sits
down; when the batch is done, the first of those who wait writes for all of them. Nothing waits for a clock, and a lone
buyer for nobody. No thread belongs to it: who waits is a request that is being served, and each is answered.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from uuid import UUID

from django.db import connection

from entrepot.checkout.services.write import Agreed, Answer, write
from entrepot.kit.refusals import Refusal

BATCH_MAX = 64  # orders
WAITING_BATCHES_MAX = 4
Write = Callable[[Sequence[Agreed]], Mapping[UUID, Answer]]


class Busy(Refusal):
    """More orders wait than could be written soon. Nothing was written; the same key may be sent again."""

    code = "orders_busy"
    status = 429
    retry_after_s = 1
    zh = "下单人数过多，请稍候再试；重新提交不会重复下单"
    en = "Very many people are ordering right now; please try again in a moment. You will not order twice"


class Unanswered(Refusal):
    """The request that wrote this batch broke off. What became of the order is found by its key."""

    code = "order_unanswered"
    status = 503
    retry_after_s = 1
    zh = "下单结果暂时未知，请用同一幂等键重试；不会重复下单"
    en = "It is not known yet whether the order was placed; please send it again with its key. You will not order twice"


class _Seat:
    """One order that waits: for its answer, or for its turn to write."""

    __slots__ = ("agreed", "answer", "called")

    def __init__(self, agreed: Agreed) -> None:
        self.agreed = agreed
        self.answer: Answer | None = None
        self.called = Lock()
        self.called.acquire()


class Intake:
    """Threads may share it; each process has its own."""

    def __init__(self, write: Write, *, batch_max: int = BATCH_MAX) -> None:
        self._write, self._batch_max = write, batch_max
        self.reset()

    def reset(self) -> None:
        """Empty, as a process begins: a fork does not answer for its parent."""
        self._change = Lock()
        self._waiting: deque[_Seat] = deque()
        self._writing = False

    def place(self, *, agreed: Agreed) -> Answer:
        """Place an order together with those that come at the same time. Refuses Busy.

        Inside a transaction of the caller it is written there, alone.
        """
        if connection.in_atomic_block:
            return self._write([agreed])[agreed.draft.id]
        seat = _Seat(agreed)
        with self._change:
            if len(self._waiting) >= WAITING_BATCHES_MAX * self._batch_max:
                raise Busy
            self._waiting.append(seat)
            first, self._writing = not self._writing, True
        if not first:
            seat.called.acquire()
        if seat.answer is None:
            self._write_those_who_wait()
        assert seat.answer is not None
        return seat.answer

    def _write_those_who_wait(self) -> None:
        """The caller's own seat is the first of them."""
        with self._change:
            batch = [self._waiting.popleft() for _ in range(min(self._batch_max, len(self._waiting)))]
        answers: Mapping[UUID, Answer] = {}
        try:
            answers = self._write([seat.agreed for seat in batch])
        finally:
            self._call_next()
            for seat in batch:
                seat.answer = answers.get(seat.agreed.draft.id) or Unanswered()
                seat.called.release()

    def _call_next(self) -> None:
        with self._change:
            if not self._waiting:
                self._writing = False
                return
            seat = self._waiting[0]
        seat.called.release()


intake = Intake(lambda batch: write(batch=batch))
os.register_at_fork(after_in_child=intake.reset)
