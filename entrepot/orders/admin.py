"""Records for staff to read. Orders move by verbs, never by a form. Sealed columns are not shown."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.orders.models import Event, Line, Order, Parcel


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Shown, searched and filtered; never added, changed or deleted here."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(ReadOnly):
    list_display = ("number", "state", "total_minor", "currency", "placed_at", "paid_at", "consignee_name")
    list_filter = ("state",)
    search_fields = ("number__startswith",)
    ordering = ("-id",)
    exclude = ("consignee_sealed", "id_hash")


@admin.register(Parcel)
class ParcelAdmin(ReadOnly):
    list_display = ("number", "state", "trade_mode", "goods_minor", "freight_minor", "tax_minor")
    list_filter = ("state", "trade_mode")
    search_fields = ("number__startswith",)
    ordering = ("-id",)


@admin.register(Line)
class LineAdmin(ReadOnly):
    list_display = ("sku_code", "quantity", "goods_minor", "vat_minor", "excise_minor", "hs_code", "origin")
    search_fields = ("sku_code__startswith",)
    ordering = ("-id",)


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("at", "kind", "order", "sequence", "note")
    list_filter = ("kind",)
    list_select_related = ("order",)
    search_fields = ("order__number__startswith",)
    ordering = ("-id",)
