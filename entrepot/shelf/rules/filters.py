"""What may be asked of the shelf, and the bands prices are counted in. Pure."""

from __future__ import annotations

from entrepot.kit.money import exponent, to_decimal
from entrepot.shelf.types import PAGES_MAX, Filter

PAGE_ITEMS = 24
CHOICES_MAX = 30  # values chosen in one facet
TEXT_LENGTH_MAX = 200
MINOR_MAX = 10**12
SORTS = ("relevance", "new", "price_up", "price_down")
KINDS = {"bonded": 1, "overseas": 2, "domestic": 4}
_STEPS = (50, 100, 200, 500, 1_000, 2_000)  # bounds of the price bands, in whole units of the currency


def fault(wanted: Filter) -> str | None:
    """The first field of the filter that cannot be right, or None."""
    if len(wanted.text) > TEXT_LENGTH_MAX:
        return "text"
    if wanted.sort not in SORTS:
        return "sort"
    if not set(wanted.warehouse_kinds) <= set(KINDS):
        return "warehouse_kinds"
    for name in ("brands", "origins"):
        values: tuple[str, ...] = getattr(wanted, name)
        if len(values) > CHOICES_MAX or any(not value or "\0" in value for value in values):
            return name
    if wanted.category is not None and (not wanted.category or "\0" in wanted.category):
        return "category"
    if wanted.price_from is not None and not 0 <= wanted.price_from <= MINOR_MAX:
        return "price_from"
    if wanted.price_to is not None and not (wanted.price_from or 0) <= wanted.price_to <= MINOR_MAX:
        return "price_to"
    return None


def pages(total: int) -> int:
    """How many pages can be turned: at least one, at most `PAGES_MAX`."""
    return min(max(-(-total // PAGE_ITEMS), 1), PAGES_MAX)


def mask(kinds: tuple[str, ...]) -> int:
    """Warehouse kinds as bits."""
    return sum(KINDS[kind] for kind in set(kinds))


def kinds(bits: int) -> tuple[str, ...]:
    return _KINDS_OF[bits]


_KINDS_OF = tuple(tuple(kind for kind, bit in KINDS.items() if bits & bit) for bits in range(8))


def bounds(currency: str) -> list[int]:
    """The lower bounds of the price bands but the first, minor units, ascending."""
    return [step * 10 ** exponent(currency) for step in _STEPS]


def band_value(band: int, currency: str) -> str:
    """The band as it goes into a filter: "from-to", inclusive; the first has no beginning, the last no end."""
    low, high = _ends(band, currency)
    return f"{'' if low is None else low}-{'' if high is None else high}"


def _ends(band: int, currency: str) -> tuple[int | None, int | None]:
    edges = [None, *bounds(currency)]
    end = edges[band + 1] if band + 1 < len(edges) else None
    return edges[band], None if end is None else end - 1


def band_label(band: int, currency: str, language: str) -> str:
    """The band for people: "¥50–100"; the other currencies with their code."""
    edges = [f"{to_decimal(edge, currency):,.0f}" for edge in [0, *bounds(currency)]]
    sign = "¥" if currency == "CNY" else f"{currency} "
    chinese = language.startswith("zh")
    if band == 0:
        return f"{sign}{edges[1]}以下" if chinese else f"Under {sign}{edges[1]}"
    if band == len(edges) - 1:
        return f"{sign}{edges[band]}以上" if chinese else f"{sign}{edges[band]} and over"
    return f"{sign}{edges[band]}–{edges[band + 1]}"


def band_chosen(band: int, currency: str, wanted: Filter) -> bool:
    low, high = _ends(band, currency)
    return (wanted.price_from or None, wanted.price_to) == (low, high)
