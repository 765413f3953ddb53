"""Stock by lot: what is on hand, what is claimed, what expires, and what it is or was worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.stock import selectors as stock
from entrepot.stock import services
from entrepot.stock.types.lots import MonthTotal, Total
from entrepot.storefronts import selectors as storefronts
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import choice, office_page, page_number, refusals_told, search_text
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.WAREHOUSE, Role.CATALOGUE, Role.FINANCE, Role.CUSTOMS)
KEEPERS = (Role.WAREHOUSE, Role.OPERATOR)
expires_soon = timedelta(days=90)
disagreements_shown = 10
rows_max, chunk = 200_000, 1_000
column_px, chart_px = 50, 120


@access(*READERS)
def levels(request: HttpRequest) -> HttpResponse:
    warehouses = stock.warehouses()
    code = request.GET.get("warehouse", "")
    chosen = next((one.id for one in warehouses.values() if one.code == code), None)
    text, page, today = search_text(request), page_number(request), day_in(CHINA, now())
    on = _day(request, today)
    ids = [sku.id for sku in catalogue.sku_by_code(codes={text, text.upper()}).values()] if text else None
    rows = stock.levels(sku_ids=ids, warehouse_id=chosen, page=page)
    worths = stock.worths(levels=rows, on=on)
    skus = catalogue.skus(ids={row.sku_id for row in rows})
    return office_page(
        request,
        "stock_rows" if request.headers.get("HX-Target") == "rows" else "stock",
        _("Stock by lot"),
        rows=[(row, skus.get(row.sku_id), warehouses.get(row.warehouse_id), worths[row.id]) for row in rows],
        warehouses=warehouses.values(),
        warehouse=code if chosen else "",
        q=text,
        page=page,
        more=len(rows) == stock.PAGE,
        today=today,
        on=on,
        past=on < today,
        soon=today + expires_soon,
        audit=next(iter(stock.audits()), None),
    )


@access(*READERS)
def value(request: HttpRequest) -> HttpResponse:
    """What our goods were worth on a day, by warehouse; by month; and what the nights found."""
    today = day_in(CHINA, now())
    on, places = _day(request, today), stock.warehouses()
    shops = storefronts.every()
    lives = stock.shelf_life(channel_ids=[shop.id for shop in shops])
    so_far = stock.so_far(on=on)
    totals = so_far.totals if so_far else stock.totals(on=on)
    return office_page(
        request,
        "stock_value",
        _("Stock value"),
        crumbs=[(_("Stock by lot"), reverse("office_stock"))],
        on=on,
        today=today,
        as_of=so_far.at if so_far else None,
        totals=[(places.get(one.warehouse_id), one) for one in totals],
        sums=_sums(totals),
        charts=_charts(stock.month_totals()),
        audits=stock.audits(),
        shown=disagreements_shown,
        shops=[(shop, lives.get(shop.id, 0)) for shop in shops],
        keeper=bool(caller(request).roles & set(KEEPERS)),
    )


def _sums(totals: Sequence[Total]) -> list[tuple[str, int, Decimal]]:
    """All warehouses together: units and value of each currency."""
    ordered = sorted(totals, key=lambda one: one.currency)
    grouped = ((currency, list(of)) for currency, of in groupby(ordered, key=lambda one: one.currency))
    return [
        (currency, sum(one.units for one in of), sum((one.value for one in of), Decimal(0))) for currency, of in grouped
    ]


@access(*READERS)
def value_export(request: HttpRequest) -> HttpResponseBase:
    """Every lot that had units on the day, with what each cost and all were worth."""
    on, form = _day(request, day_in(CHINA, now())), Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_value_rows(on), name=f"stock-value-{on.isoformat()}", form=form)


@access(*KEEPERS)
@require_POST
def shelf_life(request: HttpRequest) -> HttpResponse:
    """How long goods must keep where they are sold."""
    with refusals_told(request):
        code = fields.text(request, "storefront")
        shop = next((one for one in storefronts.every() if one.code == code), None)
        days = fields.number(request, "days")
        if shop is None or days is None:
            raise fields.FieldWrong(field="days", what=_("Days"))
        services.put_shelf_life(channel_id=shop.id, days=days, now=now())
        messages.success(request, _("Sold there only with %(n)s days left") % {"n": days})
    return redirect("office_stock_value")


def _day(request: HttpRequest, today: date) -> date:
    """`?on=`; today for anything that is no day or is still to come."""
    try:
        return min(date.fromisoformat(request.GET.get("on", "")), today)
    except ValueError:
        return today


def _value_rows(on: date) -> Iterator[list[Any]]:
    yield [
        _("SKU code"), _("Article"), _("Lot"), _("Best before"), _("Warehouse"), _("Units"), _("Unit cost"),
        _("Value"), _("Currency"),
    ]  # fmt: skip
    places, found = stock.warehouses(), islice(stock.every_worth(on=on), rows_max)
    while rows := list(islice(found, chunk)):
        skus = catalogue.skus(ids={level.sku_id for level, _worth in rows})
        for level, worth in rows:
            sku, place = skus.get(level.sku_id), places.get(level.warehouse_id)
            yield [
                sku.code if sku else "", sku.titles.get("zh-hans", "") if sku else "", level.lot.code,
                str(level.lot.expires_on or ""), place.code if place else "", worth.units,
                f"{worth.unit_cost.normalize():f}", str(round(worth.value, 6)), worth.currency,
            ]  # fmt: skip


def _charts(months: Sequence[MonthTotal]) -> list[dict[str, Any]]:
    """A chart of columns for each currency: the value when each month began."""
    charts = []
    for currency, of in groupby(
        sorted(months, key=lambda one: (one.currency, one.month)), key=lambda one: one.currency
    ):
        totals = list(of)[-14:]
        most = max([one.value for one in totals if one.value > 0], default=Decimal(1))
        bars = []
        for i, one in enumerate(totals):
            height = max(round(chart_px * one.value / most), 0)
            bars.append({"x": i * column_px, "y": chart_px - height, "height": height, "total": one})
        charts.append({"currency": currency, "bars": bars})
    return charts
