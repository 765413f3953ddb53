"""The customs desk in figures: what came in and was released by day, how long it took, and why customs said no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from entrepot.customs import selectors as customs
from entrepot.customs.types import Day, Figures
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.web.backoffice.page import office_page
from entrepot.web.backoffice.words import duration, receipt_word
from entrepot.web.common import formats
from entrepot.web.common.access import access
from entrepot.web.common.memo import kept

days_shown = 14
column_px, chart_px = 50, 120


@access(Role.CUSTOMS, Role.SERVICE)
def figures(request: HttpRequest) -> HttpResponse:
    until = day_in(CHINA, now())
    told = _figures(until - timedelta(days=days_shown - 1), until)
    crumbs = [(_("Declarations"), reverse("office_declarations"))]
    return office_page(
        request,
        "desk",
        _("Customs desk in figures"),
        crumbs=crumbs,
        tiles=_tiles(told.days),
        columns=_columns(told.days),
        clearance=_clearance(told.days),
        refusals=_refusals(told.refusals),
        days=told.days,
    )


@kept(seconds=30)
def _figures(since: date, until: date) -> Figures:
    """Figures of many thousand releases: reckoned twice a minute, whoever looks."""
    return customs.figures(since=since, until=until)


def _tiles(days: Sequence[Day]) -> list[tuple[str, str]]:
    """(figure, words) of the whole time, and of the last day before today on which anything was released."""
    last = next((day for day in reversed(days[:-1]) if day.released), days[-1] if days[-1].released else None)
    declared, released = sum(day.declared for day in days), sum(day.released for day in days)
    tiles = [(str(declared), _("declared in %(n)s days") % {"n": len(days)}), (str(released), _("released"))]
    if last is not None:
        on = {"day": formats.day(last.day)}
        tiles += [
            (duration(last.median_s), _("half within, on %(day)s") % on),
            (duration(last.most_s), _("nine of ten within, on %(day)s") % on),
            (duration(last.slowest_s), _("99 of 100 within, on %(day)s") % on),
        ]
    return tiles


def _columns(days: Sequence[Day]) -> list[dict[str, Any]]:
    """Two columns a day: declared and released."""
    most = max(max(day.declared, day.released) for day in days) or 1
    found = []
    for i, day in enumerate(days):
        high = [round(chart_px * count / most) for count in (day.declared, day.released)]
        found.append({"x": i * column_px, "day": day, "declared": high[0], "released": high[1],
                      "top": [chart_px - one for one in high]})  # fmt: skip
    return found


def _clearance(days: Sequence[Day]) -> dict[str, Any] | None:
    """Two lines over the days on which something was released: half of them within, nine of ten within."""
    known = [(i, day) for i, day in enumerate(days) if day.median_s is not None and day.most_s is not None]
    if not known:
        return None
    most = max(1.0, *(day.most_s or 0 for _i, day in known))
    lines = {name: [_point(i, getattr(day, name) / most) for i, day in known] for name in ("median_s", "most_s")}
    named = [(point, getattr(day, name)) for name in lines for point, (_i, day) in zip(lines[name], known, strict=True)]
    return {
        "most": duration(most),
        "half": duration(most / 2),
        "lines": {name: " ".join(f"{x},{y}" for x, y in points) for name, points in lines.items()},
        "points": [(x, y, duration(seconds)) for (x, y), seconds in named],
    }


def _point(column: int, share: float) -> tuple[int, int]:
    """In the middle of a day's column, as high as its share of the highest."""
    return column * column_px + column_px // 2, round(chart_px * (1 - share))


def _refusals(counted: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    most = max((count for _status, count in counted), default=1)
    return [
        {
            "status": status,
            "word": receipt_word(status),
            "note": formats.text(customs.words_for(code=str(status))),
            "count": count,
            "width": max(1, round(100 * count / most)),
        }
        for status, count in counted
    ]
