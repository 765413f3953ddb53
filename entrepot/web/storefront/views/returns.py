"""A buyer's returns: asking for one, and following it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from entrepot.customs.selectors import came_as_general_trade
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel
from entrepot.recalls import selectors as recalls
from entrepot.recalls import services as recall_verbs
from entrepot.returns import selectors as returns
from entrepot.returns import services
from entrepot.returns.types import Application, Reason, Return, Returnable, ReturnState
from entrepot.web.common.access import BUYER, access
from entrepot.web.common.forms import add_refusal
from entrepot.web.storefront import returning
from entrepot.web.storefront.returning import ReturnForm
from entrepot.web.storefront.shopper import owner


@access(BUYER)
@never_cache
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """The form for one parcel of an order, `?parcel=` counted from 1."""
    order = orders.by_number(number=number, buyer_id=owner(request))
    if order is None:
        raise Http404
    position, parcel, may = _parcel(order, request.GET.get("parcel", "1"))
    given = request.POST if request.method == "POST" else None
    recalled = bool(recalls.notices(buyer_id=order.buyer_id, order_id=order.id))
    why = Reason.RECALLED if recalled and request.GET.get("why") == Reason.RECALLED else Reason.UNWANTED
    form = ReturnForm(parcel, may.left, recalled, given, initial={"key": new_id(), "reason": why})
    if form.is_bound and form.is_valid():
        asked = Application(
            buyer_id=order.buyer_id,
            order_id=order.id,
            parcel_id=parcel.id,
            units=form.units(),
            reason=Reason(form.cleaned_data["reason"]),
            note=form.cleaned_data["note"],
            key=str(form.cleaned_data["key"]),
        )
        try:
            made = recall_verbs.apply(asked=asked, now=now())
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return HttpResponseRedirect(reverse("return", args=[made.number]))
    general = came_as_general_trade(parcel_id=parcel.id, buyer_id=order.buyer_id)
    context = {"here": "orders", "order": order, "position": position, "parcel": parcel, "may": may, "form": form}
    return render(request, "me/return_form.html", {**context, "general": general})


def _parcel(order: Order, text: str) -> tuple[int, OrderParcel, Returnable]:
    """A parcel whose goods may go back. Raises Http404."""
    position = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    if not 0 < position <= len(order.parcels):
        raise Http404
    parcel = order.parcels[position - 1]
    may = returns.returnable(order=order, now=now()).get(parcel.id)
    if may is None:
        raise Http404
    return position, parcel, may


def _own(request: HttpRequest, return_number: str) -> Return:
    found = returns.by_number(number=return_number, buyer_id=owner(request))
    if found is None:
        raise Http404
    return found


@access(BUYER)
@never_cache
@require_safe
def return_page(request: HttpRequest, return_number: str) -> HttpResponse:
    found = _own(request, return_number)
    order = orders.order(order_id=found.order_id, buyer_id=found.buyer_id)
    assert order is not None
    parcel = next(one for one in order.parcels if one.id == found.parcel_id)
    known = {line.id: line for line in parcel.lines}
    before = found.state in (ReturnState.APPLIED, ReturnState.APPROVED)
    context = {
        "here": "orders",
        "found": found,
        "order": order,
        "headline": returning.headline(found),
        "steps": returning.steps(found),
        "lines": [(line, known[line.line_id]) for line in found.lines],
        "warehouse": returns.goes_to(parcel=parcel),
        "reason": returning.said(found.reason),
        "at_customs": returning.at_customs(found),
        "general": came_as_general_trade(parcel_id=parcel.id, buyer_id=found.buyer_id),
        "sum": returns.would_bring(found=found, order=order) if before else found.refunded,
        "before": before,
        "events": [(event, returning.name_of(event.kind)) for event in reversed(found.events)],
    }
    return render(request, "me/return.html", context)


@access(BUYER)
@require_POST
def act(request: HttpRequest, return_number: str) -> HttpResponse:
    """Tell the number of the carrier, or keep the goods after all."""
    found = _own(request, return_number)
    key = {"return_id": found.id, "buyer_id": found.buyer_id}
    try:
        if request.POST.get("act") == "withdraw":
            services.withdraw(**key, now=now())
        else:
            services.tell_sent(**key, tracking=request.POST.get("tracking", ""), now=now())
            messages.success(request, _("Thank you: we look out for it."))
    except Refusal as refusal:
        messages.error(request, refusal.message(get_language() or "zh-hans"))
    return HttpResponseRedirect(reverse("return", args=[found.number]))
