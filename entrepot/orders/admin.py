"""Records for staff to read. Orders move by verbs, never by a form. Sealed columns and hashes are not shown."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.kit.money import to_decimal
from entrepot.orders.models import Correction, Event, Line, Order, Parcel


def _refuse_anything(self: Any, request: HttpRequest, obj: Any = None) -> bool:
    return False


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Shown, searched and filtered; never added, changed or deleted here."""

    list_per_page = 50
    show_full_result_count = False
    ordering: ClassVar[list[str]] = ["-id"]
    has_add_permission = has_change_permission = has_delete_permission = _refuse_anything

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Numbers are written in capitals; nobody has to type them so."""
        return super().get_search_results(request, queryset, search_term.replace("\0", "").upper())  # type: ignore[no-any-return]


@admin.register(Order)
class OrderAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["number", "state", "total", "placed_at", "paid_at", "consignee_name"]
    list_filter: ClassVar[list[str]] = ["state"]
    search_fields: ClassVar[list[str]] = ["number__startswith"]
    search_help_text = "order number, from its beginning"
    exclude: ClassVar[list[str]] = ["consignee_sealed", "id_hash"]

    def total(self, row: Order) -> str:
        return f"{to_decimal(row.total_minor, row.currency)} {row.currency}"


@admin.register(Parcel)
class ParcelAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["number", "state", "trade_mode", "goods", "freight", "tax"]
    list_filter: ClassVar[list[str]] = ["state", "trade_mode"]
    list_select_related: ClassVar[list[str]] = ["order"]
    search_fields: ClassVar[list[str]] = ["number__startswith"]
    search_help_text = "customs order number, from its beginning"

    def goods(self, row: Parcel) -> str:
        return str(to_decimal(row.goods_minor, row.order.currency))

    def freight(self, row: Parcel) -> str:
        return str(to_decimal(row.freight_minor, row.order.currency))

    def tax(self, row: Parcel) -> str:
        return str(to_decimal(row.tax_minor, row.order.currency))


@admin.register(Line)
class LineAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["sku_code", "parcel", "number", "quantity", "goods", "hs_code", "origin"]
    list_select_related: ClassVar[list[str]] = ["parcel", "parcel__order"]
    search_fields: ClassVar[list[str]] = ["parcel__number__startswith"]
    search_help_text = "customs order number, from its beginning"

    def goods(self, row: Line) -> str:
        return f"{to_decimal(row.goods_minor, row.parcel.order.currency)} {row.parcel.order.currency}"


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["at", "order", "sequence", "kind", "note"]
    list_filter: ClassVar[list[str]] = ["kind"]
    list_select_related: ClassVar[list[str]] = ["order"]
    search_fields: ClassVar[list[str]] = ["order__number__startswith"]
    search_help_text = "order number, from its beginning"


@admin.register(Correction)
class CorrectionAdmin(ReadOnly):
    """That customs corrected a year, not by how much: reading that is logged, on the declaration's page."""

    list_display: ClassVar[list[str]] = ["year", "told_at", "parcel_id", "ended_at", "ended_by", "why"]
    list_filter: ClassVar[list[str]] = ["year"]
    search_fields: ClassVar[list[str]] = ["=parcel_id", "=order_id", "=receipt_id"]
    exclude: ClassVar[list[str]] = ["id_hash", "minor", "told_minor", "known_minor"]
