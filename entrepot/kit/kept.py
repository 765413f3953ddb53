"""Values a process keeps for a short, stated time: small tables, counts, answers. Never a source of anything."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, get_ident
from typing import Any, Generic, TypeVar

from django.db import connection

from entrepot.kit.behind import behind

T = TypeVar("T")
AGED_S = 5.0  # how long an old value is lent at most while a new one is made
wait_max_s = 10.0  # for somebody else's making; after that a value is made beside it

_all: list[Kept[Any]] = []


@dataclass(eq=False, slots=True)
class _Making(Generic[T]):
    """A value that is being made, and by which thread; `made` stays empty where that failed."""

    thread: int = field(default_factory=get_ident)
    done: Event = field(default_factory=Event)
    made: list[T] = field(default_factory=list)


class Kept(Generic[T]):
    """At most `entries_max` values by key, each for `keep_s` seconds. Threads may share it.

    A value is made by one thread at a time. For `aged_s` more seconds the others get the old one meanwhile; where
    there is none they wait. No value is older than both together, counted from where its making began.
    With `redrawn_behind` everybody gets the aged value and the thread behind makes the new one: `make` must need
    nothing of the request. In a transaction the asker still makes it: what it wrote there shows to nobody else.
    With `size` (of a value) and `size_max` all values together stay below that.
    """

    def __init__(
        self,
        *,
        keep_s: float,
        entries_max: int = 1,
        aged_s: float = AGED_S,
        redrawn_behind: bool = False,
        size: Callable[[T], int] | None = None,
        size_max: int = 0,
    ) -> None:
        self._keep_s = keep_s
        self._entries_max = entries_max
        self._aged_s = aged_s
        self._redrawn_behind = redrawn_behind
        self._size, self._size_max = size or (lambda _value: 0), size_max
        self._change = Lock()
        self.forget()
        _all.append(self)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept value of `key`, or a fresh one from `make`; where that raises, the old value is gone too."""
        while True:
            found = self._values.get(key)
            left_s = found[0] - time.monotonic() if found else -self._aged_s
            if found and (left_s > 0 or (left_s > -self._aged_s and self._redraw_behind(key, found, make))):
                return found[1]
            making, ours = self._begin(key, found)
            if making and ours:
                return self._make(key, make, making)
            if making and found and left_s > -self._aged_s:
                return found[1]
            if making and (making.thread == get_ident() or not making.done.wait(wait_max_s)):
                return make()
            if making and making.made:
                return making.made[0]

    def forget(self) -> None:
        """What is being made now is not kept either: it may have been read before the change."""
        with self._change:
            self._values: dict[Hashable, tuple[float, T]] = {}  # with the end of their time
            self._making: dict[Hashable, _Making[T]] = {}
            self._asked: dict[Hashable, tuple[float, T]] = {}  # aged values whose redrawing was asked for
            self._held = 0  # sizes added up

    def _after_fork(self) -> None:
        """The threads that were making something are not in this process."""
        self._change, self._making, self._asked = Lock(), {}, {}

    def _begin(self, key: Hashable, found: tuple[float, T] | None) -> tuple[_Making[T] | None, bool]:
        """The making of `key` and whether it is ours; none where `found` is not what is kept any more."""
        with self._change:
            if self._values.get(key) is not found:
                return None, False
            ours = _Making[T]()
            making = self._making.setdefault(key, ours)
            return making, making is ours

    def _make(self, key: Hashable, make: Callable[[], T], making: _Making[T], spare: bool = False) -> T:
        """Make and keep it. Where that fails the old value goes, or with `spare` stays for the rest of its time."""
        began = time.monotonic()
        try:
            making.made.append(make())
        finally:
            with self._change:
                self._end(key, making, began + self._keep_s, spare)
            making.done.set()
        return making.made[0]

    def _end(self, key: Hashable, making: _Making[T], until: float, spare: bool) -> None:
        if self._making.get(key) is not making:
            return
        del self._making[key]
        if making.made or not spare:
            self._drop(key)
        self._keep(key, until, making.made)

    def _redraw_behind(self, key: Hashable, found: tuple[float, T], make: Callable[[], T]) -> bool:
        """See to it that `found` is drawn anew, asked for once; False where the asker is to do it."""
        if not self._redrawn_behind or connection.in_atomic_block:
            return False
        with self._change:
            if self._values.get(key) is not found or self._asked.get(key) is found:
                return True
            self._asked[key] = found
        if not behind.do(partial(self._redraw, key, found, make)):
            with self._change:
                self._asked.pop(key, None)
        return True

    def _redraw(self, key: Hashable, found: tuple[float, T], make: Callable[[], T]) -> None:
        """Unless somebody has done it, or the time of `found` is over: whoever asks next makes it then."""
        if found[0] - time.monotonic() > -self._aged_s:
            making, ours = self._begin(key, found)
            if making and ours:
                self._make(key, make, making, spare=True)

    def _keep(self, key: Hashable, until: float, made: list[T]) -> None:
        for value in made:
            size = self._size(value)
            if size > self._size_max:
                return
            while self._values and (len(self._values) >= self._entries_max or self._held + size > self._size_max):
                self._drop_some()
            self._values[key] = (until, value)
            self._held += size

    def _drop(self, key: Hashable) -> None:
        self._asked.pop(key, None)
        found = self._values.pop(key, None)
        if found is not None:
            self._held -= self._size(found[1])

    def _drop_some(self) -> None:
        """The older half."""
        oldest_first = sorted(self._values, key=lambda key: self._values[key][0])
        for key in oldest_first[: len(oldest_first) // 2 + 1]:
            self._drop(key)


def forget_all() -> None:
    """Every kept value of this process. The test suite calls it between tests."""
    for kept in _all:
        kept.forget()


def _after_fork() -> None:
    for kept in _all:
        kept._after_fork()


os.register_at_fork(after_in_child=_after_fork)
