"""Answers kept for a short while in the process: menus and fronts that thousands of pages share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from entrepot.kit.kept import Kept

P = ParamSpec("P")
R = TypeVar("R")

entries_max = 1_000


def kept(*, seconds: float) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep a function's answer per arguments for `seconds`; they are hashable or told apart by their `id`."""

    def around(ask: Callable[P, R]) -> Callable[P, R]:
        answers: Kept[R] = Kept(keep_s=seconds, entries_max=entries_max)

        @wraps(ask)
        def answer(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (*(getattr(one, "id", one) for one in args), *sorted(kwargs.items()))
            return answers.get(key, lambda: ask(*args, **kwargs))

        return answer

    return around
