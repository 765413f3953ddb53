"""Quote, basket, order, pay, follow."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from ninja import Query, Router, Schema
from pydantic import Field

from entrepot.basket import selectors as baskets
from entrepot.basket import services as basket_services
from entrepot.catalogue import selectors as articles
from entrepot.checkout import selectors as checkout
from entrepot.checkout import services as checkout_services
from entrepot.checkout.types import How, PlaceRequest, Wish
from entrepot.identity.types import Scope
from entrepot.kit.clock import now
from entrepot.kit.money import to_minor
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order
from entrepot.payments import selectors as payments
from entrepot.repeats.services import KeyReused
from entrepot.storefronts.types import Storefront
from entrepot.web.common.access import BUYER, PUBLIC
from entrepot.web.common.callers import Door, caller
from entrepot.web.rest import render, schemas
from entrepot.web.rest.repeated import key_of, me, once
from entrepot.web.rest.schemas import Problem
from entrepot.web.rest.shop import by_line, language, no_such_line, storefront, wishes

router = Router()
_wrong = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
_basket = Door(BUYER, scope=Scope.BASKET_WRITE)
_reads = Door(BUYER, scope=Scope.ORDERS_READ)
writes = Door(BUYER, scope=Scope.ORDERS_WRITE)
_called = {"wishes": "lines", "expected_total_minor": "expected_total", "sku_id": "sku"}


class PageIn(Schema):
    page: int = Field(1, ge=1, le=500)


@router.post("/quotes", response={200: schemas.QuoteOut, **_wrong}, auth=Door(PUBLIC, scope=Scope.QUOTES_READ))
def quote(request: HttpRequest, payload: schemas.QuoteIn) -> HttpResponse:
    """Split lines into parcels with goods, freight and tax of each. Computes only: nothing is kept.

    A caller who is known is quoted without promotions that he has had as often as one person may (`used_up`). Whoever
    the order is declared under counts too: then placing it says `price_changed`, where the total was sent along.
    """
    buyer = caller(request).person_id
    with by_line():
        shop, how = storefront(request), How(delivery=payload.delivery)
        found = checkout.quote(storefront=shop, wishes=wishes(payload.lines), buyer_id=buyer, now=now(), how=how)
    return render.answer(render.quote(found, language()))


@router.get("/basket", response={200: schemas.BasketOut, **_wrong}, auth=_basket)
def basket(request: HttpRequest) -> HttpResponse:
    """The caller's basket with its quote."""
    return render.answer(_basket_of(request, me(request)))


@router.put("/basket/lines/{path:sku}", response={200: schemas.BasketOut, 204: None, **_wrong}, auth=_basket)
def put_line(request: HttpRequest, sku: schemas.PathText, payload: schemas.BasketLineIn) -> HttpResponse:
    """Have this many units of a SKU in the basket; 0 takes it out.

    The answer is the basket with its quote; 204 without a body where the caller asks for `Prefer: return=minimal`
    (RFC 7240), which is quicker for who puts several lines.
    """
    buyer, shop, at = me(request), storefront(request), now()
    found = articles.sku_by_code(codes=[sku]).get(sku)
    if found is None:
        raise checkout_services.NoSuchSku(field="sku", sku=sku)

    def run() -> tuple[int, object]:
        key = {"buyer_id": buyer, "storefront_id": shop.id, "sku_id": found.id}
        try:
            basket_services.put(**key, quantity=payload.quantity, now=at, sku=found)
        except Refusal as refusal:
            raise in_words(refusal) from refusal
        return (HTTPStatus.NO_CONTENT, None) if minimal else (200, _basket_of(request, buyer))

    minimal = "return=minimal" in request.headers.get("Prefer", "")
    response = once(request, run, shop=shop)
    if response.status_code == HTTPStatus.NO_CONTENT:
        response["Preference-Applied"] = "return=minimal"
    return response


def _basket_of(request: HttpRequest, buyer: UUID) -> dict[str, object]:
    shop = storefront(request)
    lines = baskets.lines(buyer_id=buyer, storefront_id=shop.id)
    if not lines:
        return {"lines": [], "quote": None}
    wanted = [Wish(sku_id=line.sku_id, quantity=line.quantity) for line in lines]
    found = checkout.quote(storefront=shop, wishes=wanted, buyer_id=buyer, now=now())
    quoted = [*found.unplaced, *(line for parcel in found.parcels for line in parcel.lines)]
    codes = {line.sku.id: line.sku.code for line in quoted}
    return {
        "lines": [{"sku": codes[line.sku_id], "quantity": line.quantity} for line in lines],
        "quote": render.quote(found, language()),
    }


@router.post("/orders", response={201: schemas.PlacedOut, **_wrong, 429: Problem, 503: Problem}, auth=writes)
def place(request: HttpRequest, payload: schemas.OrderIn) -> HttpResponse:
    """Place an order: all of it or nothing, and the same Idempotency-Key gives the same order again.

    With `partial` an order is not refused because some of its goods are short in stock: a line with too few units is
    reduced to what there is, one with none is left out, and `lines` of the answer says of each article what was wished
    and what was placed. Freight, tax and limits are computed for what is placed. Where `expected_total` is given, an
    order that was reduced never costs more than it, but may cost less. Only stock is partial: an article that may not
    be sold, is above a limit, or is in a flash sale whose pass is missing or whose units are gone refuses the order as
    ever, and so does stock when nothing at all is left. What was not placed stays in the basket.
    """
    shop = storefront(request)
    wanted = ordered(payload, buyer_id=me(request), shop=shop, key=key_of(request), language=language())
    try:
        placed = checkout_services.place(request=wanted, now=now())
    except Refusal as refusal:
        raise in_words(refusal) from refusal
    response = render.answer(render.placed(placed, shop, language()), 201)
    if placed.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def ordered(payload: schemas.OrderIn, *, buyer_id: UUID, shop: Storefront, key: str, language: str) -> PlaceRequest:
    """What the caller asks to be placed."""
    expected = payload.expected_total
    return PlaceRequest(
        buyer_id=buyer_id,
        storefront_id=shop.id,
        wishes=None if payload.lines is None else tuple(wishes(payload.lines)),
        address_id=payload.address_id,
        real_name_id=payload.real_name_id,
        notice_accepted=payload.notice_accepted,
        provider=payload.provider,
        idempotency_key=key,
        expected_total_minor=None if expected is None else to_minor(Decimal(expected), shop.currency),
        language=language,
        passes=tuple(payload.passes),
        partial=payload.partial,
        delivery=payload.delivery,
    )


def in_words(wrong: Exception) -> Exception:
    """What a verb refuses, told in the words of the request: a SKU by its line, the key as every write of the API, a
    field by its name there."""
    if isinstance(wrong, checkout_services.KeyReused):
        return KeyReused(field="Idempotency-Key")
    if isinstance(wrong, checkout_services.NoSuchSku):
        return no_such_line(wrong)
    if isinstance(wrong, Refusal) and wrong.field:
        wrong.field = _called.get(wrong.field, wrong.field)
    return wrong


@router.post("/orders/{number}/payment", response={200: schemas.PaymentOut, **_wrong}, auth=writes)
def pay(request: HttpRequest, number: schemas.PathText) -> HttpResponse:
    """Where the buyer pays: an address at the payment provider. Asking again gives the same payment."""
    buyer = me(request)
    key_of(request)
    try:
        way_back = reverse("order_paid", args=[number[:60]])
    except NoReverseMatch as wrong:  # no order has a number like this
        raise NotFound(what=number[:60]) from wrong
    redirect = checkout_services.open_payment(
        number=number[:60],
        buyer_id=buyer,
        reader="api.pay",
        return_url=request.build_absolute_uri(way_back),
        notify_url=f"{settings.PUBLIC_URL}/callbacks/payments/{{provider}}",
        now=now(),
    )
    return render.answer({"redirect": redirect})


@router.get("/orders", response={200: schemas.OrdersOut, **_wrong}, auth=_reads)
def list_orders(request: HttpRequest, wanted: Query[PageIn]) -> HttpResponse:
    """The caller's orders, newest first."""
    found = orders.of_buyer(buyer_id=me(request), page=wanted.page)
    body = {
        "items": [render.order(order, language()) for order in found],
        "total": orders.count_of_buyer(buyer_id=me(request)),
        "page": wanted.page,
    }
    return render.answer(body)


@router.get("/orders/{number}", response={200: schemas.OneOrderOut, **_wrong}, auth=_reads)
def order(request: HttpRequest, number: schemas.PathText) -> HttpResponse:
    """One order with its parcels, its timeline and what became of its money."""
    found = _mine(request, number)
    payment = payments.payment(order_id=found.id, buyer_id=found.buyer_id)
    steps = payments.transaction_events(payment_id=payment.id, buyer_id=found.buyer_id) if payment else []
    return render.answer({**render.order(found, language()), "payment": render.payment(payment, steps)})


def _mine(request: HttpRequest, number: str) -> Order:
    found = orders.by_number(number=number[:60], buyer_id=me(request))
    if found is None:
        raise NotFound(what=number[:60])
    return found
