"""Goods on their way back: what must be decided, counted and settled, and by when."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.customs import selectors as customs
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order
from entrepot.returns import selectors as returns
from entrepot.returns import services
from entrepot.returns.types import Clerk, Counted, CustomsAnswer, Decision, NoReturn, Return, ReturnState
from entrepot.stock import selectors as stock
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    office_page,
    page_number,
    refusals_told,
    search_text,
)
from entrepot.web.common.access import NotAllowed, access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import money

WORK = (ReturnState.APPLIED, ReturnState.APPROVED, ReturnState.ARRIVED)  # somebody must do something
AGAIN = (
    ReturnState.APPROVED,
    ReturnState.ARRIVED,
    ReturnState.LAPSED,
    ReturnState.COMPLETED,
)  # customs may be asked once more
TABS = (*WORK, ReturnState.LAPSED, ReturnState.COMPLETED, ReturnState.REFUSED, ReturnState.WITHDRAWN)
MAY: dict[str, tuple[Role, ...]] = {
    "approve": (Role.SERVICE, Role.CUSTOMS),
    "refuse": (Role.SERVICE, Role.CUSTOMS),
    "arrive": (Role.SERVICE, Role.WAREHOUSE),
    "complete": (Role.SERVICE,),
    "ask_again": (Role.CUSTOMS,),
}


@access(Role.SERVICE, Role.CUSTOMS, Role.WAREHOUSE)
def queue(request: HttpRequest) -> HttpResponse:
    state, text, today = choice(request, "state", ReturnState), search_text(request), day_in(CHINA, now())
    told = returns.counts()
    return office_page(
        request,
        "returns_rows" if request.headers.get("HX-Target") == "rows" else "returns",
        _("Goods sent back"),
        found=returns.queue(today=today, state=state, text=text, page=page_number(request)),
        state=state,
        q=text,
        counts=[(one, told[one]) for one in TABS if told[one] or one in WORK or one == state],
    )


@access(Role.SERVICE, Role.CUSTOMS, Role.WAREHOUSE)
def one_return(request: HttpRequest, buyer_id: UUID, return_id: UUID) -> HttpResponse:
    found, order = _both(buyer_id, return_id)
    parcel = next(one for one in order.parcels if one.id == found.parcel_id)
    known = {line.id: line for line in parcel.lines}
    counted = found.state is ReturnState.ARRIVED
    paid = customs.came_as_general_trade(parcel_id=found.parcel_id, buyer_id=buyer_id)
    due, today = returns.due_on(state=found.state, window=found.window), day_in(CHINA, now())
    return office_page(
        request,
        "return",
        _("Return %(number)s") % {"number": found.number},
        crumbs=[(_("Goods sent back"), reverse("office_returns"))],
        found=found,
        lines=[(line, known[line.line_id]) for line in found.lines],
        paid=paid,
        homes=stock.home_places() if paid else [],
        warehouse=stock.warehouses().get(parcel.warehouse_id),
        left=None if due is None else (due - today).days,
        today=today,
        why=returns.why_no_tax(found=found),
        said=customs.words_for(code=found.customs_code) if found.customs is CustomsAnswer.REFUSED else {},
        sums=[
            (pay, returns.would_bring(found=found, order=order, decision=Decision(pay_spoiled=pay)))
            for pay in ((False, True) if any(line.spoiled for line in found.lines) else (False,))
        ]
        if counted
        else [],
        sound=any(line.sound for line in found.lines),
        words=list(NoReturn),
        sees_customs=may_open(request, "office_declarations"),
        **_allowed(request, found),
    )


def _both(buyer_id: UUID, return_id: UUID) -> tuple[Return, Order]:
    found = existing(returns.one(return_id=return_id, buyer_id=buyer_id), return_id)
    return found, existing(orders.order(order_id=found.order_id, buyer_id=buyer_id), found.order_id)


def _allowed(request: HttpRequest, found: Return) -> dict[str, bool]:
    """What this member of staff may do with it now."""
    roles = caller(request).roles
    late = day_in(CHINA, now()) > found.window.back_by
    states = {
        "approve": set() if late else {ReturnState.APPLIED},
        "refuse": {ReturnState.APPLIED},
        "arrive": {ReturnState.APPROVED, ReturnState.LAPSED},
        "complete": {ReturnState.ARRIVED},
        "ask_again": AGAIN if found.customs is CustomsAnswer.REFUSED else (),
    }
    return {f"may_{act}": found.state in states[act] and bool(roles & set(MAY[act])) for act in MAY}


@access(Role.SERVICE, Role.CUSTOMS, Role.WAREHOUSE)
@require_POST
def act(request: HttpRequest, buyer_id: UUID, return_id: UUID) -> HttpResponse:
    """Approve, refuse, count what arrived, or settle."""
    found, order = _both(buyer_id, return_id)
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted not in MAY:
            raise UnknownAct(field="act")
        if not caller(request).roles & set(MAY[wanted]):
            raise NotAllowed
        _done(request, wanted, found, order)
    return redirect("office_return", buyer_id=buyer_id, return_id=return_id)


def _done(request: HttpRequest, wanted: str, found: Return, order: Order) -> None:
    who, at, posted = Clerk(found.id, found.buyer_id, caller(request).name), now(), request.POST
    if wanted == "approve":
        services.approve(who=who, now=at)
        messages.success(request, _("The goods may come back"))
    elif wanted == "refuse":
        word = posted.get("why", "")
        if word not in set(NoReturn):
            raise UnknownAct(field="why")
        services.refuse(who=who, why=NoReturn(word), note=posted.get("note", ""), now=at)
        messages.success(request, _("The return is refused; the buyer is told why"))
    elif wanted == "arrive":
        parcel = next(one for one in order.parcels if one.id == found.parcel_id)
        counted = {line.line_id: Counted(*(_count(request, line.number, of) for of in _OF)) for line in found.lines}
        chosen = posted.get("home", "")
        home = next((one.id for one in stock.home_places() if one.code == chosen), None)
        if chosen and home is None:
            raise UnknownAct(field="home")
        on = fields.day(request, "on")
        services.arrive(who=who, counted=counted, warehouse_id=parcel.warehouse_id, home_id=home, on=on, now=at)
        messages.success(request, _("Counted and put back into stock"))
    elif wanted == "ask_again":
        services.ask_again(who=who, now=at)
        messages.success(request, _("Customs is asked once more"))
    else:
        decision = Decision(pay_spoiled="pay_spoiled" in posted, without_tax="without_tax" in posted)
        given = services.complete(who=who, decision=decision, now=at)
        messages.success(request, _("%(sum)s goes back") % {"sum": money(given.total_minor, found.currency)})


_OF = ("sound", "spoiled")


def _count(request: HttpRequest, number: int, of: str) -> int:
    """A number of the count; nothing written is none. Refuses CountWrong."""
    text = request.POST.get(f"{of}-{number}", "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise services.CountWrong(field=f"{of}-{number}")
    return int(text)
