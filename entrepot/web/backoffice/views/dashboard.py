"""The first page: what waits for somebody, and how orders, parcels and declarations stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from entrepot.consignments import selectors as consignments
from entrepot.customs import selectors as customs
from entrepot.customs.types import DeclarationState
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.orders import selectors as orders
from entrepot.orders.types import ParcelState
from entrepot.outbox import selectors as outbox
from entrepot.payments import selectors as payments
from entrepot.procurement import selectors as procurement
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import office_page
from entrepot.web.backoffice.words import tone, word
from entrepot.web.common.access import STAFF, access

days_shown = 14
held_shown = 6
ages = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
column_px, chart_px = 50, 120
UNDER_WAY = [state for state in ParcelState if state not in (ParcelState.DELIVERED, ParcelState.CANCELLED)]


@access(*STAFF)
def dashboard(request: HttpRequest) -> HttpResponse:
    sees_customs = may_open(request, "office_declarations")
    first = day_in(CHINA, now()) - timedelta(days=days_shown - 1)
    placed, parcels = orders.overview(since=first)
    held = customs.queue(state=DeclarationState.HELD).declarations[:held_shown] if sees_customs else ()
    return office_page(
        request,
        "dashboard",
        _("Overview"),
        tiles=_tiles(request, parcels),
        days=_days(first, placed),
        parcels=_bars([(state, parcels.get(state, 0)) for state in UNDER_WAY]),
        ages=_ages() if sees_customs else None,
        held=held,
        sees_customs=sees_customs,
    )


def _tiles(request: HttpRequest, parcels: dict[str, int]) -> list[dict[str, Any]]:
    """What waits, as far as the reader may act on it: {count, text, link, bad}."""
    listed = reverse("office_orders")
    tiles = [
        (parcels.get(ParcelState.PLACED, 0), _("Parcels to be paid"), f"{listed}?state=placed", False),
        (parcels.get(ParcelState.PAID, 0), _("Paid, not yet declared"), f"{listed}?state=paid", False),
        (parcels.get(ParcelState.HELD, 0), _("Parcels held"), f"{listed}?state=held", True),
        (parcels.get(ParcelState.SHIPPED, 0), _("Parcels on the way"), f"{listed}?state=shipped", False),
    ]
    if may_open(request, "office_stuck"):
        stuck = sum(customs.escalation_counts().values())
        tiles.append((stuck, _("Documents that stand still"), reverse("office_stuck"), True))
    if may_open(request, "office_statements"):
        money, place = payments.waiting(now=now()), reverse("office_statements")
        tiles.append((money.differences, _("Differences with the provider"), place, True))
        tiles.append((money.refunds, _("Refunds not done after a day"), f"{place}#refunds", True))
    sees_rights, sees_purchases = may_open(request, "office_authorisations"), may_open(request, "office_purchases")
    if sees_rights or sees_purchases:
        waiting = procurement.waiting(on=day_in(CHINA, now()))
        rights = (waiting.ending, _("Authorisations that end soon"), reverse("office_authorisations"), True)
        drafts = (
            waiting.drafts,
            _("Purchase orders to be approved"),
            f"{reverse('office_purchases')}?state=draft",
            False,
        )
        owed = (waiting.overdue, _("Payments to suppliers overdue"), f"{reverse('office_dues')}?state=overdue", True)
        tiles += [rights] * sees_rights + [drafts] * sees_purchases + [owed] * may_open(request, "office_dues")
    if may_open(request, "office_consignments"):
        late = consignments.late_count(today=day_in(CHINA, now()))
        tiles.append((late, _("Consignments that are late"), f"{reverse('office_consignments')}?state=late", True))
    if may_open(request, "office_jobs"):
        tiles.append((outbox.queue_state().parked, _("Parked jobs"), reverse("office_jobs"), True))
    if may_open(request, "office_stock"):
        audit = next(iter(stock.audits()), None)  # by night: to hold the whole ledger against its levels takes minutes
        wrong, found = audit.wrong if audit else 0, f"{reverse('office_stock_value')}#audits"
        tiles.append((wrong, _("Stock books that disagreed last night"), found, True))
    names = ("count", "text", "link", "warns")
    return [dict(zip(names, one, strict=True)) for one in tiles]


def _days(first: date, counted: Mapping[date, int]) -> list[dict[str, Any]]:
    """Columns of the fortnight's chart, in the drawing's units."""
    days = [first + timedelta(days=i) for i in range(days_shown)]
    most = max([counted.get(day, 0) for day in days] + [1])
    return [
        {
            "x": i * column_px,
            "height": (height := round(chart_px * counted.get(day, 0) / most)),
            "y": chart_px - height,
            "day": day,
            "count": counted.get(day, 0),
        }
        for i, day in enumerate(days)
    ]


def _bars(counts: Sequence[tuple[Any, int]]) -> list[dict[str, Any]]:
    """Bars of a list: the longest is 100 wide."""
    most = max([count for _state, count in counts] + [1])
    return [
        {"state": state, "text": word(state), "tone": tone(state), "count": count, "width": round(100 * count / most)}
        for state, count in counts
    ]


def _ages() -> list[dict[str, Any]]:
    """Declarations not released, by age: the parts of each bar are 0 to 100 wide."""
    at = now()
    counted = customs.waiting(edges=[at - one for one in ages])
    texts = [_("under 1 hour"), _("1 to 6 hours"), _("6 to 24 hours"), _("1 to 3 days"), _("over 3 days")]
    sums = [sum(numbers[i] for numbers in counted.values()) for i in range(len(texts))]
    most = max([*sums, 1])
    found = []
    for i, text in enumerate(texts):
        held = counted[DeclarationState.HELD][i]
        wide = [round(100 * count / most) for count in (held, sums[i] - held)]
        found.append({"text": text, "count": sums[i], "held": held, "bad": wide[0], "wait": wide[1]})
    return found
