"""Which articles cannot be sold, across the whole catalogue: a clerk's list of what is missing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from entrepot.kit.sql import load, rows

UNSELLABLE_PAGE = 50
PAGES_MAX = 500
# By reason (the codes of `sellability`), the condition over `unsellable.sql`.
_WHY = {
    "not_classified": "NOT classified",
    "origin_unknown": "NOT origin_known",
    "weight_unknown": "NOT weight_known",
    "not_active": "NOT active",
    "brand_not_authorised": "NOT authorised",
}


def unsellable(*, jurisdiction: str, on: date, why: str = "", text: str = "", page: int = 1) -> list[UUID]:
    """Ids of SKUs that cannot be sold into the jurisdiction on that day, by code. One statement.

    `why` is one reason's code or "" for any; `text` how the SKU's code begins. `UNSELLABLE_PAGE` a page.
    """
    wanted = _WHY[why] if why else f"({' OR '.join(_WHY.values())})"
    begins = text.strip().upper().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    params = {
        "jurisdiction": jurisdiction,
        "on": on,
        "begins": f"{begins}%",
        "limit": UNSELLABLE_PAGE,
        "offset": (min(max(page, 1), PAGES_MAX) - 1) * UNSELLABLE_PAGE,
    }
    every = f"SELECT id FROM ({load('catalogue', 'unsellable')}) AS found WHERE {wanted}"  # noqa: S608 our own words
    found = rows(f"{every} AND upper(code) LIKE %(begins)s ORDER BY code LIMIT %(limit)s OFFSET %(offset)s", params)
    return [row["id"] for row in found]


def unsellable_counts(*, jurisdiction: str, on: date) -> dict[str, int]:
    """How many SKUs each reason keeps from being sold; one SKU may have several. One statement."""
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})::int AS {why}" for why, condition in _WHY.items())
    every = f"SELECT {counted} FROM ({load('catalogue', 'unsellable')}) AS found"  # noqa: S608 our own words
    return dict(rows(every, {"jurisdiction": jurisdiction, "on": on})[0])
