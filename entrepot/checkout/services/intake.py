"""The door through which a process places orders: while one batch is being written, the next is agreed on, and the one
after it gathers.

Whoever finds nobody at work begins at once, on its own connection and in its own thread. Whoever comes meanwhile sits
down; when the batch before begins to be written, the first of those who wait works for all of them. Nothing waits for a
clock, and a lone buyer for nobody. No thread belongs to it: who waits is a request that is being served, and each is
answered.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from threading import Lock
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID
from weakref import WeakSet

from entrepot.kit.refusals import Refusal

BATCH_MAX = 64  # orders
WAITING_BATCHES_MAX = 8  # half a second of a busy process: so long a checkpoint of the database may take


class Named(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T", bound=Named)
A = TypeVar("A")
_log = logging.getLogger(__name__)
Begin = Callable[[Sequence[T]], Callable[[], Mapping[UUID, A]]]


class Busy(Refusal):
    """More orders wait than could be written soon. Nothing was written; the same key may be sent again."""

    code = "orders_busy"
    status = 429
    retry_after_s = 1
    zh = "下单人数过多，请稍候再试；重新提交不会重复下单"
    en = "Very many people are ordering right now; please try again in a moment. You will not order twice"


class _Seat(Generic[T, A]):
    """One order that waits: for its answer, or for its turn to work."""

    __slots__ = ("answer", "broken", "called", "chosen", "one")

    def __init__(self, one: T) -> None:
        self.one = one
        self.answer: A | None = None
        self.broken = self.chosen = False
        self.called = Lock()
        self.called.acquire()


class Intake(Generic[T, A]):
    """Threads may share it; each process has its own. `begin` reads for a batch and agrees; what it returns writes, and
    answers each by its id. One batch is written at a time, in the order they came.

    Where the work for a batch breaks off, each of them works alone, in its own thread: what was wrong with one is
    raised where it belongs, and `begin` finds by their keys what was committed already.

    `at_work`: what surrounds all that works and not those who wait, where threads have no connection of their own.
    `wait_s`: so long at most somebody waits until his order is taken up.
    """

    def __init__(self, begin: Begin[T, A], *, batch_max: int = BATCH_MAX) -> None:
        self._begin, self._batch_max = begin, batch_max
        self.at_work: Callable[[], AbstractContextManager[None]] = nullcontext
        self.wait_s: float | None = None
        self.reset()
        _all.add(self)

    def reset(self) -> None:
        """Empty, as a process begins: a fork does not answer for its parent."""
        self._change, self._writing = Lock(), Lock()
        self._waiting: deque[_Seat[T, A]] = deque()
        self._working = False

    def place(self, one: T) -> A:
        """The answer to one, worked for together with those that come at the same time. Refuses Busy."""
        seat: _Seat[T, A] = _Seat(one)
        with self._change:
            if len(self._waiting) >= WAITING_BATCHES_MAX * self._batch_max:
                raise Busy
            self._waiting.append(seat)
            first, self._working = not self._working, True
        if not first:
            self._wait(seat)
        if seat.answer is None and not seat.broken:
            self._work_for_those_who_wait()
        if seat.answer is not None:
            return seat.answer
        with self.at_work():
            return self._begin([one])()[one.id]

    def _wait(self, seat: _Seat[T, A]) -> None:
        """Refuses Busy; not for who is worked for by now, or called to work: they might be left in doubt."""
        if seat.called.acquire(timeout=-1 if self.wait_s is None else self.wait_s):
            return
        with self._change:
            gone = seat in self._waiting and not seat.chosen
            if gone:
                self._waiting.remove(seat)
        if gone:
            raise Busy
        seat.called.acquire()

    def _work_for_those_who_wait(self) -> None:
        """The caller's own seat is the first of them."""
        with self._change:
            batch = [self._waiting.popleft() for _ in range(min(self._batch_max, len(self._waiting)))]
        answers: Mapping[UUID, A] = {}
        try:
            with ExitStack() as work:
                if len(batch) > 1:
                    work.push(_each_alone)
                try:
                    work.enter_context(self.at_work())
                    write = self._begin([seat.one for seat in batch])
                    self._writing.acquire()  # only the batch before may hold it, so who came first is written first
                finally:
                    self._call_next()
                try:
                    answers = write()
                finally:
                    self._writing.release()
        finally:
            for seat in batch:
                seat.answer = answers.get(seat.one.id)
                seat.broken = seat.answer is None
                seat.called.release()

    def _call_next(self) -> None:
        with self._change:
            if not self._waiting:
                self._working = False
                return
            seat = self._waiting[0]
            seat.chosen = True
        seat.called.release()


def _each_alone(kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None) -> bool:
    """Whether what broke a batch off is kept from whoever worked for it: most likely it is another's fault, and it is
    raised again to whom it belongs."""
    if not isinstance(wrong, Exception):
        return False
    _log.error("the work for several broke off: each is worked for alone", exc_info=wrong)
    return True


_all: WeakSet[Intake[Any, Any]] = WeakSet()


def _begin_empty() -> None:
    for intake in _all:
        intake.reset()


os.register_at_fork(after_in_child=_begin_empty)
