"""Customs' word on bonded goods: a release writes off, an accepted return adds back, once, in the same transaction; and
lists leave on one gate pass at most."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.customs import models, selectors, services
from entrepot.customs.models import Declaration
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.tests.receipts import T0, declaration, delivery, document, minutes, receipt
from entrepot.customs.types import DeclarationState, DocumentKind, PassState, ReturnWish
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import meeting, racing
from entrepot.outbox.testing import drain
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import book, brought_in, declared_line, item, warehouse
from entrepot.stock.types import WarehouseKind
from entrepot.stock.types.bonded import BookState
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db
BOOK = "T3105W000123"
WAIT_S = 60


def state(sku: UUID) -> BookState:
    (found,) = stock.book_states(book=BOOK, sku_ids=[sku])
    return found


def kept(ready: Ready) -> Ready:
    """The same parcel, its goods in a book that was opened now."""
    book()
    for line in ready.parcel.lines:
        item(line.sku_id, record="REC-1")
    stock_verbs.take_over(book=BOOK, actor="t", now=clock.now())
    return ready


def released(port: Sandbox) -> Ready:
    ready = kept(parcel(lines=2))
    declared(ready)
    for _ in range(4):
        drain()
        answered(port)
    assert seen(ready).state is DeclarationState.RELEASED
    return ready


def listed(place: UUID, sku: UUID, units: int = 2) -> Declaration:
    """A bonded list that customs has, its three documents taken in."""
    made = declaration(sent=(*DocumentKind,))  # type: ignore[arg-type]
    made.warehouse_id, made.account_book = place, BOOK
    made.booked = {"gross_g": 1_500, "net_g": 1_200, "lines": [[1, str(sku), "1", units]]}
    made.save()
    return made


def says(made: Declaration, status: int, minute: int) -> bytes:
    return receipt(DocumentKind.LIST, document(made, DocumentKind.LIST).number, status, minutes(minute))


@pytest.fixture
def goods() -> tuple[UUID, UUID]:
    """(warehouse, article): 100 units in the book and on the shelves."""
    place, sku = warehouse(), new_id()
    book()
    item(sku)
    brought_in(place, [declared_line(sku, 100)])
    return place, sku


def test_a_release_writes_off_and_an_accepted_return_adds_back(customs_port: Sandbox) -> None:
    ready = released(customs_port)
    skus = [line.sku_id for line in ready.parcel.lines]
    assert [(state(sku).balance, state(sku).written_off) for sku in skus] == [(0, 2), (0, 2)]
    asked = ReturnWish(new_id(), ready.buyer_id, ready.parcel.id, "R2611280000000001", {2: 1}, "不想要了")
    services.bring_back(wish=asked, now=clock.now())
    assert state(skus[1]).added_back == 0
    answered(customs_port)
    assert [(state(sku).balance, state(sku).added_back) for sku in skus] == [(0, 0), (1, 1)]
    assert selectors.book_differences(book=BOOK, since=T0) == []


@pytest.mark.usefixtures("port_key")
def test_receipts_in_any_order_and_number_write_off_once(goods: tuple[UUID, UUID]) -> None:
    place, sku = goods
    for n, order in enumerate(permutations([(120, 1), (800, 2), (899, 3)]), 1):
        made = listed(place, sku)
        for status, minute in [*order, *order]:
            services.take_receipt(body=says(made, status, minute), headers={}, now=minutes(60))
        assert state(sku).written_off == 2 * n
    assert state(sku).waiting == 0


@pytest.mark.usefixtures("port_key")
def test_a_delivery_of_many_releases_takes_as_many_statements_as_one_of_few(goods: tuple[UUID, UUID]) -> None:
    place, sku = goods

    def statements(lists: int) -> int:
        bodies = [says(listed(place, sku, 1), 800, 2) for _ in range(lists)]
        whole, headers = delivery(bodies)
        with CaptureQueriesContext(connection) as told:
            assert services.take_receipt(body=whole, headers=headers, now=minutes(60)) == lists
        return len(told)

    assert statements(2) == statements(20)
    assert state(sku).written_off == 22


@pytest.mark.usefixtures("port_key")
def test_a_list_of_a_book_that_is_not_kept_writes_nothing(goods: tuple[UUID, UUID]) -> None:
    place, sku = goods
    made = listed(place, sku)
    Declaration.objects.filter(id=made.id).update(account_book="T9999W000009")
    services.take_receipt(body=says(made, 800, 2), headers={}, now=minutes(60))
    assert state(sku).written_off == 0


@pytest.mark.usefixtures("port_key")
def test_what_lists_and_book_do_not_agree_on_is_told(goods: tuple[UUID, UUID]) -> None:
    place, sku = goods
    made, other = listed(place, sku), listed(place, sku)
    Declaration.objects.filter(id=made.id).update(state="released")  # as if it had been released before the book
    services.take_receipt(body=says(other, 800, 2), headers={}, now=minutes(60))
    services.take_receipt(body=says(other, 500, 3), headers={}, now=minutes(60))
    found = {one.order_number: (one.listed, one.written_off) for one in _differences()}
    assert found == {made.order_number: (2, 0), other.order_number: (0, 2)}


def _differences() -> list[Any]:
    return selectors.book_differences(book=BOOK, since=clock.now().replace(year=2020))


def on_pass(pass_id: UUID) -> int:
    return len(selectors.lists_of_pass(pass_id=pass_id))


def ready_to_leave(goods: tuple[UUID, UUID], count: int, at: datetime | None = None) -> list[UUID]:
    made = [listed(*goods, 1).id for _ in range(count)]
    Declaration.objects.filter(id__in=made).update(state="released", since=at or clock.now())
    return made


def opened(place: UUID) -> UUID:
    return services.open_pass(warehouse_id=place, actor="li", now=clock.now())


def test_the_way_of_a_gate_pass(goods: tuple[UUID, UUID]) -> None:
    place, _ = goods
    lists, pass_id = ready_to_leave(goods, 5), opened(place)
    assert len(selectors.free_lists(warehouse_id=place, now=clock.now())) == 5
    assert services.put_on_pass(pass_id=pass_id, lists=lists[:2], now=clock.now()) == 2
    assert services.fill_pass(pass_id=pass_id, most=2, now=clock.now()) == 2
    assert services.take_off_pass(pass_id=pass_id, lists=lists[:1]) == 1
    found = selectors.gate_pass(pass_id=pass_id)
    assert found is not None and (found.lists, found.gross_g, found.net_g) == (3, 4_500, 3_600)
    by = services.Presented("浙B12345", 12_000, "HF0001")
    services.present_pass(pass_id=pass_id, by=by, actor="li", now=clock.now())
    with pytest.raises(services.PassNotNow):
        services.put_on_pass(pass_id=pass_id, lists=lists[:1], now=clock.now())
    services.let_pass_leave(pass_id=pass_id, actor="li", now=clock.now())
    for verb in (services.let_pass_leave, lambda **key: services.cancel_pass(reason="x", **key)):
        with pytest.raises(services.PassNotNow):
            verb(pass_id=pass_id, actor="li", now=clock.now())
    after = selectors.gate_pass(pass_id=pass_id)
    assert after is not None and (after.state, after.lists) == (PassState.LEFT, 3)
    assert sql.rows("SELECT 1 FROM outbox_event WHERE topic = 'customs.pass_left'")


def leaves(place: UUID, now: datetime) -> tuple[int, int]:
    """How many lists are offered at that time, and how many a pass takes up."""
    offered = selectors.free_lists(warehouse_id=place, now=now)
    return len(offered), services.fill_pass(pass_id=opened(place), now=now)


def test_a_list_that_was_long_under_way_to_its_release_leaves(goods: tuple[UUID, UUID]) -> None:
    at = clock.now() + timedelta(days=60)  # its buyer waited for the next year
    ready_to_leave(goods, 1, at)
    assert leaves(goods[0], at) == (1, 1)


@pytest.mark.parametrize("guarded", [True, False])
def test_what_waits_long_for_its_pass_is_not_forgotten(goods: tuple[UUID, UUID], guarded: bool) -> None:
    place, at = goods[0], clock.now()
    stock_verbs.require_gate_pass(warehouse_id=place, on=guarded, actor="li", now=at)
    ready_to_leave(goods, 1, at)
    assert leaves(place, at + timedelta(days=31)) == (guarded, guarded)  # without a guard it left with its release


def test_a_pass_given_up_sets_its_lists_free(goods: tuple[UUID, UUID]) -> None:
    place, _ = goods
    lists, first, second = ready_to_leave(goods, 2), opened(place), opened(place)
    services.put_on_pass(pass_id=first, lists=lists, now=clock.now())
    with pytest.raises(services.ListsTaken):
        services.put_on_pass(pass_id=second, lists=lists[:1], now=clock.now())
    services.cancel_pass(pass_id=first, actor="li", reason="lorry broke down", now=clock.now())
    assert services.put_on_pass(pass_id=second, lists=lists, now=clock.now()) == 2
    given_up = selectors.gate_pass(pass_id=first)
    assert given_up is not None and (given_up.state, given_up.lists) == (PassState.CANCELLED, 2)


def test_only_released_lists_of_the_warehouse_come_on_a_pass(goods: tuple[UUID, UUID]) -> None:
    place, sku = goods
    pass_id, waiting = opened(place), listed(place, sku)
    elsewhere = listed(new_id(), sku)
    Declaration.objects.filter(id=elsewhere.id).update(state="released")
    for strange in (waiting.id, elsewhere.id, new_id()):
        with pytest.raises(services.ListsTaken):
            services.put_on_pass(pass_id=pass_id, lists=[strange], now=clock.now())
    by = services.Presented("浙B12345")
    with pytest.raises(services.PassInvalid):  # nothing is on it
        services.present_pass(pass_id=pass_id, by=by, actor="li", now=clock.now())
    (one,) = ready_to_leave(goods, 1)
    services.put_on_pass(pass_id=pass_id, lists=[one], now=clock.now())
    with pytest.raises(services.PassInvalid):
        services.present_pass(pass_id=pass_id, by=services.Presented("?"), actor="li", now=clock.now())
    Declaration.objects.filter(id=one).update(state="held", held_code="500")  # customs wants to see it after all
    with pytest.raises(services.ListsStopped):
        services.present_pass(pass_id=pass_id, by=by, actor="li", now=clock.now())
    with pytest.raises(services.PassInvalid):
        services.open_pass(warehouse_id=warehouse("SYD9", WarehouseKind.OVERSEAS), actor="li", now=clock.now())


def _two_passes(goods: tuple[UUID, UUID]) -> tuple[list[UUID], list[str]]:
    lists = ready_to_leave(goods, 3)
    passes = [opened(goods[0]) for _ in range(4)]

    def put(which: UUID) -> Callable[[], object]:
        return lambda: services.put_on_pass(pass_id=which, lists=lists, now=clock.now())

    return passes, racing([put(one) for one in passes])


@pytest.mark.django_db(transaction=True)
def test_the_same_lists_on_several_passes_at_the_same_moment_are_on_one(goods: tuple[UUID, UUID]) -> None:
    passes, came = _two_passes(goods)
    assert came == ["3", *["lists_taken"] * 3]
    assert sorted(on_pass(one) for one in passes) == [0, 0, 0, 3]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_and_the_condition_each_thinks_it_has_them(
    goods: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    load: Callable[[str, str], str] = sql.load

    def unprotected(context: str, verb: str) -> str:
        text = load(context, verb)
        if verb != "fill_pass":
            return text
        for old, new in (
            ("FOR UPDATE OF d", ""),
            (" AND d.pass_id IS NULL AND d.state = 'released' AND d.stays_at IS NULL\nRETURNING", "\nRETURNING"),
            (
                "SELECT d.buyer_id, d.id FROM customs_declaration d",
                "SELECT d.buyer_id, d.id FROM pause, customs_declaration d",
            ),
            ("WITH free", f"WITH pause AS MATERIALIZED (SELECT {pause}), free"),
        ):
            assert old in text
            text = text.replace(old, new)
        return text

    pause = meeting(4)
    monkeypatch.setattr(sql, "load", unprotected)
    _, came = _two_passes(goods)
    assert came == ["3"] * 4


def test_models_are_read_as_a_part_of_models() -> None:
    assert models.GatePass._meta.app_label == "customs"
