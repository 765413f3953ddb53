"""Values a process keeps for a short, stated time: small read-mostly tables, counts. Never a source of anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_all: list[Kept[Any]] = []


class Kept(Generic[T]):
    """At most `entries_max` values by key, each for `keep_s` seconds. Threads may share it."""

    def __init__(self, *, keep_s: float, entries_max: int = 1) -> None:
        self._keep_s = keep_s
        self._entries_max = entries_max
        self._values: dict[Hashable, tuple[float, T]] = {}
        _all.append(self)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept value of `key`, or a fresh one from `make`."""
        found = self._values.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        value = make()
        if len(self._values) >= self._entries_max and key not in self._values:
            self._drop_some()
        self._values[key] = (time.monotonic() + self._keep_s, value)
        return value

    def forget(self) -> None:
        self._values = {}

    def _drop_some(self) -> None:
        """The expired ones, and the older half if that is not enough."""
        now = time.monotonic()
        fresh = {key: value for key, value in list(self._values.items()) if value[0] > now}
        if len(fresh) >= self._entries_max:
            oldest_first = sorted(fresh.items(), key=lambda item: item[1][0])
            fresh = dict(oldest_first[len(fresh) // 2 + 1 :])
        self._values = fresh


def forget_all() -> None:
    """Every kept value of this process. The test suite calls it between tests."""
    for kept in _all:
        kept.forget()
