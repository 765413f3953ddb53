"""Transfers between warehouses: planned, sent, received line by line, what is missing found or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.stock import selectors as stock
from entrepot.stock import services
from entrepot.stock.types import SELLABLE, LevelUnits
from entrepot.stock.types.lots import Transfer, TransferState
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, paged, table
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
)
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.WAREHOUSE, Role.FINANCE, Role.CUSTOMS)
WORKERS = (Role.WAREHOUSE,)


@access(*READERS)
def listed(request: HttpRequest) -> HttpResponseBase:
    """A page of transfers, or all of them as a file."""
    state, page = choice(request, "state", TransferState), page_number(request)
    if form := choice(request, "form", Form):
        return table(rows=_rows(state), name="transfers", form=Form(form))
    rows, places = stock.transfers(state=state, page=page), stock.warehouses()
    return office_page(
        request,
        "transfers",
        _("Transfers"),
        rows=[(row, places.get(row.source_id), places.get(row.target_id)) for row in rows],
        state=state,
        states=list(TransferState),
        page=page,
        more=len(rows) == stock.PAGE,
        places=places.values(),
        worker=bool(caller(request).roles & set(WORKERS)),
    )


def _rows(state: str) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), pgettext("warehouse", "From"), pgettext("warehouse", "To"), _("Lots"), _("Units"),
        pgettext("units", "Missing"), _("Made"),
    ]  # fmt: skip
    codes = {place.id: place.code for place in stock.warehouses().values()}
    for row in paged(lambda page: stock.transfers(state=state, page=page), size=stock.PAGE):
        ends = [codes.get(row.source_id, ""), codes.get(row.target_id, "")]
        yield [row.number, str(word(row.state)), *ends, row.lots, row.units, row.missing, row.created_at]


@access(*WORKERS)
@form_of("office_transfers")
def plan(request: HttpRequest) -> HttpResponseBase:
    with refusals_told(request):
        return redirect("office_transfer", transfer_id=once(request, _planned))
    return listed(request)


def _planned(request: HttpRequest) -> UUID:
    codes = {one.code: one.id for one in stock.warehouses().values()}
    source, target = codes.get(fields.text(request, "source")), codes.get(fields.text(request, "target"))
    if source is None or target is None:
        raise fields.FieldWrong(field="source", what=_("Warehouse"))
    return services.plan_transfer(
        source_id=source,
        target_id=target,
        lines=_lines(request, source),
        note=fields.text(request, "note"),
        actor=caller(request).name,
        now=now(),
    )


def _lines(request: HttpRequest, source: UUID) -> list[LevelUnits]:
    """SKU, lot, units: one a line. Refuses LineWrong, FieldWrong."""
    told = list(fields.lines(request, "lines"))
    skus = catalogue.sku_by_code(codes={words[0] for _n, words in told})
    names = {(skus[words[0]].id, words[1]) for _n, words in told if words[0] in skus and len(words) == 3}
    levels = stock.levels_of_lots(warehouse_id=source, names=names)
    found = []
    for n, words in told:
        if len(words) != 3 or words[0] not in skus:
            raise fields.LineWrong(field="lines", n=n, what=words[0])
        fit = levels.get((skus[words[0]].id, words[1]), [])
        fit = [one for one in fit if one.customs_state in SELLABLE] or fit
        if len(fit) != 1:
            raise fields.LineWrong(field="lines", n=n, what=words[1])
        found.append(LevelUnits(fit[0].sku_id, fit[0].id, fields.line_units(words[2], n)))
    return found


@access(*READERS)
def one_transfer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    found, places = existing(stock.transfer(transfer_id=transfer_id), transfer_id), stock.warehouses()
    skus = catalogue.skus(ids={line.sku_id for line in found.lines})
    worker = bool(caller(request).roles & set(WORKERS))
    return office_page(
        request,
        "transfer",
        _("Transfer %(number)s") % {"number": found.number},
        crumbs=[(_("Transfers"), reverse("office_transfers"))],
        one=found,
        lines=[(line, skus.get(line.sku_id)) for line in found.lines],
        source=places.get(found.source_id),
        target=places.get(found.target_id),
        may_send=worker and found.state is TransferState.PLANNED,
        may_receive=worker and found.state is TransferState.SENT,
        may_settle=worker and found.state is TransferState.SHORT,
    )


@access(*WORKERS)
@require_POST
def act(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    found = existing(stock.transfer(transfer_id=transfer_id), transfer_id)
    with refusals_told(request):
        doing = _DOING.get(request.POST.get("act", ""))
        if doing is None:
            raise UnknownAct(field="act")
        messages.success(request, doing(request, found))
    return redirect("office_transfer", transfer_id=transfer_id)


def _send(request: HttpRequest, found: Transfer) -> str:
    units = services.send_transfer(transfer_id=found.id, actor=caller(request).name, now=now())
    return _("%(n)s units are on their way") % {"n": units}


def _receive(request: HttpRequest, found: Transfer) -> str:
    counted = {}
    for line in found.lines:
        units = fields.counted(request, f"units-{line.id}", line.quantity, line.lot)
        why = fields.text(request, f"reason-{line.id}")
        counted[line.id] = services.Arrived(units, why)
    state = services.receive_transfer(transfer_id=found.id, counted=counted, actor=caller(request).name, now=now())
    return _("Received") if state is TransferState.DONE else _("Received; some units are missing")


def _settle(request: HttpRequest, found: Transfer) -> str:
    late = {line.id: fields.number(request, f"found-{line.id}", line.lot) or 0 for line in found.lines}
    lost = services.settle_transfer(
        transfer_id=found.id, found=late, reason=reason(request), actor=caller(request).name, now=now()
    )
    return _("Settled: %(n)s units are lost") % {"n": lost}


def _cancel(request: HttpRequest, found: Transfer) -> str:
    services.cancel_transfer(transfer_id=found.id, actor=caller(request).name, now=now())
    return _("Given up")


_DOING: dict[str, Callable[[HttpRequest, Transfer], str]] = {
    "send": _send,
    "receive": _receive,
    "settle": _settle,
    "cancel": _cancel,
}
