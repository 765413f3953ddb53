"""What is entered into account books: each line once, in one statement for however many lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.stock.services.waiting import LOCK_TIMEOUT, waiting
from entrepot.stock.types.bonded import Booking, EntryKind

SYSTEM = "system:customs"
_SIGN = {EntryKind.WRITE_OFF: -1, EntryKind.DISPOSE: -1}


class BookShort(Refusal):
    code = "book_short"
    zh = "账册结余不足，或该商品未在账册备案：{records}"
    en = "The account book does not hold that much, or has no such item record: {records}"


def write_off(*, lists: Sequence[Booking], now: datetime) -> int:
    """Customs has released these lists: their goods leave the books. Returns the entries made, 0 the second time.

    What a balance does not cover is kept and waits, for customs' release is a fact. Books that the house does not keep
    are passed over. One statement in the caller's transaction, the last to take locks. Refuses CannotWait.
    """
    return len(enter(kind=EntryKind.WRITE_OFF, bookings=lists, actor=SYSTEM, now=now))


def add_back(*, returns: Sequence[Booking], now: datetime, actor: str = SYSTEM) -> int:
    """Customs has accepted these returns, or an `actor` says by which paper (`note`) it has put their goods back: they
    are in the books again. As `write_off`; what waited is posted."""
    entered = enter(kind=EntryKind.ADD_BACK, bookings=returns, actor=actor, now=now)
    for book in sorted({row["book"] for row in entered}):
        post_waiting(book=book, sku_ids=[row["sku_id"] for row in entered if row["book"] == book])
    return len(entered)


def enter(
    *, kind: EntryKind, bookings: Sequence[Booking], actor: str, now: datetime, whole: bool = False
) -> list[dict[str, Any]]:
    """The entries that are new. `whole`: where a balance does not cover one, none is made. In a transaction.

    Refuses BookShort (if `whole`), CannotWait.
    """
    if not bookings:
        return []
    params = entering(kind=kind, bookings=bookings, actor=actor) | {"at": now, "lock_timeout": LOCK_TIMEOUT}
    with transaction.atomic(savepoint=False), waiting():
        rows = sql.hot_rows(sql.load("stock", "enter"), params)
        short = sorted({row["item_record"] for row in rows if not row["posted"]})
        if whole and short:
            raise BookShort(records=", ".join(short))
    return rows


def entering(*, kind: EntryKind, bookings: Sequence[Booking], actor: str) -> dict[str, Any]:
    """Parameters of entering.sql, the moment and the patience aside."""
    lines = [one for booking in bookings for one in _lines(kind, booking)]
    return {"lines": sql.document([{"n": n, **line} for n, line in enumerate(lines)]), "actor": actor}


def post_waiting(*, book: str, sku_ids: Sequence[UUID] | None = None) -> int:
    """Post what waits in the book and is covered by now. Returns how many entries. Refuses CannotWait."""
    params = {"book": book, "sku_ids": sku_ids and list(sku_ids), "lock_timeout": LOCK_TIMEOUT}
    with transaction.atomic(savepoint=False), waiting():
        (row,) = sql.rows(sql.load("stock", "post"), params)
    return int(row["posted"])


def _lines(kind: EntryKind, booking: Booking) -> list[dict[str, Any]]:
    """One line for each item record, with the units of all its lines."""
    units: Counter[tuple[UUID, str]] = Counter()
    for line in booking.lines:
        units[line.sku_id, line.item_record] += line.units
    return [
        {
            "id": new_id(),
            "sku_id": sku_id,
            "book": booking.book,
            "item_record": record,
            "kind": kind.value,
            "quantity": quantity * _SIGN.get(kind, 1),
            "reference": booking.reference,
            "cause": booking.cause,
            "note": booking.note,
        }
        for (sku_id, record), quantity in units.items()
        if quantity
    ]
