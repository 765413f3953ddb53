"""Long work on a terminal."""

from __future__ import annotations

from typing import Any

_WIDTH = 30


class Bar:
    """A bar on a terminal; elsewhere it is silent."""

    def __init__(self, out: Any) -> None:
        self.out = out
        self.shown = -1

    def __call__(self, done: int, whole: int) -> None:
        percent = 100 * done // max(whole, 1)
        if percent == self.shown or not self.out.isatty():
            return
        self.shown = percent
        full = _WIDTH * percent // 100
        self.out.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {percent:3} %", ending="\n" if percent >= 100 else "")
        self.out.flush()
