from __future__ import annotations

from uuid import UUID

from django.db import transaction

from entrepot.kit.refusals import Invalid
from entrepot.stock import cached, rules
from entrepot.stock.models import Warehouse as Row
from entrepot.stock.types import WarehouseDraft


class WarehouseInvalid(Invalid):
    code = "warehouse_invalid"
    zh = "仓库资料有误：{what}"
    en = "The warehouse's {what} cannot be right"


def put_warehouse(*, draft: WarehouseDraft) -> UUID:
    """Open the warehouse with this code, or change it. Returns its id. Refuses WarehouseInvalid(field)."""
    fault = rules.warehouse_fault(draft)
    if fault is not None:
        raise WarehouseInvalid(field=fault, what=fault)
    fields = {
        "names": dict(draft.names),
        "kind": draft.kind.value,
        "country": draft.country,
        "city": dict(draft.city),
        "trade_mode": draft.trade_mode,
        "customs_code": draft.customs_code,
        "port_code": draft.port_code,
        "area_code": draft.area_code,
        "area_name": draft.area_name,
        "account_book": draft.account_book,
        "days_min": draft.days_min,
        "days_max": draft.days_max,
    }
    with transaction.atomic():
        row, _ = Row.objects.update_or_create(code=draft.code, defaults=fields)
        transaction.on_commit(cached.forget_warehouses)
    cached.forget_warehouses()
    return row.id
