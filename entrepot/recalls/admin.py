"""Records for staff to read. Recalls move by verbs, never by a form."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.recalls.models import Recall


@admin.register(Recall)
class RecallAdmin(ModelAdmin):  # type: ignore[misc]
    list_display: ClassVar[tuple[str, ...]] = ("number", "state", "remedy", "opened_at")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False
