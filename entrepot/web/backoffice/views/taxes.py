"""Tax at customs: what is billed by month and guarantor, what is paid, and each bill beside its list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from entrepot.customs import services
from entrepot.customs.selectors import taxes
from entrepot.customs.types.taxes import (
    BillState,
    BillWish,
    Guarantee,
    Paid,
    PaymentWish,
    TaxBill,
    TaxKind,
    TaxMonth,
)
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import to_decimal
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import choice, existing, office_page, page_number, refusals_told, search_text
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.memo import kept

months_shown = 12
column_px, chart_px = 58, 120
TEXT_MAX = 300
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,2})?")


@access(Role.FINANCE, Role.CUSTOMS)
def summary(request: HttpRequest) -> HttpResponse:
    today = day_in(CHINA, now())
    found = taxes.months(since=_months(today)[0], today=today)
    guarantor = _one_of(request, "guarantor", {row.guarantor for row in found})
    uses = taxes.guarantee_uses(today=today)
    return office_page(
        request,
        "taxes",
        _("Tax at customs"),
        rows=[row for row in found if guarantor in ("", row.guarantor)],
        guarantors=sorted({row.guarantor for row in found}),
        guarantor=guarantor,
        columns=_columns(found, guarantor, _months(today)),
        uses=uses,
        known=sorted({one.guarantor for one in uses} | {row.guarantor for row in found}),
        payments=taxes.payments(),
        days=taxes.days_in_force(today=today),
        strays=taxes.stray_count(),
        today=today,
        may_pay=Role.FINANCE in caller(request).roles,
        wish=_to_pay(request, found),
    )


def _to_pay(request: HttpRequest, found: Sequence[TaxMonth]) -> dict[str, Any]:
    """What the form of a payment begins with: a guarantor's open sum of the month that was chosen."""
    month, guarantor = month_of(request.GET.get("pay", "")), request.GET.get("guarantor", "")
    row = next((one for one in found if (one.month, one.guarantor) == (month, guarantor)), None)
    return {"guarantor": row.guarantor, "month": month_text(month), "amount": yuan(row.open)} if row else {}


@access(Role.FINANCE, Role.CUSTOMS)
def bills(request: HttpRequest) -> HttpResponse:
    today = day_in(CHINA, now())
    wish = _wish(request)
    found = taxes.bills(wish=wish, today=today, page=page_number(request))
    return office_page(
        request,
        "tax_bills",
        _("Tax bills"),
        crumbs=_crumbs(),
        found=found,
        rows=[(one, one.paid(today)) for one in found.bills],
        wish=wish,
        month=month_text(wish.month),
        states=list(BillState),
        payings=list(Paid),
    )


@access(Role.FINANCE, Role.CUSTOMS)
def export(request: HttpRequest) -> HttpResponseBase:
    """The bills that the filters find, as a file."""
    today = day_in(CHINA, now())
    found = taxes.exported_bills(wish=_wish(request), today=today)
    return table(rows=_rows(found, today), name=f"tax-bills-{today.isoformat()}", form=form(request))


def _rows(found: Iterable[TaxBill], today: date) -> Iterator[list[Any]]:
    """In the reader's language, though the file is sent when that is forgotten."""
    said = {one: str(word(one)) for one in (*BillState, *Paid)}
    heads = [
        _("Tax bill"),
        _("List number"),
        _("Customs order"),
        _("Guarantor"),
        _("State"),
        _("Summed bill"),
        _("Made"),
    ]
    sums = [_("Duty"), _("VAT"), _("Consumption tax"), _("Total"), _("Due"), _("Payment"), _("Paid")]
    return chain([[*heads, *sums, _("Differs")]], _each(found, today, said))


def _each(found: Iterable[TaxBill], today: date, said: Mapping[Any, str]) -> Iterator[list[Any]]:
    for one in found:
        own = [one.tax_no, one.list_number, one.order_number, one.guarantor, said[one.state], one.summed, one.made_on]
        sums = [yuan(n) for n in (one.taxes.duty, one.taxes.vat, one.taxes.excise, one.taxes.total)]
        paid = one.paid(today)
        paying = [said[paid] if paid else "", "" if one.paid_minor is None else yuan(one.paid_minor)]
        yield [*own, *sums, one.due_on, *paying, int(one.differs)]


@access(Role.FINANCE, Role.CUSTOMS)
def bill(request: HttpRequest, buyer_id: UUID, bill_id: UUID) -> HttpResponse:
    """One bill beside its list, line by line."""
    whole = existing(taxes.bill(bill_id=bill_id, buyer_id=buyer_id), bill_id)
    others = [one.bill for one in taxes.of_parcel(parcel_id=whole.bill.parcel_id, buyer_id=buyer_id)]
    return office_page(
        request,
        "tax_bill",
        _("Tax bill %(number)s") % {"number": whole.bill.tax_no},
        crumbs=[*_crumbs(), (_("Tax bills"), reverse("office_tax_bills"))],
        whole=whole,
        one=whole.bill,
        paid=whole.bill.paid(day_in(CHINA, now())),
        others=[one for one in others if one.id != bill_id],
        difference=sum(line.difference for line in whole.listed),
        may_see_declaration=Role.CUSTOMS in caller(request).roles,
    )


@access(Role.FINANCE, Role.CUSTOMS)
def differences(request: HttpRequest) -> HttpResponse:
    """Collected at sale against billed: by kind, line by line, and what is only on one side."""
    wanted = _differing(request)
    sums = taxes.difference_sums(guarantor=wanted["guarantor"], month=wanted["month"])
    return office_page(
        request,
        "tax_differences",
        _("Tax collected and tax billed"),
        crumbs=_crumbs(),
        found=taxes.differences(**wanted, page=page_number(request)),
        sums=sums,
        total=sum(one.difference for one in sums),
        kinds=[kind for kind in TaxKind if kind is not TaxKind.FOREIGN_ORDER],
        kind=wanted["kind"] or "",
        guarantor=wanted["guarantor"],
        month=month_text(wanted["month"]),
        strays=taxes.strays(),
        stray_count=taxes.stray_count(),
        unbilled=_unbilled(),
    )


@kept(seconds=300)
def _unbilled() -> list[Any]:
    """Looks through the lists of three months: once in five minutes is enough."""
    return taxes.unbilled(now=now())


@access(Role.FINANCE, Role.CUSTOMS)
def export_differences(request: HttpRequest) -> HttpResponseBase:
    today = day_in(CHINA, now())
    rows = _difference_rows(_differing(request))
    return table(rows=rows, name=f"tax-differences-{today.isoformat()}", form=form(request))


def _difference_rows(wanted: Mapping[str, Any]) -> Iterator[list[Any]]:
    said = {kind: str(word(kind)) for kind in TaxKind}
    heads = [_("Customs order"), _("List number"), _("Line"), _("Guarantor"), _("Billed on"), _("Kind"), _("Code")]
    values = [_("Code billed"), pgettext("tax", "Value"), _("Value billed")]
    sums = [_("Collected"), _("Lifted"), _("Billed"), _("Difference")]
    return chain([[*heads, *values, *sums]], _each_difference(wanted, said))


def _each_difference(wanted: Mapping[str, Any], said: Mapping[TaxKind, str]) -> Iterator[list[Any]]:
    for row in taxes.exported_differences(**wanted):
        line = row.line
        own = [row.order_number, row.list_number, line.gnum, row.guarantor, row.made_on]
        value = "" if line.billed_value is None else yuan(line.billed_value)
        amounts = [yuan(n) for n in (line.collected.total, line.lifted.total, line.billed.total, line.difference)]
        kind = said[line.kind] if line.kind else ""
        yield [*own, kind, line.code, line.billed_code, yuan(line.value), value, *amounts]
    if not (wanted["guarantor"] or wanted["month"]) and wanted["kind"] in (None, TaxKind.FOREIGN_ORDER):
        for one in taxes.strays(limit=taxes.EXPORT_MAX):
            kind = said[TaxKind.FOREIGN_ORDER]
            billed = "" if one.total is None else yuan(one.total)
            yield ["", one.list_number, "", one.guarantor, "", kind, "", "", "", "", "", "", billed, billed]


@access(Role.FINANCE)
@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """The bank has moved the tax of a month, or of a summed bill."""
    with refusals_told(request):
        paid = services.pay_tax(
            wish=PaymentWish(
                guarantor=_text(request, "guarantor"),
                reference=_text(request, "reference"),
                amount_minor=_minor(request),
                paid_on=_day(request, "paid_on"),
                month=month_of(request.POST.get("month", "")),
                summed=_text(request, "summed"),
            ),
            actor=caller(request).name,
            now=now(),
        )
        messages.success(request, _("%(n)d bills are paid") % {"n": paid.bills})
    return redirect("office_tax")


@access(Role.FINANCE, Role.CUSTOMS)
def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """A payment that was entered, its bills, and how it is taken back."""
    one, counter, paid = existing(taxes.payment(payment_id=payment_id), payment_id)
    return office_page(
        request,
        "tax_payment",
        _("Payment %(reference)s") % {"reference": one.reference},
        crumbs=_crumbs(),
        one=one,
        counter=counter,
        rows=paid,
        may_pay=Role.FINANCE in caller(request).roles,
    )


@access(Role.FINANCE)
@require_POST
def take_back(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The payment was entered by mistake."""
    with refusals_told(request):
        counter = services.take_back_tax(
            payment_id=payment_id, reason=_text(request, "reason"), actor=caller(request).name, now=now()
        )
        messages.success(request, _("Taken back: %(n)d bills are open again") % {"n": counter.bills})
    return redirect("office_tax_payment", payment_id)


@access(Role.FINANCE)
@require_POST
def guarantee(request: HttpRequest) -> HttpResponse:
    """Enter what stands surety for a guarantor's tax from a day on."""
    with refusals_told(request):
        one = Guarantee(
            guarantor=_text(request, "guarantor"),
            valid_from=_day(request, "valid_from"),
            amount_minor=_minor(request),
            source=_text(request, "source"),
        )
        services.set_guarantee(guarantee=one, actor=caller(request).name, now=now())
        messages.success(request, _("The guarantee is entered"))
    return redirect("office_tax")


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Tax at customs"), reverse("office_tax"))]


def _months(today: date) -> list[date]:
    """The first days of the months that are shown, the oldest first."""
    counted = [today.year * 12 + today.month - 1 - n for n in range(months_shown)]
    return [date(n // 12, n % 12 + 1, 1) for n in reversed(counted)]


def _columns(found: Sequence[TaxMonth], guarantor: str, months: Sequence[date]) -> list[dict[str, Any]]:
    """A column a month: paid below, open above it."""
    sums = {month: [0, 0] for month in months}
    for row in found:
        if guarantor in ("", row.guarantor) and row.month in sums:
            sums[row.month][0] += row.paid
            sums[row.month][1] += row.open
    most = max(sum(one) for one in sums.values()) or 1
    drawn = []
    for i, (month, (paid, unpaid)) in enumerate(sums.items()):
        low, high = chart_px * paid // most, chart_px * unpaid // most
        place = {"x": i * column_px, "paid_y": chart_px - low, "open_y": chart_px - low - high}
        drawn.append({**place, "month": month, "paid": paid, "open": unpaid, "paid_px": low, "open_px": high})
    return drawn


def _wish(request: HttpRequest) -> BillWish:
    """Which bills the address asks for."""
    state, paid = choice(request, "state", BillState), choice(request, "paid", Paid)
    return BillWish(
        guarantor=request.GET.get("guarantor", "")[:30],
        month=month_of(request.GET.get("month", "")),
        state=BillState(state) if state else None,
        paid=Paid(paid) if paid else None,
        differing="differing" in request.GET,
        text=search_text(request),
    )


def _differing(request: HttpRequest) -> dict[str, Any]:
    kind = choice(request, "kind", TaxKind)
    return {
        "guarantor": request.GET.get("guarantor", "")[:30],
        "month": month_of(request.GET.get("month", "")),
        "kind": TaxKind(kind) if kind else None,
    }


def form(request: HttpRequest) -> Form:
    return Form(choice(request, "form", Form) or Form.CSV)


def month_of(text: str) -> date | None:
    """The first day of a month as browsers write it, 2026-11; None for anything else."""
    return date.fromisoformat(f"{text}-01") if _MONTH.fullmatch(text) else None


def month_text(month: date | None) -> str:
    return f"{month:%Y-%m}" if month else ""


def yuan(minor: int) -> Any:
    return to_decimal(minor, "CNY")


def _one_of(request: HttpRequest, name: str, known: set[str]) -> str:
    text = request.GET.get(name, "")
    return text if text in known else ""


def _text(request: HttpRequest, name: str) -> str:
    return " ".join(request.POST.get(name, "").split())[:TEXT_MAX]


def _minor(request: HttpRequest) -> int:
    """A sum in yuan as it was typed; below nothing where it is none, which the verb refuses."""
    text = request.POST.get("amount", "").strip().replace(",", "")
    if not (text.isascii() and _AMOUNT.fullmatch(text)):
        return -1
    whole, _dot, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def _day(request: HttpRequest, name: str) -> date:
    """The day; one that the verb refuses where it is none."""
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        return date.min
