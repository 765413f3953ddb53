"""Records for staff to read. Returns move by verbs, never by a form."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.returns.models import Book, Event, Line, Return


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Shown, searched and filtered; never added, changed or deleted here."""

    list_per_page = 50
    show_full_result_count = False
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Return)
class ReturnAdmin(ReadOnly):
    list_display = ("number", "order_number", "state", "customs", "customs_code", "reason", "back_by", "arrived_on")
    list_filter = ("state", "customs", "reason")
    search_fields = ("=number", "=order_number", "=parcel_number")
    exclude = ("key",)


@admin.register(Line)
class LineAdmin(ReadOnly):
    list_display = ("of", "number", "quantity", "sound", "spoiled")
    list_select_related: ClassVar[tuple[str, ...]] = ("of",)
    search_fields = ("=of__number",)


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("at", "of", "sequence", "kind", "actor", "note")
    list_filter = ("kind",)
    list_select_related: ClassVar[tuple[str, ...]] = ("of",)
    search_fields = ("=of__number",)


@admin.register(Book)
class BookAdmin(ReadOnly):
    list_display = ("parcel_id", "line_id", "quantity", "taken", "priced", "freighted", "taxed")
    search_fields = ("=parcel_id", "=line_id")
