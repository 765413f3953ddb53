"""Log lines without personal data: what slips into a message or a traceback is struck out before it is written.

Nothing of ours logs such data; this is the net below: libraries quote what they were given.
"""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys

from entrepot.kit.discreet import discreet


class Discreet(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))


def tell_where() -> None:
    """Let this process write to its standard error where its threads are (files and lines, no values): when it dies of
    a fault in a library, and when it is asked with SIGUSR1, as one that hangs may be."""
    if hasattr(sys.stderr, "fileno"):
        faulthandler.enable()
        faulthandler.register(signal.SIGUSR1)
