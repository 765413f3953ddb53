"""Values a process keeps for a short, stated time: small tables, counts, answers. Never a source of anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
AGED_S = 5.0  # how long others get an old value at most while one thread makes a new one

_all: list[Kept[Any]] = []


class Kept(Generic[T]):
    """At most `entries_max` values by key, each for `keep_s` seconds. Threads may share it.

    While one thread makes an aged value anew the others get the old one, but none that aged longer than `aged_s` ago.
    With `size` (of a value) and `size_max` all values together stay below that.
    """

    def __init__(
        self,
        *,
        keep_s: float,
        entries_max: int = 1,
        aged_s: float = AGED_S,
        size: Callable[[T], int] | None = None,
        size_max: int = 0,
    ) -> None:
        self._keep_s = keep_s
        self._entries_max = entries_max
        self._aged_s = aged_s
        self._size, self._size_max = size or (lambda _value: 0), size_max
        self._values: dict[Hashable, tuple[float, T]] = {}
        self._held = 0  # sizes added up
        self._change = Lock()
        _all.append(self)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept value of `key`, or a fresh one from `make`; where that raises, the old value is gone too."""
        values = self._values  # whoever forgets puts another dict in place: what was read before is not kept after
        found = values.get(key)
        if found is not None:
            left_s = found[0] - time.monotonic()
            if left_s > 0:
                return found[1]
            self._lend(key, found, left_s)
        made: list[T] = []
        try:
            made.append(make())
        finally:
            with self._change:
                if values is self._values:
                    self._drop(key)
                    self._keep(key, made)
        return made[0]

    def forget(self) -> None:
        with self._change:
            self._values, self._held = {}, 0

    def _lend(self, key: Hashable, found: tuple[float, T], left_s: float) -> None:
        """Let others have the old value while this thread makes a new one."""
        with self._change:
            if left_s > -self._aged_s and self._values.get(key) is found:
                self._values[key] = (time.monotonic() + self._aged_s, found[1])

    def _keep(self, key: Hashable, made: list[T]) -> None:
        for value in made:
            size = self._size(value)
            if size > self._size_max:
                return
            while self._values and (len(self._values) >= self._entries_max or self._held + size > self._size_max):
                self._drop_some()
            self._values[key] = (time.monotonic() + self._keep_s, value)
            self._held += size

    def _drop(self, key: Hashable) -> None:
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
