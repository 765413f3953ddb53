"""Account books: opened, filled with item records, corrected with a reason, looked at every night."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.stock import cached, rules
from entrepot.stock.models import AccountBook, BookCheck
from entrepot.stock.models import Warehouse as WarehouseRow
from entrepot.stock.selectors.bonded import book_states
from entrepot.stock.services.entries import SYSTEM, enter, post_waiting
from entrepot.stock.types.bonded import BookDraft, Booking, BookLine, EntryKind, ItemDraft

OPENING = "opening"
GATE_OPENED = "stock.gate_opened"
_log = logging.getLogger(__name__)


class BookInvalid(Invalid):
    code = "book_invalid"
    zh = "账册资料有误：{what}"
    en = "The account book's {what} cannot be right"


class ItemInvalid(Invalid):
    code = "book_item_invalid"
    zh = "第{position}项备案资料有误：{what}"
    en = "Item {position}: {what} cannot be right"


class UnknownBook(NotFound):
    code = "unknown_book"
    zh = "没有找到账册{book}"
    en = "There is no account book {book}"


class BookNotInForce(Refusal):
    code = "book_not_in_force"
    zh = "账册{book}已注销或不在有效期内"
    en = "Account book {book} is closed or not valid today"


class ReasonNeeded(Invalid):
    code = "reason_missing"
    zh = "请说明理由"
    en = "Give a reason"


def put_book(*, draft: BookDraft, now: datetime) -> UUID:
    """Open the account book of this number, or change what is said of it. Returns its id. Refuses BookInvalid."""
    fault = rules.book_fault(draft)
    if fault is not None:
        raise BookInvalid(field=fault, what=fault)
    said = {name: getattr(draft, name) for name in BookDraft.__dataclass_fields__ if name != "number"}
    row, _ = AccountBook.objects.update_or_create(
        number=draft.number, defaults=said, create_defaults={**said, "opened_at": now}
    )
    return row.id


def close_book(*, book: str, actor: str, reason: str, now: datetime) -> None:
    """Nothing new is declared into the book; releases and returns of what it holds are still entered. Once.

    Refuses UnknownBook, ReasonNeeded.
    """
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    with transaction.atomic():
        row = _book(book)
        if AccountBook.objects.filter(id=row.id, closed_at=None).update(closed_at=now):
            _trace("close", row.id, actor, reason, now)


def put_items(*, book: str, items: Sequence[ItemDraft]) -> int:
    """Write item records into the book; of those that are there what is said changes. What waited for one is posted.
    Returns how many. Refuses UnknownBook, ItemInvalid(field). At most `rules.RECEIPTS_MAX`."""
    fault = rules.item_fault(items)
    if fault is not None:
        raise ItemInvalid(field=fault[1], position=fault[0] + 1, what=fault[1])
    _book(book)
    with transaction.atomic():
        sql.run(
            sql.load("stock", "put_items"),
            {
                "ids": [new_id() for _ in items],
                "sku_ids": [one.sku_id for one in items],
                "book": book,
                "records": [one.item_record for one in items],
                "hs_codes": [one.hs_code for one in items],
                "units": [one.unit for one in items],
                "origins": [one.origin for one in items],
                "names": [one.name for one in items],
            },
        )
        post_waiting(book=book, sku_ids=[one.sku_id for one in items])
    return len(items)


def take_over(*, book: str, actor: str, now: datetime) -> int:
    """A book that is opened while goods stand in its warehouses begins with them: one correction for each item record
    that has no entry yet. Returns how many. Refuses UnknownBook."""
    with transaction.atomic():
        row = _book(book)
        found = sql.rows(sql.load("stock", "take_over"), {"book": book})
        lines = tuple(BookLine(one["sku_id"], one["item_record"], one["units"]) for one in found)
        rows = enter(
            kind=EntryKind.CORRECT, bookings=[Booking(book, OPENING, "", lines, OPENING)], actor=actor, now=now
        )
        if rows:
            _trace("take_over", row.id, actor, OPENING, now)
    return len(rows)


def correct_book(*, book: str, line: BookLine, reference: str, reason: str, actor: str, now: datetime) -> bool:
    """Customs has corrected the book by so many units (fewer: below zero): why, and by which paper (`reference`). A
    reference counts once for an item: False the second time.

    Refuses ReasonNeeded, BookInvalid, UnknownBook, BookShort.
    """
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    if not line.units or abs(line.units) > rules.QUANTITY_MAX or not 0 < len(reference.strip()) <= 60:
        raise BookInvalid(field="reference" if line.units else "units", what="reference, units")
    booking = Booking(book, reference.strip(), "", (line,), reason.strip()[:200])
    with transaction.atomic():
        row = _book(book)
        rows = enter(kind=EntryKind.CORRECT, bookings=[booking], actor=actor, now=now, whole=True)
        if rows:
            post_waiting(book=book, sku_ids=[line.sku_id])
            _trace("correct", row.id, actor, reason, now)
    return bool(rows)


def require_gate_pass(*, warehouse_id: UUID, on: bool, actor: str, now: datetime) -> None:
    """Parcels of this warehouse leave on a gate pass only, from now on; or with their release again, which tells
    `stock.gate_opened`. Changes nothing where it is so already. Refuses NotFound."""
    with transaction.atomic():
        row = WarehouseRow.objects.select_for_update().filter(id=warehouse_id).first()
        if row is None:
            raise NotFound(what="warehouse")
        since = row.gate_pass_since
        if on == (since is not None):
            return
        WarehouseRow.objects.filter(id=row.id).update(gate_pass_since=now if on else None)
        record(
            actor=actor,
            action="stock.gate_pass_on" if on else "stock.gate_pass_off",
            subject_kind="warehouse",
            subject_id=row.id,
            buyer_id=None,
            reason="",
            at=now,
        )
        if since is not None:
            payload = {"warehouse_id": str(row.id), "since": since.isoformat()}
            emit(topic=GATE_OPENED, aggregate_id=row.id, buyer_id=None, payload=payload)
        transaction.on_commit(cached.forget_warehouses)
    cached.forget_warehouses()


def check_books(*, now: datetime) -> int:
    """Look at every open book: post what is covered by now, hold it against stock, and keep what was found. Reports
    only: returns how many item records are wrong."""
    wrong = 0
    for book in AccountBook.objects.filter(closed_at=None).order_by("number").values_list("number", flat=True):
        post_waiting(book=book)
        states = book_states(book=book)
        bad = sum(bool(state.wrong) for state in states)
        moving = sum(state.moving for state in states)
        BookCheck.objects.create(book=book, at=now, items=len(states), moving=moving, wrong=bad)
        if bad:
            _log.warning("account book %s: %s item records disagree with stock", book, bad)
        wrong += bad
    return wrong


def book_in_force(*, book: str, now: datetime) -> AccountBook:
    """The book's row, where goods may be declared into it today (in China). Refuses UnknownBook, BookNotInForce."""
    row, today = _book(book), day_in(CHINA, now)
    if row.closed_at is not None or not row.valid_from <= today <= (row.valid_to or today):
        raise BookNotInForce(book=book)
    return row


def _book(number: str) -> AccountBook:
    row = AccountBook.objects.filter(number=number).first()
    if row is None:
        raise UnknownBook(what="account book", book=number)
    return row


def _trace(action: str, book_id: UUID, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor or SYSTEM,
        action=f"stock.book_{action}",
        subject_kind="account_book",
        subject_id=book_id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
