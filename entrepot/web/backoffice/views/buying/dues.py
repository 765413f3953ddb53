"""What we owe whom and due when: the list, its chart by week and currency, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import to_decimal
from entrepot.procurement import selectors
from entrepot.procurement.types import Due, DueState, DueSum, DuesWish
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import choice, office_page, page_number
from entrepot.web.backoffice.words import word
from entrepot.web.common import formats
from entrepot.web.common.access import access

READERS = (Role.FINANCE, Role.PURCHASING)
chart_px, column_px = 120, 46
charts_shown = 6


@access(*READERS)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Of a supplier, in a currency, in a state; the chart is of the same supplier and currency."""
    today, suppliers = day_in(CHINA, now()), selectors.suppliers()
    wish = _wish(request, suppliers)
    rows, more = selectors.dues(wish=wish, today=today, page=page_number(request))
    everything = selectors.due_sums(wish=DuesWish(wish.supplier_id), today=today)
    sums = [one for one in everything if wish.currency in ("", one.currency)]
    counts = [(one, sum(found.parts for found in sums if found.state is one)) for one in DueState]
    charts = _charts(sums, today)
    return office_page(
        request,
        "buying/dues",
        _("What we owe suppliers"),
        rows=[(one, one.state(today), _days(one, today)) for one in rows],
        page=page_number(request),
        more=more,
        state=wish.state.value if wish.state else "",
        counts=counts,
        suppliers=suppliers.values(),
        chosen=str(wish.supplier_id or ""),
        currency=wish.currency,
        currencies=sorted({one.currency for one in everything} | ({wish.currency} - {""})),
        charts=charts[:charts_shown],
        hidden=len(charts) - charts_shown,
        overpaid=selectors.overpaid(wish=wish),
    )


def _wish(request: HttpRequest, suppliers: Iterable[Any]) -> DuesWish:
    supplier, currency = request.GET.get("supplier", ""), request.GET.get("currency", "")
    state = choice(request, "state", DueState)
    return DuesWish(
        supplier_id={str(one): one for one in suppliers}.get(supplier),
        currency=currency if len(currency) == 3 and currency.isascii() and currency.isupper() else "",
        state=DueState(state) if state else None,
    )


def _days(one: Due, today: date) -> int:
    """Until its day; below zero when that is over, 0 without one."""
    return (one.part.due_on - today).days if one.part.due_on else 0


def _charts(sums: Sequence[DueSum], today: date) -> list[dict[str, Any]]:
    """One for each currency, the one with the most parts first: overdue, the coming weeks, and later."""
    by_currency: dict[str, list[DueSum]] = {}
    for one in sums:
        by_currency.setdefault(one.currency, []).append(one)
    order = sorted(by_currency, key=lambda currency: (-sum(one.parts for one in by_currency[currency]), currency))
    return [_chart(currency, by_currency[currency], today) for currency in order]


def _chart(currency: str, sums: Sequence[DueSum], today: date) -> dict[str, Any]:
    monday = today - timedelta(days=today.weekday())
    told = {(one.state, one.week): one.minor for one in sums}
    weeks = [monday + timedelta(weeks=n) for n in range(selectors.DUE_WEEKS)]
    late = told.get((DueState.OVERDUE, None), 0)
    columns: list[tuple[str, date | None, int, str]] = [(_("overdue"), None, late, "bad")]
    weekly = [(week, told.get((DueState.COMING, week), 0)) for week in weeks]
    columns += [(_("week of %(day)s") % {"day": formats.day(week)}, week, minor, "") for week, minor in weekly]
    columns.append((pgettext("time", "later"), None, told.get((DueState.COMING, None), 0), "wait"))
    most = max(minor for _name, _week, minor, _tone in columns)
    return {
        "currency": currency,
        "whole": sum(told.values()),
        "undetermined": told.get((DueState.UNDETERMINED, None), 0),
        "most": most,
        "columns": [
            {
                "x": n * column_px, "name": name, "week": week, "minor": minor, "tone": tone,
                "height": (height := -(-minor * chart_px // (most or 1))), "y": chart_px - height,
            }
            for n, (name, week, minor, tone) in enumerate(columns)
        ],
    }  # fmt: skip


@access(*READERS)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list finds, as a file."""
    form, today = Form(choice(request, "form", Form) or Form.CSV), day_in(CHINA, now())
    found = selectors.exported_dues(wish=_wish(request, selectors.suppliers()), today=today)
    return table(rows=_rows(found, today), name=f"dues-{today.isoformat()}", form=form)


def _rows(found: Iterable[Due], today: date) -> Iterator[list[Any]]:
    yield [
        _("Supplier"), _("Purchase order"), _("Terms"), _("Days"), _("Counted from"), pgettext("payment", "Due"),
        _("State"), _("Why no day"), _("Currency"), _("Amount"), _("Paid of it"), _("Still to pay"),
    ]  # fmt: skip
    for one in found:
        part = one.part
        sums = [str(to_decimal(n, one.currency)) for n in (part.amount_minor, part.paid_minor, one.open_minor)]
        days = [day.isoformat() if day else "" for day in (part.since, part.due_on)]
        yield [
            one.supplier, one.order_number, str(word(one.terms)), one.days, *days, str(word(one.state(today))),
            str(word(part.why)) if part.why else "", one.currency, *sums,
        ]  # fmt: skip
