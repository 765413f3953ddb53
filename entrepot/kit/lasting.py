"""What a process holds for good, and the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_AFTER = 50_000  # objects more: a batch of orders makes thousands that live until it is written, and hardly a cycle


@contextmanager
def loading() -> Iterator[None]:
    """Around loading what stays: nothing is let go meanwhile, so the collector looks neither then nor at it later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """Call after loading what stays: the collector does not look at anything held now again.

    It would walk through all of it, row by row, each time the small objects of requests make it look for cycles. What
    nobody needs any more is still freed as it is let go; what is a cycle of dead objects already is freed first. And it
    looks seldom (LOOK_AFTER).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOK_AFTER, 10, 10)
