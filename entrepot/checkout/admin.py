"""Records for staff to read. Cases move by verbs, never by a form."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.checkout.models import LimitCase


@admin.register(LimitCase)
class LimitCaseAdmin(ModelAdmin):  # type: ignore[misc]
    """What customs named of a person's year is left out: reading that is logged, on the declaration's page."""

    list_display = ("parcel_id", "code", "opened_at", "answer_by", "choice", "chosen_by", "wait_until", "outcome")
    list_filter = ("code", "choice", "outcome")
    search_fields = ("=parcel_id", "=order_id")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False
