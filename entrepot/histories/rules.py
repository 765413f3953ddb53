"""What words of another system mean here. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache

from babel import Locale

from entrepot.consignments.types import Mode
from entrepot.histories.types import LeftOut
from entrepot.procurement.types import UNKNOWN_COUNTRY, Incoterm
from entrepot.replenishment.types import ShipmentLine

_MODES = {
    "air": Mode.AIR, "air charter": Mode.AIR, "truck": Mode.ROAD, "road": Mode.ROAD, "ocean": Mode.SEA,
    "sea": Mode.SEA, "rail": Mode.RAIL, "post": Mode.POST,
}  # fmt: skip
_REPLACED = {"DDU": Incoterm.DAP, "DAF": Incoterm.DAP, "DES": Incoterm.DAP, "DEQ": Incoterm.DPU, "DAT": Incoterm.DPU}
_ALSO = {
    "usa": "US", "uk": "GB", "korea": "KR", "congo, drc": "CD", "côte d'ivoire": "CI", "burma": "MM", "swaziland": "SZ",
}  # fmt: skip
NEEDS = ("FCA", "EXW")


def mode_of(told: str) -> Mode:
    return _MODES.get(told.casefold(), Mode.OTHER)


def term_of(told: str) -> Incoterm:
    """The Incoterm 2020 of what is told: terms of older editions by those that took their place (DDU: DAP; Incoterms
    2010). Where none is told we are taken to bear everything from the maker's door on, as freight that is stated to us
    says."""
    word = told.strip().upper()[:3]
    return _REPLACED.get(word) or (Incoterm(word) if word in set(Incoterm) else Incoterm.EXW)


@cache
def _countries() -> Mapping[str, str]:
    names = {
        name.casefold(): code for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()
    }
    return {**names, **_ALSO}


@cache
def country_of(told: str) -> str:
    """The country whose English name a text is or ends with ("Cipla, Goa, India"), else `UNKNOWN_COUNTRY`. Two letters
    alone are not read: "SA" is as often South Africa as it is Saudi Arabia."""
    text = re.sub(r"[().]+", " ", told).strip().casefold().replace("’", "'")
    words = text.split()
    for start in range(len(words)):
        name = " ".join(words[start:])
        if len(name) > 2 or name == "uk":
            found = _countries().get(name)
            if found:
                return found
    return UNKNOWN_COUNTRY


def key_of(text: str, most: int, *, lower: bool = False) -> str:
    """A code for a name: its letters and figures, and where they are too many or none a part of its digest."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
    kept = 0 < len(plain) <= most and plain == text.strip()
    short = plain if kept else f"{plain[: most - 9].strip('-')}-{_digest(text)}".strip("-")
    return short.lower() if lower else short.upper()


def called(name: str) -> str:
    """A name as it is compared with others: written in one way, capitals or not."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def order_number(line: ShipmentLine) -> str:
    """Of an order without one, the notice's number stands for it."""
    return key_of(line.order_number or line.consignment, 30)


def ordered_on(line: ShipmentLine) -> date:
    """The day an order is valued on: where nobody knows when it was placed, or it came before, the day it came."""
    known = line.ordered_on
    return known if known is not None and known <= line.delivered_on else line.delivered_on


def faults(line: ShipmentLine, rated: Collection[date]) -> str:
    """Why the line can be none of ours, "" where it can. `rated`: days with a rate."""
    if not line.quantity:
        return LeftOut.NO_UNITS
    return "" if {ordered_on(line), line.delivered_on} <= set(rated) else LeftOut.NO_RATE


def remarks(lines: Iterable[ShipmentLine]) -> Counter[str]:
    """Lines by what has to be assumed of them."""
    found: Counter[str] = Counter()
    for line in lines:
        found["mode_untold"] += mode_of(line.mode) is Mode.OTHER
        word = line.terms.strip().upper()[:3]
        found["term_replaced"] += word in _REPLACED
        found["term_untold"] += word not in _REPLACED and word not in set(Incoterm)
        found["origin_unknown"] += country_of(line.maker) == UNKNOWN_COUNTRY
        found["place_unknown"] += country_of(line.place) == UNKNOWN_COUNTRY
        found["departure_untold"] += 1
    return +found
