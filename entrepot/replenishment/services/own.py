"""Our own sales, from orders and returns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.orders import selectors as orders
from entrepot.replenishment.services.days import Covered, replace_days
from entrepot.replenishment.types import OWN
from entrepot.stock import selectors as stock

DAYS_AGAIN = 35  # what is called off or sent back later changes nothing of the forecast


def reckon_sales(*, until: date, days: int = DAYS_AGAIN) -> int:
    """Reckon the days before `until` anew, each in its own transaction; doing it twice changes nothing. Rows kept."""
    return sum(_reckon(until - timedelta(days=back)) for back in range(days, 0, -1))


def _reckon(day: date) -> int:
    with transaction.atomic():
        return replace_days(Covered(OWN, day, day), _rows(day))


def _rows(day: date) -> Iterator[tuple[Any, ...]]:
    back = stock.came_back(day=day)
    sold = {(one.sku_id, one.warehouse_id): one for one in orders.sold(day=day)}
    codes = {sku_id: sku.code for sku_id, sku in catalogue.skus(ids={sku for sku, _ in back}).items()}
    codes |= {one.sku_id: one.sku_code for one in sold.values()}
    places = {warehouse_id: one.code for warehouse_id, one in stock.warehouses().items()}
    for sku_id, warehouse_id in sorted({*back, *sold}):
        one, returned = sold.get((sku_id, warehouse_id)), back.get((sku_id, warehouse_id), 0)
        units, cancelled = (one.units, one.cancelled) if one else (0, 0)
        place = places.get(warehouse_id, str(warehouse_id))
        yield codes.get(sku_id, str(sku_id)), sku_id, place, day, units, cancelled, returned
