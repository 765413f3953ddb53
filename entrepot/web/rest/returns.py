"""Goods back: ask for a return, follow it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from entrepot.catalogue.types import text
from entrepot.identity.types import Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel
from entrepot.recalls import services
from entrepot.returns import selectors as returns
from entrepot.returns.types import NOTE_MAX, Application, Reason, Return
from entrepot.web.common.access import BUYER
from entrepot.web.common.callers import Door
from entrepot.web.rest import render, schemas
from entrepot.web.rest.repeated import key_of, me, once
from entrepot.web.rest.schemas import Problem
from entrepot.web.rest.shop import language

router = Router()
_wrong = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
_reads = Door(BUYER, scope=Scope.ORDERS_READ)
_writes = Door(BUYER, scope=Scope.ORDERS_WRITE)


class NoSuchParcelLine(NotFound):
    code = "not_in_parcel"
    status = 422
    zh = "该包裹没有这个单品：{sku}"
    en = "There is no such article in the parcel: {sku}"


class ReturnLineIn(schemas.Strict):
    sku: schemas.SkuCode
    quantity: int = Field(ge=1, le=10_000)


class ReturnIn(schemas.Strict):
    """`parcel` is the customs order number of a released parcel, as the order tells it."""

    parcel: str = Field(min_length=1, max_length=60)
    lines: list[ReturnLineIn] = Field(min_length=1, max_length=99)
    reason: Reason
    note: str = Field("", max_length=NOTE_MAX)


class ReturnLineOut(Schema):
    """`arrived` and `spoiled` (not fit to be sold again) are known once the goods were counted."""

    sku: str
    title: str
    quantity: int
    arrived: int
    spoiled: int
    refunded: str


class ReturnEventOut(Schema):
    sequence: int
    kind: str
    at: str


class ReturnOut(Schema):
    """Days are days in China. `customs`: whether customs accepts the return, on which its tax depends."""

    number: str
    order: str
    parcel: str
    state: str
    customs: str
    reason: str
    applied_at: str
    ask_by: str
    back_by: str
    tracking: str
    currency: str
    goods: str
    freight: str
    tax: str
    refunded: str
    lines: list[ReturnLineOut]
    timeline: list[ReturnEventOut]


class ReturnsOut(Schema):
    items: list[ReturnOut]


@router.post("/orders/{number}/returns", response={201: ReturnOut, **_wrong}, auth=_writes)
def ask_return(request: HttpRequest, number: schemas.PathText, payload: ReturnIn) -> HttpResponse:
    """Ask to send goods of a released parcel back, all or a part: within 30 days of release (GAC 45/2020)."""
    order = _order(request, number)
    parcel = next((one for one in order.parcels if one.number == payload.parcel), None)
    if parcel is None:
        raise NotFound(field="parcel", what=payload.parcel)
    asked = Application(
        buyer_id=order.buyer_id,
        order_id=order.id,
        parcel_id=parcel.id,
        units=_units(parcel, payload),
        reason=payload.reason,
        note=payload.note,
        key=key_of(request),
    )

    def run() -> tuple[int, object]:
        return 201, _told(services.apply(asked=asked, now=now()), order)

    return once(request, run)


@router.get("/orders/{number}/returns", response={200: ReturnsOut, **_wrong}, auth=_reads)
def list_returns(request: HttpRequest, number: schemas.PathText) -> HttpResponse:
    """The returns of an order, the oldest first."""
    order = _order(request, number)
    found = returns.of_order(order_id=order.id, buyer_id=order.buyer_id)
    return render.answer({"items": [_told(one, order) for one in found]})


def _order(request: HttpRequest, number: str) -> Order:
    found = orders.by_number(number=number[:60], buyer_id=me(request))
    if found is None:
        raise NotFound(what=number[:60])
    return found


def _units(parcel: OrderParcel, payload: ReturnIn) -> dict[Any, int]:
    """Units by line; what is named twice counts twice. Refuses NoSuchParcelLine."""
    by_sku = {line.sku_code: line.id for line in parcel.lines}
    found: dict[Any, int] = {}
    for position, line in enumerate(payload.lines):
        if line.sku not in by_sku:
            raise NoSuchParcelLine(field=f"lines.{position}.sku", sku=line.sku)
        line_id = by_sku[line.sku]
        found[line_id] = found.get(line_id, 0) + line.quantity
    return found


def _told(found: Return, order: Order) -> dict[str, Any]:
    lines = {line.id: line for parcel in order.parcels for line in parcel.lines}
    money = found.currency

    def line_out(one: Any) -> dict[str, Any]:
        return {
            "sku": lines[one.line_id].sku_code,
            "title": text(lines[one.line_id].titles, language()),
            "quantity": one.quantity,
            "arrived": one.sound + one.spoiled,
            "spoiled": one.spoiled,
            "refunded": render.amount(one.refunded.total_minor, money),
        }

    return {
        "number": found.number,
        "order": found.order_number,
        "parcel": found.parcel_number,
        "state": found.state.value,
        "customs": found.customs.value,
        "reason": found.reason.value,
        "applied_at": found.applied_at.isoformat(),
        "ask_by": found.window.apply_by.isoformat(),
        "back_by": found.window.back_by.isoformat(),
        "tracking": found.tracking,
        "currency": money,
        "goods": render.amount(found.refunded.goods_minor, money),
        "freight": render.amount(found.refunded.freight_minor, money),
        "tax": render.amount(found.refunded.tax_minor, money),
        "refunded": render.amount(found.refunded.total_minor, money),
        "lines": [line_out(one) for one in found.lines],
        "timeline": [
            {"sequence": event.sequence, "kind": event.kind, "at": event.at.isoformat()} for event in found.events
        ],
    }
