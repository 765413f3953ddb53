"""Records for staff to read. Declarations move by verbs, never by a form; sealed bytes are not shown."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.customs.models import (
    Application,
    Arrival,
    Batch,
    BatchExchange,
    DataRequest,
    DataUpload,
    Declaration,
    Document,
    Escalation,
    Exchange,
    Number,
    Receipt,
)


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


@admin.register(Declaration)
class DeclarationAdmin(ReadOnly):
    list_display = ("order_number", "state", "held_code", "trade_mode", "list_number", "created_at", "changed_at")
    list_filter = ("state", "trade_mode", "held_code")
    search_fields = ("order_number__startswith", "=list_number", "=order_id", "=parcel_id")


@admin.register(Document)
class DocumentAdmin(ReadOnly):
    list_display = ("kind", "number", "version", "made_at", "sent_at", "attempts")
    list_filter = ("kind",)
    search_fields = ("=number", "=id")
    exclude = ("xml_sealed", "sha256")


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly):
    """Without customs' words: they may name what a person has used of a year. The declaration's page masks that."""

    list_display = ("status", "document", "returned_at", "received_at", "times")
    list_filter = ("status",)
    list_select_related: ClassVar[tuple[str, ...]] = ("document",)
    search_fields = ("=document__number",)
    exclude = ("sha256", "mark", "info")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup.partition("__")[0] in self.list_filter


@admin.register(Arrival)
class ArrivalAdmin(ReadOnly):
    list_display = ("first_at", "root", "way", "size", "outcome", "told", "times", "last_at")
    list_filter = ("way", "outcome", "root")
    ordering = ("-first_at",)
    exclude = ("raw_sealed", "sha256")


@admin.register(Exchange)
class ExchangeAdmin(ReadOnly):
    list_display = ("at", "document", "status")
    list_select_related: ClassVar[tuple[str, ...]] = ("document",)
    exclude = ("opening", "envelope_sha256", "answer")


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("kind", "documents", "made_at", "sent_at", "halved_at")
    list_filter = ("kind",)
    search_fields = ("=id",)
    exclude = ("tail", "sha256")


@admin.register(BatchExchange)
class BatchExchangeAdmin(ReadOnly):
    list_display = ("at", "batch", "status")
    list_select_related: ClassVar[tuple[str, ...]] = ("batch",)
    exclude = ("opening", "envelope_sha256", "answer")


@admin.register(Number)
class NumberAdmin(ReadOnly):
    list_display = ("kind", "company", "number", "declaration_id", "at")
    search_fields = ("=number",)


@admin.register(Application)
class ApplicationAdmin(ReadOnly):
    list_display = ("document", "version", "sent", "verdict", "status", "asks", "ask_at")
    list_filter = ("verdict", "sent")
    list_select_related: ClassVar[tuple[str, ...]] = ("document",)
    search_fields = ("=document__number", "=return_id")
    exclude = ("mark",)


@admin.register(DataRequest)
class DataRequestAdmin(ReadOnly):
    list_display = ("order_number", "session_id", "state", "code", "asked_at", "times", "attempts")
    list_filter = ("state", "code")
    search_fields = ("order_number__startswith", "=session_id")
    exclude = ("body_sealed", "sha256")


@admin.register(DataUpload)
class DataUploadAdmin(ReadOnly):
    list_display = ("at", "request", "status", "code", "words")
    list_filter = ("code",)
    list_select_related: ClassVar[tuple[str, ...]] = ("request",)


@admin.register(Escalation)
class EscalationAdmin(ReadOnly):
    list_display = (
        "order_number",
        "kind",
        "state",
        "level",
        "since",
        "raised_at",
        "acknowledged_at",
        "note",
        "ended_at",
    )
    list_filter = ("level", "kind", "state")
    search_fields = ("order_number__startswith", "=subject_id")
