"""One after the other, first come first served."""

from __future__ import annotations

from collections import deque
from threading import Lock
from types import TracebackType


class Turns:
    """A lock whose waiters get it in the order they came.

    For work that only computes: threads that fight for the interpreter are served by chance, some of them late.
    Not reentrant.
    """

    def __init__(self) -> None:
        self._change = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._change:
            if not self._taken:
                self._taken = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._change:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
