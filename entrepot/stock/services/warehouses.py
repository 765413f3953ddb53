from __future__ import annotations

from uuid import UUID

from django.db import transaction

from entrepot.kit.refusals import Invalid
from entrepot.stock import cached, rules
from entrepot.stock.models import Warehouse as Row
from entrepot.stock.types import WarehouseDraft, WarehouseKind

# Where goods whose duty is paid come back to in a house that has no warehouse at home. The shop sells nothing from it.
HOME = WarehouseDraft(
    code="HOME", names={"zh-hans": "完税商品退货处", "en": "Duty-paid returns"}, kind=WarehouseKind.DOMESTIC,
    country="CN", city={"zh-hans": "国内", "en": "China"}, trade_mode="0110",
)  # fmt: skip


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


def place_at_home() -> UUID:
    """The warehouse at home for goods whose duty is paid: the first by code, or `HOME`, which is opened then. Two calls
    at once open one."""
    rows = Row.objects.filter(kind=WarehouseKind.DOMESTIC).order_by("code").values_list("id", flat=True)
    return rows.first() or put_warehouse(draft=HOME)
