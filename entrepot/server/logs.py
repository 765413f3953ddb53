"""Log lines without personal data: what slips into a message or a traceback is struck out before it is written.

Nothing of ours logs such data; this is the net below: libraries quote what they were given.
"""

from __future__ import annotations

import logging

from entrepot.kit.discreet import discreet


class Discreet(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
