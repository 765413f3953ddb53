"""Values a process keeps for a short, stated time: small read-mostly tables, counts. Never a source of anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
AGED_S = 5.0  # how long others get an old value at most while one thread makes a new one

_all: list[Kept[Any]] = []


class Kept(Generic[T]):
    """At most `entries_max` values by key, each for `keep_s` seconds. Threads may share it.

    While one thread makes an aged value anew the others get the old one: it may be older by the time that takes.
    """

    def __init__(self, *, keep_s: float, entries_max: int = 1) -> None:
        self._keep_s = keep_s
        self._entries_max = entries_max
        self._values: dict[Hashable, tuple[float, T]] = {}
        _all.append(self)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept value of `key`, or a fresh one from `make`."""
        values = self._values  # whoever forgets puts another dict in place: what was read before is not kept after
        found = values.get(key)
        if found is not None:
            if found[0] > time.monotonic():
                return found[1]
            values[key] = (time.monotonic() + AGED_S, found[1])
        value = make()
        if len(values) >= self._entries_max and key not in values:
            self._drop_some(values)
        values[key] = (time.monotonic() + self._keep_s, value)
        return value

    def forget(self) -> None:
        self._values = {}

    def _drop_some(self, values: dict[Hashable, tuple[float, T]]) -> None:
        """The older half."""
        oldest_first = sorted(values.items(), key=lambda item: item[1][0])
        for key, _ in oldest_first[: len(oldest_first) // 2 + 1]:
            values.pop(key, None)


def forget_all() -> None:
    """Every kept value of this process. The test suite calls it between tests."""
    for kept in _all:
        kept.forget()
