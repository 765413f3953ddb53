"""A buyer's orders: the list, one order with its timeline, paying it, coming back from paying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from entrepot.basket import selectors as baskets
from entrepot.basket import services as basket
from entrepot.checkout import selectors as flow
from entrepot.checkout import services as checkout
from entrepot.checkout.types import LIMIT_CODES
from entrepot.customs import selectors as customs
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.payments import selectors as payments
from entrepot.payments.types import Payment, PaymentState
from entrepot.recalls import services as recalls
from entrepot.returns import selectors as returns
from entrepot.shipping import selectors as shipping
from entrepot.stock import selectors as stock
from entrepot.web.common.access import BUYER, access
from entrepot.web.storefront import limits, recalling, returning, timeline
from entrepot.web.storefront.shell import basket_at
from entrepot.web.storefront.shopper import owner
from entrepot.web.storefront.views.paying import ask_provider, to_provider

pages_max = 500


def own(request: HttpRequest, number: str) -> Order:
    """The reader's own order with this number, else nothing is found."""
    found = orders.by_number(number=number, buyer_id=owner(request))
    if found is None:
        raise Http404
    return found


@access(BUYER)
@never_cache
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("page", "")
    page = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1
    pages = -(-orders.count_of_buyer(buyer_id=owner(request)) // orders.PAGE)
    page = max(min(page, pages, pages_max), 1)  # beyond the last is the last
    found = orders.of_buyer(buyer_id=owner(request), page=page)
    context = {"here": "orders", "rows": listed(found), "page": page, "pages": pages}
    return render(request, "me/orders.html", context)


def listed(found: Sequence[Order]) -> list[tuple[Order, timeline.Headline]]:
    """A buyer's orders for a list, each with where it stands, or that it waits for its buyer."""
    held = [order.id for order in found if any(parcel.state is ParcelState.HELD for parcel in order.parcels)]
    waiting = flow.unanswered(buyer_id=found[0].buyer_id, order_ids=held) if held else {}
    unpaid = [(order.buyer_id, order.id) for order in found if order.state is OrderState.PLACED]
    closed = payments.closed(orders=unpaid) if unpaid else set()
    return [
        (order, timeline.closed() if order.id in closed else _head(order, waiting.get(order.id))) for order in found
    ]


@access(BUYER)
@never_cache
@require_safe
def order_page(request: HttpRequest, number: str) -> HttpResponse:
    order = own(request, number)
    notices = recalling.notices(order)
    if notices:
        recalls.see(buyer_id=order.buyer_id, recall_ids=[one.notice.recall_id for one in notices], now=now())
    return render(request, "me/order.html", {**_told(request, order), **_returns(order), "recalls": notices})


@access(BUYER)
@never_cache
@require_safe
def progress(request: HttpRequest, number: str) -> HttpResponse:
    """What of the order page changes, for htmx; it says itself when to ask again."""
    return render(request, "parts/progress.html", {**_told(request, own(request, number)), "alone": True})


def _told(request: HttpRequest, order: Order) -> dict[str, Any]:
    text = request.GET.get("polls", "")
    polls = min(int(text), 10_000) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    warehouses = stock.warehouses()
    waybills = {one.parcel_id: one for one in shipping.waybills(order_id=order.id, buyer_id=order.buyer_id)}
    paid = order.state is not OrderState.PLACED
    payment = payments.payment(order_id=order.id, buyer_id=order.buyer_id)
    declarations = customs.declarations(order_id=order.id, buyer_id=order.buyer_id) if paid else []
    declared = {one.parcel_id: one for one in declarations}
    cases = flow.limit_cases(order=order, now=now()) if _stopped(order) else {}
    closed = not paid and payment is not None and payment.state is PaymentState.FAILED
    payable = not paid and not closed and now() < order.pay_until
    headline = limits.headline(timeline.headline(order), cases)
    if not paid and not payable:
        headline = timeline.closed() if closed else timeline.overdue()
    return {
        "here": "orders",
        "order": order,
        "headline": headline,
        "closed": closed,
        "parcels": [
            {
                "parcel": parcel,
                "warehouse": warehouses.get(parcel.warehouse_id),
                "steps": timeline.steps(order, parcel),
                "waybill": waybills.get(parcel.id),
                "declaration": declared.get(parcel.id),
                "limit": limits.told(cases[parcel.id], order) if parcel.id in cases else None,
            }
            for parcel in order.parcels
        ],
        "events": [(event, timeline.name_of(event.kind), timeline.told(event)) for event in reversed(order.events)],
        "payment": payment,
        "paid_word": _paid_word(payment),
        "payable": payable,
        "pause_s": timeline.pause_s(order, now(), polls),
        "polls": polls + 1,
    }


def _stopped(order: Order) -> bool:
    """Whether customs may have stopped a parcel at a limit: others need not be asked about."""
    off = any(parcel.state in (ParcelState.HELD, ParcelState.CANCELLED) for parcel in order.parcels)
    return off or any(event.note in LIMIT_CODES for event in order.events)


def _head(order: Order, choice: bool | None) -> timeline.Headline:
    """`choice`: whether it waits for its buyer's choice, or payment; None for neither."""
    if order.state is OrderState.PLACED and order.pay_until <= now():
        return timeline.overdue()
    head = timeline.headline(order)
    return head if choice is None else limits.needed(head, choice=choice)


def _returns(order: Order) -> dict[str, Any]:
    """What of each parcel may still go back, and what goes back already."""
    found = returns.of_order(order_id=order.id, buyer_id=order.buyer_id)
    return {
        "may_return": returns.returnable(order=order, now=now()),
        "returns": [(one, returning.headline(one)) for one in found],
    }


def _paid_word(payment: Payment | None) -> str:
    if payment is None:
        return _("not paid yet")
    whole = payment.refunded_minor + payment.refunding_minor == payment.amount_minor
    words = {
        PaymentState.AUTHORISED: _("agreed, being taken"),
        PaymentState.CAPTURED: _("paid"),
        PaymentState.FAILED: _("closed unpaid"),
        PaymentState.REFUND_PENDING: _("being refunded") if whole else _("being refunded in part"),
        PaymentState.REFUNDED: _("refunded"),
    }
    return words.get(payment.state, _("not paid yet"))


@access(BUYER)
@require_POST
def pay(request: HttpRequest, number: str) -> HttpResponse:
    return to_provider(request, own(request, number).number)


@access(BUYER)
@require_POST
def again(request: HttpRequest, number: str) -> HttpResponse:
    """The goods of an order that cannot be paid any more back into its shop's basket, where more may lie by now; what
    it held is free for that."""
    order = own(request, number)
    with suppress(checkout.CannotCancel):
        checkout.cancel(order_id=order.id, buyer_id=order.buyer_id, now=now())
    units = Counter[UUID]()
    for line in (line for parcel in order.parcels for line in parcel.lines):
        units[line.sku_id] += line.quantity
    buyer_id, shop_id, at = order.buyer_id, order.storefront_id, now()
    there = {line.sku_id: line.quantity for line in baskets.lines(buyer_id=buyer_id, storefront_id=shop_id)}
    for sku_id, ordered in units.items():
        quantity = max(ordered, there.get(sku_id, 0))
        try:
            basket.put(buyer_id=buyer_id, storefront_id=shop_id, sku_id=sku_id, quantity=quantity, now=at)
        except Refusal as refusal:
            messages.warning(request, refusal.message(get_language() or "zh-hans"))
    return HttpResponseRedirect(basket_at(request.get_host(), shop_id))


@access(BUYER)
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Take back an order that is not paid; one that has just been paid says so."""
    order = own(request, number)
    back = HttpResponseRedirect(reverse("order", args=[order.number]))
    try:
        checkout.cancel(order_id=order.id, buyer_id=order.buyer_id, now=now())
    except Refusal as refusal:
        if own(request, number).state is not OrderState.CANCELLED:  # else a press before this one did it
            messages.error(request, refusal.message(get_language() or "zh-hans"))
            return back
    messages.success(
        request, _("The order is cancelled. If you have paid already, the money goes back the way it came.")
    )
    return back


@access(BUYER)
@require_POST
def recall(request: HttpRequest, number: str) -> HttpResponse:
    """Have the money back for recalled goods that stay here."""
    order = own(request, number)
    try:
        given = recalling.paid_back(order, request.POST.get("recall", ""))
    except Refusal as refusal:
        messages.error(request, refusal.message(get_language() or "zh-hans"))
    else:
        messages.success(request, _("%(sum)s goes back the way you paid.") % {"sum": given})
    return HttpResponseRedirect(reverse("order", args=[order.number]))


@access(BUYER)
@never_cache
@require_safe
def came_back(request: HttpRequest, number: str) -> HttpResponse:
    """Where the provider sends the buyer after paying. Its word is asked for, not taken from the address."""
    order = own(request, number)
    case_id = None
    with suppress(ValueError):
        case_id = UUID(request.GET.get("case", ""))
    ask_provider(request, order, case_id)
    return HttpResponseRedirect(reverse("order", args=[order.number]))
