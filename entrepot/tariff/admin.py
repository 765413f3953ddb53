"""Books to look at. They are imported, never edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.tariff.models import Book, Row


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Book)
class BookAdmin(ReadOnly):
    list_display = ("name", "number", "as_of", "imported_at", "actor")


@admin.register(Row)
class RowAdmin(ReadOnly):
    list_display = ("measure", "hs_prefix", "origin", "valid_from", "valid_to", "params", "confirmed", "source")
    list_filter = ("measure", "confirmed", "destination", "book")
    search_fields = ("hs_prefix", "source", "note")
    list_select_related = ("book",)
