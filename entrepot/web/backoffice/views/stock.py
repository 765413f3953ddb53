"""Stock by lot: what is on hand, what is claimed, what expires."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.page import office_page, page_number, search_text
from entrepot.web.common.access import access

expires_soon = timedelta(days=90)
disagreements_shown = 10


@access(Role.WAREHOUSE, Role.CATALOGUE, Role.FINANCE, Role.CUSTOMS)
def levels(request: HttpRequest) -> HttpResponse:
    warehouses = stock.warehouses()
    code = request.GET.get("warehouse", "")
    chosen = next((one.id for one in warehouses.values() if one.code == code), None)
    text, page = search_text(request), page_number(request)
    ids = [sku.id for sku in catalogue.sku_by_code(codes={text, text.upper()}).values()] if text else None
    rows = stock.levels(sku_ids=ids, warehouse_id=chosen, page=page)
    wrong = stock.discrepancies()
    named = {row.sku_id for row in rows} | {one.sku_id for one in wrong[:disagreements_shown]}
    skus = catalogue.skus(ids=named)
    today = day_in(CHINA, now())
    return office_page(
        request,
        "stock_rows" if request.headers.get("HX-Target") == "rows" else "stock",
        _("Stock by lot"),
        rows=[(row, skus.get(row.sku_id), warehouses.get(row.warehouse_id)) for row in rows],
        warehouses=warehouses.values(),
        warehouse=code if chosen else "",
        q=text,
        page=page,
        more=len(rows) == stock.PAGE,
        today=today,
        soon=today + expires_soon,
        wrong=[(one, skus.get(one.sku_id)) for one in wrong[:disagreements_shown]],
        wrong_count=len(wrong),
    )
