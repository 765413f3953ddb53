"""Goods come into a book at the first line: drafted, declared, arrived, counted and put away, differences settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from psycopg.errors import UniqueViolation

from entrepot.audit.services import record
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.stock import cached, rules
from entrepot.stock import models as tables
from entrepot.stock.services.books import ReasonNeeded, book_in_force
from entrepot.stock.services.entries import enter, post_waiting
from entrepot.stock.services.receive import LotDiffers, receive
from entrepot.stock.types import CustomsState, ReceiptLine
from entrepot.stock.types.bonded import Booking, BookLine, EntryKind, InboundLine, InboundState

PUT_AWAY = "stock.put_away"  # goods of an inbound declaration came onto the shelves


class InboundInvalid(Invalid):
    code = "inbound_invalid"
    zh = "入区申报第{position}行有误：{what}"
    en = "Line {position} of the inbound declaration cannot be right: {what}"


class UnknownInbound(NotFound):
    code = "unknown_inbound"
    zh = "没有找到这票入区申报"
    en = "There is no such inbound declaration"


class InboundNotNow(Refusal):
    code = "inbound_not_now"
    zh = "该入区申报当前状态不能进行此操作，请刷新后再看"
    en = "The inbound declaration is in a state in which this cannot be done: look again first"


class DeclarationUsed(Refusal):
    code = "declaration_used"
    zh = "报关单号{number}已用于另一票入区申报"
    en = "Declaration number {number} belongs to another inbound declaration"


@dataclass(frozen=True, slots=True)
class Count:
    """Units of one line that were found now; why, where all that was ever found is another number than was declared."""

    units: int
    reason: str = ""


def draft_inbound(*, book: str, warehouse_id: UUID, lines: Sequence[InboundLine], now: datetime) -> UUID:
    """Write down what is to be declared into a book. Returns its id.

    Refuses InboundInvalid(field), UnknownBook, BookNotInForce, LotDiffers.
    """
    book_in_force(book=book, now=now)
    warehouse = cached.warehouses().get(warehouse_id)
    if warehouse is None or warehouse.account_book != book:
        raise InboundInvalid(field="warehouse", position=0, what="warehouse")
    _check(book, lines)
    with transaction.atomic():
        row = tables.Inbound.objects.create(
            number=human_number("IN", now), book=book, warehouse_id=warehouse_id, state=InboundState.DRAFT,
            created_at=now,
        )  # fmt: skip
        _write(row.id, lines)
    return row.id


def change_inbound(*, inbound_id: UUID, lines: Sequence[InboundLine]) -> None:
    """Other lines for a draft. Refuses UnknownInbound, InboundNotNow, InboundInvalid(field), LotDiffers."""
    with transaction.atomic():
        row = _locked(inbound_id, InboundState.DRAFT)
        _check(row.book, lines)
        tables.InboundLine.objects.filter(of_id=row.id).delete()
        _write(row.id, lines)


def declare_inbound(*, inbound_id: UUID, number: str, on: date, actor: str, now: datetime) -> None:
    """Customs has the declaration of this number: the goods are in the book. Once; what waited for them is posted.

    Refuses UnknownInbound, InboundNotNow, InboundInvalid(field), DeclarationUsed, BookNotInForce, LotDiffers.
    """
    number = number.strip()
    if not 0 < len(number) <= 30 or not number.isascii() or not number.isalnum():
        raise InboundInvalid(field="number", position=0, what="declaration number")
    try:
        with transaction.atomic():
            row = _locked(inbound_id, InboundState.DRAFT)
            book_in_force(book=row.book, now=now)
            lines = _lines(row.id)
            _check(row.book, lines)
            said = {"state": InboundState.DECLARED, "declaration_number": number, "declared_on": on}
            tables.Inbound.objects.filter(id=row.id).update(**said)
            goods = tuple(BookLine(line.sku_id, line.item_record, line.quantity) for line in lines)
            booking = Booking(row.book, row.number, row.number, goods, number)
            enter(kind=EntryKind.INBOUND, bookings=[booking], actor=actor, now=now, whole=True)
            post_waiting(book=row.book, sku_ids=[line.sku_id for line in lines])
            _trace(row, "declare", actor, number, now)
    except IntegrityError as clash:
        if isinstance(clash.__cause__, UniqueViolation):
            raise DeclarationUsed(field="number", number=number) from clash
        raise


def arrive_inbound(*, inbound_id: UUID, on: date, actor: str, now: datetime) -> None:
    """The goods are in the warehouse: customs may sample them for the days that their book says.

    Refuses UnknownInbound, InboundNotNow.
    """
    with transaction.atomic():
        row = _locked(inbound_id, InboundState.DECLARED)
        days = tables.AccountBook.objects.values_list("sampling_days", flat=True).get(number=row.book)
        said = {"state": InboundState.ARRIVED, "arrived_on": on, "sampled_until": on + timedelta(days=days)}
        tables.Inbound.objects.filter(id=row.id).update(**said)
        _trace(row, "arrive", actor, "", now)


def put_away_part(
    *, inbound_id: UUID, counted: Mapping[tuple[UUID, str], int], reference: str, actor: str, now: datetime
) -> int:
    """Some of the goods are on the shelves, by article and lot; more is awaited. The same reference again changes
    nothing. Returns the units put away.

    Refuses UnknownInbound, InboundNotNow, InboundInvalid(field), and what `receive` refuses.
    """
    with transaction.atomic():
        row = _locked(inbound_id, InboundState.ARRIVED)
        lines = {(line.sku_id, line.lot): line for line in _lines(row.id)}
        if not counted or not counted.keys() <= lines.keys() or not all(map(_countable, counted.values())):
            raise InboundInvalid(field="counted", position=0, what="count")
        goods = [_receipt(row, lines[key], units) for key, units in sorted(counted.items()) if units]
        units = receive(receipts=goods, reference=f"{row.number}/{reference}"[:60], now=now) if goods else 0
        if not units:
            return 0
        for (sku_id, lot), found in counted.items():
            mine = tables.InboundLine.objects.filter(sku_id=sku_id, of_id=row.id, lot=lot)
            mine.update(counted=Coalesce("counted", 0) + found)
        _trace(row, "put_away_part", actor, reference, now)
        emit(topic=PUT_AWAY, aggregate_id=row.id, buyer_id=None, payload={})
    return units


def _countable(units: int) -> bool:
    return 0 <= units <= rules.QUANTITY_MAX


def put_away(*, inbound_id: UUID, counted: Mapping[tuple[UUID, str], Count], actor: str, now: datetime) -> int:
    """What was found of each line, by article and lot, is on the shelves, and nothing more is awaited. Together with
    what was put away in parts before, another number than was declared needs a reason and stands open until customs
    settles it. Returns the units put away now.

    Refuses UnknownInbound, InboundNotNow, InboundInvalid(field), and what `receive` refuses.
    """
    with transaction.atomic():
        row = _locked(inbound_id, InboundState.ARRIVED)
        lines = _lines(row.id)
        if {(line.sku_id, line.lot) for line in lines} != counted.keys():
            raise InboundInvalid(field="counted", position=0, what="count")
        for n, line in enumerate(lines, 1):
            found = counted[line.sku_id, line.lot]
            total = (line.counted or 0) + found.units
            if not _countable(found.units) or not _countable(total):
                raise InboundInvalid(field="counted", position=n, what="count")
            if total != line.quantity and not found.reason.strip():
                raise InboundInvalid(field="reason", position=n, what="reason")
            if total != line.quantity or line.counted is not None:
                why = found.reason.strip()[:200] if total != line.quantity else ""
                mine = tables.InboundLine.objects.filter(sku_id=line.sku_id, of_id=row.id, lot=line.lot)
                mine.update(counted=total, reason=why)
        tables.InboundLine.objects.filter(of_id=row.id, counted=None).update(counted=F("quantity"))
        goods = [_receipt(row, line, counted[line.sku_id, line.lot].units) for line in lines]
        goods = [one for one in goods if one.quantity]
        tables.Inbound.objects.filter(id=row.id).update(state=InboundState.PUT_AWAY, put_away_at=now)
        _trace(row, "put_away", actor, "", now)
        emit(topic=PUT_AWAY, aggregate_id=row.id, buyer_id=None, payload={})
        return receive(receipts=goods, reference=row.number, now=now) if goods else 0


def settle_inbound(*, inbound_id: UUID, document: str, actor: str, now: datetime) -> None:
    """Customs has settled what was miscounted, by this paper: the book is corrected by it. Once.

    Refuses UnknownInbound, InboundNotNow, ReasonNeeded, BookShort.
    """
    if not document.strip():
        raise ReasonNeeded(field="document")
    with transaction.atomic():
        row = _locked(inbound_id, InboundState.PUT_AWAY)
        lines = [line for line in _lines(row.id) if line.counted not in (None, line.quantity)]
        if row.settled or not lines:
            raise InboundNotNow
        goods = tuple(BookLine(x.sku_id, x.item_record, (x.counted or 0) - x.quantity) for x in lines)
        booking = Booking(row.book, row.number, row.number, goods, document.strip()[:200])
        enter(kind=EntryKind.CORRECT, bookings=[booking], actor=actor, now=now, whole=True)
        tables.Inbound.objects.filter(id=row.id).update(settled=document.strip()[:60])
        post_waiting(book=row.book, sku_ids=[line.sku_id for line in lines])
        _trace(row, "settle", actor, document, now)


def cancel_inbound(*, inbound_id: UUID, actor: str, now: datetime) -> None:
    """A draft is not declared after all. Refuses UnknownInbound, InboundNotNow."""
    with transaction.atomic():
        row = _locked(inbound_id, InboundState.DRAFT)
        tables.Inbound.objects.filter(id=row.id).update(state=InboundState.CANCELLED)
        _trace(row, "cancel", actor, "", now)


def _check(book: str, lines: Sequence[InboundLine]) -> None:
    """Refuses InboundInvalid for lines that cannot be right, or are not as the book has them, and LotDiffers: a lot is
    of one declaration, and nothing about it can be changed once its goods are under way."""
    fault = rules.inbound_fault(lines)
    if fault is None:
        items = tables.BookItem.objects.filter(book=book, sku_id__in=[line.sku_id for line in lines])
        known = {(one.sku_id, one.item_record): one.origin for one in items}
        fault = rules.unlike_record(lines, known)
    if fault is not None:
        raise InboundInvalid(field=fault[1], position=fault[0] + 1, what=fault[1])
    names = {(line.sku_id, line.lot) for line in lines}
    skus, codes = {sku_id for sku_id, _ in names}, {code for _, code in names}
    under_way = tables.InboundLine.objects.filter(
        sku_id__in=skus, lot__in=codes, of__state__in=[InboundState.DECLARED, InboundState.ARRIVED]
    )
    there = tables.Lot.objects.filter(sku_id__in=skus, code__in=codes)
    taken = names & {*there.values_list("sku_id", "code"), *under_way.values_list("sku_id", "lot")}
    if taken:
        raise LotDiffers(field="lot", lot=min(code for _, code in taken))


def _write(inbound_id: UUID, lines: Sequence[InboundLine]) -> None:
    names = [name for name in InboundLine.__dataclass_fields__ if name not in ("counted", "reason")]
    tables.InboundLine.objects.bulk_create(
        [
            tables.InboundLine(id=new_id(), of_id=inbound_id, **{name: getattr(line, name) for name in names})
            for line in lines
        ],
        batch_size=1_000,
    )


def _lines(inbound_id: UUID) -> list[InboundLine]:
    names = list(InboundLine.__dataclass_fields__)
    rows = tables.InboundLine.objects.filter(of_id=inbound_id).order_by("id").values(*names)
    return [InboundLine(**row) for row in rows]


def _locked(inbound_id: UUID, state: InboundState) -> tables.Inbound:
    row = tables.Inbound.objects.select_for_update().filter(id=inbound_id).first()
    if row is None:
        raise UnknownInbound(what="inbound declaration")
    if row.state != state:
        raise InboundNotNow
    return row


def _receipt(row: tables.Inbound, line: InboundLine, units: int) -> ReceiptLine:
    same: dict[str, Any] = {name: getattr(line, name) for name in _SAME}
    return ReceiptLine(
        **same,
        warehouse_id=row.warehouse_id,
        quantity=units,
        customs_state=CustomsState.BONDED,
        declaration_number=row.declaration_number,
    )


_SAME = ("sku_id", "lot", "expires_on", "produced_on", "origin", "unit_cost", "currency", "item_record")


def _trace(row: tables.Inbound, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"stock.inbound_{action}",
        subject_kind="inbound",
        subject_id=row.id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
