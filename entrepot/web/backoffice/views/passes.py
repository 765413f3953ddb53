"""Gate passes: released lists of a warehouse are chosen, told to customs with a vehicle, and leave together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.customs import selectors as customs
from entrepot.customs import services
from entrepot.customs.types import GatePass, Leaving, PassState
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.types import Warehouse
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, table
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
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

PAGE = 50


@access(Role.CUSTOMS, Role.WAREHOUSE)
def listed(request: HttpRequest) -> HttpResponse:
    state, text, page = choice(request, "state", PassState), search_text(request), page_number(request)
    rows = customs.gate_passes(state=state, text=text.upper(), page=page)
    closed = stock.closed_gates()  # by whichever process
    books = (one for one in stock.warehouses().values() if one.account_book)
    places = [replace(one, gate_pass_since=closed.get(one.id)) for one in books]
    return office_page(
        request,
        "passes",
        _("Gate passes"),
        rows=[(row, stock.warehouses().get(row.warehouse_id)) for row in rows[:PAGE]],
        state=state,
        states=list(PassState),
        q=text,
        page=page,
        more=len(rows) > PAGE,
        places=places,
        may_guard=Role.CUSTOMS in caller(request).roles,
    )


@access(Role.CUSTOMS, Role.WAREHOUSE)
@require_POST
def open_pass(request: HttpRequest) -> HttpResponse:
    with refusals_told(request):
        made = services.open_pass(warehouse_id=_place(request).id, actor=caller(request).name, now=now())
        return redirect("office_pass", pass_id=made)
    return redirect("office_passes")


@access(Role.CUSTOMS)
@require_POST
def guard(request: HttpRequest) -> HttpResponse:
    """Whether parcels of a warehouse leave on gate passes only."""
    with refusals_told(request):
        on = request.POST.get("on") == "1"
        stock_verbs.require_gate_pass(warehouse_id=_place(request).id, on=on, actor=caller(request).name, now=now())
        messages.success(request, _("Parcels wait for a gate pass") if on else _("Parcels leave with their release"))
    return redirect("office_passes")


@access(Role.CUSTOMS, Role.WAREHOUSE)
def one_pass(request: HttpRequest, pass_id: UUID) -> HttpResponse:
    found = existing(customs.gate_pass(pass_id=pass_id), pass_id)
    text = search_text(request)
    free: list[Leaving] = []
    if found.state is PassState.OPEN:
        free = customs.free_lists(warehouse_id=found.warehouse_id, now=now(), text=text.upper())
    if request.headers.get("HX-Target") == "rows":
        return office_page(request, "pass_free", found.number, one=found, free=free, q=text)
    return office_page(
        request,
        "pass",
        _("Gate pass %(number)s") % {"number": found.number},
        crumbs=[(_("Gate passes"), reverse("office_passes"))],
        one=found,
        lists=customs.lists_of_pass(pass_id=pass_id),
        free=free,
        q=text,
        warehouse=stock.warehouses().get(found.warehouse_id),
    )


@access(Role.CUSTOMS, Role.WAREHOUSE)
@require_POST
def act(request: HttpRequest, pass_id: UUID) -> HttpResponse:
    """Put lists on, take them off, present, let leave, give up."""
    found, wanted = existing(customs.gate_pass(pass_id=pass_id), pass_id), request.POST.get("act", "")
    with refusals_told(request):
        if wanted not in _DOING:
            raise UnknownAct(field="act")
        messages.success(request, _DOING[wanted](request, found))
    return redirect("office_pass", pass_id=pass_id)


@access(Role.CUSTOMS, Role.WAREHOUSE)
def printed(request: HttpRequest, pass_id: UUID) -> HttpResponse:
    """The pass as a sheet of paper, with all its lists."""
    found = existing(customs.gate_pass(pass_id=pass_id), pass_id)
    lists, place = customs.lists_of_pass(pass_id=pass_id), stock.warehouses().get(found.warehouse_id)
    kept = stock.books().get(place.account_book) if place else None
    title = _("Gate pass %(number)s") % {"number": found.number}
    return office_page(request, "pass_print", title, one=found, lists=lists, warehouse=place, kept=kept)


@access(Role.CUSTOMS, Role.WAREHOUSE)
def export(request: HttpRequest, pass_id: UUID) -> HttpResponseBase:
    found = existing(customs.gate_pass(pass_id=pass_id), pass_id)
    form = Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_rows(customs.lists_of_pass(pass_id=pass_id)), name=found.number, form=form)


def _rows(lists: Sequence[Leaving]) -> Iterator[list[Any]]:
    yield [_("List number"), _("Customs order"), _("Account book"), _("Units"), _("Gross, g"), _("Net, g")]
    for one in lists:
        yield [one.list_number, one.order_number, one.account_book, one.units, one.gross_g, one.net_g]


def _place(request: HttpRequest) -> Warehouse:
    place = fields.warehouse(request)
    if not place.account_book:
        raise fields.FieldWrong(field="warehouse", what=_("Warehouse"))
    return place


def _chosen(request: HttpRequest) -> list[UUID]:
    """The lists that were ticked. Refuses FieldWrong."""
    try:
        found = [UUID(one) for one in request.POST.getlist("list")]
    except ValueError as wrong:
        raise fields.FieldWrong(field="list", what=_("List")) from wrong
    if not 0 < len(found) <= customs.OFFERED * 5:
        raise fields.FieldWrong(field="list", what=_("List"))
    return found


def _put(request: HttpRequest, found: GatePass) -> str:
    count = services.put_on_pass(pass_id=found.id, lists=_chosen(request), now=now())
    return _("%(n)s lists are on the pass") % {"n": count}


def _fill(request: HttpRequest, found: GatePass) -> str:
    count = services.fill_pass(pass_id=found.id, now=now())
    return _("%(n)s lists are on the pass") % {"n": count}


def _take_off(request: HttpRequest, found: GatePass) -> str:
    count = services.take_off_pass(pass_id=found.id, lists=_chosen(request))
    return _("%(n)s lists are off the pass") % {"n": count}


def _present(request: HttpRequest, found: GatePass) -> str:
    by = services.Presented(
        vehicle=fields.text(request, "vehicle", 20),
        vehicle_kg=fields.number(request, "vehicle_kg"),
        customs_number=fields.text(request, "customs_number", 40),
    )
    services.present_pass(pass_id=found.id, by=by, actor=caller(request).name, now=now())
    return _("Presented to customs")


def _leave(request: HttpRequest, found: GatePass) -> str:
    services.let_pass_leave(pass_id=found.id, actor=caller(request).name, now=now())
    return _("The vehicle has left: its parcels go to their carrier")


def _cancel(request: HttpRequest, found: GatePass) -> str:
    services.cancel_pass(pass_id=found.id, actor=caller(request).name, reason=reason(request), now=now())
    return _("The pass is given up; its lists wait again")


_DOING: dict[str, Callable[[HttpRequest, GatePass], str]] = {
    "put": _put,
    "fill": _fill,
    "take_off": _take_off,
    "present": _present,
    "leave": _leave,
    "cancel": _cancel,
}
