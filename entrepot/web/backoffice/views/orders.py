"""Orders as service staff work with them: found by number or state, shown with every document and receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.checkout import selectors as quotes
from entrepot.checkout import services as checkout
from entrepot.checkout.types import LimitAsked
from entrepot.customs import selectors as customs
from entrepot.customs import services as customs_verbs
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import Action, Payment
from entrepot.returns import selectors as returns
from entrepot.shipping import selectors as shipping
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import (
    existing,
    office_page,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.common.access import STAFF, access
from entrepot.web.common.callers import caller

STATES = list(ParcelState)  # an order's own states are among them
CALL_OFF = (ParcelState.PAID, ParcelState.DECLARED, ParcelState.HELD)
LEFT = (ParcelState.RELEASED, ParcelState.SHIPPED, ParcelState.DELIVERED)  # what may come back


@access(*STAFF)
def order_list(request: HttpRequest) -> HttpResponse:
    text = search_text(request)
    state = request.GET.get("state", "")
    state = state if state in set(ParcelState) else ""
    result = orders.search(text=text, state=state, page=page_number(request))
    template = "orders_rows" if request.headers.get("HX-Target") == "rows" else "orders"
    return office_page(request, template, _("Orders"), found=result, q=text, state=state, states=STATES)


@access(*STAFF)
def order_page(request: HttpRequest, buyer_id: UUID, order_id: UUID) -> HttpResponse:
    found = orders.order(order_id=order_id, buyer_id=buyer_id)
    if found is None and (of_case := quotes.order_of_case(case_id=order_id, buyer_id=buyer_id)):
        return redirect("office_order", buyer_id=buyer_id, order_id=of_case)  # what was paid on top names its case
    order = existing(found, order_id)
    payment = payments.payment(order_id=order_id, buyer_id=buyer_id)
    of_payment = {"payment_id": payment.id, "buyer_id": buyer_id} if payment else None
    steps = payments.transaction_events(**of_payment) if of_payment else []
    numbers = {parcel.id: parcel.number for parcel in order.parcels}
    left = any(parcel.state in LEFT for parcel in order.parcels)
    asked_back = any(step.action is Action.REFUND for step in steps)
    return office_page(
        request,
        "order",
        _("Order %(number)s") % {"number": order.number},
        crumbs=[(_("Orders"), reverse("office_orders"))],
        order=order,
        parcels=_parcels(order, may_call_off=Role.SERVICE in caller(request).roles),
        timeline=[(event, numbers.get(event.parcel_id, "") if event.parcel_id else "") for event in order.events],
        returned=returns.of_order(order_id=order_id, buyer_id=buyer_id) if left else (),
        sees_returns=may_open(request, "office_returns"),
        payment=payment,
        refunds=payments.refunds(**of_payment) if of_payment and asked_back else [],
        exchanges=payments.raw_exchange(**of_payment) if of_payment else [],
        steps=steps,
        balance=payments.balance(events=steps),
        may_read_exchanges=bool(caller(request).roles & {Role.SERVICE, Role.FINANCE}),
        may_read_log=Role.OPERATOR in caller(request).roles,
        sees_customs=may_open(request, "office_declarations"),
    )


def _parcels(order: Order, *, may_call_off: bool) -> list[dict[str, Any]]:
    """Each parcel with where it leaves from, its waybill, its declaration and how its tax was reckoned."""
    key = {"order_id": order.id, "buyer_id": order.buyer_id}
    waybills = {one.parcel_id: one for one in shipping.waybills(**key)}
    declarations = {one.parcel_id: one for one in customs.declarations(**key)}
    told = quotes.explanations(order=order)
    warehouses = stock.warehouses()
    open_order = order.state == OrderState.PAID
    return [
        {
            "parcel": parcel,
            "warehouse": warehouses.get(parcel.warehouse_id),
            "waybill": waybills.get(parcel.id),
            "declaration": declarations.get(parcel.id),
            "quote": told.get(parcel.id),
            "may_call_off": may_call_off and open_order and parcel.state in CALL_OFF,
        }
        for parcel in order.parcels
    ]


@access(Role.SERVICE)
@require_POST
def call_off(request: HttpRequest, buyer_id: UUID, order_id: UUID, parcel_id: UUID) -> HttpResponse:
    """Give a paid parcel up, with a reason: its goods are free again, its money goes back."""
    who = {"parcel_id": parcel_id, "order_id": order_id, "buyer_id": buyer_id}
    with refusals_told(request):
        done = checkout.call_off(**who, actor=caller(request).name, reason=reason(request), now=now())
        messages.success(
            request,
            _("The parcel is called off; its money goes back")
            if done
            else _("Customs was asked to take the list back; the parcel is called off when it agrees"),
        )
    return redirect("office_order", buyer_id=buyer_id, order_id=order_id)


@access(*STAFF)
def told(request: HttpRequest, buyer_id: UUID, order_id: UUID) -> HttpResponse:
    """What customs is told of an order's payment: by the provider who declares it, and where customs asks itself. The
    order's page fetches it; it is a page of its own too."""
    payment = existing(payments.payment(order_id=order_id, buyer_id=buyer_id), order_id)
    crumbs = [
        (_("Orders"), reverse("office_orders")),
        (payment.order_number, reverse("office_order", args=[buyer_id, order_id])),
    ]
    return office_page(
        request,
        "told_rows" if request.headers.get("HX-Target") == "told" else "told",
        _("What customs is told of the payment"),
        crumbs=crumbs,
        buyer_id=buyer_id,
        order_id=order_id,
        shares=payments.declared_shares(payment_id=payment.id, buyer_id=buyer_id),
        data_requests=customs.data_requests(order_id=order_id, buyer_id=buyer_id),
        cases=_chosen(order_id, buyer_id),
        may_send_data=Role.CUSTOMS in caller(request).roles,
    )


def _chosen(order_id: UUID, buyer_id: UUID) -> list[tuple[str, LimitAsked, Payment | None]]:
    """Each parcel that customs stopped at a limit: its number, what its buyer chose, and the payment of what general
    trade costs more, which names the case as its order."""
    order = existing(orders.order(order_id=order_id, buyer_id=buyer_id), order_id)
    cases = quotes.limit_cases(order=order, now=now(), offers=False)
    found = [(one.number, cases[one.id]) for one in order.parcels if one.id in cases]
    more = {case.id for _, case in found if (case.difference_minor or 0) > 0}
    paid = {one: payments.payment(order_id=one, buyer_id=buyer_id) for one in more}
    return [(number, case, paid.get(case.id)) for number, case in found]


@access(Role.CUSTOMS)
@require_POST
def data_again(request: HttpRequest, buyer_id: UUID, order_id: UUID, request_id: UUID) -> HttpResponse:
    """Customs is sent the raw payment data once more, the same bytes: after a certificate was registered, say."""
    with refusals_told(request):
        customs_verbs.upload_again(request_id=request_id, buyer_id=buyer_id, actor=caller(request).name, now=now())
        messages.success(request, _("The payment data leave once more"))
    return redirect("office_told", buyer_id=buyer_id, order_id=order_id)


@access(Role.SERVICE, Role.FINANCE)
@require_POST
def exchange(request: HttpRequest, buyer_id: UUID, order_id: UUID, exchange_id: UUID) -> HttpResponse:
    """What was said with the payment provider, word for word. The reading is logged with its reason."""
    order = existing(orders.order(order_id=order_id, buyer_id=buyer_id), order_id)
    address = reverse("office_order", args=[buyer_id, order_id])
    with refusals_told(request):
        said = payment_verbs.open_raw_exchange(
            exchange_id=exchange_id, buyer_id=buyer_id, reader=caller(request).name, reason=reason(request), now=now()
        )
        crumbs = [(_("Orders"), reverse("office_orders")), (order.number, address)]
        texts = zip((_("Request"), _("Answer")), said, strict=True)
        answer = office_page(request, "opened", _("Exchange with the provider"), crumbs=crumbs, texts=list(texts))
        answer["Cache-Control"] = "no-store"
        return answer
    return redirect(address)
