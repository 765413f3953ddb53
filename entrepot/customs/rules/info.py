"""What of customs' free text may be shown."""

from __future__ import annotations

import re

from entrepot.kit.sealing import mask

# Resident ID numbers (17 digits and a digit or X) and mainland mobile numbers, wherever they stand in a text.
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z-])[1-9]\d{16}[\dXx](?![0-9A-Za-z-])")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def masked_info(text: str) -> str:
    """The text with ID numbers and phones masked: 3****************X, 138****5678."""
    hidden = _ID_NUMBER.sub(lambda found: mask(found[0], 1, 1), text)
    return _PHONE.sub(lambda found: mask(found[0], 3, 4), hidden)
