"""Records for staff to read. Goods move by verbs, never by a form."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.stock.models import Claim, Level, Lot, Movement, Warehouse


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


@admin.register(Warehouse)
class WarehouseAdmin(ReadOnly):
    list_display = ("code", "kind", "country", "trade_mode", "account_book", "days_min", "days_max")
    list_filter = ("kind",)
    search_fields = ("code", "account_book")


@admin.register(Lot)
class LotAdmin(ReadOnly):
    list_display = ("code", "sku_id", "expires_on", "origin", "unit_cost", "currency", "item_record")
    search_fields = ("code", "=sku_id")
    ordering = ("-id",)


@admin.register(Level)
class LevelAdmin(ReadOnly):
    list_display = ("sku_id", "warehouse", "lot", "customs_state", "on_hand", "claimed")
    list_filter = ("warehouse", "customs_state")
    list_select_related: ClassVar[tuple[str, ...]] = ("warehouse", "lot")
    search_fields = ("=sku_id", "lot__code")
    ordering = ("sku_id", "id")


@admin.register(Movement)
class MovementAdmin(ReadOnly):
    list_display = ("at", "kind", "sku_id", "on_hand", "claimed", "reference")
    list_filter = ("kind",)
    search_fields = ("=sku_id", "=reference")
    ordering = ("-id",)


@admin.register(Claim)
class ClaimAdmin(ReadOnly):
    list_display = ("at", "state", "sku_id", "quantity", "reference", "expires_at")
    list_filter = ("state",)
    search_fields = ("=sku_id", "=reference")
    ordering = ("-id",)
