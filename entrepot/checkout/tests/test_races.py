"""Batches that meet in the database: several processes, each with its own queue, on the same goods, people and keys.

The lock on the levels, the key and the limit of the year have a control each, which takes the protection off and must
go wrong: a green race alone would prove nothing. What breaks in the other tests is broken on purpose.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from msgspec import structs

from entrepot.checkout import services
from entrepot.checkout.services.intake import Intake
from entrepot.checkout.services.write import Answer, write
from entrepot.checkout.tests.makers import NOW, Shopper, World, request, shopper, world
from entrepot.checkout.types import Placed, PlaceRequest
from entrepot.identity.tests.makers import id_number
from entrepot.kit import sql
from entrepot.kit.tests.racing import PAUSE, WAIT_S, at_once, meeting
from entrepot.orders import selectors as orders
from entrepot.stock import selectors as stock
from entrepot.stock import services as goods

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 4
# As agreed: nobody looks again.
intake: Intake[services.Agreed, Answer] = Intake(lambda batch: partial(write, batch=batch))
Told = list[tuple[str, str]]  # what became of it, and the order's id


def in_processes(shares: Sequence[Sequence[services.Agreed]]) -> Told:
    """Let each process place its share through its own queue, every order in a thread of its own, all at once."""
    forking = multiprocessing.get_context("fork")
    barrier, said = forking.Barrier(len(shares), timeout=WAIT_S), forking.Queue()

    def send(one: services.Agreed) -> tuple[str, str]:
        answer = intake.place(one)
        if isinstance(answer, Placed):
            return "placed", str(answer.order_id)
        return getattr(answer, "code", type(answer).__name__), ""

    def serve(share: Sequence[services.Agreed]) -> None:
        barrier.wait()
        said.put(at_once([partial(send, one) for one in share], connected=False))

    connection.close()  # a socket is not shared
    children = [forking.Process(target=serve, args=(share,)) for share in shares]
    for child in children:
        child.start()
    found = [one for _ in children for one in said.get(timeout=5 * WAIT_S)]  # a child that dies says nothing
    for child in children:
        child.join(WAIT_S)
    return found


def agreed(place: World, who: Shopper, goods: str = "coat", **changes: Any) -> services.Agreed:
    return services.agree(request=request(place, who, {goods: 1}, **changes), now=NOW)


def written(drafts: Sequence[services.Agreed]) -> list[Answer]:
    return list(services.place_many(batch=drafts).values())


def shared(drafts: Sequence[services.Agreed], processes: int = PROCESSES) -> list[Sequence[services.Agreed]]:
    return [drafts[i::processes] for i in range(processes)]


def placed_rows() -> int:
    return int(sql.rows("SELECT count(*) AS n FROM orders_order")[0]["n"])


@pytest.fixture
def unprotected(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change the text of statements. Before they look they also wait for the other racers, one in each process."""
    load = sql.load

    def change(context: str, verb: str, **_: Any) -> str:
        text = load(context, verb)
        for old, new in changes.get((context, verb), []):
            assert old in text
            text = text.replace(old, new)
        return text

    changes: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def without(context: str, verb: str, *replaced: tuple[str, str], racers: int = PROCESSES) -> None:
        changes[context, verb] = [(PAUSE, meeting(racers)), *replaced]
        monkeypatch.setattr(sql, "load", change)

    return without


def test_of_200_buyers_in_four_processes_as_many_are_served_as_there_are_units() -> None:
    place = world(units=7)
    drafts = [agreed(place, shopper(number=id_number(sequence=1 + 2 * i))) for i in range(200)]
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers == {"placed": 7, "out_of_stock": 193}
    assert placed_rows() == len(sql.rows("SELECT 1 FROM payments_payment")) == 7
    assert stock.available(sku_ids=[place.skus["coat"]]) == {}
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def test_control_without_the_lock_on_the_levels_the_last_unit_is_sold_twice(unprotected: Callable[..., None]) -> None:
    place = world(units=1)
    drafts = [agreed(place, shopper(number=id_number(sequence=1 + 2 * i))) for i in range(PROCESSES)]
    raised = "SET claimed = l.claimed + t.quantity"
    unprotected("stock", "claim", ("FOR UPDATE OF l", ""), (raised, "SET claimed = least(l.on_hand, l.claimed + 1)"))
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers["placed"] > 1
    assert "claims" in {found.rule for found in stock.discrepancies()}


def wanting_two(place: World, count: int) -> list[services.Agreed]:
    return [
        services.agree(
            request=request(place, shopper(number=id_number(sequence=1 + 2 * i)), {"coat": 2}, partial=True), now=NOW
        )
        for i in range(count)
    ]


def units_placed() -> list[int]:
    return sorted(row["quantity"] for row in sql.rows("SELECT quantity FROM orders_line"))


def test_of_buyers_who_want_two_and_take_what_is_there_one_gets_the_odd_unit() -> None:
    place = world({"coat": 1_000}, units=31)
    answers = Counter(what for what, _ in in_processes(shared(wanting_two(place, 100))))
    assert answers == {"placed": 16, "out_of_stock": 84}
    assert units_placed() == [1] + [2] * 15
    assert stock.available(sku_ids=[place.skus["coat"]]) == {}
    told = sql.rows("SELECT (wished->0->>'placed')::int AS placed, total_minor FROM orders_order")
    assert sorted(row["placed"] for row in told) == units_placed()
    assert len({row["total_minor"] for row in told}) == 2  # two units, or one
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def test_control_buyers_who_take_all_or_nothing_leave_the_odd_unit() -> None:
    place = world({"coat": 1_000}, units=31)
    drafts = [replace(one, cut=None) for one in wanting_two(place, 100)]
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers == {"placed": 15, "out_of_stock": 85}
    assert stock.available(sku_ids=[place.skus["coat"]])[place.skus["coat"]][0].quantity == 1


def test_control_without_the_lock_on_the_levels_what_is_there_is_sold_twice(unprotected: Callable[..., None]) -> None:
    place = world({"coat": 1_000}, units=1)
    drafts = [
        one.cut({(place.skus["coat"], place.bonded): 1}) for one in wanting_two(place, PROCESSES) if one.cut
    ]  # as each of them is, told that one is left
    raised = "SET claimed = l.claimed + t.quantity"
    unprotected("stock", "claim", ("FOR UPDATE OF l", ""), (raised, "SET claimed = least(l.on_hand, l.claimed + 1)"))
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers["placed"] > 1
    assert "claims" in {found.rule for found in stock.discrepancies()}


def test_partial_orders_that_are_quoted_where_they_are_placed_meet_in_threads() -> None:
    place = world({"coat": 1_000}, units=7)
    buyers = [shopper(number=id_number(sequence=1 + 2 * i)) for i in range(24)]
    asked = [request(place, who, {"coat": 2}, partial=True) for who in buyers]

    def send(one: PlaceRequest) -> int:
        try:
            return services.place(request=one, now=NOW).wished[0].placed
        except services.OutOfStock:
            return 0

    assert sorted(at_once([partial(send, one) for one in asked])) == [0] * 20 + [1, 2, 2, 2]
    assert stock.available(sku_ids=[place.skus["coat"]]) == {}
    assert stock.discrepancies() == []


def test_carts_that_name_the_same_goods_in_any_order_never_wait_in_a_circle() -> None:
    place = world(dict.fromkeys("abcdef", 1000), units=40)
    names = "abcdef"
    drafts = []
    for i in range(64):
        cart = dict.fromkeys(names if i % 2 else names[::-1], 1)
        who = shopper(number=id_number(sequence=1 + 2 * i))
        drafts.append(services.agree(request=request(place, who, cart), now=NOW))
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers == {"placed": 40, "out_of_stock": 24}
    assert stock.discrepancies() == []


def test_one_key_at_once_from_two_processes_makes_one_order() -> None:
    place, who = world(units=50), shopper()
    drafts = [agreed(place, who, idempotency_key="once") for _ in range(8)]
    told = in_processes(shared(drafts, 2))
    ids = {order_id for what, order_id in told if what == "placed"}
    assert len(ids) == placed_rows() == 1
    assert {what for what, _ in told} <= {"placed", "allowance_moved", "idempotency_key_taken"}
    again = services.place(request=request(place, who, {"coat": 1}, idempotency_key="once"), now=NOW)
    assert (again.replayed, {str(again.order_id)}) == (True, ids)
    with pytest.raises(services.KeyReused):
        services.place(request=request(place, who, {"coat": 2}, idempotency_key="once"), now=NOW)


def test_control_without_the_look_at_the_key_and_the_year_the_database_itself_must_refuse(
    unprotected: Callable[..., None],
) -> None:
    place, who = world(units=50), shopper()
    drafts = [agreed(place, who, idempotency_key="once") for _ in range(2)]
    key = ("ON CONFLICT (buyer_id, place_key) DO NOTHING", "")
    unprotected("orders", "record", key, YEAR_TAKEN_AS_READ, racers=2)
    answers = Counter(what for what, _ in in_processes(shared(drafts, 2)))
    assert answers == {"placed": 1, "IntegrityError": 1}


def test_one_person_in_two_processes_stays_inside_the_year() -> None:
    place = world({"coat": 500_000}, units=50)
    accounts = [shopper() for _ in range(8)]
    drafts = [agreed(place, who) for who in accounts]
    answers = Counter(what for what, _ in in_processes(shared(drafts, 2)))
    assert answers == {"placed": 1, "allowance_moved": 7}  # all were quoted on a year unused
    assert orders.used_this_year(id_hashes=[drafts[0].draft.id_hash], at=NOW) == {drafts[0].draft.id_hash: 500_000}
    assert orders.discrepancies() == []


YEAR_TAKEN_AS_READ = ("bool_and(s.exact)", "bool_and(true)")


def test_control_without_the_condition_on_the_year_all_are_placed(unprotected: Callable[..., None]) -> None:
    place = world({"coat": 500_000}, units=50)
    drafts = [agreed(place, shopper()) for _ in range(8)]
    late = "WHEN c.used_minor = max(j.used_minor + j.allowance_minor) FILTER (WHERE j.fits) OVER person THEN"
    unprotected("orders", "record", YEAR_TAKEN_AS_READ, (late, "WHEN true THEN"), racers=2)
    in_processes(shared(drafts, 2))
    assert orders.used_this_year(id_hashes=[drafts[0].draft.id_hash], at=NOW)[drafts[0].draft.id_hash] > 26_000_00


def test_a_poisonous_order_stands_alone_among_good_ones() -> None:
    place = world(units=99)
    drafts = [agreed(place, shopper(number=id_number(sequence=1 + 2 * i))) for i in range(40)]
    bad = replace(drafts[17], draft=structs.replace(drafts[17].draft, language="a language with a long name"))
    drafts[17] = bad
    answers = Counter(what for what, _ in in_processes(shared(drafts, 2)))
    assert answers == {"placed": 39, "DataError": 1}
    assert placed_rows() == 39
    assert stock.discrepancies() == []


def test_a_server_that_dies_before_the_commit_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    place = world(units=9)
    drafts = [agreed(place, shopper(number=id_number(sequence=1 + 2 * i))) for i in range(3)]
    claim, killed = goods.claim_many, []

    def claim_and_die(**asked: Any) -> Any:
        held = claim(**asked)
        if not killed:
            killed.append(sql.rows("SELECT pg_backend_pid() AS pid")[0]["pid"])
            with ThreadPoolExecutor(1) as other:
                other.submit(end_session, killed[0]).result(WAIT_S)
        return held

    monkeypatch.setattr(goods, "claim_many", claim_and_die)
    answers = written(drafts)
    assert killed
    assert [isinstance(one, Placed) and not one.replayed for one in answers] == [True] * 3
    assert placed_rows() == 3
    assert stock.discrepancies() == []


def end_session(pid: int) -> None:
    try:
        sql.rows("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    finally:
        connection.close()


def test_what_was_committed_when_the_answer_was_lost_is_found_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    place = world(units=9)
    drafts = [agreed(place, shopper(number=id_number(sequence=1 + 2 * i))) for i in range(3)]
    commit, lost = connection._commit, []

    def commit_and_lose() -> None:
        commit()
        if not lost:
            lost.append(True)
            connection.connection.close()
            raise OperationalError("the connection broke")

    monkeypatch.setattr(connection, "_commit", commit_and_lose)
    answers = written(drafts)
    assert lost
    assert [isinstance(one, Placed) and one.replayed for one in answers] == [True] * 3
    assert [one.order_id for one in answers if isinstance(one, Placed)] == [one.draft.id for one in drafts]
    assert placed_rows() == 3
    assert stock.discrepancies() == []


def test_goods_that_somebody_holds_for_long_keep_nobody_else_waiting() -> None:
    place = world({"coat": 1_000, "bag": 2_000}, units=9)
    drafts = [
        agreed(place, shopper(number=id_number(sequence=1 + 2 * i)), "coat" if i == 5 else "bag") for i in range(8)
    ]
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                sql.rows("SELECT id FROM stock_level WHERE sku_id = %s FOR UPDATE", (place.skus["coat"],))
                locked.set()
                assert done.wait(WAIT_S)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold)
        assert locked.wait(WAIT_S)
        answers = write(batch=drafts, patience_ms=400)
        done.set()
        holding.result(WAIT_S)
    refused = {order_id for order_id, answer in answers.items() if isinstance(answer, goods.CannotWait)}
    assert refused == {drafts[5].draft.id}
    assert placed_rows() == 7
    assert stock.discrepancies() == []
