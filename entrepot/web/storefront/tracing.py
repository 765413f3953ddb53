"""The journey of goods in words and on a map: an own drawing from where countries lie, no picture of anybody's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from entrepot.kit.clock import CHINA, day_in
from entrepot.provenance.types import Happening, Link
from entrepot.web.common.formats import country

# Where a country is on the map: degrees east and north, near its middle.
PLACES: dict[str, tuple[int, int]] = {
    "AE": (54, 24), "AR": (-64, -34), "AT": (14, 47), "AU": (134, -25), "BD": (90, 24), "BE": (4, 51), "BR": (-52, -10),
    "CA": (-106, 58), "CH": (8, 47), "CL": (-71, -33), "CN": (104, 35), "CO": (-74, 4), "CZ": (15, 50), "DE": (10, 51),
    "DK": (10, 56), "EG": (30, 27), "ES": (-4, 40), "ET": (40, 9), "FI": (26, 63), "FR": (2, 46), "GB": (-2, 53),
    "GH": (-1, 8), "GR": (22, 39), "HK": (114, 22), "HU": (19, 47), "ID": (114, -2), "IE": (-8, 53), "IL": (35, 31),
    "IN": (79, 22), "IR": (54, 32), "IS": (-19, 65), "IT": (12, 43), "JP": (138, 37), "KE": (38, 0), "KH": (105, 13),
    "KR": (128, 36), "KZ": (67, 48), "LK": (81, 8), "MA": (-6, 32), "MN": (104, 47), "MX": (-102, 24), "MY": (102, 4),
    "NG": (8, 9), "NL": (5, 52), "NO": (9, 61), "NP": (84, 28), "NZ": (172, -42), "PE": (-75, -10), "PH": (122, 12),
    "PK": (70, 30), "PL": (19, 52), "PT": (-8, 40), "RO": (25, 46), "RU": (90, 62), "SA": (45, 24), "SE": (16, 62),
    "SG": (104, 1), "TH": (101, 15), "TR": (35, 39), "TW": (121, 24), "TZ": (35, -6), "UA": (31, 49), "US": (-98, 39),
    "VN": (107, 16), "ZA": (24, -29),
}  # fmt: skip
GRID = 15
ORDER = list(Happening)  # of events of one day
MARGIN = 24
WIDE_MIN = 110
SPOT = 2
SIZES = {"near": 5.2, "far": 7.0}  # of names, as journey.css has them
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    x: int
    y: int
    name: str
    code: str
    at: tuple[int, int] | None = None  # where its name stands; None where it stands already


@dataclass(frozen=True, slots=True)
class Map:
    """`view` is the part that is shown; sizes follow its width, so that words stay readable on a phone."""

    view: str
    unit: str
    meridians: tuple[int, ...]
    parallels: tuple[int, ...]
    others: tuple[tuple[int, int], ...]
    spots: tuple[Spot, ...]
    arcs: tuple[str, ...]


def drawn(codes: Iterable[str]) -> Map | None:
    """The way through these countries in turn; None where none of them is on the map."""
    way: list[str] = []
    for code in codes:
        if code in PLACES and way[-1:] != [code]:
            way.append(code)
    if not way:
        return None
    spots = tuple(Spot(180 + PLACES[one][0], 90 - PLACES[one][1], country(one), one) for one in way)
    left, right = min(s.x for s in spots) - MARGIN, max(s.x for s in spots) + MARGIN
    top, bottom = min(s.y for s in spots) - MARGIN, max(s.y for s in spots) + MARGIN
    wide = max(right - left, (bottom - top) * 3 // 2, WIDE_MIN)
    x, y = (left + right - wide) // 2, (top + bottom - wide * 2 // 3) // 2
    spots = _named_apart(spots, x, x + wide, "near" if wide < 140 else "far")
    return Map(
        view=f"{x} {y} {wide} {wide * 2 // 3}",
        unit="near" if wide < 140 else "far",
        meridians=tuple(range(-180, 541, GRID)),
        parallels=tuple(range(-90, 271, GRID)),
        others=tuple((180 + lon, 90 - lat) for code, (lon, lat) in PLACES.items() if code not in way),
        spots=spots,
        arcs=tuple(_arc(a, b) for a, b in zip(spots, spots[1:], strict=False)),
    )


def _named_apart(spots: Sequence[Spot], left: int, right: int, unit: str) -> tuple[Spot, ...]:
    """Each country's name once: under its spot, or over it, or further away, wherever no other name or spot is; within
    the map's sides."""
    size = SIZES[unit]
    taken = [(one.x - SPOT, one.y - SPOT, one.x + SPOT, one.y + SPOT) for one in spots]
    found: dict[str, Spot] = {}
    placed = []
    for spot in spots:
        at = None
        if spot.code not in found:
            half = round(sum(1.0 if ord(sign) > 0x2E80 else 0.58 for sign in spot.name) * size / 2)
            x = min(max(spot.x, left + half), right - half)
            below, above, line = spot.y + round(size) + 3, spot.y - 5, round(size * 1.3)
            rows = [place for n in range(4) for place in (below + n * line, above - n * line)]
            boxes = [(x - half, row - round(size), x + half, row + 1) for row in rows]
            best = next((n for n, box in enumerate(boxes) if not any(_meet(box, other) for other in taken)), 0)
            taken.append(boxes[best])
            at = (x, rows[best])
        found.setdefault(spot.code, spot)
        placed.append(replace(spot, at=at))
    return tuple(placed)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _arc(a: Spot, b: Spot) -> str:
    lift = (abs(a.x - b.x) + abs(a.y - b.y)) // 5 + 4
    return f"M{a.x} {a.y}Q{(a.x + b.x) // 2} {(a.y + b.y) // 2 - lift} {b.x} {b.y}"


def name_of(kind: Happening) -> str:
    return {
        Happening.AUTHORISED: _("The brand authorises the sale"),
        Happening.ORDERED: _("Ordered from the supplier"),
        Happening.DEPARTED: _("On its way"),
        Happening.DECLARED: _("Declared to customs, into the bonded zone"),
        Happening.ARRIVED: _("Arrived in the bonded zone"),
        Happening.RECEIVED: _("Counted into our warehouse"),
        Happening.SOLD: _("Released by customs and sent to buyers"),
        Happening.RECALLED: _("Called back"),
        Happening.CLEARED: _("Found sound; sold again"),
    }[kind]


def told(links: Sequence[Link]) -> list[tuple[Link, str, str]]:
    """Each event with its name and where; days on which goods left are one entry, the first with the last."""
    shown = [one for one in links if one.kind is not Happening.SOLD]
    sold = [one for one in links if one.kind is Happening.SOLD]
    ordered = sorted([*shown, *sold[-1:]], key=lambda one: (day_in(CHINA, one.at), ORDER.index(one.kind), one.number))
    return [(one, _named(one), country(one.country) if one.country else "") for one in ordered]


def called_back(links: Sequence[Link]) -> bool:
    """Whether the lot was called back and not cleared since: nobody should use it."""
    kinds = [one.kind for one in links if one.kind in (Happening.RECALLED, Happening.CLEARED)]
    return kinds[-1:] == [Happening.RECALLED]


def travelled(links: Sequence[Link]) -> list[str]:
    """The countries that the goods themselves came through; rights and orders are papers."""
    papers = (Happening.AUTHORISED, Happening.ORDERED)
    return [one.country for one, _name, _where in told(links) if one.country and one.kind not in papers]


def _named(link: Link) -> str:
    """Goods that were not declared into a zone arrive at a warehouse."""
    if link.kind is Happening.ARRIVED and "declaration" not in link.facts:
        return _("Arrived at our warehouse")
    return name_of(link.kind)


def way_of(mode: str) -> str:
    return {
        "sea": _("by sea"),
        "air": _("by air"),
        "rail": _("by rail"),
        "road": _("by road"),
        "post": _("by post"),
    }.get(mode, mode)
