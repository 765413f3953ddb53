"""Account books: what is in them, how it came there, and whether it agrees with stock and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Sku
from entrepot.customs import selectors as customs
from entrepot.customs.selectors import staying
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.stock import selectors as stock
from entrepot.stock import services
from entrepot.stock.types.bonded import AccountBook, BookDraft, BookEntry, BookLine, BookState, ItemDraft
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    office_page,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.backoffice.persons import by_whom
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.CUSTOMS, Role.WAREHOUSE, Role.FINANCE)
lists_since = timedelta(days=30)
shown_max, entries_max = 200, 100_000
JURISDICTION = "CN"


class Shown(StrEnum):
    """Which item records the comparison shows."""

    WRONG = "wrong"
    MOVING = "moving"
    ALL = "all"


@access(*READERS)
def books(request: HttpRequest) -> HttpResponse:
    warehouses = list(stock.warehouses().values())
    rows = [
        (book, [one for one in warehouses if one.account_book == book.number], stock.book_checks(book=book.number)[:1])
        for book in stock.books().values()
    ]
    kept = {book.number for book, _places, _checks in rows}
    return office_page(
        request,
        "books",
        _("Account books"),
        rows=rows,
        unkept=sorted({one.account_book for one in warehouses if one.account_book} - kept),
        clerk=_is_clerk(request),
    )


@access(Role.CUSTOMS)
@require_POST
def open_book(request: HttpRequest) -> HttpResponse:
    with refusals_told(request):
        begins = fields.day(request, "valid_from")
        days = fields.number(request, "sampling_days")
        draft = BookDraft(
            number=fields.text(request, "number").upper(),
            operator_code=fields.text(request, "operator_code").upper(),
            operator_name=fields.text(request, "operator_name"),
            customs_code=fields.text(request, "customs_code"),
            valid_from=begins or day_in(CHINA, now()),
            valid_to=fields.day(request, "valid_to"),
            sampling_days=2 if days is None else days,
        )
        book_id = services.put_book(draft=draft, now=now())
        messages.success(request, _("Account book %(book)s is kept from now on") % {"book": draft.number})
        return redirect("office_book", book_id=book_id)
    return redirect("office_books")


@access(*READERS)
def book(request: HttpRequest, book_id: UUID) -> HttpResponse:
    one, text, page = _book(book_id), search_text(request), page_number(request)
    ids = [sku.id for sku in catalogue.sku_by_code(codes={text, text.upper()}).values()] if text else []
    states = stock.item_records(book=one.number, text=text, sku_ids=ids, page=page)
    partial = request.headers.get("HX-Target") == "rows"
    shown: dict[str, Any] = {"rows": _named(states), "q": text, "page": page, "more": len(states) == stock.PAGE}
    if not partial:
        shown |= {"checks": stock.book_checks(book=one.number), "clerk": _is_clerk(request)}
        shown["places"] = [place for place in stock.warehouses().values() if place.account_book == one.number]
    return office_page(
        request,
        "book_rows" if partial else "book",
        _("Account book %(book)s") % {"book": one.number},
        crumbs=[(_("Account books"), reverse("office_books"))],
        one=one,
        **shown,
    )


@access(Role.CUSTOMS)
@require_POST
def act(request: HttpRequest, book_id: UUID) -> HttpResponse:
    """Write item records, take over what stands, correct with a reason, or close."""
    one, wanted = _book(book_id), request.POST.get("act", "")
    with refusals_told(request):
        if wanted not in _ACTS:
            raise UnknownAct(field="act")
        messages.success(request, _ACTS[wanted](request, one))
    return redirect("office_book", book_id=book_id)


def _items(request: HttpRequest, one: AccountBook) -> str:
    """Lines of SKU and record number; code, unit, origin and name are the catalogue's."""
    told = list(fields.lines(request, "items"))
    skus = catalogue.sku_by_code(codes={words[0] for _n, words in told})
    ids = [sku.id for sku in skus.values()]
    known = catalogue.classifications(sku_ids=ids, jurisdiction=JURISDICTION, on=day_in(CHINA, now()))
    items = []
    for n, words in told:
        sku = skus.get(words[0])
        found = known.get(sku.id) if sku else None
        if sku is None or found is None or len(words) != 2:
            raise fields.LineWrong(field="items", n=n, what=words[0])
        items.append(ItemDraft(sku.id, words[1], found.hs_code, found.sales_unit, sku.origin, found.declared_name))
    return _("%(n)s item records are in the book") % {"n": services.put_items(book=one.number, items=items)}


def _take_over(request: HttpRequest, one: AccountBook) -> str:
    count = services.take_over(book=one.number, actor=caller(request).name, now=now())
    return _("%(n)s item records begin with what stands in the warehouses") % {"n": count}


def _correct(request: HttpRequest, one: AccountBook) -> str:
    said = fields.text(request, "units")
    units = fields.whole(said.lstrip("+-"), "units") or 0
    sku = catalogue.sku_by_code(codes=[fields.text(request, "sku")])
    if not sku:
        raise fields.FieldWrong(field="sku", what="SKU")
    line = BookLine(
        next(iter(sku.values())).id, fields.text(request, "record"), -units if said.startswith("-") else units
    )
    done = services.correct_book(
        book=one.number,
        line=line,
        reference=fields.text(request, "reference"),
        reason=reason(request),
        actor=caller(request).name,
        now=now(),
    )
    return _("Corrected") if done else _("This paper was entered before: nothing changed")


def _close(request: HttpRequest, one: AccountBook) -> str:
    services.close_book(book=one.number, actor=caller(request).name, reason=reason(request), now=now())
    return _("The book is closed")


_ACTS = {"items": _items, "take_over": _take_over, "correct": _correct, "close": _close}


@access(*READERS)
def ledger(request: HttpRequest, book_id: UUID) -> HttpResponse:
    one, page = _book(book_id), page_number(request)
    entries = stock.book_entries(**_wanted(request, one), page=page)
    return office_page(
        request,
        "book_ledger",
        _("Entries of %(book)s") % {"book": one.number},
        crumbs=[
            (_("Account books"), reverse("office_books")),
            (one.number, reverse("office_book", args=[book_id])),
        ],
        one=one,
        rows=_named(entries),
        q=search_text(request),
        waiting="waiting" in request.GET,
        page=page,
        more=len(entries) == stock.PAGE,
    )


@access(*READERS)
def ledger_export(request: HttpRequest, book_id: UUID) -> HttpResponseBase:
    one, form = _book(book_id), Form(choice(request, "form", Form) or Form.CSV)
    name = f"{one.number}-{day_in(CHINA, now()).isoformat()}"
    return table(rows=_entry_rows(_every(_wanted(request, one))), name=name, form=form)


def _wanted(request: HttpRequest, one: AccountBook) -> dict[str, Any]:
    """Which entries the address asks for: an article's, by SKU code, or one record's."""
    text = search_text(request)
    found = catalogue.sku_by_code(codes={text, text.upper()}) if text else {}
    key: dict[str, Any] = {"book": one.number, "waiting": "waiting" in request.GET}
    if found:
        key["sku_ids"] = [sku.id for sku in found.values()]
    elif text:
        key["record"] = text
    return key


def _every(wanted: dict[str, Any]) -> Iterator[tuple[BookEntry, Sku | None]]:
    """Page after page, to `entries_max`."""
    for page in range(1, entries_max // stock.PAGE + 1):
        found = stock.book_entries(**wanted, page=page)
        yield from _named(found)
        if len(found) < stock.PAGE:
            return


def _entry_rows(found: Iterable[tuple[BookEntry, Sku | None]]) -> Iterator[list[Any]]:
    heads = [
        "SKU",
        _("Item record"),
        _("Entry"),
        _("Units"),
        _("Reference"),
        _("Note"),
        _("By"),
        _("Posted"),
        _("Time"),
    ]
    words = {kind: str(word(kind)) for kind in ("inbound", "write_off", "add_back", "dispose", "correct")}
    yes, no = _("yes"), _("no")
    return chain([heads], (_entry_row(one, sku, words, (yes, no)) for one, sku in found))


def _entry_row(one: BookEntry, sku: Sku | None, words: dict[str, str], posted: tuple[str, str]) -> list[Any]:
    code = sku.code if sku else str(one.sku_id)
    own = [code, one.item_record, words[one.kind], one.quantity, one.reference, one.note, by_whom(one.actor)]
    return [*own, posted[0] if one.posted else posted[1], one.at]


@access(*READERS)
def reconcile(request: HttpRequest) -> HttpResponse:
    shown = choice(request, "show", Shown) or Shown.WRONG.value
    states = stock.book_states()
    chosen = [one for one in states if _fits(one, shown)]
    lists = [
        one for number in stock.books() for one in customs.book_differences(book=number, since=now() - lists_since)
    ]
    return office_page(
        request,
        "reconcile",
        _("Books, stock and lists"),
        crumbs=[(_("Account books"), reverse("office_books"))],
        rows=_named(chosen[:shown_max]),
        left_out=max(0, len(chosen) - shown_max),
        lists=lists[:shown_max],
        lists_count=len(lists),
        settled=staying.settled(since=now() - lists_since),
        paid=_named([one for one in states if one.duty_paid][:shown_max]),
        counts=[(one, sum(_fits(state, one) for state in states)) for one in Shown],
        shown=shown,
        days=lists_since.days,
    )


@access(*READERS)
def reconcile_export(request: HttpRequest) -> HttpResponseBase:
    """Every item record with what its book says, what stands, and what explains a difference."""
    form = Form(choice(request, "form", Form) or Form.CSV)
    shown = choice(request, "show", Shown) or Shown.ALL.value
    chosen = [one for one in stock.book_states() if _fits(one, shown)]
    name = f"account-books-{day_in(CHINA, now()).isoformat()}"
    return table(rows=_state_rows(_named(chosen)), name=name, form=form)


_FIGURES = (
    "inbound", "written_off", "added_back", "disposed", "corrected", "balance", "in_stock", "coming", "waiting",
    "leaving", "returning", "miscounted", "wrong", "duty_paid",
)  # fmt: skip


def _state_rows(found: Sequence[tuple[BookState, Sku | None]]) -> Iterator[list[Any]]:
    heads = [
        _("Account book"), _("Item record"), "SKU", _("Name"), _("HS code"), _("Origin"), _("Declared in"),
        _("Written off"), _("Added back"), _("Disposed of"), _("Corrected"), _("Balance"), _("In the warehouses"),
        _("On its way in"), _("Not covered"), _("On its way out"), pgettext("goods", "On its way back"),
        _("Miscounted"), _("Unexplained"), _("Back as duty-paid goods"),
    ]  # fmt: skip
    yield heads
    for one, sku in found:
        code = sku.code if sku else str(one.sku_id)
        own = [one.book, one.item_record, code, one.name, one.hs_code, one.origin]
        yield [*own, *(getattr(one, name) for name in _FIGURES)]


def _fits(one: BookState, shown: str) -> bool:
    return shown == Shown.ALL or bool(one.wrong) or (shown == Shown.MOVING and one.moving)


def _named(rows: Sequence[Any]) -> list[tuple[Any, Sku | None]]:
    skus = catalogue.skus(ids={row.sku_id for row in rows}) if rows else {}
    return [(row, skus.get(row.sku_id)) for row in rows]


def _book(book_id: UUID) -> AccountBook:
    return existing(next((one for one in stock.books().values() if one.id == book_id), None), book_id)


def _is_clerk(request: HttpRequest) -> bool:
    return Role.CUSTOMS in caller(request).roles
