"""Questions about account books, inbound declarations and disposals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, Sum

from entrepot.kit import sql
from entrepot.stock import models as tables
from entrepot.stock.selectors.goods import level_of
from entrepot.stock.types import CustomsState, Level
from entrepot.stock.types.bonded import (
    AccountBook,
    BookCheck,
    BookEntry,
    BookState,
    Disposal,
    DisposalKind,
    DisposalLine,
    DisposalState,
    EntryKind,
    Inbound,
    InboundLine,
    InboundState,
)

PAGE = 100
DISPOSABLE_MAX = 500
CHECKS_SHOWN = 14


def books() -> dict[str, AccountBook]:
    """Every account book by its number (emsNo)."""
    return {row.number: _plain(AccountBook, row) for row in tables.AccountBook.objects.order_by("number")}


def book_states(*, book: str | None = None, sku_ids: Collection[UUID] | None = None) -> list[BookState]:
    """Item records beside stock, by book and record; of one book, of some articles, or all. Reads only; of everything
    it goes through all movements since the books were opened."""
    params = {"book": book, "sku_ids": None if sku_ids is None else list(sku_ids)}
    return [BookState(**row) for row in sql.rows(sql.load("stock", "reconcile"), params)]


def item_records(*, book: str, text: str = "", sku_ids: Collection[UUID] = (), page: int = 1) -> list[BookState]:
    """One page of a book's item records, by number: found by how the number begins or by article; at most `PAGE`."""
    rows = tables.BookItem.objects.filter(book=book).order_by("item_record", "sku_id")
    if text or sku_ids:
        named = Q(item_record__startswith=text) if text else Q(sku_id__in=sku_ids)
        rows = rows.filter(named | Q(sku_id__in=sku_ids))
    start = (max(page, 1) - 1) * PAGE
    keys = list(rows.values_list("sku_id", "item_record")[start : start + PAGE])
    found = {(one.sku_id, one.item_record): one for one in book_states(book=book, sku_ids={sku for sku, _ in keys})}
    return [found[key] for key in keys]


def book_entries(
    *, book: str, sku_ids: Collection[UUID] | None = None, record: str = "", waiting: bool = False, page: int = 1
) -> list[BookEntry]:
    """The ledger of a book, the newest first, at most `PAGE` a page."""
    rows = tables.BookEntry.objects.filter(book=book).order_by("-id")
    if sku_ids is not None:
        rows = rows.filter(sku_id__in=sku_ids)
    if record:
        rows = rows.filter(item_record=record)
    if waiting:
        rows = rows.filter(posted=False)
    start = (max(page, 1) - 1) * PAGE
    return [_plain(BookEntry, row, kind=EntryKind(row.kind)) for row in rows[start : start + PAGE]]


def book_checks(*, book: str) -> list[BookCheck]:
    """What the nightly looks found, the newest first."""
    rows = tables.BookCheck.objects.filter(book=book).order_by("-at")[:CHECKS_SHOWN]
    return [_plain(BookCheck, row) for row in rows]


def written_off(*, references: Collection[str]) -> dict[str, int]:
    """Units that these lists wrote off, less what was added back because their goods stay (under the list's own
    reference), posted or waiting; nothing for those without an entry."""
    kinds = [EntryKind.WRITE_OFF, EntryKind.ADD_BACK]
    rows = tables.BookEntry.objects.filter(kind__in=kinds, reference__in=list(references))
    return {row["reference"]: -row["units"] for row in rows.values("reference").annotate(units=Sum("quantity"))}


def inbound(*, inbound_id: UUID) -> Inbound | None:
    """One inbound declaration with its lines."""
    return next(iter(_inbounds(tables.Inbound.objects.filter(id=inbound_id))), None)


def inbounds(*, state: str = "", text: str = "", page: int = 1) -> list[Inbound]:
    """Inbound declarations, the newest first, by state and by how our number or customs' begins; at most `PAGE`."""
    rows = tables.Inbound.objects.order_by("-id")
    rows = rows.filter(state=state) if state else rows
    if text:
        rows = rows.filter(Q(number__startswith=text) | Q(declaration_number__startswith=text))
    start = (max(page, 1) - 1) * PAGE
    return _inbounds(rows[start : start + PAGE])


def disposable(*, on: date, warehouse_id: UUID | None = None) -> list[Level]:
    """Free goods that may be disposed of: quarantined, or expired on that day (in China). Those in no plan and not on
    their way, what expired first at the top; at most `DISPOSABLE_MAX`."""
    planned = tables.DisposalLine.objects.filter(
        sku_id=OuterRef("sku_id"), level_id=OuterRef("id"), of__state=DisposalState.PLANNED
    )
    rows = tables.Level.objects.select_related("lot").filter(
        Q(customs_state=CustomsState.QUARANTINED) | Q(lot__expires_on__lte=on),
        ~Exists(planned),
        ~Q(customs_state=CustomsState.IN_TRANSIT),
        on_hand__gt=F("claimed"),
    )
    rows = rows.filter(warehouse_id=warehouse_id) if warehouse_id else rows
    return [level_of(row) for row in rows.order_by("lot__expires_on", "sku_id", "id")[:DISPOSABLE_MAX]]


def disposal(*, disposal_id: UUID) -> Disposal | None:
    """One disposal with its lines."""
    return next(iter(_disposals(tables.Disposal.objects.filter(id=disposal_id))), None)


def disposals(*, state: str = "", page: int = 1) -> list[Disposal]:
    """Disposals, the newest first; at most `PAGE`."""
    rows = tables.Disposal.objects.order_by("-id")
    rows = rows.filter(state=state) if state else rows
    start = (max(page, 1) - 1) * PAGE
    return _disposals(rows[start : start + PAGE])


def _inbounds(rows: Any) -> list[Inbound]:
    found = list(rows)
    lines: dict[UUID, list[InboundLine]] = {}
    if found:
        for line in tables.InboundLine.objects.filter(of_id__in=[row.id for row in found]).order_by("id"):
            lines.setdefault(line.of_id, []).append(_plain(InboundLine, line))
    return [_plain(Inbound, row, state=InboundState(row.state), lines=tuple(lines.get(row.id, ()))) for row in found]


def _disposals(rows: Any) -> list[Disposal]:
    found = list(rows)
    lines: dict[UUID, list[DisposalLine]] = {}
    if found:
        of = tables.DisposalLine.objects.filter(of_id__in=[row.id for row in found])
        for line in of.select_related("level__lot").order_by("id"):
            lot = line.level.lot
            made = DisposalLine(line.sku_id, line.level_id, lot.code, lot.item_record, line.quantity)
            lines.setdefault(line.of_id, []).append(made)
    return [
        _plain(
            Disposal,
            row,
            kind=DisposalKind(row.kind),
            state=DisposalState(row.state),
            lines=tuple(lines.get(row.id, ())),
        )
        for row in found
    ]


def _plain(kind: Any, row: Any, /, **known: Any) -> Any:
    """A row as the type that crosses the border."""
    names: Sequence[str] = [name for name in kind.__dataclass_fields__ if name not in known]
    said: Mapping[str, Any] = {name: getattr(row, name) for name in names}
    return kind(**said, **known)
