"""Consignments: the list that ages, a notice, one consignment with its legs, papers and receipts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments import selectors, services
from entrepot.consignments.types import Bearer, Consignment, ConsignmentState, Happened, Leg, Mode, PaperKind, Row
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Incoterm
from entrepot.receiving import selectors as receiving
from entrepot.receiving import services as counting
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    office_page,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.backoffice.views.buying import asked
from entrepot.web.backoffice.views.coming import notices
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import NotAllowed, access
from entrepot.web.common.callers import caller

SEE = (Role.PURCHASING, Role.WAREHOUSE, Role.CUSTOMS, Role.FINANCE)
WORK = (Role.PURCHASING, Role.WAREHOUSE, Role.CUSTOMS)
MAY: dict[str, tuple[Role, ...]] = {
    "report": WORK,
    "file": WORK,
    "declare": (Role.CUSTOMS, Role.WAREHOUSE),
    "count": (Role.WAREHOUSE,),
    "cancel": (Role.PURCHASING,),
}
LATE = "late"
chart_px, bar_px = 320, 22


@access(*SEE)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    wanted, today = _wanted(request), day_in(CHINA, now())
    rows, more = selectors.consignments(today=today, **wanted, page=page_number(request))
    counts, late = selectors.counts(today=today)
    return office_page(
        request,
        "coming/consignments_rows" if request.headers.get("HX-Target") == "rows" else "coming/consignments",
        _("Consignments"),
        rows=[(row, stock.warehouses().get(row.warehouse_id)) for row in rows],
        page=page_number(request),
        more=more,
        state=LATE if wanted["late"] else wanted["state"],
        q=wanted["text"],
        counts=[(one, counts[one]) for one in ConsignmentState if counts[one] or one.value == wanted["state"]],
        late=late,
        may_announce=Role.PURCHASING in caller(request).roles,
    )


def _wanted(request: HttpRequest) -> dict[str, Any]:
    late = request.GET.get("state", "") == LATE
    return {"state": choice(request, "state", ConsignmentState), "late": late, "text": search_text(request)}


@access(*SEE)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list finds, as a file."""
    form, today = Form(choice(request, "form", Form) or Form.CSV), day_in(CHINA, now())
    rows = _rows(selectors.exported(today=today, **_wanted(request)))
    return table(rows=rows, name=f"consignments-{today.isoformat()}", form=form)


def _rows(found: Iterable[Row]) -> Iterator[list[Any]]:
    """In the reader's language, though the file is sent when that is forgotten."""
    states = {state: str(word(state)) for state in ConsignmentState}
    modes = {mode: str(word(mode)) for mode in Mode}
    places = {one.id: one.code for one in stock.warehouses().values()}
    heads = [_("Consignment"), _("State"), _("Supplier"), _("Supplier's notice"), _("Bill or air waybill"), _("By")]
    heads += [_("Warehouse"), _("Units"), _("Received"), pgettext("day", "Planned"), _("Expected"), _("Days late")]
    cells = (
        [one.number, states[one.state], one.supplier, one.asn, one.bill, modes[one.mode], places[one.warehouse_id]]
        + [one.units, one.received, one.planned_on.isoformat(), one.expected_on.isoformat(), one.late_days]
        for one in found
    )
    return chain([heads], cells)


@access(Role.PURCHASING)
@require_http_methods(["GET", "POST"])
def announce(request: HttpRequest) -> HttpResponse:
    """The form for a supplier's notice; what is awaited of him stands in it already."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            draft = notices.draft(request)
            made = services.announce(draft=draft, actor=caller(request).name, now=now())
            return redirect("office_consignment", consignment_id=made)
        except Refusal as refused:
            refusal = refused
    chosen = request.POST.get("supplier", "") or request.GET.get("supplier", "")
    suppliers = {str(one.id): one for one in procurement.suppliers().values()}
    awaited = notices.awaited(suppliers[chosen].id) if chosen in suppliers else ""
    context = {
        "form": request.POST or (_agreed(suppliers[chosen].id) if chosen in suppliers else {}),
        "crumbs": [(_("Consignments"), reverse("office_consignments"))],
        "suppliers": suppliers.values(),
        "chosen": chosen,
        "awaited": request.POST.get("lines") or awaited,
        "places": stock.warehouses().values(),
        "terms": [one.value for one in Incoterm],
    }
    return asked.answered(request, "coming/announce", _("A supplier's notice"), refusal, context)


def _agreed(supplier_id: UUID) -> dict[str, str]:
    """The terms of the supplier's contract in force, the newest: on them depends from where on the risk is ours."""
    found = procurement.contracts(supplier_id=supplier_id, in_force_on=day_in(CHINA, now()))
    newest = max(found, key=lambda one: one.valid_from, default=None)
    return {"incoterm": newest.incoterm.value, "place": newest.place} if newest else {}


@access(*SEE)
@require_GET
def consignment(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    found = existing(selectors.consignment(consignment_id=consignment_id), consignment_id)
    today, roles = day_in(CHINA, now()), caller(request).roles
    place = stock.warehouses()[found.warehouse_id]
    skus = catalogue.skus(ids={line.sku_id for line in found.lines})
    orders = procurement.open_lines(ids={line.order_line_id for line in found.lines})
    allowed = {f"may_{act}": bool(roles & set(MAY[act])) for act in MAY}
    open_ = not found.state.over
    came = any(line.received for line in found.lines)
    return office_page(
        request,
        "coming/consignment",
        _("Consignment %(number)s") % {"number": found.number},
        crumbs=[(_("Consignments"), reverse("office_consignments"))],
        found=found,
        supplier=procurement.suppliers(ids=[found.supplier_id])[found.supplier_id],
        place=place,
        term=selectors.term(incoterm=found.incoterm),
        lines=[(line, skus.get(line.sku_id), orders[line.order_line_id]) for line in found.lines],
        way=_drawn(found, today),
        chart_px=chart_px,
        bar_px=bar_px,
        next_leg=next((leg for leg in found.legs if leg.arrived_on is None), None),
        came=came,
        receipts=receiving.receipts(consignment_id=found.id),
        inbound=stock.inbound(inbound_id=found.inbound_id) if found.inbound_id else None,
        may_see_inbound=may_open(request, "office_inbounds"),
        paper_kinds=list(PaperKind),
        today=today,
        **{
            **allowed,
            "may_report": allowed["may_report"] and open_,
            "may_declare": allowed["may_declare"] and open_ and bool(place.account_book) and not found.inbound_id,
            "may_count": allowed["may_count"] and open_,
            "may_cancel": allowed["may_cancel"] and open_ and not came and not found.inbound_id,
        },
    )


@access(*SEE)
@require_GET
def landed(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """What bringing it here cost, so far as invoices came: a part of its page, asked for by it."""
    return office_page(
        request, "coming/landed", _("Landed cost"), landing=procurement.landing_of(source=consignment_id),
        may_see_landing=may_open(request, "office_landings"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A leg as two bars: the plan, and what is done or expected; `risk` from here on is ours where it changes hands."""

    leg: Leg
    risk: Bearer
    cost: Bearer
    passes: bool
    plan: tuple[int, int]
    known: tuple[int, int]
    late: bool
    today: int


def _drawn(found: Consignment, today: date) -> list[Drawn]:
    first = min(min(leg.departs_on, leg.departed_on or leg.departs_on) for leg in found.legs)
    last = max(max(leg.arrives_on, leg.ends_on) for leg in found.legs)
    if last < today:
        last = min(today, last + timedelta(days=30))
    days = max((last - first).days, 1)

    def at(day: date) -> int:
        return round(min(max((day - first).days, 0), days) * chart_px / days)

    drawn = []
    risk_before = Bearer.SELLER
    for leg, borne in zip(found.legs, found.borne, strict=True):
        begins = leg.departed_on or leg.departs_on
        plan, known = (at(leg.departs_on), at(leg.arrives_on)), (at(begins), at(max(leg.ends_on, begins)))
        passes = risk_before is Bearer.SELLER and borne.risk is Bearer.US
        overdue = leg.arrived_on is None and leg.ends_on < today
        late = leg.ends_on > leg.arrives_on or overdue
        bars = ((plan[0], max(plan[1] - plan[0], 3)), (known[0], max(known[1] - known[0], 3)))
        drawn.append(Drawn(leg, borne.risk, borne.cost, passes, *bars, late, at(today)))
        risk_before = borne.risk
    return drawn


@access(*SEE)
@require_POST
def act(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """Report of a leg, file a paper, draft the declaration, begin to count, cancel."""
    found = existing(selectors.consignment(consignment_id=consignment_id), consignment_id)
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted not in MAY:
            raise UnknownAct(field="act")
        if not caller(request).roles & set(MAY[wanted]):
            raise NotAllowed
        if (answer := _done(request, wanted, found)) is not None:
            return answer
    return redirect("office_consignment", consignment_id=consignment_id)


def _done(request: HttpRequest, wanted: str, found: Consignment) -> HttpResponse | None:
    who: dict[str, Any] = {"consignment_id": found.id, "actor": caller(request).name, "now": now()}
    if wanted == "report":
        services.report(**who, told=_report(request))
        messages.success(request, _("Noted"))
    elif wanted == "file":
        services.file_paper(**who, filed=notices.paper(request))
        messages.success(request, _("The document is filed"))
    elif wanted == "declare":
        services.declare_into_book(**who)
        messages.success(request, _("The inbound declaration is drafted"))
    elif wanted == "count":
        return redirect("office_receipt", receipt_id=counting.open_receipt(**who))
    else:
        services.cancel(**who, reason=reason(request))
        messages.success(request, _("The consignment is cancelled"))
    return None


def _report(request: HttpRequest) -> services.Report:
    post = request.POST
    kinds = {one.value: one for one in (Happened.DEPARTED, Happened.ARRIVED, Happened.ESTIMATED)}
    kind = kinds.get(post.get("kind", ""))
    if kind is None:
        raise asked.ChooseOne(field="kind")
    why = " ".join(post.get("why", "").split())[:120]
    return services.Report(asked.number(post, "leg"), kind, asked.day(post, "day"), why)


@access(*SEE)
@require_GET
def paper(request: HttpRequest, consignment_id: UUID, paper_id: UUID) -> HttpResponse:
    """A document as it was uploaded."""
    found = existing(selectors.consignment(consignment_id=consignment_id), consignment_id)
    file = procurement.paper(paper_id=paper_id)
    if file is None or paper_id not in {one.paper_id for one in found.papers}:
        raise NotFound(what=paper_id)
    answer = HttpResponse(file.content, content_type=file.media_type)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[file.media_type]
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.number}-{paper_id.hex[-6:]}.{ending}"'
    return answer
