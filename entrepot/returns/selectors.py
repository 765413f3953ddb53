"""Questions about returns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from entrepot.customs import selectors as customs
from entrepot.customs.selectors.staying import return_window
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.orders.types import Order, OrderLine, OrderParcel, ParcelState
from entrepot.payments import selectors as payments
from entrepot.payments.types import LESS_TAX, RefundState
from entrepot.returns import models, reading
from entrepot.returns.rules import judging, sums
from entrepot.returns.types import (
    Amounts,
    CustomsAnswer,
    Decision,
    NoTax,
    Progress,
    Queue,
    Reason,
    Return,
    Returnable,
    ReturnState,
    Row,
    Window,
)
from entrepot.stock import selectors as stock
from entrepot.stock.types import Warehouse

PAGE = 50
PAGES_MAX = 500
NOTHING_SPOILED = Decision()
RELEASED = (ParcelState.RELEASED, ParcelState.SHIPPED, ParcelState.DELIVERED)


def window(*, order: Order, parcel: OrderParcel) -> Window | None:
    """Until when goods of the parcel may go back, counted from customs' own time of release; None before it."""
    if parcel.state not in RELEASED:
        return None
    released_at = customs.released_at(parcel_id=parcel.id, buyer_id=order.buyer_id) or next(
        (event.at for event in order.events if event.parcel_id == parcel.id and event.kind in RELEASED), None
    )
    return None if released_at is None else return_window(released_at=released_at)


def goes_to(*, parcel: OrderParcel) -> Warehouse | None:
    """Where goods of the parcel are sent back to: its warehouse, or one at home if they came in as general trade."""
    if customs.came_as_general_trade(parcel_id=parcel.id, buyer_id=parcel.buyer_id):
        return next(iter(stock.home_places()), None)
    return stock.warehouses().get(parcel.warehouse_id)


def returnable(*, order: Order, now: datetime) -> dict[UUID, Returnable]:
    """What of each released parcel may still be returned, by parcel."""
    parcels = [(parcel, window(order=order, parcel=parcel)) for parcel in order.parcels]
    known = [(parcel, found) for parcel, found in parcels if found is not None]
    if not known:
        return {}
    books = models.Book.objects.filter(buyer_id=order.buyer_id, parcel_id__in=[parcel.id for parcel, _ in known])
    taken = {book.line_id: book.taken for book in books}
    today = day_in(CHINA, now)
    found = {}
    for parcel, until in known:
        left = {line.id: line.quantity - taken.get(line.id, 0) for line in parcel.lines}
        still_open = today <= until.apply_by and any(left.values())
        found[parcel.id] = Returnable(parcel.id, until, left, still_open)
    return found


def one(*, return_id: UUID, buyer_id: UUID) -> Return | None:
    return next(iter(_whole(models.Return.objects.filter(buyer_id=buyer_id, id=return_id))), None)


def by_number(*, number: str, buyer_id: UUID) -> Return | None:
    """The buyer's return with this number."""
    rows = models.Return.objects.filter(buyer_id=buyer_id, number=number) if "\0" not in number else []
    return next(iter(_whole(rows)), None)


def of_order(*, order_id: UUID, buyer_id: UUID) -> list[Return]:
    """The returns of an order, the oldest first."""
    return _whole(models.Return.objects.filter(buyer_id=buyer_id, order_id=order_id).order_by("id"))


def why_no_tax(*, found: Return) -> NoTax | None:
    """What stands against lifting the tax of a counted return, for the clerk to see before deciding."""
    if found.arrived_on is None:
        return None
    return judging.no_tax(customs=found.customs, arrived_on=found.arrived_on, window=found.window)


def would_bring(*, found: Return, order: Order, decision: Decision = NOTHING_SPOILED) -> Amounts:
    """What settling the return now would give back; before it arrives, if all came sound, in time and accepted: that is
    where customs may still accept it."""
    lines = paid_lines(order=order, parcel_id=found.parcel_id)
    books = models.Book.objects.filter(buyer_id=found.buyer_id, parcel_id=found.parcel_id)
    before = {book.line_id: sums.Units(book.priced, book.freighted, book.taxed) for book in books}
    why = why_no_tax(found=found) if found.arrived_on else _never_lifted(found)
    total = Amounts()
    for line in found.lines:
        counted = line if found.arrived_on else replace(line, sound=line.quantity)
        units = judging.units_of(counted, reason=found.reason, decision=decision, why_not=why)
        total += sums.part(lines[line.line_id], before[line.line_id], units)
    return total


def paid_lines(*, order: Order, parcel_id: UUID) -> dict[UUID, OrderLine]:
    """A parcel's lines as they are paid for: where a part of its tax went back, because general trade was to owe less
    of it, with what is left. One statement."""
    parcel = next(one for one in order.parcels if one.id == parcel_id)
    assert order.payment_id is not None
    refunds = payments.refunds(payment_id=order.payment_id, buyer_id=order.buyer_id)
    back = [one for one in refunds if one.key.startswith(f"{LESS_TAX}:{parcel_id}:")]
    less = sum(one.amount_minor for one in back if one.state is not RefundState.FAILED)
    lines = sums.with_tax(parcel.lines, parcel.tax_minor - less) if less else parcel.lines
    return {line.id: line for line in lines}


def _never_lifted(found: Return) -> NoTax | None:
    """Why customs cannot lift the tax of what has not arrived; None where it may."""
    if found.customs is CustomsAnswer.REFUSED:
        return NoTax.REFUSED
    general = customs.came_as_general_trade(parcel_id=found.parcel_id, buyer_id=found.buyer_id)
    return NoTax.NOT_DECLARED if general else None


def queue(*, today: date, state: ReturnState | str = "", text: str = "", page: int = 1) -> Queue:
    """Returns for staff: of one state what is due first comes first; of all, the newest. `text`: how the return's, the
    parcel's number begins."""
    rows = models.Return.objects.filter(state=state).order_by("back_by", "id") if state else None
    rows = models.Return.objects.order_by("-id") if rows is None else rows
    text = text.strip().upper()[:60]
    if text:
        rows = rows.filter(Q(number__startswith=text) | Q(parcel_number__startswith=text))
    page = min(max(page, 1), PAGES_MAX)
    start = (page - 1) * PAGE
    found = list(rows[start : start + PAGE + 1])
    shown = found[:PAGE]
    units: dict[UUID, int] = dict(
        models.Line.objects.filter(buyer_id__in={row.buyer_id for row in shown}, of_id__in=[row.id for row in shown])
        .values_list("of_id")
        .annotate(Sum("quantity"))
        .order_by()
    )
    return Queue(tuple(_row(row, units.get(row.id, 0), today) for row in shown), page, len(found) > PAGE)


def progress(*, buyer_ids: Collection[UUID], line_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """How far order lines have come back; lines that nobody asked to return are left out. One statement."""
    rows = sql.rows(sql.load("returns", "progress"), {"buyer_ids": list(buyer_ids), "line_ids": list(line_ids)})
    return {row.pop("line_id"): Progress(**row | {"kept_for": sql.json_value(row["kept_for"]) or {}}) for row in rows}


def counts() -> dict[ReturnState, int]:
    """How many returns are in each state."""
    rows = models.Return.objects.values_list("state").annotate(Count("id")).order_by()
    found = {ReturnState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in ReturnState}


def discrepancies() -> list[dict[str, Any]]:
    """Returns and lines whose books do not agree: {rule, id}. None is right."""
    return sql.rows(sql.load("returns", "discrepancies"))


def due_on(*, state: ReturnState, window: Window) -> date | None:
    """The last day for what a return waits for: customs takes an application, which leaves when a clerk approves, as
    long as a buyer may ask; then the goods must come."""
    return {ReturnState.APPLIED: window.apply_by, ReturnState.APPROVED: window.back_by}.get(state)


def _row(row: models.Return, units: int, today: date) -> Row:
    due = due_on(state=ReturnState(row.state), window=reading.window_of(row))
    return Row(
        id=row.id,
        buyer_id=row.buyer_id,
        number=row.number,
        parcel_number=row.parcel_number,
        state=ReturnState(row.state),
        customs=CustomsAnswer(row.customs),
        reason=Reason(row.reason),
        units=units,
        tracking=row.tracking,
        applied_at=row.applied_at,
        due_on=due,
        days_left=None if due is None else (due - today).days,
    )


def _whole(rows: Any) -> list[Return]:
    """Rows with their lines and events, two statements for all."""
    found: Sequence[models.Return] = list(rows)
    if not found:
        return []
    key = {"buyer_id__in": {row.buyer_id for row in found}, "of_id__in": [row.id for row in found]}
    lines: dict[UUID, list[models.Line]] = {}
    for line in models.Line.objects.filter(**key).order_by("number"):
        lines.setdefault(line.of_id, []).append(line)
    events: dict[UUID, list[models.Event]] = {}
    for event in models.Event.objects.filter(**key).order_by("sequence"):
        events.setdefault(event.of_id, []).append(event)
    return [reading.return_of(row, lines.get(row.id, []), events.get(row.id, [])) for row in found]
