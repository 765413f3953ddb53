"""The line of a web process: some requests are worked on, some more wait in the order they came, and whoever comes
beyond is told at once to come again (ADR 40). Who tells of a payment has a line of his own, and orders by program
have no place each: they stand in the line of the next batch, and one of them works for all.

Granian asks nobody: it takes each connection, hands requests to its threads and lets the rest stand before them, many
and long. So there are more threads than requests may be worked on, and a thread that finds no place for its request
waits with it or says no. What waits has done nothing, so it costs a thread asleep and no connection to the database:
those belong to the places. What somebody sends is read before that: who sends half of it keeps nobody waiting but those
who send something too.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from queue import SimpleQueue
from threading import Lock, Semaphore
from typing import Any

from django.db import close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

WAIT_S = 5.0  # so long somebody waits for a place; longer the places are stuck, and the buyer is better told
NOTICES_MAX = 32  # that wait, in a line of their own
READERS_MAX = 128  # whose bodies are on their way; a body comes with its head, or its sender is slow or means harm
BODY_MAX = 2 * 1024 * 1024  # larger ones are read in place, by so many at a time that they cannot take all places
REFUSING = 2  # threads that are left to say no
DESKS = 2  # one batch of orders is agreed on while one is written
REFUSAL_S = 0.0005  # between one no and the next: those who come again at once must not eat the machine
NOTICES = ("/callbacks/payments/", "/healthz")  # who paid looks again and again until we know it
Environ = dict[str, Any]
Start = Any  # WSGI's start_response
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
Answer = Callable[[Start], Iterable[bytes]]


def threads(*, working: int, waiting: int) -> int:
    """How many threads that takes."""
    return working + waiting + (working + waiting) + NOTICES_MAX + READERS_MAX + REFUSING


class _Turn:
    """One who waits."""

    __slots__ = ("called", "place")

    def __init__(self) -> None:
        self.place: BaseDatabaseWrapper | None = None
        self.called = Lock()
        self.called.acquire()


def _by_itself(_: Environ) -> Answer | None:
    """Nothing is answered together with others."""


class Places:
    """An application at which `working` requests are worked on, and for which `waiting` more may wait.

    `gathered` says of a request how it is answered together with others, None where it is not: such a one needs no
    place but a desk (`at_desk`) for as long as it works for all of them. As many as may work and wait stand in a line
    of their own, so neither keeps the other out.
    """

    def __init__(
        self,
        application: Wsgi,
        full: Wsgi,
        *,
        working: int,
        waiting: int,
        wait_s: float = WAIT_S,
        gathered: Callable[[Environ], Answer | None] = _by_itself,
    ) -> None:
        self._application, self._full, self._gathered = application, full, gathered
        self._waiting_max, self._wait_s, self._together_max = waiting, wait_s, working + waiting
        self._change, self._refusing = Lock(), Lock()
        self._notices: deque[_Turn] = deque()
        self._others: deque[_Turn] = deque()
        self._together = 0  # how many stand in the line of a batch
        self._was_notice = False
        self._readers, self._large = Semaphore(READERS_MAX), Semaphore(max(working // 4, 1))
        self._free = [_connection() for _ in range(working)]
        self._desks: SimpleQueue[BaseDatabaseWrapper] = SimpleQueue()
        for _ in range(DESKS):
            self._desks.put(_connection())

    @property
    def waiting(self) -> int:
        return len(self._notices) + len(self._others) + self._together

    @contextmanager
    def at_desk(self) -> Iterator[None]:
        """A connection, for as long as a batch is worked for."""
        desk = self._desks.get()
        connections["default"] = desk
        try:
            close_old_connections()
            yield
        finally:
            del connections["default"]
            self._desks.put(desk)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        length = _announced(environ)
        small = length <= BODY_MAX
        if small and (not length or self._read(environ, length)):
            return self._let_in(environ, start)
        if small or not self._large.acquire(blocking=False):
            return self._say_no(environ, start)
        try:
            return self._let_in(environ, start)
        finally:
            self._large.release()

    def _read(self, environ: Environ, length: int) -> bool:
        """What is sent, however long that takes. False where too many are at it."""
        if not self._readers.acquire(blocking=False):
            return False
        try:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        finally:
            self._readers.release()
        return True

    def _let_in(self, environ: Environ, start: Start) -> Iterable[bytes]:
        answer = self._gathered(environ)
        return self._in_place(environ, start) if answer is None else self._in_batch(answer, environ, start)

    def _in_batch(self, answer: Answer, environ: Environ, start: Start) -> Iterable[bytes]:
        with self._change:
            room = self._together < self._together_max
            self._together += room
        if not room:
            return self._say_no(environ, start)
        try:
            return answer(start)
        finally:
            with self._change:
                self._together -= 1

    def _say_no(self, environ: Environ, start: Start) -> Iterable[bytes]:
        with self._refusing:
            time.sleep(REFUSAL_S)
        return self._full(environ, start)

    def _in_place(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(NOTICES):
            place = self._take(self._notices, NOTICES_MAX)
        else:
            place = self._take(self._others, self._waiting_max)
        if place is None:
            return self._say_no(environ, start)
        connections["default"] = place
        try:
            answer = self._application(environ, start)
            if isinstance(answer, StreamingHttpResponse) and not isinstance(answer, FileResponse):
                return _Streamed(answer, lambda: self._leave(place))
            if isinstance(answer, HttpResponse):
                whole = list(answer)
                answer.close()
                answer = whole
        except BaseException:
            self._leave(place)
            raise
        self._leave(place)
        return answer  # a file is sent without a place: its reader may be slow

    def _take(self, line: deque[_Turn], most: int) -> BaseDatabaseWrapper | None:
        """A place, now or when it is this one's turn; None where too many wait or none becomes free."""
        with self._change:
            if self._free:
                return self._free.pop()
            if len(line) >= most:
                return None
            turn = _Turn()
            line.append(turn)
        if turn.called.acquire(timeout=self._wait_s):
            return turn.place
        with self._change:
            if turn.place is None:
                line.remove(turn)
            return turn.place

    def _leave(self, place: BaseDatabaseWrapper) -> None:
        del connections["default"]
        with self._change:
            if not (self._notices or self._others):
                self._free.append(place)
                return
            turn = self._next_line().popleft()
            turn.place = place
        turn.called.release()

    def _next_line(self) -> deque[_Turn]:
        """Notices go first, but every other time the others: whoever floods us with notices keeps nobody out."""
        self._was_notice = bool(self._notices) and not (self._was_notice and self._others)
        return self._notices if self._was_notice else self._others


class _Streamed:
    """An answer that is still being made while it is sent: its place is free when it is closed. Granian iterates and
    closes it in the thread that called for it."""

    def __init__(self, answer: Any, leave: Callable[[], None]) -> None:
        self._answer, self._leave = answer, leave

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        leave, self._leave = self._leave, _nothing
        try:
            self._answer.close()
        finally:
            leave()


def _nothing() -> None: ...


def _announced(environ: Environ) -> int:
    """How many bytes are sent; 0 where it is not said, for then nobody reads any."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _connection() -> BaseDatabaseWrapper:
    """A connection of no thread's own: whoever has its place uses it, one after the other."""
    made = connections.create_connection("default")
    made.inc_thread_sharing()
    return made
