"""Records for staff to read. Money moves by verbs, never by a form; raw texts open with a reason."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from entrepot.kit.clock import now
from entrepot.kit.money import Money
from entrepot.payments import services
from entrepot.payments.models import Difference, Payment, RawExchange, Refund, Split, Statement, TransactionEvent

reason_chars_min = 4


class _Untouchable:
    """Shown, searched and filtered; never added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class ReadOnly(_Untouchable, ModelAdmin):  # type: ignore[misc]
    list_per_page = 50
    show_full_result_count = False


class ReadOnlyRows(_Untouchable, TabularInline):  # type: ignore[misc]
    extra = 0
    show_change_link = False


class OfItsBuyer(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows that every payment writes: their key begins with the buyer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["queryset"] = kwargs["queryset"].filter(buyer_id=kwargs["instance"].buyer_id)
        super().__init__(*args, **kwargs)


def _money(minor: int | None, currency: str) -> str:
    """An amount with its currency; of a difference whose currency nobody told, the figure alone."""
    if minor is None:
        return "–"
    return str(Money(minor, currency)) if currency else str(minor)


class OfPayment(ReadOnlyRows):
    """Rows with an amount in their payment's currency."""

    readonly_fields = ("amount",)

    @admin.display(description="金额 · amount")
    def amount(self, row: Split | Refund | TransactionEvent) -> str:
        return _money(row.amount_minor, row.payment.currency)


class SplitRows(OfPayment):
    model = Split
    formset = OfItsBuyer
    verbose_name_plural = "分单 · shares"
    fields = ("number", "amount", "transaction")
    ordering = ("position",)


class RefundRows(OfPayment):
    model = Refund
    verbose_name_plural = "退款 · refunds"
    fields = ("key", "amount", "state", "provider_refund", "requested_at", "done_at", "refusal", "reason")
    ordering = ("requested_at",)


class TransactionEventRows(OfPayment):
    model = TransactionEvent
    formset = OfItsBuyer
    verbose_name_plural = "资金流水 · what happened to the money"
    fields = ("known_at", "action", "outcome", "amount", "at", "told_by", "key", "provider_number")
    ordering = ("known_at", "action", "-outcome")


class RawExchangeRows(ReadOnlyRows):
    model = RawExchange
    verbose_name_plural = "原始报文 · what was said"
    fields = readonly_fields = ("at", "kind", "status", "text")
    ordering = ("at", "id")

    @admin.display(description="原文 · text")
    def text(self, exchange: RawExchange) -> str:
        address = reverse("admin:payments_rawexchange_open", args=[exchange.pk])
        return format_html('<a href="{}">填写理由后查看 · open with a reason</a>', address)


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("order_number", "state", "amount", "refunded", "provider", "payer_check", "captured_at")
    list_filter = ("state", "provider", "payer_check")
    search_fields = ("order_number__startswith", "=provider_payment")
    ordering = ("-id",)
    inlines = (SplitRows, TransactionEventRows, RefundRows, RawExchangeRows)

    @admin.display(description="金额 · amount")
    def amount(self, payment: Payment) -> str:
        return str(Money(payment.amount_minor, payment.currency))

    @admin.display(description="已退 · refunded")
    def refunded(self, payment: Payment) -> str:
        return str(Money(payment.refunded_minor, payment.currency)) if payment.refunded_minor else "–"


@admin.register(Refund)
class RefundAdmin(ReadOnly):
    list_display = ("requested_at", "state", "payment", "amount", "key", "done_at", "refusal")
    list_filter = ("state",)
    list_select_related = ("payment",)
    search_fields = ("payment__order_number__startswith", "=provider_refund")
    ordering = ("-id",)

    @admin.display(description="金额 · amount")
    def amount(self, refund: Refund) -> str:
        return _money(refund.amount_minor, refund.payment.currency)


@admin.register(RawExchange)
class RawExchangeAdmin(ReadOnly):
    list_display = ("at", "kind", "status", "payment")
    list_filter = ("kind",)
    list_select_related = ("payment",)
    search_fields = ("payment__order_number__startswith",)
    ordering = ("-id",)
    fields = readonly_fields = ("at", "kind", "status", "payment", "text")

    text = RawExchangeRows.text

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.open_text)
        return [path("<uuid:object_id>/open/", view, name="payments_rawexchange_open"), *super().get_urls()]

    def open_text(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Asks for a reason, writes down who reads and why, then shows both texts. They may name the payer."""
        exchange = RawExchange.objects.select_related("payment").filter(id=object_id).first()
        if exchange is None:
            raise Http404
        if not self.has_view_permission(request, exchange):
            raise PermissionDenied
        reason = request.POST.get("reason", "").replace("\0", "").strip()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"原始报文 · {exchange}",
            "exchange": exchange,
            "reason": reason,
        }
        if request.method == "POST" and len(reason) < reason_chars_min:
            context["error"] = f"请写明理由（至少 {reason_chars_min} 个字） · say why ({reason_chars_min} characters)"
        elif request.method == "POST":
            said = services.open_raw_exchange(
                exchange_id=exchange.id,
                buyer_id=exchange.buyer_id,
                reader=str(request.user.pk),
                reason=reason,
                now=now(),
            )
            names = ("请求 · request", "应答 · answer")
            context["texts"] = [(name, _pretty(text)) for name, text in zip(names, said, strict=True)]
        return TemplateResponse(request, "payments/raw_exchange.html", context)


class DifferenceRows(ReadOnlyRows):
    model = Difference
    verbose_name_plural = "差异 · differences"
    fields = ("movement", "kind", "request_id", "ours", "theirs", "closed_at", "closing_note")
    readonly_fields = ("ours", "theirs")
    ordering = ("movement", "request_id")

    @admin.display(description="我方 · ours")
    def ours(self, row: Difference) -> str:
        return _money(row.ours_minor, row.currency)

    @admin.display(description="对方 · theirs")
    def theirs(self, row: Difference) -> str:
        return _money(row.theirs_minor, row.currency)


@admin.register(Statement)
class StatementAdmin(ReadOnly):
    list_display = ("day", "provider", "at", "matched", "healed", "difference_count")
    list_filter = ("provider",)
    ordering = ("-day", "-at")
    inlines = (DifferenceRows,)


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text or "–"
