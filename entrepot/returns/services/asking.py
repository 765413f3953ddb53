"""What the buyer does: ask, say that it is on its way, think again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F
from psycopg.errors import LockNotAvailable

from entrepot.customs import services as customs
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderLine, OrderParcel
from entrepot.outbox.services import defer
from entrepot.returns import models, selectors
from entrepot.returns.services.moving import NotNow, locked, move, note_event, plain_text, turn_of
from entrepot.returns.types import TRACKING_MAX, Application, Clerk, CustomsAnswer, Return, ReturnState, Window

LOCK_TIMEOUT = "2s"
PREFIX = "R"
TELL_WITHDRAWN = "returns.tell_withdrawn"
KEY_MAX = 100


class NotReleased(Refusal):
    code = "not_released"
    zh = "海关放行之后才能申请退货"
    en = "Only what customs has released can be returned"


class TooLateToReturn(Refusal):
    code = "return_too_late"
    zh = "申请退货的期限已过：最晚 {until}"
    en = "The time to ask for a return is over: it ended on {until}"


class MoreThanLeft(Refusal):
    code = "more_than_left"
    zh = "退货数量超过还可以退的数量"
    en = "That is more than may still be returned"


class NothingToReturn(Invalid):
    code = "nothing_to_return"
    zh = "请选择要退的商品和数量"
    en = "Choose what to return, and how many"


class ReturnKeyReused(Refusal):
    code = "return_key_reused"
    status = 422
    zh = "该请求号已用于另一笔退货"
    en = "This key was used for another return"


class ReturnBusy(Refusal):
    code = "return_busy"
    status = 503
    retry_after_s = 1
    zh = "同一包裹正有另一笔退货在登记，请稍后重试"
    en = "Another return of the same parcel is being written; please try again"


class TrackingMissing(Invalid):
    code = "tracking_missing"
    zh = "请填写寄回的运单号"
    en = "Enter the number that the carrier gave you"


def apply(*, asked: Application, now: datetime) -> Return:
    """A buyer asks to send goods of a released parcel back. The same key again gives the same return.

    Refuses NotFound, NotReleased, TooLateToReturn, NothingToReturn, MoreThanLeft, ReturnKeyReused, ReturnBusy.
    """
    order = orders.order(order_id=asked.order_id, buyer_id=asked.buyer_id)
    parcel = None if order is None else next((one for one in order.parcels if one.id == asked.parcel_id), None)
    if order is None or parcel is None:
        raise NotFound(what="parcel")
    lines = checked_lines(parcel, asked.units)
    window = selectors.window(order=order, parcel=parcel)
    if window is None:
        raise NotReleased
    with transaction.atomic():
        row, fresh = models.Return.objects.get_or_create(
            buyer_id=asked.buyer_id, key=asked.key[:KEY_MAX], defaults=_columns(order, parcel, asked, window, now)
        )
        if fresh:
            if day_in(CHINA, now) > window.apply_by:
                raise TooLateToReturn(until=window.apply_by)
            take(parcel, asked.buyer_id, asked.units)
            models.Line.objects.bulk_create(_line(row, line, asked.units[line.id]) for line in lines)
            note_event(row, kind=ReturnState.APPLIED, actor="buyer", note="", now=now)
    found = selectors.one(return_id=row.id, buyer_id=asked.buyer_id)
    assert found is not None
    if not fresh and (found.parcel_id, {one.line_id: one.quantity for one in found.lines}) != (parcel.id, asked.units):
        raise ReturnKeyReused(field="key")
    return found


def withdraw(*, return_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """The buyer keeps the goods after all; what was taken may be asked for again. Where customs was asked already, that
    is told: no message takes an application back. Refuses UnknownReturn, NotNow."""
    who = Clerk(return_id, buyer_id, "buyer")
    with transaction.atomic():
        row = locked(who)
        if row.tracking:
            raise NotNow
        _let_go(who, row, (ReturnState.APPLIED, ReturnState.APPROVED), now)


def await_no_more(*, parcel_id: UUID, buyer_id: UUID, line_ids: Collection[UUID], actor: str, now: datetime) -> None:
    """Returns of these lines that were not back in time, and of which nothing was sent, are withdrawn: what they took
    may be paid for without coming back. In a transaction."""
    late = models.Return.objects.select_for_update().filter(
        buyer_id=buyer_id, parcel_id=parcel_id, state=ReturnState.LAPSED, tracking=""
    )
    for row in late.order_by("id"):
        if not {one.line_id for one in lines_of(row)}.isdisjoint(line_ids):
            _let_go(Clerk(row.id, buyer_id, actor), row, (ReturnState.LAPSED,), now)


def _let_go(who: Clerk, row: models.Return, before: Collection[ReturnState], now: datetime) -> None:
    """The locked return is withdrawn; where customs was asked already, that is told. What has not left does not."""
    move(who, before, kind=ReturnState.WITHDRAWN, state=ReturnState.WITHDRAWN, now=now)
    customs.keep_back(return_id=row.id, buyer_id=row.buyer_id)
    give_units_back(row, {one.line_id: one.quantity for one in lines_of(row)})
    if row.customs in (CustomsAnswer.ASKED, CustomsAnswer.ACCEPTED):
        args = {"return_id": str(row.id), "buyer_id": str(row.buyer_id)}
        defer(job=TELL_WITHDRAWN, lock=turn_of(row), args=args)  # after the asking, if it is under way


def tell_sent(*, return_id: UUID, buyer_id: UUID, tracking: str, now: datetime) -> None:
    """The goods are on their way, under this number of the buyer's carrier. A second number replaces the first.

    Refuses TrackingMissing, UnknownReturn, NotNow.
    """
    tracking = plain_text(tracking, TRACKING_MAX)
    if not tracking:
        raise TrackingMissing(field="tracking")
    who = Clerk(return_id, buyer_id, "buyer")
    with transaction.atomic():
        move(who, (ReturnState.APPROVED,), kind="sent", note=tracking, tracking=tracking, now=now)


def lines_of(row: models.Return) -> list[models.Line]:
    return list(models.Line.objects.filter(buyer_id=row.buyer_id, of_id=row.id).order_by("number"))


def give_units_back(row: models.Return, units: Mapping[UUID, int]) -> None:
    """Units of a return that are not coming may be asked for again."""
    for line_id in sorted(units):
        if units[line_id]:
            books = models.Book.objects.filter(buyer_id=row.buyer_id, parcel_id=row.parcel_id, line_id=line_id)
            books.update(taken=F("taken") - units[line_id])


def checked_lines(parcel: OrderParcel, units: Mapping[UUID, int]) -> list[OrderLine]:
    """The lines that are asked for. Refuses NothingToReturn, MoreThanLeft."""
    known = {line.id: line for line in parcel.lines}
    if not units or min(units.values()) < 1 or units.keys() - known.keys():
        raise NothingToReturn(field="lines")
    if any(quantity > known[line_id].quantity for line_id, quantity in units.items()):
        raise MoreThanLeft(field="lines")
    return [line for line in parcel.lines if line.id in units]


def take(parcel: OrderParcel, buyer_id: UUID, units: Mapping[UUID, int]) -> None:
    """Count the units on the books of their lines, all or none. Refuses MoreThanLeft, ReturnBusy."""
    params: dict[str, Any] = {
        "buyer_id": buyer_id,
        "parcel_id": parcel.id,
        "ids": [new_id() for _ in parcel.lines],
        "line_ids": [line.id for line in parcel.lines],
        "quantities": [line.quantity for line in parcel.lines],
    }
    sql.run(sql.load("returns", "open_books"), params)
    wish = {"line_ids": list(units), "units": list(units.values()), "lock_timeout": LOCK_TIMEOUT}
    try:
        taken = sql.rows(sql.load("returns", "take"), params | wish)
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise ReturnBusy from late
        raise
    if len(taken) != len(units):
        raise MoreThanLeft(field="lines")


def _columns(order: Order, parcel: OrderParcel, asked: Application, window: Window, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "order_id": order.id,
        "parcel_id": parcel.id,
        "number": human_number(PREFIX, now),
        "order_number": order.number,
        "parcel_number": parcel.number,
        "currency": order.currency,
        "state": ReturnState.APPLIED,
        "customs": CustomsAnswer.NONE,
        "reason": asked.reason,
        "note": plain_text(asked.note),
        "released_on": window.released_on,
        "apply_by": window.apply_by,
        "back_by": window.back_by,
        "source": window.source[:200],
        "applied_at": now,
        "sequence": 1,
    }


def _line(row: models.Return, line: OrderLine, quantity: int) -> models.Line:
    return models.Line(
        id=new_id(),
        buyer_id=row.buyer_id,
        of_id=row.id,
        line_id=line.id,
        number=line.number,
        sku_id=line.sku_id,
        quantity=quantity,
    )
