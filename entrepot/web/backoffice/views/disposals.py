"""Goods that are not sold: what has expired or is quarantined, sound and sold again, or planned to go and gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.ids import human_number
from entrepot.stock import selectors as stock
from entrepot.stock import services
from entrepot.stock.types import SELLABLE, Level, LevelUnits, Warehouse
from entrepot.stock.types.bonded import Disposal, DisposalKind, DisposalState
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, paged, table
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    office_page,
    once,
    page_number,
    reason,
    refusals_told,
)
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import NotAllowed, access
from entrepot.web.common.callers import caller

READERS = (Role.CUSTOMS, Role.WAREHOUSE, Role.FINANCE)
WORKERS = (Role.CUSTOMS, Role.WAREHOUSE)


@access(*READERS)
def listed(request: HttpRequest) -> HttpResponseBase:
    """What may go, and a page of disposals, or all of them as a file."""
    today, state, page = day_in(CHINA, now()), choice(request, "state", DisposalState), page_number(request)
    if form := choice(request, "form", Form):
        return table(rows=_rows(state), name="disposals", form=Form(form))
    rows = stock.disposals(state=state, page=page)
    worker = bool(caller(request).roles & set(WORKERS))
    waste = stock.disposable(on=today)
    skus = catalogue.skus(ids={one.sku_id for one in waste})
    places = stock.warehouses()
    by_place: dict[UUID, list[tuple[Level, Any]]] = {}
    for one in waste:
        by_place.setdefault(one.warehouse_id, []).append((one, skus.get(one.sku_id)))
    return office_page(
        request,
        "disposals",
        _("Disposal"),
        rows=[(row, places.get(row.warehouse_id)) for row in rows],
        waste=[(places.get(place), found) for place, found in by_place.items()],
        state=state,
        states=list(DisposalState),
        kinds=list(DisposalKind),
        places=places.values(),
        today=today,
        page=page,
        more=len(rows) == stock.BOOK_PAGE,
        worker=worker,
        key=human_number("", now()),
    )


def _rows(state: str) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), _("Warehouse"), _("Way of disposal"), _("Why"), _("Units"), _("Customs' paper"),
        _("Day"), _("Made"),
    ]  # fmt: skip
    codes = {place.id: place.code for place in stock.warehouses().values()}
    for row in paged(lambda page: stock.disposals(state=state, page=page), size=stock.BOOK_PAGE):
        told = [str(word(row.state)), codes.get(row.warehouse_id, ""), str(word(row.kind)), row.reason]
        yield [row.number, *told, row.units, row.document, str(row.done_on or ""), row.created_at]


@access(*WORKERS)
@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """The quantities that were written beside the levels are planned to go."""
    with refusals_told(request):
        return redirect("office_disposal", disposal_id=once(request, _planned))
    return redirect("office_disposals")


def _planned(request: HttpRequest) -> UUID:
    kind, place = request.POST.get("kind", ""), fields.warehouse(request)
    if kind not in set(DisposalKind):
        raise fields.FieldWrong(field="kind", what=_("Way of disposal"))
    return services.plan_disposal(
        warehouse_id=place.id,
        kind=DisposalKind(kind),
        lines=_chosen(request, place),
        reason=reason(request),
        actor=caller(request).name,
        now=now(),
    )


@access(*WORKERS)
@require_POST
def sound(request: HttpRequest) -> HttpResponse:
    """The quantities that were written beside quarantined levels are sound: they are sold again."""
    with refusals_told(request):
        units = services.end_quarantine(
            lines=_chosen(request, fields.warehouse(request)),
            reason=reason(request),
            reference=_reference(request, "QE"),
            actor=caller(request).name,
            now=now(),
        )
        _tell(request, _("%(n)s units are sold again"), units)
    return redirect("office_disposals")


def _reference(request: HttpRequest, prefix: str) -> str:
    """What the movements are known by: of a form that is sent twice the same, so that goods move once."""
    key = fields.text(request, "key", 20)
    return f"{prefix}{key}" if key.isascii() and key.isdigit() else human_number(prefix, now())


def _tell(request: HttpRequest, said: str, units: int) -> None:
    if units:
        messages.success(request, said % {"n": units})
    else:
        messages.warning(request, _("This was done before: nothing changed"))


def _chosen(request: HttpRequest, place: Warehouse) -> list[LevelUnits]:
    levels = stock.disposable(on=day_in(CHINA, now()), warehouse_id=place.id)
    told = [(level, fields.number(request, f"units-{level.id}", level.lot.code)) for level in levels]
    return [LevelUnits(level.sku_id, level.id, units) for level, units in told if units]


@access(*WORKERS)
@require_POST
def aside(request: HttpRequest) -> HttpResponse:
    """Damaged units of a lot go into quarantine."""
    with refusals_told(request):
        code, lot = fields.text(request, "sku"), fields.text(request, "lot")
        names = {(sku.id, lot) for sku in catalogue.sku_by_code(codes={code, code.upper()}).values()}
        found = stock.levels_of_lots(warehouse_id=fields.warehouse(request).id, names=names) if names else {}
        fit = [one for of in found.values() for one in of if one.customs_state in SELLABLE]
        if len(fit) != 1:
            raise fields.FieldWrong(field="lot", what=_("Lot"))
        units = fields.number(request, "units") or 0
        reference, level = _reference(request, "QA"), fit[0]
        done = services.set_aside(
            level_id=level.id, sku_id=level.sku_id, quantity=units, reference=reference, now=now()
        )
        _tell(request, _("%(n)s units are in quarantine"), done)
    return redirect("office_disposals")


@access(*READERS)
def one_disposal(request: HttpRequest, disposal_id: UUID) -> HttpResponse:
    found = existing(stock.disposal(disposal_id=disposal_id), disposal_id)
    skus = catalogue.skus(ids={line.sku_id for line in found.lines})
    planned, roles = found.state is DisposalState.PLANNED, caller(request).roles
    warehouse = stock.warehouses()[found.warehouse_id]
    return office_page(
        request,
        "disposal",
        _("Disposal %(number)s") % {"number": found.number},
        crumbs=[(_("Disposal"), reverse("office_disposals"))],
        one=found,
        lines=[(line, skus.get(line.sku_id)) for line in found.lines],
        warehouse=warehouse,
        today=day_in(CHINA, now()),
        may_carry_out=planned and bool(roles & _enders(warehouse)),
        may_cancel=planned and bool(roles & set(WORKERS)),
    )


def _enders(place: Warehouse) -> set[Role]:
    """Who says that goods are gone: of goods in an account book the customs clerk."""
    return {Role.CUSTOMS} if place.account_book else set(WORKERS)


@access(*WORKERS)
@require_POST
def act(request: HttpRequest, disposal_id: UUID) -> HttpResponse:
    """Gone under supervision, or given up."""
    found: Disposal = existing(stock.disposal(disposal_id=disposal_id), disposal_id)
    wanted, actor, at = request.POST.get("act", ""), caller(request).name, now()
    with refusals_told(request):
        if wanted == "cancel":
            services.cancel_disposal(disposal_id=found.id, actor=actor, now=at)
            messages.success(request, _("Given up"))
        elif wanted == "carry_out":
            if not caller(request).roles & _enders(stock.warehouses()[found.warehouse_id]):
                raise NotAllowed
            on = fields.day(request, "on") or day_in(CHINA, at)
            by = services.Supervised(fields.text(request, "document", 60), fields.text(request, "officer", 60), on)
            units = services.carry_out(disposal_id=found.id, by=by, actor=actor, now=at)
            messages.success(request, _("%(n)s units are gone from the books") % {"n": units})
        else:
            raise UnknownAct(field="act")
    return redirect("office_disposal", disposal_id=disposal_id)
