"""Records for staff to read: warehouses, lots, levels, the ledger, claims. Goods move by verbs, never by a form."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from entrepot.catalogue import selectors as catalogue
from entrepot.stock.models import Claim, Level, Lot, Movement, Warehouse


def _refuse_anything(self: Any, request: HttpRequest, obj: Any = None) -> bool:
    return False


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Shown, searched and filtered; never added, changed or deleted here."""

    list_per_page = 50
    show_full_result_count = False
    ordering: ClassVar[list[str]] = ["-id"]
    has_add_permission = has_change_permission = has_delete_permission = _refuse_anything


class OfArticle(ReadOnly):
    """Rows of one article: found by SKU code (and `also`, an exact column), listed with it."""

    search_fields: ClassVar[list[str]] = ["sku_id"]
    search_help_text = "SKU code"
    also: ClassVar[str] = ""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        text = search_term.strip().replace("\0", "")
        if not text:
            return queryset, False
        wanted = Q(sku_id__in=[sku.id for sku in catalogue.sku_by_code(codes=[text]).values()])
        if self.also:
            wanted |= Q(**{self.also: _as_id(text) if self.also == "reference" else text})
        return queryset.filter(wanted), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the SKU codes of the whole page looked up at once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        found = catalogue.skus(ids={row.sku_id for row in rows})
        for row in rows:
            row.sku_code = found[row.sku_id].code if row.sku_id in found else str(row.sku_id)
        changelist.result_list = rows
        return changelist

    @admin.display(description="SKU")
    def sku(self, row: Any) -> str:
        return getattr(row, "sku_code", str(row.sku_id))


def _as_id(text: str) -> UUID | str | None:
    """An order's id as the ledger and the claims write it; other references (receipts) as they are."""
    try:
        return UUID(text)
    except ValueError:
        return None


@admin.register(Warehouse)
class WarehouseAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["code", "kind", "country", "trade_mode", "account_book", "days"]
    list_filter: ClassVar[list[str]] = ["kind"]
    ordering: ClassVar[list[str]] = ["code"]

    def days(self, row: Warehouse) -> str:
        return f"{row.days_min}–{row.days_max}"


@admin.register(Lot)
class LotAdmin(OfArticle):
    list_display: ClassVar[list[str]] = ["code", "sku", "expires_on", "origin", "cost", "item_record"]
    search_help_text = "SKU code or lot"
    also = "code"

    def cost(self, row: Lot) -> str:
        return f"{row.unit_cost.normalize():f} {row.currency}"


@admin.register(Level)
class LevelAdmin(OfArticle):
    list_display: ClassVar[list[str]] = ["sku", "warehouse", "lot", "expires_on", "customs_state", "on_hand", "claimed"]
    list_filter: ClassVar[list[str]] = ["warehouse", "customs_state"]
    list_select_related: ClassVar[list[str]] = ["warehouse", "lot"]
    ordering: ClassVar[list[str]] = ["sku_id", "id"]
    search_help_text = "SKU code or lot"
    also = "lot__code"

    def expires_on(self, row: Level) -> Any:
        return row.lot.expires_on


@admin.register(Movement)
class MovementAdmin(OfArticle):
    list_display: ClassVar[list[str]] = ["at", "kind", "sku", "on_hand", "claimed", "reference"]
    list_filter: ClassVar[list[str]] = ["kind"]
    search_help_text = "SKU code or reference"
    also = "reference__exact"


@admin.register(Claim)
class ClaimAdmin(OfArticle):
    list_display: ClassVar[list[str]] = ["at", "state", "sku", "quantity", "reference", "expires_at"]
    list_filter: ClassVar[list[str]] = ["state"]
    search_help_text = "SKU code or the order's id"
    also = "reference"
