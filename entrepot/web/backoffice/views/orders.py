"""Orders as service staff work with them: found by number or state, shown with every document and receipt."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from entrepot.checkout import services as checkout
from entrepot.customs import selectors as customs
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import OrderState, ParcelState
from entrepot.payments import selectors as payments
from entrepot.shipping import selectors as shipping
from entrepot.web.backoffice.page import existing, office_page, page_number
from entrepot.web.common.access import STAFF, access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language

states = [*OrderState, *(state for state in ParcelState if state.value not in set(OrderState))]


@access(*STAFF)
def order_list(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")[:60]
    state = request.GET.get("state", "")
    state = state if state in {one.value for one in states} else ""
    result = orders.search(text=text, state=state, page=page_number(request))
    template = "orders_rows" if request.headers.get("HX-Target") == "rows" else "orders"
    return office_page(request, template, "订单 · Orders", found=result, q=text, state=state, states=states)


@access(*STAFF)
def order_page(request: HttpRequest, buyer_id: UUID, order_id: UUID) -> HttpResponse:
    order = existing(orders.order(order_id=order_id, buyer_id=buyer_id), order_id)
    waybills = {waybill.parcel_id: waybill for waybill in shipping.waybills(order_id=order_id, buyer_id=buyer_id)}
    parcels = [
        {
            "parcel": parcel,
            "waybill": waybills.get(parcel.id),
            "declaration": customs.declaration(parcel_id=parcel.id, buyer_id=buyer_id),
        }
        for parcel in order.parcels
    ]
    numbers = {parcel.id: parcel.number for parcel in order.parcels}
    return office_page(
        request,
        "order",
        f"订单 · Order {order.number}",
        order=order,
        parcels=parcels,
        timeline=[(event, numbers.get(event.parcel_id) if event.parcel_id else "") for event in order.events],
        payment=payments.payment(order_id=order_id, buyer_id=buyer_id),
        may_call_off=Role.SERVICE in caller(request).roles and order.state == OrderState.PAID,
    )


@access(Role.SERVICE)
@require_POST
def call_off(request: HttpRequest, buyer_id: UUID, order_id: UUID, parcel_id: UUID) -> HttpResponse:
    """Give a paid parcel up, with a reason: its goods are free again, its money goes back."""
    reason = request.POST.get("reason", "").strip()[:200]
    who = {"parcel_id": parcel_id, "order_id": order_id, "buyer_id": buyer_id}
    try:
        checkout.call_off(**who, actor=caller(request).name, reason=reason, now=now())
    except Refusal as refusal:
        messages.error(request, refusal.message(language()))
    return redirect("office_order", buyer_id=buyer_id, order_id=order_id)
