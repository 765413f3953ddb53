"""Price lists, prices, sales and limits for staff. A price is set by its verb: the form for a new one calls it.

Sales and limits have pages of their own; their records are here to read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from entrepot.catalogue import selectors as catalogue
from entrepot.identity import selectors as identity
from entrepot.kit.clock import now
from entrepot.kit.money import Money, exponent, to_decimal, to_minor
from entrepot.pricing import rules, services
from entrepot.pricing.models import FlashSale, FlashSaleItem, Price, PriceList, PurchaseLimit, Take
from entrepot.pricing.types import PriceDraft

_FAULTS = {
    "amount_minor": "售价须大于零 · The price must be more than nothing.",
    "was_minor": "划线价须高于售价 · The struck-through price must be more than the price.",
    "valid_from": "售价只能自现在或以后生效 · A price is set for now or later, never for the past.",
    "valid_to": "结束时间须晚于开始时间 · The period must end after it begins.",
}
_LABELS = {"price_list": "价目表 · Price list", "valid_from": "自 · From", "valid_to": "至 · Until"}


def _refuse_anything(self: Any, request: HttpRequest, obj: Any = None) -> bool:
    return False


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    sku = forms.CharField(label="SKU", max_length=40, widget=UnfoldAdminTextInputWidget)
    amount = forms.DecimalField(
        label="售价 · Price", min_value=Decimal(0), max_digits=15, widget=UnfoldAdminDecimalFieldWidget
    )
    was = forms.DecimalField(
        label="划线价 · Struck-through price", min_value=Decimal(0), max_digits=15, required=False,
        widget=UnfoldAdminDecimalFieldWidget,
    )  # fmt: skip

    class Meta:
        model = Price
        fields: ClassVar[list[str]] = ["price_list", "valid_from", "valid_to"]
        labels: ClassVar[dict[str, str]] = _LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].required = False
        self.fields["valid_from"].help_text = "留空：自现在起 · empty: from now on"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code = cleaned.get("sku", "")
        known = catalogue.sku_by_code(codes=[code]).get(code)
        if code and known is None:
            self.add_error("sku", ValidationError("没有这个货号 · There is no such SKU."))
        price_list = cleaned.get("price_list")
        if known is None or price_list is None or self.errors:
            return cleaned
        minor = {name: self._minor(name, cleaned.get(name), price_list.currency) for name in ("amount", "was")}
        if minor["amount"] is not None and not self.errors:
            period = cleaned.get("valid_from"), cleaned.get("valid_to")
            self.draft = PriceDraft(known.id, minor["amount"], minor["was"], *period)
            wrong = rules.fault(self.draft, now())
            if wrong is not None:
                self.add_error(wrong.removesuffix("_minor"), ValidationError(_FAULTS[wrong]))
        return cleaned

    def _minor(self, name: str, amount: Decimal | None, currency: str) -> int | None:
        """Minor units; an amount finer than the currency is an error, not rounded."""
        if amount is None:
            return None
        minor = to_minor(amount, currency)
        if to_decimal(minor, currency) != amount:
            self.add_error(name, ValidationError(f"{currency}: {exponent(currency)} 位小数 · decimal places"))
        return minor

    def _post_clean(self) -> None:
        """The verb makes the rows; the model instance of the form is never saved."""


@admin.register(PriceList)
class PriceListAdmin(ModelAdmin):  # type: ignore[misc]
    list_display: ClassVar[list[str]] = ["storefront", "currency", "opened_at"]
    has_add_permission = has_change_permission = has_delete_permission = _refuse_anything


@admin.register(Price)
class PriceAdmin(ModelAdmin):  # type: ignore[misc]
    list_display: ClassVar[list[str]] = ["sku_code", "amount", "was", "valid_from", "valid_to", "by", "set_at"]
    list_select_related: ClassVar[list[str]] = ["price_list"]
    list_filter: ClassVar[list[str]] = ["price_list"]
    search_fields: ClassVar[list[str]] = ["sku_id"]
    search_help_text = "SKU code"
    ordering: ClassVar[list[str]] = ["-set_at", "sku_id"]
    list_per_page = 50
    show_full_result_count = False
    form = PriceForm
    has_change_permission = has_delete_permission = _refuse_anything

    def get_form(self, request: HttpRequest, obj: Price | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A price that is set is read: the form is for a new one."""
        return super().get_form(request, obj, change, **({"form": forms.ModelForm} if obj else {}) | kwargs)

    def get_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        read = ["sku_code", "amount", "was", "price_list", "valid_from", "valid_to", "by", "set_at"]
        return read if obj else super().get_fields(request, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Price | None:
        price: Price | None = super().get_object(request, object_id, from_field)
        if price is not None:
            self._coded([price])
        return price

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term:
            return queryset, False
        found = catalogue.sku_by_code(codes=[search_term.strip()])
        return queryset.filter(sku_id__in=[sku.id for sku in found.values()]), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the SKU codes of the whole page looked up at once."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = self._coded(list(changelist.result_list))
        return changelist

    def _coded(self, prices: list[Any]) -> list[Any]:
        found, names = catalogue.skus(ids=[price.sku_id for price in prices]), identity.staff_names()
        for price in prices:
            price.code = found[price.sku_id].code if price.sku_id in found else str(price.sku_id)
            price.by = names.get(price.set_by, price.set_by)
        return prices

    def save_form(self, request: HttpRequest, form: PriceForm, change: bool) -> Price:
        return form.instance  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Price, form: PriceForm, change: bool) -> None:
        list_id = form.cleaned_data["price_list"].id
        services.set_prices(list_id=list_id, prices=[form.draft], actor=str(request.user.pk), now=now())

    def save_related(self, request: HttpRequest, form: PriceForm, formsets: Any, change: bool) -> None:
        """There is nothing beside the price."""

    def log_addition(self, request: HttpRequest, obj: Price, message: Any) -> None:
        """Who set a price and when stands on the price."""

    def response_add(self, request: HttpRequest, obj: Price, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, "售价已设定 · The price is set.")
        return redirect("admin:pricing_price_changelist")

    @admin.display(description="SKU")
    def sku_code(self, price: Price) -> str:
        return getattr(price, "code", str(price.sku_id))

    @admin.display(description="设定人 · Set by")
    def by(self, price: Price) -> str:
        return str(getattr(price, "by", price.set_by))

    @admin.display(description="售价 · Price")
    def amount(self, price: Price) -> str:
        return f"{to_decimal(price.amount_minor, price.price_list.currency)} {price.price_list.currency}"

    @admin.display(description="划线价 · Struck-through price")
    def was(self, price: Price) -> str:
        return "" if price.was_minor is None else str(to_decimal(price.was_minor, price.price_list.currency))


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    list_per_page = 50
    show_full_result_count = False
    ordering: ClassVar[list[str]] = ["-id"]
    has_add_permission = has_change_permission = has_delete_permission = _refuse_anything


@admin.register(FlashSale)
class FlashSaleAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["code", "starts_at", "ends_at", "admit_per_s", "planned_by", "called_off_at"]


@admin.register(FlashSaleItem)
class FlashSaleItemAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["sku_id", "sale", "price", "units", "taken", "limit_per_person"]
    list_select_related: ClassVar[list[str]] = ["sale", "sale__price_list"]

    @admin.display(description="抢购价 · Price")
    def price(self, item: FlashSaleItem) -> str:
        return str(Money(item.price_minor, item.sale.price_list.currency))


@admin.register(PurchaseLimit)
class PurchaseLimitAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["sku_id", "quantity", "days", "valid_from", "valid_to", "set_by"]


@admin.register(Take)
class TakeAdmin(ReadOnly):
    list_display: ClassVar[list[str]] = ["at", "state", "sku_id", "quantity", "order_id"]
