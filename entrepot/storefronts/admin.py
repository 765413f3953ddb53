from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from entrepot.storefronts.models import Host, Storefront


class Hosts(TabularInline):  # type: ignore[misc]
    model = Host
    extra = 0
    fields: ClassVar[list[str]] = ["name"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Storefront)
class StorefrontAdmin(ModelAdmin):  # type: ignore[misc]
    """To look at: a storefront is opened by its verb, its currency and languages hold up prices and pages."""

    list_display: ClassVar[list[str]] = ["code", "names", "default_language", "currency", "opened_at"]
    inlines: ClassVar[list[type[TabularInline]]] = [Hosts]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
