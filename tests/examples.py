"""How many examples a property is tried with.

ENTREPOT_EXAMPLES is a share in percent: 100 unless told otherwise, more for a long search, less for a second run that
asks the same rules of another server. Above 100 the access matrix lets everybody walk through every page, else one
caller of each kind. Below 100 a test that is asked with many parameters is asked with its first and its last.
"""

from __future__ import annotations

import os

percent = int(os.environ.get("ENTREPOT_EXAMPLES", "100"))
examples_min = 5
LONG = percent > 100
SHORT = percent < 100


def many(examples: int) -> int:
    return max(examples_min, examples * percent // 100)
