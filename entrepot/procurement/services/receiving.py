"""What comes and what is paid, each once per reference, never beyond what was agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.procurement import models, reading
from entrepot.procurement.rules.sums import UNITS_MAX, in_house, value_of
from entrepot.procurement.services.checking import BadAmount, UnknownParty, plain, rate_on, trace
from entrepot.procurement.services.history import NotNow, locked, note_event
from entrepot.procurement.services.moving import close_if_complete
from entrepot.procurement.services.owing import payable_on, reckon
from entrepot.procurement.types import OrderState, Received

RECEIPTS_MAX = 500
REFERENCE_MAX = 80
PLACE_MAX = 40


class OverReceipt(Refusal):
    code = "over_receipt"
    zh = "订单 {order} 第 {line} 行最多还可收 {left} 件"
    en = "Of order {order}, line {line}, at most {left} more units may come"


class NotReceivable(Refusal):
    code = "not_receivable"
    zh = "订单 {order} 尚未发出，或已关闭，不能收货"
    en = "Order {order} was not sent yet or is closed: nothing can be received"


class ReferenceReused(Refusal):
    code = "purchase_reference_reused"
    status = 422
    zh = "参考号 {reference} 已用于另一笔数量或金额"
    en = "The reference {reference} was used for other units or another amount"


class BadReceipt(Invalid):
    code = "bad_receipt"
    zh = "收货数量须为正整数，损坏数量不超过收货数量，每行只写一次"
    en = "Units received are above 0, the spoiled ones among them, and each line stands once"


class MoreThanOwed(Refusal):
    code = "more_than_owed"
    zh = "付款超过订单未付金额"
    en = "The payment is more than what is still owed for the order"


class MoreThanPaid(Refusal):
    code = "more_than_paid"
    zh = "退回金额超过订单已付金额"
    en = "More than was paid for the order cannot come back"


@dataclass(frozen=True, slots=True)
class Note:
    """What is written down with each line of one receipt."""

    reference: str
    place: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """`amount_minor` in the order's currency; the same reference is the same payment."""

    order_id: UUID
    reference: str
    amount_minor: int
    paid_on: date


def receive_against(
    *, receipts: Sequence[Received], reference: str, actor: str, now: datetime, place: str = ""
) -> None:
    """Count what came against lines of orders in force: all of it or nothing. Repeating it with the same reference
    changes nothing. A line takes its units and the tolerance its contract states. `place`: code of the warehouse.

    Refuses BadReceipt, BadText, UnknownParty, NotReceivable, OverReceipt, ReferenceReused.
    """
    reference = plain(reference, field="reference", most=REFERENCE_MAX)
    _check(receipts)
    note = Note(reference, plain(place, field="place", most=PLACE_MAX, required=False), actor, now)
    with transaction.atomic():
        receive(receipts, note)


def receive(receipts: Sequence[Received], note: Note) -> None:
    """In a transaction: orders are locked in key order, so that receipts of one order at once follow one another."""
    ids = [one.line_id for one in receipts]
    order_of = dict(models.Line.objects.filter(id__in=ids).values_list("id", "order_id"))
    if len(order_of) != len(ids):
        raise UnknownParty(field="receipts", what="line")
    orders = {order_id: locked(order_id) for order_id in sorted(set(order_of.values()))}
    fresh = [one for one in receipts if not _counted_before(one, note.reference)]
    for one in sorted(fresh, key=lambda one: one.line_id):
        _count(orders[order_of[one.line_id]], one, note)
    for order_id in sorted({order_of[one.line_id] for one in fresh}):
        models.Order.objects.filter(id=order_id, state__in=[OrderState.SENT, OrderState.CONFIRMED]).update(
            state=OrderState.PARTLY_RECEIVED
        )
        note_event(orders[order_id], kind="received", actor=note.actor, note=note.reference, now=note.now)
        reckon(order_id)
        close_if_complete(order_id, actor=note.actor, now=note.now)


def _check(receipts: Sequence[Received]) -> None:
    lines = {one.line_id for one in receipts}
    right = all(0 < one.units <= UNITS_MAX and 0 <= one.spoiled <= one.units for one in receipts)
    if not right or not 0 < len(receipts) <= RECEIPTS_MAX or len(lines) != len(receipts):
        raise BadReceipt(field="receipts")


def _counted_before(one: Received, reference: str) -> bool:
    """Refuses ReferenceReused."""
    row = models.Receipt.objects.filter(line_id=one.line_id, reference=reference).first()
    if row is not None and (row.units, row.spoiled) != (one.units, one.spoiled):
        raise ReferenceReused(field="reference", reference=reference)
    return row is not None


def _count(order: models.Order, one: Received, note: Note) -> None:
    line = models.Line.objects.get(id=one.line_id)
    if order.sent_at is None or order.state not in reading.RECEIVABLE:
        raise NotReceivable(field="receipts", order=order.number)
    if not take(line.id, one.units):
        left = line.units + line.over - line.received
        raise OverReceipt(field="receipts", order=order.number, line=line.number, left=max(left, 0))
    today = day_in(CHINA, note.now)
    worth = value_of(one.units, line.units, line.amount_minor, line.received)
    models.Receipt.objects.create(
        id=new_id(),
        line_id=line.id,
        order_id=order.id,
        reference=note.reference,
        units=one.units,
        spoiled=one.spoiled,
        amount_minor=worth,
        value_minor=in_house(worth, order.currency, order.rate),
        on_time=today <= order.expected_on,
        received_on=today,
        received_at=note.now,
        received_by=note.actor,
        place=note.place,
    )


def take(line_id: UUID, units: int) -> bool:
    """Count units on a line that still has room for them; whether it had."""
    room = models.Line.objects.filter(id=line_id, received__lte=F("units") + F("over") - units)
    return bool(room.update(received=F("received") + units))


def record_payment(*, draft: PaymentDraft, actor: str, now: datetime) -> None:
    """Money went to the supplier, valued at the rate of its day. The same reference again changes nothing.

    Refuses UnknownParty, NotNow (nothing in force, cancelled), BadText, BadAmount, MoreThanOwed, ReferenceReused,
    NoRateOnTheDay.
    """
    _record(draft, draft.amount_minor, actor, now)


def record_repayment(*, draft: PaymentDraft, actor: str, now: datetime) -> None:
    """Money came back from the supplier, as of an order that was cancelled after it was paid. The same reference again
    changes nothing.

    Refuses UnknownParty, BadText, BadAmount, MoreThanPaid, ReferenceReused, NoRateOnTheDay.
    """
    _record(draft, -draft.amount_minor, actor, now)


def _record(draft: PaymentDraft, amount_minor: int, actor: str, now: datetime) -> None:
    """`amount_minor`: below zero where it came back."""
    reference = plain(draft.reference, field="reference", most=REFERENCE_MAX)
    if draft.amount_minor <= 0 or draft.paid_on > day_in(CHINA, now):
        raise BadAmount(field="amount" if draft.amount_minor <= 0 else "paid_on")
    with transaction.atomic():
        order = locked(draft.order_id)
        before = models.Payment.objects.filter(order_id=order.id, reference=reference).first()
        if before is not None:
            if (before.amount_minor, before.paid_on) != (amount_minor, draft.paid_on):
                raise ReferenceReused(field="reference", reference=reference)
            return
        _count_paid(order, amount_minor, draft.paid_on)
        rate, source = rate_on(order.currency, draft.paid_on)
        models.Payment.objects.create(
            id=new_id(),
            order_id=order.id,
            reference=reference,
            amount_minor=amount_minor,
            rate=rate,
            rate_source=source,
            value_minor=in_house(amount_minor, order.currency, rate),
            paid_on=draft.paid_on,
            recorded_by=actor,
            recorded_at=now,
        )
        reckon(order.id)
        note_event(order, kind="paid" if amount_minor > 0 else "repaid", actor=actor, note=reference, now=now)
        action = "pay" if amount_minor > 0 else "repay"
        trace("purchase_order", order.id, action=action, actor=actor, now=now, reason=reference)


def _count_paid(order: models.Order, amount_minor: int, paid_on: date) -> None:
    """Refuses NotNow, MoreThanOwed, MoreThanPaid."""
    rows = models.Order.objects.filter(id=order.id)
    if amount_minor < 0:
        fits = rows.filter(paid_minor__gte=-amount_minor)
    elif order.version == 0:
        raise NotNow
    else:
        fits = rows.filter(paid_minor__lte=payable_on(order, paid_on) - amount_minor)
    if not fits.update(paid_minor=F("paid_minor") + amount_minor):
        raise MoreThanOwed(field="amount") if amount_minor > 0 else MoreThanPaid(field="amount")
