"""A supplier asks for the money of an order whose days count from that."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.procurement import models
from entrepot.procurement.services.checking import BadAmount, plain, trace
from entrepot.procurement.services.history import NotNow, locked, note_event
from entrepot.procurement.services.owing import reckon
from entrepot.procurement.services.receiving import REFERENCE_MAX, ReferenceReused
from entrepot.procurement.types import OrderState, PaymentTerms, SupplierInvoiceDraft


class NotByInvoice(Refusal):
    code = "not_by_invoice"
    status = 422
    zh = "该合同的付款期限不从开票日起算，无需登记发票"
    en = "By its contract the order is not paid by the day of an invoice: there is none to record"


class MoreThanOrdered(Refusal):
    code = "more_than_ordered"
    zh = "发票合计超过订单总额"
    en = "The invoices come to more than the order's total"


def record_invoice(*, draft: SupplierInvoiceDraft, actor: str, now: datetime) -> None:
    """The supplier asks for an order's money, where the contract's days count from that. The same number again changes
    nothing.

    Refuses UnknownParty, NotNow (nothing in force, cancelled), BadText, BadAmount, NotByInvoice, MoreThanOrdered,
    ReferenceReused.
    """
    number = plain(draft.number, field="reference", most=REFERENCE_MAX)
    if draft.amount_minor <= 0 or draft.invoiced_on > day_in(CHINA, now):
        raise BadAmount(field="amount" if draft.amount_minor <= 0 else "invoiced_on")
    with transaction.atomic():
        order = locked(draft.order_id)
        rows = models.SupplierInvoice.objects.filter(order_id=order.id)
        before = rows.filter(number=number).first()
        if before is not None:
            if (before.amount_minor, before.invoiced_on) != (draft.amount_minor, draft.invoiced_on):
                raise ReferenceReused(field="reference", reference=number)
            return
        if order.version == 0 or order.state == OrderState.CANCELLED:
            raise NotNow
        if not models.Contract.objects.filter(id=order.contract_id, payment=PaymentTerms.INVOICE).exists():
            raise NotByInvoice
        asked = rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0
        if asked + draft.amount_minor > order.total_minor:
            raise MoreThanOrdered(field="amount")
        models.SupplierInvoice.objects.create(
            id=new_id(), order_id=order.id, number=number, amount_minor=draft.amount_minor,
            invoiced_on=draft.invoiced_on, recorded_by=actor, recorded_at=now,
        )  # fmt: skip
        reckon(order.id)
        note_event(order, kind="invoiced", actor=actor, note=number, now=now)
        trace("purchase_order", order.id, action="invoice", actor=actor, now=now, reason=number)
