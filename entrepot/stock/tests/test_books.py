"""Account books: what is declared, written off, added back and disposed of adds up and agrees with stock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import PAUSE, meeting, racing
from entrepot.stock import selectors, services
from entrepot.stock.models import BookEntry, BookItem, Movement
from entrepot.stock.tests.makers import (
    NOW,
    arrival,
    book,
    brought_in,
    claimed,
    declared_line,
    item,
    stocked,
    warehouse,
)
from entrepot.stock.types import CustomsState, LevelUnits, PutBack
from entrepot.stock.types.bonded import (
    Booking,
    BookLine,
    BookState,
    DisposalKind,
    DisposalState,
    EntryKind,
    InboundState,
)

pytestmark = pytest.mark.django_db
BOOK = "T3105W000123"
WAIT_S = 60


@pytest.fixture
def place() -> UUID:
    made = warehouse()
    book()
    return made


@pytest.fixture(autouse=True)
def ledger_agrees(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def state(sku: UUID) -> BookState:
    (found,) = selectors.book_states(book=BOOK, sku_ids=[sku])
    return found


def listed(sku: UUID, units: int, reference: str = "", cause: str = "") -> Booking:
    return Booking(BOOK, reference or str(new_id()), cause, (BookLine(sku, "1", units),))


def sold(sku: UUID, place: UUID, units: int) -> tuple[UUID, UUID]:
    """An order whose list was released: shipped and written off."""
    order, line = claimed(sku, place, units)
    services.ship(reference=order, line_ids=[line], sku_ids=[sku], now=NOW)
    services.write_off(lists=[listed(sku, units, f"list-{order}", str(order))], now=NOW)
    return order, line


def test_the_way_of_goods_through_a_book(place: UUID) -> None:
    sku = new_id()
    item(sku)
    lines = [declared_line(sku, 10, lot="A", produced_on=date(2026, 6, 1)), declared_line(sku, 5, lot="B")]
    made = services.draft_inbound(book=BOOK, warehouse_id=place, lines=lines, now=NOW)
    assert (state(sku).balance, state(sku).coming) == (0, 0)
    services.declare_inbound(inbound_id=made, number="310520261000000001", on=NOW.date(), actor="li", now=NOW)
    assert (state(sku).balance, state(sku).coming, state(sku).in_stock, state(sku).wrong) == (15, 15, 0, 0)
    services.arrive_inbound(inbound_id=made, on=NOW.date(), actor="li", now=NOW)
    found = selectors.inbound(inbound_id=made)
    assert found is not None and found.sampled_until == NOW.date() + timedelta(days=2)
    counted = {(sku, "A"): services.Count(10), (sku, "B"): services.Count(5)}
    assert services.put_away(inbound_id=made, counted=counted, actor="li", now=NOW) == 15
    assert (state(sku).coming, state(sku).in_stock, state(sku).wrong) == (0, 15, 0)
    lots = {level.lot.code: level.lot for level in selectors.levels(sku_ids=[sku])}
    assert (lots["A"].produced_on, lots["A"].declaration_number) == (date(2026, 6, 1), "310520261000000001")
    order, line = sold(sku, place, 4)
    assert (state(sku).balance, state(sku).in_stock, state(sku).wrong, state(sku).moving) == (11, 11, 0, False)
    services.put_back(reference=order, lines=[PutBack(line, sku, 2, 1)], returned="R1", now=NOW)
    assert (state(sku).returning, state(sku).wrong) == (-3, 0)
    services.add_back(returns=[listed(sku, 3, "R1", "R1")], now=NOW)
    after = state(sku)
    assert (after.balance, after.in_stock, after.returning, after.wrong) == (14, 14, 0, 0)
    assert [one.kind for one in selectors.book_entries(book=BOOK)] == ["add_back", "write_off", "inbound"]


def test_what_was_miscounted_stands_open_until_customs_settles_it(place: UUID) -> None:
    sku = new_id()
    item(sku)
    made = brought_in(place, [declared_line(sku, 10)], found=8)
    assert (state(sku).balance, state(sku).in_stock, state(sku).miscounted, state(sku).wrong) == (10, 8, -2, 0)
    services.settle_inbound(inbound_id=made, document="310526X1", actor="li", now=NOW)
    assert (state(sku).balance, state(sku).in_stock, state(sku).miscounted, state(sku).wrong) == (8, 8, 0, 0)
    with pytest.raises(services.InboundNotNow):
        services.settle_inbound(inbound_id=made, document="310526X1", actor="li", now=NOW)


def test_a_release_that_the_book_does_not_cover_is_kept_and_waits(place: UUID) -> None:
    sku = new_id()
    assert services.write_off(lists=[listed(sku, 3)], now=NOW) == 1  # not even in the book
    item(sku)
    brought_in(place, [declared_line(sku, 2)])
    assert services.write_off(lists=[listed(sku, 2)], now=NOW) == 1
    (found,) = selectors.book_states(book=BOOK)
    assert (found.balance, found.waiting) == (0, -3)
    assert [one.posted for one in selectors.book_entries(book=BOOK, waiting=True)] == [False]
    brought_in(place, [declared_line(sku, 5, lot="L2")])
    assert (state(sku).balance, state(sku).waiting, state(sku).written_off) == (2, 0, 5)


def test_books_that_the_house_does_not_keep_are_passed_over() -> None:
    warehouse()
    assert services.write_off(lists=[listed(new_id(), 3)], now=NOW) == 0
    assert BookEntry.objects.count() == 0


def test_a_book_begins_with_what_stands_in_its_warehouses(place: UUID) -> None:
    sku, other = new_id(), new_id()
    stocked(sku, place, 7)
    stocked(other, place, 4, item_record="2")
    assert {one.wrong for one in selectors.book_states(book=BOOK)} == {-7, -4}
    item(sku)
    assert services.take_over(book=BOOK, actor="li", now=NOW) == 1
    assert services.take_over(book=BOOK, actor="li", now=NOW) == 0
    item(other, record="2")
    assert services.take_over(book=BOOK, actor="li", now=NOW) == 1
    assert [(one.balance, one.wrong) for one in selectors.book_states(book=BOOK)] == [(7, 0), (4, 0)]


def test_many_lists_are_one_statement(place: UUID, django_assert_num_queries: Any) -> None:
    skus = [new_id() for _ in range(20)]
    for n, sku in enumerate(skus):
        item(sku, record=str(n + 1))
        brought_in(place, [declared_line(sku, 50, item_record=str(n + 1))])
    lists = [
        Booking(BOOK, f"list-{n}", "", tuple(BookLine(sku, str(m + 1), 1) for m, sku in enumerate(skus)))
        for n in range(40)
    ]
    with django_assert_num_queries(1):
        assert services.write_off(lists=lists, now=NOW) == 800
    assert services.write_off(lists=lists[:5], now=NOW) == 0
    assert {one.balance for one in selectors.book_states(book=BOOK)} == {10}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lot": ""}, "lot"), ({"quantity": 0}, "quantity"), ({"item_record": "9"}, "item_record"),
        ({"origin": "NZ"}, "origin"), ({"currency": "yuan"}, "currency"),
        ({"produced_on": date(2030, 1, 1)}, "expires_on"),
    ],
)  # fmt: skip
def test_what_is_not_as_the_book_has_it_is_not_declared(place: UUID, changes: dict[str, Any], field: str) -> None:
    sku = new_id()
    item(sku)
    with pytest.raises(services.InboundInvalid) as refused:
        services.draft_inbound(
            book=BOOK, warehouse_id=place, lines=[replace(declared_line(sku, 1), **changes)], now=NOW
        )
    assert refused.value.field == field


def test_a_declaration_number_brings_goods_in_once(place: UUID) -> None:
    sku = new_id()
    item(sku)
    first, second = (
        services.draft_inbound(book=BOOK, warehouse_id=place, lines=[declared_line(sku, 5, lot=lot)], now=NOW)
        for lot in ("L1", "L2")
    )
    key: dict[str, Any] = {"number": "310520261000000001", "on": NOW.date(), "actor": "li", "now": NOW}
    services.declare_inbound(inbound_id=first, **key)
    with pytest.raises(services.DeclarationUsed):
        services.declare_inbound(inbound_id=second, **key)
    with pytest.raises(services.InboundNotNow):
        services.declare_inbound(inbound_id=first, **{**key, "number": "310520261000000002"})
    assert state(sku).balance == 5
    services.cancel_inbound(inbound_id=second, actor="li", now=NOW)
    found = selectors.inbound(inbound_id=second)
    assert found is not None and found.state is InboundState.CANCELLED


def test_a_lot_that_another_declaration_brings_is_not_declared_again(place: UUID) -> None:
    sku = new_id()
    item(sku)
    draft = partial(services.draft_inbound, book=BOOK, warehouse_id=place, now=NOW)
    first, second = draft(lines=[declared_line(sku, 5)]), draft(lines=[declared_line(sku, 3)])
    declare = partial(services.declare_inbound, on=NOW.date(), actor="test", now=NOW)
    declare(inbound_id=first, number="310520261110000001")
    with pytest.raises(services.LotDiffers), transaction.atomic():  # its goods could never be put away
        declare(inbound_id=second, number="310520261110000002")
    services.change_inbound(inbound_id=second, lines=[declared_line(sku, 3, lot="L1-2")])
    services.arrive_inbound(inbound_id=first, on=NOW.date(), actor="test", now=NOW)
    services.put_away(inbound_id=first, counted={(sku, "L1"): services.Count(5)}, actor="test", now=NOW)
    for asked in (
        partial(draft, lines=[declared_line(sku, 3)]),
        partial(services.change_inbound, inbound_id=second, lines=[declared_line(sku, 3)]),
    ):
        with pytest.raises(services.LotDiffers), transaction.atomic():
            asked()
    declare(inbound_id=second, number="310520261110000002")
    assert state(sku).coming == 3


def test_a_closed_book_takes_nothing_in_and_still_writes_off(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 5)])
    services.close_book(book=BOOK, actor="li", reason="operator left", now=NOW)
    with pytest.raises(services.BookNotInForce):
        services.draft_inbound(book=BOOK, warehouse_id=place, lines=[declared_line(sku, 1, lot="X")], now=NOW)
    assert services.write_off(lists=[listed(sku, 2)], now=NOW) == 1
    assert state(sku).balance == 3


def test_goods_go_once_and_never_while_claimed(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 10, expires_on=NOW.date() + timedelta(days=1))])
    (level,) = selectors.levels(sku_ids=[sku])
    plan: dict[str, Any] = {
        "warehouse_id": place, "kind": DisposalKind.DESTROY, "reason": "damaged", "actor": "li", "now": NOW,
    }  # fmt: skip
    with pytest.raises(services.NotForDisposal):  # neither expired nor quarantined
        services.plan_disposal(lines=[LevelUnits(sku, level.id, 1)], **plan)
    claimed(sku, place, 7)
    with pytest.raises(services.CannotAdjust):
        services.set_aside(level_id=level.id, sku_id=sku, quantity=4, reference="Q1", now=NOW)
    assert services.set_aside(level_id=level.id, sku_id=sku, quantity=3, reference="Q1", now=NOW) == 3
    assert services.set_aside(level_id=level.id, sku_id=sku, quantity=3, reference="Q1", now=NOW) == 0
    (waste,) = selectors.disposable(on=NOW.date())
    assert (waste.customs_state, waste.free) == (CustomsState.QUARANTINED, 3)
    doomed = [LevelUnits(sku, waste.id, 2)]
    first, second = (services.plan_disposal(lines=doomed, **plan) for _ in range(2))
    assert selectors.disposable(on=NOW.date()) == []
    by = services.Supervised("310526D1", "310512", NOW.date())
    assert services.carry_out(disposal_id=first, by=by, actor="li", now=NOW) == 2
    with pytest.raises(services.NotForDisposal):
        services.carry_out(disposal_id=second, by=by, actor="li", now=NOW)
    with pytest.raises(services.DisposalNotNow):
        services.carry_out(disposal_id=first, by=by, actor="li", now=NOW)
    assert (state(sku).balance, state(sku).disposed, state(sku).in_stock, state(sku).wrong) == (8, 2, 8, 0)
    services.cancel_disposal(disposal_id=second, actor="li", now=NOW)
    later = NOW + timedelta(days=1)
    expired = LevelUnits(sku, level.id, 1)
    with pytest.raises(services.NotForDisposal):  # all that is left there is claimed
        services.plan_disposal(lines=[expired], **{**plan, "now": later})
    done = selectors.disposal(disposal_id=first)
    assert done is not None and (done.state, done.officer) == (DisposalState.DONE, "310512")


def test_what_was_counted_and_never_corrected_is_wrong_until_a_clerk_says_why(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 10)])
    (level,) = selectors.levels(sku_ids=[sku])
    services.adjust(level_id=level.id, sku_id=sku, change=-1, reference="C1", now=NOW)
    assert state(sku).wrong == 1
    assert services.check_books(now=NOW) == 1
    (check,) = selectors.book_checks(book=BOOK)
    assert (check.items, check.moving, check.wrong) == (1, 0, 1)
    line = BookLine(sku, "1", -1)
    key: dict[str, Any] = {"book": BOOK, "reference": "310526C1", "actor": "li", "now": NOW}
    with pytest.raises(services.ReasonNeeded):
        services.correct_book(line=line, reason=" ", **key)
    with pytest.raises(services.BookShort):
        services.correct_book(line=replace(line, units=-11), reason="broken", **key)
    assert services.correct_book(line=line, reason="broken", **key)
    assert not services.correct_book(line=line, reason="broken", **key)
    assert (state(sku).balance, state(sku).wrong) == (9, 0)


def test_the_database_refuses_what_no_verb_does(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 5)])
    rows = BookItem.objects.filter(sku_id=sku)
    for change in ({"balance": 4}, {"balance": -1, "written_off": 6}, {"inbound": 6}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(services.ReceiptInvalid):
        services.receive(receipts=[arrival(sku, place, 1, item_record="")], reference="X", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_one_list_released_at_the_same_moment_is_written_off_once(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 10)])
    same = listed(sku, 3, "list-1")
    assert racing([lambda: services.write_off(lists=[same], now=NOW)] * 6) == ["0"] * 5 + ["1"]
    assert (state(sku).balance, state(sku).written_off) == (7, 3)


@pytest.mark.django_db(transaction=True)
def test_goods_leave_warehouse_and_book_in_one_statement_and_once(place: UUID, django_assert_num_queries: Any) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 10)])
    order, line = claimed(sku, place, 4)
    left = partial(services.ship, reference=order, line_ids=[line], sku_ids=[sku], booking=listed(sku, 4, "L"), now=NOW)
    assert racing([left] * 6) == ["0"] * 5 + ["4"]
    assert (state(sku).balance, state(sku).in_stock, state(sku).written_off, state(sku).moving) == (6, 6, 4, False)
    other, last = claimed(sku, place, 6)
    with django_assert_num_queries(3), transaction.atomic():  # begin and end, and one for all of it
        assert services.ship(
            reference=other, line_ids=[last], sku_ids=[sku], booking=listed(sku, 8, "more than it holds"), now=NOW
        )
    assert (state(sku).balance, state(sku).waiting, state(sku).in_stock) == (6, -8, 0)


@pytest.mark.django_db(transaction=True)
def test_control_looking_first_writes_off_twice(place: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the unique key and with a moment between look and act, the same list counts twice."""
    load: Callable[[str, str], str] = sql.load

    def unprotected(context: str, verb: str) -> str:
        text = load(context, verb)
        if verb != "enter":
            return text
        clause = "ON CONFLICT (sku_id, book, item_record, kind, reference) DO NOTHING"
        assert clause in text and PAUSE in text
        return text.replace(clause, "").replace(PAUSE, pause)

    pause = meeting(2)
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 10)])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stock_bookentry DROP CONSTRAINT book_entry_once")
    try:
        monkeypatch.setattr(sql, "load", unprotected)
        same = listed(sku, 3, "list-1")
        assert racing([lambda: services.write_off(lists=[same], now=NOW)] * 2) == ["1", "1"]
        monkeypatch.undo()
        assert state(sku).written_off == 6
    finally:
        BookEntry.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE stock_bookentry ADD CONSTRAINT book_entry_once"
                " UNIQUE (sku_id, book, item_record, kind, reference)"
            )


@pytest.mark.django_db(transaction=True)
def test_two_lists_for_the_last_units_never_go_below_zero(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 4)])
    lists = [listed(sku, 3) for _ in range(4)]
    works: list[Callable[[], object]] = [lambda one=one: services.write_off(lists=[one], now=NOW) for one in lists]  # type: ignore[misc]
    assert racing(works) == ["1"] * 4
    assert (state(sku).balance, state(sku).waiting) == (1, -9)


@pytest.mark.django_db(transaction=True)
def test_goods_disposed_of_by_two_at_the_same_moment_go_once(place: UUID) -> None:
    sku = new_id()
    item(sku)
    brought_in(place, [declared_line(sku, 3, expires_on=NOW.date())])
    (level,) = selectors.levels(sku_ids=[sku])
    plans = [
        services.plan_disposal(
            warehouse_id=place, kind=DisposalKind.ABROAD, lines=[LevelUnits(sku, level.id, 2)], reason="expired",
            actor="li", now=NOW,
        )
        for _ in range(2)
    ]  # fmt: skip
    by = services.Supervised("310526D1", "310512", NOW.date())

    def go(which: UUID) -> Callable[[], object]:
        return lambda: services.carry_out(disposal_id=which, by=by, actor="li", now=NOW)

    assert racing([go(plans[0]), go(plans[0]), go(plans[1])]) in (
        ["2", "disposal_not_now", "not_for_disposal"], ["2", "not_for_disposal", "not_for_disposal"],
    )  # fmt: skip
    assert (state(sku).balance, state(sku).in_stock) == (1, 1)
    assert Movement.objects.filter(kind="dispose").count() == 1
    assert BookEntry.objects.filter(kind=EntryKind.DISPOSE).count() == 1
