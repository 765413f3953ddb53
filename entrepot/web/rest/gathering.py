"""Coroutines gather: while a thread works for one batch, the next sits down. `checkout` has the same for threads."""

from __future__ import annotations

from asyncio import Event, Future, Task, get_running_loop, timeout
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import close_old_connections, connection

from entrepot.checkout.services import BATCH_MAX, WAITING_BATCHES_MAX, Busy

T = TypeVar("T")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class _Broken:
    why: Exception


class Gathering(Generic[T, A]):
    """For the coroutines of one event loop. `work` answers a batch in its order, in one thread and on that thread's
    connection.

    They are answered in the order they came. After a batch of several, where fewer wait than were in it, the next waits
    `linger_s` at most for as many again (half a full one is enough): else those just answered and those who came
    meanwhile take turns in batches half as large. Where the work breaks off it is done for each alone, and whoever it
    breaks off for again is raised the exception.
    """

    def __init__(
        self, work: Callable[[Sequence[T]], Sequence[A]], *, batch_max: int = BATCH_MAX, linger_s: float = 0.0
    ) -> None:
        self._work, self._batch_max, self._linger_s = work, batch_max, linger_s
        self._waiting: deque[tuple[T, Future[A]]] = deque()
        self._thread = ThreadPoolExecutor(1)
        self._working: Task[None] | None = None
        self._wanted, self._gathered = 0, Event()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether whoever comes now is told to come again."""
        return self._closed or len(self._waiting) >= WAITING_BATCHES_MAX * self._batch_max

    async def ask(self, one: T) -> A:
        """The answer to one. Refuses Busy."""
        if self.full:
            raise Busy
        loop = get_running_loop()
        answer: Future[A] = loop.create_future()
        self._waiting.append((one, answer))
        if self._working is None:
            self._working = loop.create_task(self._work_for_those_who_wait())
        if len(self._waiting) >= self._wanted:
            self._gathered.set()
        return await answer

    async def prepare(self, first: Callable[[], object]) -> None:
        """Do something once in the thread that will work, before anybody asks."""
        await get_running_loop().run_in_executor(self._thread, first)

    def close(self) -> None:
        """What is under way is finished, whoever waits or comes is told to come again; thread and connection end."""
        self._closed = True
        for _, answer in self._waiting:
            if not answer.done():
                answer.set_exception(Busy())
        self._waiting.clear()
        self._thread.submit(lambda: connection.close())  # its own, not the caller's
        self._thread.shutdown()

    async def _work_for_those_who_wait(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._batch_max, len(self._waiting)))]
                await self._work_for(batch)
                if 1 < len(batch) > len(self._waiting):
                    await self._gather(min(len(batch) + len(self._waiting), self._batch_max // 2))
        finally:  # also where the loop ends while it lingers
            self._working = None

    async def _gather(self, wanted: int) -> None:
        if not self._linger_s or len(self._waiting) >= wanted:
            return
        self._wanted = wanted
        self._gathered.clear()
        with suppress(TimeoutError):
            async with timeout(self._linger_s):
                await self._gathered.wait()

    async def _work_for(self, batch: Sequence[tuple[T, Future[A]]]) -> None:
        asked = [one for one, _ in batch]
        found = await get_running_loop().run_in_executor(self._thread, self._answers, asked)
        for (_, future), answer in zip(batch, found, strict=True):
            if future.done():  # whoever asked has gone
                continue
            if isinstance(answer, _Broken):
                future.set_exception(answer.why)
            else:
                future.set_result(answer)

    def _answers(self, batch: Sequence[T]) -> Sequence[A | _Broken]:
        close_old_connections()
        try:
            return self._work(batch)
        except Exception as why:  # noqa: BLE001 raised again to whom it belongs
            connection.close()
            if len(batch) == 1:
                return [_Broken(why)]
            return [answer for one in batch for answer in self._answers([one])]
