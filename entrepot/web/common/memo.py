"""Answers kept for a short while in the process: menus and fronts that thousands of pages share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from django.utils import translation

from entrepot.kit.kept import AGED_S, Kept

P = ParamSpec("P")
R = TypeVar("R")

entries_max = 1_000
# What thousands of people are shown of goods (prices, stock) is at most as old as both together. Lent for some while
# after it aged: in a rush one thread draws hundreds of pages anew while the others answer.
GOODS_KEPT_S, GOODS_AGED_S = 6, 4


def in_this_language(make: Callable[[], R]) -> Callable[[], R]:
    """The same in any other thread: nothing but the language comes from around a request."""
    return partial(_in_language, translation.get_language(), make)


def _in_language(code: str | None, make: Callable[[], R]) -> R:
    with translation.override(code):
        return make()


def kept(
    *, seconds: float, aged_seconds: float = AGED_S, redrawn_behind: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep a function's answer per arguments for `seconds`; they are hashable or told apart by their `id`.

    How long it is lent once it aged, and what `redrawn_behind` asks of the function: see Kept.
    """

    def around(ask: Callable[P, R]) -> Callable[P, R]:
        answers: Kept[R] = Kept(
            keep_s=seconds, aged_s=aged_seconds, entries_max=entries_max, redrawn_behind=redrawn_behind
        )

        @wraps(ask)
        def answer(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (*(getattr(one, "id", one) for one in args), *sorted(kwargs.items()))
            make = partial(ask, *args, **kwargs)
            return answers.get(key, in_this_language(make) if redrawn_behind else make)

        return answer

    return around
