"""The first page: what waits for somebody, and the last fortnight's orders as a chart."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse

from entrepot.customs import selectors as customs
from entrepot.customs.types import DeclarationState
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.orders import selectors as orders
from entrepot.orders.types import OrderState, ParcelState
from entrepot.outbox import selectors as outbox
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.page import office_page
from entrepot.web.common.access import STAFF, access

days_shown = 14
bar_px, chart_px, foot_px = 50, 110, 130


@access(*STAFF)
def dashboard(request: HttpRequest) -> HttpResponse:
    today = day_in(CHINA, now())
    first = today - timedelta(days=days_shown - 1)
    counted = orders.placed_by_day(since=first)
    days = [(first + timedelta(days=i)) for i in range(days_shown)]
    most = max([counted.get(day, 0) for day in days] + [1])
    return office_page(
        request,
        "dashboard",
        "工作台 · Work",
        parcels=orders.parcel_counts(),
        states=ParcelState,
        order_states=OrderState,
        held=customs.counts().get(DeclarationState.HELD, 0),
        queue=outbox.queue_state(),
        disagreements=len(stock.discrepancies()) + len(orders.discrepancies()),
        chart=[_bar(i, day, counted.get(day, 0), most) for i, day in enumerate(days)],
    )


def _bar(position: int, day: date, count: int, most: int) -> dict[str, object]:
    """One bar of the chart in the drawing's units."""
    height = round(chart_px * count / most)
    return {"x": position * bar_px, "y": foot_px - height, "height": height, "day": day, "count": count}
