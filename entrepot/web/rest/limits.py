"""A parcel that customs stopped at a limit: what its buyer may choose, and what general trade costs more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema

from entrepot.checkout import selectors as flow
from entrepot.checkout import services as checkout
from entrepot.checkout.types import LimitAsked, Offer, Way
from entrepot.identity.types import Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order
from entrepot.web.common.access import BUYER
from entrepot.web.common.callers import Door
from entrepot.web.rest import render, schemas
from entrepot.web.rest.repeated import key_of, me, once
from entrepot.web.rest.schemas import Problem

router = Router()
_wrong = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
_reads = Door(BUYER, scope=Scope.ORDERS_READ)
_writes = Door(BUYER, scope=Scope.ORDERS_WRITE)


class CaseIn(schemas.Strict):
    """`case` as the order's limits name it: if customs stops the parcel again, it is another."""

    case: UUID


class ChoiceIn(CaseIn):
    way: Way


class PartLineOut(Schema):
    sku: str
    quantity: int


class WayOut(Schema):
    """One way on. `refund` is what goes back of what was paid; of `split` `parts` are the orders to place anew, each
    inside the limit; of `wait` `until` is when the parcel is declared again; of `general` `total` and `tax` are what
    the parcel comes to as general trade, and `difference` is to be paid on top (below zero: it goes back)."""

    way: Way
    refund: str | None = None
    parts: list[list[PartLineOut]] = []
    until: str | None = None
    total: str | None = None
    tax: str | None = None
    difference: str | None = None


class LimitOut(Schema):
    """`code` is customs' status: -621005 above the limit of one purchase, -621018 above that of the person and year.
    Without a choice by `answer_by` the money goes back. `ways` is empty when nothing is left to choose; `to_pay`:
    general trade was chosen, and `difference` is to be paid by `until`. `outcome` is empty while nothing has come of
    it."""

    case: str
    parcel: str
    code: str
    asked_at: str
    answer_by: str
    choice: str
    until: str | None
    difference: str | None
    to_pay: bool
    outcome: str
    currency: str
    ways: list[WayOut]


class LimitsOut(Schema):
    items: list[LimitOut]


@router.get("/orders/{number}/limits", response={200: LimitsOut, **_wrong}, auth=_reads)
def list_limits(request: HttpRequest, number: schemas.PathText) -> HttpResponse:
    """The parcels of an order that customs stopped at a limit: what was asked, what is open and what was chosen."""
    order = _order(request, number)
    cases = flow.limit_cases(order=order, now=now())
    return render.answer({"items": [_told(cases[one.id], order) for one in order.parcels if one.id in cases]})


@router.post("/orders/{number}/limits", response={200: LimitOut, **_wrong}, auth=_writes)
def choose_way(request: HttpRequest, number: schemas.PathText, payload: ChoiceIn) -> HttpResponse:
    """Choose how to go on. The same choice again changes nothing; who waits, or has not paid for general trade, may
    still choose the refund. The goods of a split's first order are put into the basket."""
    order = _order(request, number)
    _mine(order, payload.case)

    def run() -> tuple[int, object]:
        at, buyer = now(), order.buyer_id
        checkout.choose(case_id=payload.case, buyer_id=buyer, way=payload.way, actor=str(buyer), now=at)
        return 200, _told(_mine(order, payload.case), order)

    return once(request, run)


@router.post("/orders/{number}/limits/payment", response={200: schemas.PaymentOut, **_wrong}, auth=_writes)
def pay_difference(request: HttpRequest, number: schemas.PathText, payload: CaseIn) -> HttpResponse:
    """Where the buyer pays what general trade costs more. Asking again gives the same payment."""
    order = _order(request, number)
    key_of(request)
    _mine(order, payload.case)
    back = request.build_absolute_uri(reverse("order_paid", args=[order.number]))
    redirect = checkout.open_payment(
        order_id=payload.case,
        buyer_id=order.buyer_id,
        reader="api.pay",
        return_url=f"{back}?case={payload.case}",
        notify_url=f"{settings.PUBLIC_URL}/callbacks/payments/{{provider}}",
        now=now(),
    )
    return render.answer({"redirect": redirect})


def _order(request: HttpRequest, number: str) -> Order:
    found = orders.by_number(number=number[:60], buyer_id=me(request))
    if found is None:
        raise NotFound(what=number[:60])
    return found


def _mine(order: Order, case_id: UUID) -> LimitAsked:
    """The case, if it is the newest of a parcel of the order. Refuses NoCase."""
    cases = flow.limit_cases(order=order, now=now())
    found = next((one for one in cases.values() if one.id == case_id), None)
    if found is None:
        raise checkout.NoCase(field="case")
    return found


def _told(case: LimitAsked, order: Order) -> dict[str, Any]:
    difference = case.difference_minor
    return {
        "case": str(case.id),
        "parcel": next(one.number for one in order.parcels if one.id == case.parcel_id),
        "code": case.code,
        "asked_at": case.opened_at.isoformat(),
        "answer_by": case.answer_by.isoformat(),
        "choice": case.choice,
        "until": case.wait_until.isoformat() if case.wait_until else None,
        "difference": None if difference is None else render.amount(difference, order.currency),
        "to_pay": case.to_pay,
        "outcome": case.outcome,
        "currency": order.currency,
        "ways": _ways(case, case.offer, order) if case.offer else [],
    }


def _ways(case: LimitAsked, offer: Offer, order: Order) -> list[dict[str, Any]]:
    sums = {"refund": offer.refund_minor}
    if offer.general is not None:
        more = offer.general.total_minor - offer.refund_minor
        sums |= {"total": offer.general.total_minor, "tax": offer.general.tax_minor, "difference": more}
    codes = {str(line.sku_id): line.sku_code for parcel in order.parcels for line in parcel.lines}
    parts = [[{"sku": codes[sku], "quantity": n} for sku, n in part.items()] for part in offer.parts]
    told = {
        **{name: render.amount(minor, order.currency) for name, minor in sums.items()},
        "parts": parts,
        "until": offer.wait_until.isoformat() if offer.wait_until else None,
    }
    empty: dict[str, Any] = {"refund": None, "parts": [], "until": None, "total": None, "tax": None, "difference": None}
    return [{**empty, "way": way.value, **{name: told[name] for name in _OF[way]}} for way in case.may_choose]


_OF = {
    Way.REFUND: ("refund",),
    Way.SPLIT: ("refund", "parts"),
    Way.WAIT: ("until",),
    Way.GENERAL: ("total", "tax", "difference"),
}
