"""Stock by lot: what is on hand, what is claimed, what expires."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.page import office_page, page_number
from entrepot.web.common.access import access

expires_soon = timedelta(days=90)


@access(Role.WAREHOUSE, Role.CATALOGUE, Role.FINANCE, Role.CUSTOMS)
def levels(request: HttpRequest) -> HttpResponse:
    warehouses = stock.warehouses()
    code = request.GET.get("warehouse", "")
    chosen = next((one.id for one in warehouses.values() if one.code == code), None)
    text = request.GET.get("q", "").strip()[:60]
    ids = [sku.id for sku in catalogue.sku_by_code(codes=[text]).values()] if text else None
    rows = stock.levels(sku_ids=ids, warehouse_id=chosen, page=page_number(request))
    skus = catalogue.skus(ids=[row.sku_id for row in rows])
    return office_page(
        request,
        "stock",
        "库存 · Stock by lot",
        rows=[(row, skus.get(row.sku_id), warehouses[row.warehouse_id]) for row in rows],
        warehouses=warehouses.values(),
        warehouse=code,
        q=text,
        page=page_number(request),
        soon=day_in(CHINA, now()) + expires_soon,
        disagreements=stock.discrepancies(),
    )
