"""What a process holds for good, and the garbage collector."""

from __future__ import annotations

import gc


def settle() -> None:
    """Call after loading what stays: the collector does not look at anything held now again.

    It would walk through all of it, row by row, each time the small objects of requests make it look for cycles. What
    nobody needs any more is still freed as it is let go; what is a cycle of dead objects already is freed first.
    """
    gc.collect()
    gc.freeze()
