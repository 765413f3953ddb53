"""Landed cost of lots: invoices come in, a run lays them on the lots, line by line; reversed, run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import exponent, to_decimal, to_minor
from entrepot.procurement import selectors, services
from entrepot.procurement.types import Basis, CostKind, InvoiceDraft, Landing, LandingLineDraft, Run, Work
from entrepot.stock import selectors as stock
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, paged, table
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    form_of,
    office_page,
    once,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.FINANCE, Role.WAREHOUSE, Role.CUSTOMS)
WORKERS = (Role.FINANCE,)
JURISDICTION = "CN"


@access(*READERS)
def listed(request: HttpRequest) -> HttpResponseBase:
    """A page of landings, or all that the search finds as a file."""
    text, page = search_text(request), page_number(request)
    if form := choice(request, "form", Form):
        return table(rows=_listed_rows(text.upper()), name="landings", form=Form(form))
    rows = selectors.landings(text=text.upper(), page=page)
    return office_page(
        request,
        "landings",
        _("Landed cost"),
        rows=rows,
        q=text,
        page=page,
        more=len(rows) == selectors.PAGE,
        worker=bool(caller(request).roles & set(WORKERS)),
    )


def _listed_rows(text: str) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("Name"), _("Lots"), _("Invoices"), pgettext("allocation", "Run"), _("Run at"),
        _("Invoices wait for a run"), _("Made"),
    ]  # fmt: skip
    for row in paged(lambda page: selectors.landings(text=text, page=page), size=selectors.PAGE):
        run = [row.run_number or "", row.run_at or "", _("yes") if row.stale else _("no")]
        yield [row.number, row.name, row.lots, row.invoices, *run, row.created_at]


@access(*WORKERS)
@form_of("office_landings")
def open_landing(request: HttpRequest) -> HttpResponseBase:
    with refusals_told(request):
        return redirect("office_landing", landing_id=once(request, _opened))
    return listed(request)


def _opened(request: HttpRequest) -> UUID:
    name, lines = fields.text(request, "name", 100), _lines(request)
    return services.open_landing(name=name, lines=lines, actor=caller(request).name, now=now())


def _lines(request: HttpRequest) -> list[LandingLineDraft]:
    """SKU, lot, and where it is known the volume of one unit in millilitres; weight and HS code are the catalogue's.
    Refuses LineWrong, FieldWrong."""
    told = list(fields.lines(request, "lines"))
    skus = catalogue.sku_by_code(codes={words[0] for _n, words in told})
    named = {(skus[words[0]].id, words[1]) for _n, words in told if words[0] in skus and len(words) in (2, 3)}
    lots, today = stock.lots_named(names=named), day_in(CHINA, now())
    decided = catalogue.classifications(sku_ids={sku_id for sku_id, _lot in lots}, jurisdiction=JURISDICTION, on=today)
    found = []
    for n, words in told:
        sku = skus.get(words[0])
        lot = lots.get((sku.id, words[1])) if sku and len(words) in (2, 3) else None
        if sku is None or lot is None:
            raise fields.LineWrong(field="lines", n=n, what=" ".join(words[:2]))
        volume = fields.line_units(words[2], n) if len(words) == 3 else 0
        hs_code = decided[sku.id].hs_code if sku.id in decided else ""
        found.append(LandingLineDraft(sku.id, lot, sku.gross_weight_g, volume, hs_code))
    return found


@access(*READERS)
def one_landing(request: HttpRequest, landing_id: UUID) -> HttpResponse:
    found, page = existing(selectors.landing(landing_id=landing_id), landing_id), page_number(request)
    lines = selectors.landing_lines(landing_id=landing_id, page=page)
    skus, run = catalogue.skus(ids={line.sku_id for line in lines}), found.standing
    shares = selectors.shares_of_run(run_id=run.id, lines=lines) if run else {}
    invoices = {one.id: one for one in found.invoices}
    return office_page(
        request,
        "landing",
        _("Landed cost %(number)s") % {"number": found.number},
        crumbs=[(_("Landed cost"), reverse("office_landings"))],
        one=found,
        may_see_consignment=may_open(request, "office_consignments"),
        landing_id=found.id,
        run=run,
        **_drawn(selectors.landing_work(landing_id=landing_id)),
        charges=[(charge, invoices.get(charge.invoice_id)) for charge in run.charges] if run else [],
        lines=[(line, skus.get(line.sku_id), shares.get((line.sku_id, line.lot_id), [])) for line in lines],
        kinds=list(CostKind),
        bases=list(Basis),
        today=day_in(CHINA, now()),
        page=page,
        more=page * selectors.PAGE < found.lots,
        worker=bool(caller(request).roles & set(WORKERS)),
    )


@access(*READERS)
@require_GET
def progress(request: HttpRequest, landing_id: UUID) -> HttpResponse:
    """The moving part of the page, asked for every second; when the run is made the whole page is asked for."""
    work = existing(selectors.landing_work(landing_id=landing_id), landing_id)
    if work.ended:
        return HttpResponseClientRefresh()
    return office_page(request, "landing_work", _("Landed cost"), landing_id=landing_id, **_drawn(work))


def _drawn(work: Work | None) -> dict[str, Any]:
    return {"work": work, "percent": 100 * work.done // work.whole if work and work.whole else 0}


@access(*READERS)
def export(request: HttpRequest, landing_id: UUID) -> HttpResponseBase:
    """What the run that stands laid on each lot, one row a lot and invoice."""
    found = existing(selectors.landing(landing_id=landing_id), landing_id)
    form = Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_rows(found, existing(found.standing, landing_id)), name=found.number, form=form)


def _rows(found: Landing, run: Run) -> Iterator[list[Any]]:
    yield [
        _("SKU code"), _("Lot"), _("Kind of cost"), _("Paid"), _("Currency"), _("Rate"), _("Source of the rate"),
        _("Amount"), _("Currency"), _("Units"), _("Still in stock"), _("Sold"), _("Lost"),
    ]  # fmt: skip
    for page in range(1, found.lots // selectors.PAGE + 2):
        lines = selectors.landing_lines(landing_id=found.id, page=page)
        skus = catalogue.skus(ids={line.sku_id for line in lines})
        shares = selectors.shares_of_run(run_id=run.id, lines=lines)
        for line in lines:
            sku = skus.get(line.sku_id)
            for one in shares.get((line.sku_id, line.lot_id), []):
                figures = (one.amount_minor, one.stock_minor, one.sold_minor, one.lost_minor)
                amount, *borne = (str(to_decimal(minor, one.currency)) for minor in figures)
                yield [
                    sku.code if sku else "", line.lot, str(word(one.kind)),
                    str(to_decimal(one.paid_minor, one.paid_currency)), one.paid_currency,
                    f"{one.rate.normalize():f}", one.source, amount, one.currency, one.units, *borne,
                ]  # fmt: skip


@access(*WORKERS)
@require_POST
def act(request: HttpRequest, landing_id: UUID) -> HttpResponse:
    found = existing(selectors.landing(landing_id=landing_id), landing_id)
    with refusals_told(request):
        doing = _DOING.get(request.POST.get("act", ""))
        if doing is None:
            raise UnknownAct(field="act")
        messages.success(request, doing(request, found))
    return redirect("office_landing", landing_id=landing_id)


def _invoice(request: HttpRequest, found: Landing) -> str:
    kind, basis = fields.text(request, "kind"), fields.text(request, "basis")
    currency = fields.text(request, "currency").upper()
    if kind not in set(CostKind) or basis not in set(Basis):
        raise fields.FieldWrong(field="kind", what=_("Kind of cost"))
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise fields.FieldWrong(field="currency", what=_("Currency"))
    amount = _amount(fields.text(request, "amount"), currency)
    told = list(fields.lines(request, "bill")) if basis in (Basis.HS, Basis.STATED) else []
    bill = {" ".join(words[:-1]): _minor(words[-1], currency, n) for n, words in told}
    draft = InvoiceDraft(
        number=fields.text(request, "number", 60), supplier=fields.text(request, "supplier", 100),
        kind=CostKind(kind), basis=Basis(basis), currency=currency, amount_minor=amount,
        hs_amounts=bill if basis == Basis.HS else {}, lot_amounts=bill if basis == Basis.STATED else {},
        invoiced_on=fields.day(request, "on") or day_in(CHINA, now()),
    )  # fmt: skip
    services.add_invoice(landing_id=found.id, draft=draft, actor=caller(request).name, now=now())
    return (
        _("The invoice is laid on the lots in a moment") if found.source else _("The invoice counts with the next run")
    )


def _amount(said: str, currency: str) -> int:
    """What the invoice asks for, or gives back. Refuses FieldWrong."""
    try:
        return _minor(said.removeprefix("-"), currency, 1) * (-1 if said.startswith("-") else 1)
    except fields.LineWrong as wrong:
        raise fields.FieldWrong(field="amount", what=_("Amount")) from wrong


def _minor(said: str, currency: str, n: int) -> int:
    """An amount that its currency can say. Refuses LineWrong."""
    amount = fields.line_amount(said, n)
    if amount != round(amount, exponent(currency)):
        raise fields.LineWrong(field="amount", n=n, what=said)
    return to_minor(amount, currency)


def _withdraw(request: HttpRequest, found: Landing) -> str:
    known = {str(one.id): one.id for one in found.invoices}
    invoice_id = known.get(fields.text(request, "invoice"))
    if invoice_id is None:
        raise fields.FieldWrong(field="invoice", what=_("Invoice"))
    services.withdraw_invoice(
        landing_id=found.id, invoice_id=invoice_id, reason=reason(request), actor=caller(request).name, now=now()
    )
    return _("Withdrawn: it does not count from the next run on")


def _allocate(request: HttpRequest, found: Landing) -> str:
    if found.lots > services.LOTS_AT_ONCE:
        services.order_run(landing_id=found.id, actor=caller(request).name, now=now())
        return _("The run is ordered: this page shows how far it is")
    services.allocate_landing(landing_id=found.id, actor=caller(request).name, now=now())
    return _("The invoices are laid on the lots")


def _reverse(request: HttpRequest, found: Landing) -> str:
    services.reverse_landing(landing_id=found.id, reason=reason(request), actor=caller(request).name, now=now())
    return _("Reversed: the lots cost what they cost before")


_DOING: dict[str, Callable[[HttpRequest, Landing], str]] = {
    "invoice": _invoice,
    "withdraw": _withdraw,
    "allocate": _allocate,
    "reverse": _reverse,
}
