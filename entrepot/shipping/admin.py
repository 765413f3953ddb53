"""Records for staff to read. Parcels move by verbs and by what carriers report. The sealed consignee is not shown."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from entrepot.shipping.models import Scan, Waybill


class _Untouchable:
    """Shown, searched and filtered; never added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class ScanRows(_Untouchable, TabularInline):  # type: ignore[misc]
    model = Scan
    extra = 0
    verbose_name_plural = "轨迹 · scans"
    fields = ("at", "code", "place", "zh", "en", "received_at")
    ordering = ("at", "id")


@admin.register(Waybill)
class WaybillAdmin(_Untouchable, ModelAdmin):  # type: ignore[misc]
    list_per_page = 50
    show_full_result_count = False
    list_display = (
        "number",
        "order_number",
        "state",
        "carrier_name",
        "trade_mode",
        "weight_g",
        "dispatched_at",
        "delivered_at",
    )
    list_filter = ("state", "carrier", "trade_mode")
    search_fields = ("=number", "order_number__startswith")
    ordering = ("-id",)
    exclude = ("consignee_sealed",)
    inlines = (ScanRows,)
