"""Inbound declarations: drafted, declared, arrived, counted and put away, differences settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.stock import selectors as stock
from entrepot.stock import services
from entrepot.stock.types.bonded import Inbound, InboundLine, InboundState
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    form_of,
    office_page,
    once,
    page_number,
    refusals_told,
    search_text,
)
from entrepot.web.common.access import NotAllowed, access
from entrepot.web.common.callers import caller

WORKERS = (Role.CUSTOMS, Role.WAREHOUSE)
MAY: dict[str, tuple[tuple[Role, ...], InboundState]] = {
    "change": (WORKERS, InboundState.DRAFT),
    "declare": ((Role.CUSTOMS,), InboundState.DRAFT),
    "cancel": (WORKERS, InboundState.DRAFT),
    "arrive": (WORKERS, InboundState.DECLARED),
    "put_away": ((Role.WAREHOUSE,), InboundState.ARRIVED),
    "settle": ((Role.CUSTOMS,), InboundState.PUT_AWAY),
}


@access(Role.CUSTOMS, Role.WAREHOUSE, Role.FINANCE)
def listed(request: HttpRequest) -> HttpResponse:
    state, text, page = choice(request, "state", InboundState), search_text(request), page_number(request)
    rows = stock.inbounds(state=state, text=text.upper(), page=page)
    kept = stock.books()
    return office_page(
        request,
        "inbounds",
        _("Inbound declarations"),
        rows=[(row, stock.warehouses().get(row.warehouse_id)) for row in rows],
        state=state,
        states=list(InboundState),
        q=text,
        page=page,
        more=len(rows) == stock.PAGE,
        places=[one for one in stock.warehouses().values() if one.account_book in kept],
        worker=bool(caller(request).roles & set(WORKERS)),
    )


@access(*WORKERS)
@form_of("office_inbounds")
def draft(request: HttpRequest) -> HttpResponse:
    with refusals_told(request):
        return redirect("office_inbound", inbound_id=once(request, _drafted))
    return listed(request)


def _drafted(request: HttpRequest) -> UUID:
    place = fields.warehouse(request)
    lines = _lines(request, place.account_book)
    return services.draft_inbound(book=place.account_book, warehouse_id=place.id, lines=lines, now=now())


@access(Role.CUSTOMS, Role.WAREHOUSE, Role.FINANCE)
def one_inbound(request: HttpRequest, inbound_id: UUID) -> HttpResponse:
    found = existing(stock.inbound(inbound_id=inbound_id), inbound_id)
    skus = catalogue.skus(ids={line.sku_id for line in found.lines})
    today = day_in(CHINA, now())
    return office_page(
        request,
        "inbound",
        _("Inbound declaration %(number)s") % {"number": found.number},
        crumbs=[(_("Inbound declarations"), reverse("office_inbounds"))],
        one=found,
        lines=[(n, line, skus.get(line.sku_id), _awaited(line)) for n, line in enumerate(found.lines, 1)],
        written="\n".join(_written(line, skus[line.sku_id].code) for line in found.lines if line.sku_id in skus),
        warehouse=stock.warehouses().get(found.warehouse_id),
        today=today,
        sampling=found.sampled_until is not None and today <= found.sampled_until,
        **{f"may_{name}": _may(request, name, found) for name in MAY},
    )


@access(*WORKERS)
@require_POST
def act(request: HttpRequest, inbound_id: UUID) -> HttpResponse:
    found = existing(stock.inbound(inbound_id=inbound_id), inbound_id)
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted not in MAY:
            raise UnknownAct(field="act")
        if not caller(request).roles & set(MAY[wanted][0]):
            raise NotAllowed
        messages.success(request, _DOING[wanted](request, found))
    return redirect("office_inbound", inbound_id=inbound_id)


def _may(request: HttpRequest, name: str, found: Inbound) -> bool:
    roles, state = MAY[name]
    fits = found.state is state and (name != "settle" or (found.miscounted and not found.settled))
    return fits and bool(caller(request).roles & set(roles))


def _change(request: HttpRequest, found: Inbound) -> str:
    services.change_inbound(inbound_id=found.id, lines=_lines(request, found.book))
    return _("Changed")


def _on(request: HttpRequest) -> date:
    """The day of what has happened, today where none is written. Refuses FieldWrong for one to come."""
    today = day_in(CHINA, now())
    on = fields.day(request, "on") or today
    if on > today:
        raise fields.FieldWrong(field="on", what=_("Day"))
    return on


def _declare(request: HttpRequest, found: Inbound) -> str:
    on = _on(request)
    number = fields.text(request, "number").upper()
    services.declare_inbound(inbound_id=found.id, number=number, on=on, actor=caller(request).name, now=now())
    return _("Declared: the goods are in the account book")


def _cancel(request: HttpRequest, found: Inbound) -> str:
    services.cancel_inbound(inbound_id=found.id, actor=caller(request).name, now=now())
    return _("Given up")


def _arrive(request: HttpRequest, found: Inbound) -> str:
    services.arrive_inbound(inbound_id=found.id, on=_on(request), actor=caller(request).name, now=now())
    return _("Arrived")


def _put_away(request: HttpRequest, found: Inbound) -> str:
    counted = {}
    for n, line in enumerate(found.lines, 1):
        units = fields.counted(request, f"counted-{n}", _awaited(line), line.lot)
        why = fields.text(request, f"reason-{n}")
        counted[line.sku_id, line.lot] = services.Count(units, why)
    units = services.put_away(inbound_id=found.id, counted=counted, actor=caller(request).name, now=now())
    return _("%(n)s units are on the shelves") % {"n": units}


def _awaited(line: InboundLine) -> int:
    return max(line.quantity - (line.counted or 0), 0)


def _settle(request: HttpRequest, found: Inbound) -> str:
    document = fields.text(request, "document", 60)
    services.settle_inbound(inbound_id=found.id, document=document, actor=caller(request).name, now=now())
    return _("Settled: the account book is corrected")


_DOING: dict[str, Callable[[HttpRequest, Inbound], str]] = {
    "change": _change,
    "declare": _declare,
    "cancel": _cancel,
    "arrive": _arrive,
    "put_away": _put_away,
    "settle": _settle,
}


def _lines(request: HttpRequest, book: str) -> list[InboundLine]:
    """SKU, units, lot, best before, unit cost, and where they are known production day and currency; record and origin
    are the book's. Of an article with several records SKU@record. Refuses LineWrong, FieldWrong."""
    told = list(fields.lines(request, "lines"))
    skus = catalogue.sku_by_code(codes={words[0].partition("@")[0] for _n, words in told})
    states = stock.book_states(book=book, sku_ids={sku.id for sku in skus.values()})
    known: dict[UUID, dict[str, str]] = {}
    for state in states:
        if state.hs_code:
            known.setdefault(state.sku_id, {})[state.item_record] = state.origin
    return [_line(n, words, {code: sku.id for code, sku in skus.items()}, known) for n, words in told]


def _written(line: InboundLine, code: str) -> str:
    """A line as `_lines` reads it."""
    made, ends = ("-" if day is None else day.isoformat() for day in (line.produced_on, line.expires_on))
    cost = f"{line.unit_cost.normalize():f}"
    return f"{code}@{line.item_record} {line.quantity} {line.lot} {ends} {cost} {made} {line.currency}"


def _line(n: int, words: list[str], ids: dict[str, UUID], known: dict[UUID, dict[str, str]]) -> InboundLine:
    code, _at, record = words[0].partition("@")
    records = known.get(ids[code], {}) if code in ids else {}
    record = record or (next(iter(records)) if len(records) == 1 else "")
    if record not in records or not 5 <= len(words) <= 7:
        raise fields.LineWrong(field="lines", n=n, what=words[0])
    return InboundLine(
        sku_id=ids[code],
        item_record=record,
        lot=words[2],
        quantity=fields.line_units(words[1], n),
        origin=records[record],
        expires_on=fields.line_day(words[3], n),
        unit_cost=fields.line_amount(words[4], n),
        produced_on=fields.line_day(words[5], n) if len(words) > 5 else None,
        currency=words[6].upper() if len(words) > 6 else "CNY",
    )
