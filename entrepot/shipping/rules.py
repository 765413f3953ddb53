"""Pure: what a label may show (GB/T 41833-2022), and when a silent carrier is asked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

first_ask = timedelta(minutes=10)
last_pause = timedelta(hours=6)
DELIVERED = "delivered"  # the scan code that ends a carriage; every other one says it is on its way

_PHONE_DIGITS_HIDDEN_MIN = 6
_COUNT = r"[0-9A-Za-z０-９一二三四五六七八九十百零〇甲乙丙丁东南西北]+(?:[-－—–/][0-9A-Za-z０-９]+)*"
# What stands before one of these names a building, floor or flat; the street number (号, 弄) stays readable.
_INNER = re.compile(rf"{_COUNT}(?=\s*(?:号楼|号院|幢|栋|座|单元|门|层|楼|室|房|户|铺))")
_ROOM = re.compile(r"(?i)\b((?:room|rm|flat|apt|apartment|unit|suite|floor|fl)\.?\s*)([0-9A-Z][0-9A-Z-]*)")
_BARE_NUMBER = re.compile(r"[0-9A-Za-z０-９]+(?:[-－—–/][0-9A-Za-z０-９]+)*(?=[\s,，。()（）]*$)")
_ANY_NUMBER = re.compile(r"[0-9０-９]")


def mask_name(*, name: str) -> str:
    """The first character stays, each other one is a star: 张三丰 → 张**. A single character is hidden."""
    letters = name.strip()
    return letters[0] + "*" * (len(letters) - 1) if len(letters) > 1 else "*"


def mask_phone(*, phone: str) -> str:
    """At least six digits are hidden, in the middle where the number is long enough: 138******78."""
    digits = "".join(mark for mark in phone if mark.isdigit())
    if phone.strip().startswith("+86") and len(digits) == 13:
        digits = digits[2:]
    shown = max(len(digits) - max(_PHONE_DIGITS_HIDDEN_MIN, len(digits) - 5), 0)
    tail = min(shown, 2)
    head = shown - tail
    return digits[:head] + "*" * (len(digits) - shown) + digits[len(digits) - tail :]


def mask_address(*, place: str, detail: str) -> str:
    """Province, city, district and street stay; building, floor and flat numbers become a star.

    A number at the very end is a flat number unless the street's own word stands behind it. Where nothing of the kind
    is found in `detail`, all its digits are hidden: rather too much than too little.
    """
    masked = _ROOM.sub(r"\1*", _INNER.sub("*", detail))
    masked = _BARE_NUMBER.sub("*", masked)
    if masked == detail:
        masked = _ANY_NUMBER.sub("*", detail)
    return place + masked


def next_ask(*, since: datetime, now: datetime) -> datetime:
    """After as long as the parcel has been on its way, 10 minutes to 6 hours."""
    return now + min(max(now - since, first_ask), last_pause)
