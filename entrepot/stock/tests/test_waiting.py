"""Who waited for a row is judged by what it is then, not by what the statement saw when it began."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest

from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import behind
from entrepot.stock import selectors, services
from entrepot.stock.tests.makers import NOW, book, brought_in, claimed, declared_line, item, stocked, warehouse
from entrepot.stock.types.bonded import Booking, BookLine

pytestmark = pytest.mark.django_db(transaction=True)
BOOK = "T3105W000123"


def wanted(sku: UUID, place: UUID, units: int = 1) -> str:
    try:
        claimed(sku, place, units)
    except services.OutOfStock as short:
        return short.code
    return "had"


def test_the_last_unit_that_an_order_gives_back_is_had_by_the_first_who_waited() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 1)
    order, _ = claimed(sku, place, 1)
    back = partial(services.release, reference=order, sku_ids=[sku], now=NOW)
    assert behind(back, [partial(wanted, sku, place)] * 2) == ["had", "out_of_stock"]
    assert selectors.discrepancies() == []


def test_units_that_come_in_meanwhile_are_had_by_who_waited() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 1)
    claimed(sku, place, 1)
    comes = partial(stocked, sku, place, 9)
    assert behind(comes, [partial(wanted, sku, place, 5)] * 2) == ["had", "out_of_stock"]
    assert selectors.discrepancies() == []


def test_what_was_brought_into_a_book_meanwhile_covers_who_waited() -> None:
    sku, place = new_id(), warehouse()
    book()
    item(sku)
    off = Booking(BOOK, "list-1", "", (BookLine(sku, "1", 3),))
    enter = partial(brought_in, place, [declared_line(sku, 10)])
    assert behind(enter, [partial(services.write_off, lists=[off], now=NOW)]) == [1]
    (found,) = selectors.book_states(book=BOOK, sku_ids=[sku])
    assert (found.balance, found.written_off, found.waiting) == (7, 3, 0)
    assert selectors.discrepancies() == []
