"""Batches that meet in the database: several processes, each with its own queue, on the same goods, people and keys.

The lock on the levels, the key and the limit of the year have a control each, which takes the protection off and must
go wrong: a green race alone would prove nothing. What breaks in the other tests is broken on purpose.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pytest
from django.db import OperationalError, connection, transaction
from msgspec import structs

from entrepot.basket.tests.makers import filled
from entrepot.checkout import services
from entrepot.checkout.services.agree import agree_many
from entrepot.checkout.services.intake import Intake
from entrepot.checkout.services.write import Answer, write
from entrepot.checkout.tests.makers import (
    NOW,
    Shopper,
    World,
    bought,
    request,
    second_shop,
    shopper,
    shoppers,
    world,
)
from entrepot.checkout.types import Placed, PlaceRequest, Wish
from entrepot.identity import selectors as identity
from entrepot.identity.tests.makers import id_number, real_name
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.kit.tests.racing import PAUSE, WAIT_S, at_once, meeting
from entrepot.orders import selectors as orders
from entrepot.pricing import selectors as pricing
from entrepot.pricing.tests.makers import promoted
from entrepot.stock import selectors as stock
from entrepot.stock import services as goods

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 4
T = TypeVar("T")
# As agreed: nobody looks again.
intake: Intake[services.Agreed, Answer] = Intake(lambda batch: partial(write, batch=batch))
Sent = services.Agreed | PlaceRequest
Told = list[tuple[str, str]]  # what became of it, and the order's id


def answer_to(one: Sent) -> Answer:
    """What was agreed is written; what is asked comes in by the front door and is quoted where it is placed."""
    if isinstance(one, services.Agreed):
        return intake.place(one)
    try:
        return services.place(request=one, now=NOW)
    except Refusal as refusal:
        return refusal


def in_processes(shares: Sequence[Sequence[Sent]], *, one_by_one: bool = False) -> Told:
    """Let each process place its share through its own queue, every order in a thread of its own, all at once.

    `one_by_one`: a process writes each order in a transaction of its own, one after the other.
    """
    forking = multiprocessing.get_context("fork")
    barrier, said = forking.Barrier(len(shares), timeout=WAIT_S), forking.Queue()

    def send(one: Sent) -> tuple[str, str]:
        answer = answer_to(one)
        if isinstance(answer, Placed):
            return "placed", str(answer.order_id)
        return getattr(answer, "code", type(answer).__name__), ""

    def send_all(share: Sequence[Sent]) -> Told:
        return [send(one) for one in share]

    def serve(share: Sequence[Sent]) -> None:
        threads = [share] if one_by_one else [[one] for one in share]
        barrier.wait()
        said.put(sum(at_once([partial(send_all, some) for some in threads], connected=False), []))

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


def all_agreed(asked: Sequence[PlaceRequest]) -> list[services.Agreed]:
    """Each quoted as if it were alone, read for together."""
    found = agree_many(asked=[services.checked(request=one, now=NOW) for one in asked])
    return [one for one in found.values() if isinstance(one, services.Agreed)]


def shared(sent: Sequence[T], processes: int = PROCESSES) -> list[Sequence[T]]:
    return [sent[i::processes] for i in range(processes)]


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


BUYERS = 200
# Without the lock each sees what was there before the others came; the level itself would refuse to be oversold.
LEVELS_LOOKED_AT = ("FOR UPDATE OF l", "")
UNITS = """
SELECT (SELECT sum(claimed) FROM stock_level)::int AS level, (SELECT sum(claimed) FROM stock_movement)::int AS ledger,
       (SELECT sum(quantity) FROM stock_claim WHERE state = 'open')::int AS claims,
       (SELECT sum(quantity) FROM orders_line)::int AS orders
"""


def units_sold() -> set[int]:
    """As the levels, the ledger, the claims and the orders say: one number, where they agree."""
    return set(sql.rows(UNITS)[0].values())


@pytest.mark.parametrize("units", [1, 7])
def test_of_200_buyers_in_four_processes_as_many_are_served_as_there_are_units(units: int) -> None:
    place = world(units=units)
    drafts = all_agreed([request(place, who, {"coat": 1}) for who in shoppers(BUYERS)])
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers == {"placed": units, "out_of_stock": BUYERS - units}
    assert placed_rows() == len(sql.rows("SELECT 1 FROM payments_payment")) == units
    assert units_sold() == {units}
    assert stock.available(sku_ids=[place.skus["coat"]]) == {}
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def test_control_without_the_lock_on_the_levels_each_process_sells_the_last_unit(
    unprotected: Callable[..., None],
) -> None:
    place = world(units=1)
    drafts = all_agreed([request(place, who, {"coat": 1}) for who in shoppers(BUYERS)])
    unprotected("stock", "claim", LEVELS_LOOKED_AT)
    answers = Counter(what for what, _ in in_processes(shared(drafts), one_by_one=True))
    assert answers == {"placed": PROCESSES, "out_of_stock": BUYERS - PROCESSES}
    assert units_sold() == {1, PROCESSES}  # the level stands at its one unit, which four orders hold
    assert "claims" in {found.rule for found in stock.discrepancies()}


def naming_twice(place: World, count: int) -> list[PlaceRequest]:
    """Orders for two coats in two lines, one of which names the article by its code."""
    [sku] = sql.rows("SELECT id, code FROM catalogue_sku WHERE id = %s", (place.skus["coat"],))
    lines = (Wish(sku["id"], 1), Wish(None, 1, sku["code"]))
    return [replace(request(place, who, None), wishes=lines) for who in shoppers(count)]


def in_two_lines(one: services.Agreed) -> services.Agreed:
    """What was merged, taken apart again: two lines of one unit each, which share the money."""
    [parcel] = one.draft.parcels
    [line] = parcel.lines
    amounts = ("goods_minor", "discount_minor", "freight_minor", "duty_minor", "excise_minor", "vat_minor")
    half = structs.replace(line, quantity=1, **{name: getattr(line, name) // 2 for name in amounts})
    parcel = structs.replace(parcel, lines=(half, structs.replace(half, id=new_id(), number=2)))
    return replace(one, draft=structs.replace(one.draft, parcels=(parcel,)))


@pytest.mark.parametrize("lines", [1, 2])
def test_orders_that_name_one_article_in_two_lines_hold_both_or_none(lines: int) -> None:
    """At the front door two lines are one; but also where they stay two, nobody is served with half of it."""
    place = world(units=7)
    asked = naming_twice(place, 48)
    sent = asked if lines == 1 else [in_two_lines(one) for one in all_agreed(asked)]
    answers = Counter(what for what, _ in in_processes(shared(sent)))
    assert answers == {"placed": 3, "out_of_stock": 45}
    assert units_placed() == ([2] * 3 if lines == 1 else [1] * 6)
    held = sql.rows("SELECT sum(quantity)::int AS n FROM stock_claim WHERE state = 'open' GROUP BY reference")
    assert [row["n"] for row in held] == [2] * 3
    assert units_sold() == {6}
    assert stock.available(sku_ids=[place.skus["coat"]])[place.skus["coat"]][0].quantity == 1
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


@pytest.mark.parametrize("lines", [1, 2])
def test_control_without_the_lock_on_the_levels_two_lines_are_sold_in_each_process(
    lines: int, unprotected: Callable[..., None]
) -> None:
    drafts = all_agreed(naming_twice(world(units=2), PROCESSES))
    unprotected("stock", "claim", LEVELS_LOOKED_AT)
    answers = Counter(
        what for what, _ in in_processes(shared(drafts if lines == 1 else list(map(in_two_lines, drafts))))
    )
    assert answers == {"placed": PROCESSES}
    assert units_sold() == {2, 2 * PROCESSES}
    assert "claims" in {found.rule for found in stock.discrepancies()}


def test_control_where_each_line_is_judged_by_itself_one_unit_serves_two(unprotected: Callable[..., None]) -> None:
    place = world(units=2)
    drafts = [in_two_lines(one) for one in all_agreed(naming_twice(place, PROCESSES))]
    bought(place, shopper(number=id_number(sequence=999)), {"coat": 1})
    alone = ("PARTITION BY w.sku_id, w.warehouse_id ORDER BY w.n", "PARTITION BY w.line_id ORDER BY w.n")
    unchecked = ("= k.claimed + t.quantity", "= least(k.on_hand, k.claimed + t.quantity)")
    unprotected("stock", "claim", alone, unchecked)
    answers = Counter(what for what, _ in in_processes(shared(drafts)))
    assert answers == {"placed": 1, "out_of_stock": PROCESSES - 1}
    assert units_sold() == {2, 3}
    assert "claims" in {found.rule for found in stock.discrepancies()}


def wanting_two(place: World, count: int) -> list[services.Agreed]:
    return all_agreed([request(place, who, {"coat": 2}, partial=True) for who in shoppers(count)])


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
    unprotected("stock", "claim", LEVELS_LOOKED_AT)
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


def test_one_basket_at_once_from_two_processes_makes_one_order() -> None:
    place, who = world(units=50), shopper()
    filled(who.buyer_id, {place.skus["coat"]: 2}, place.shop.id)
    names = [who.real_name_id, real_name(who.buyer_id, name="李四", number=id_number(sequence=3))]
    asked = [request(place, who, None, real_name_id=name) for name in names * 2]
    told = Counter(what for what, _ in in_processes(shared(asked, 2)))
    assert told == {"placed": 1, "nothing_to_order": 3}
    assert placed_rows() == 1


def test_control_without_the_look_at_the_key_and_the_year_the_database_itself_must_refuse(
    unprotected: Callable[..., None],
) -> None:
    place, who = world(units=50), shopper()
    drafts = [agreed(place, who, idempotency_key="once") for _ in range(2)]
    key = ("ON CONFLICT (buyer_id, place_key) DO NOTHING", "")
    unprotected("orders", "record", key, YEAR_TAKEN_AS_READ, racers=2)
    answers = Counter(what for what, _ in in_processes(shared(drafts, 2)))
    assert answers == {"placed": 1, "IntegrityError": 1}


@pytest.fixture
def keys_may_repeat() -> Iterator[None]:
    name = "order_place_key_once"
    sql.run(f"ALTER TABLE orders_order DROP CONSTRAINT {name}")
    yield
    sql.run("UPDATE orders_order SET place_key = id::text")
    sql.run(f"ALTER TABLE orders_order ADD CONSTRAINT {name} UNIQUE (buyer_id, place_key)")


@pytest.mark.usefixtures("keys_may_repeat")
def test_control_without_the_constraint_one_key_makes_an_order_in_each_process(
    unprotected: Callable[..., None],
) -> None:
    place, who = world(units=50), shopper()
    drafts = [agreed(place, who, idempotency_key="once") for _ in range(2)]
    key = ("ON CONFLICT (buyer_id, place_key) DO NOTHING", "")
    unprotected("orders", "record", key, YEAR_TAKEN_AS_READ, LATE_IS_IN_TIME, racers=2)
    answers = Counter(what for what, _ in in_processes(shared(drafts, 2)))
    assert answers == {"placed": 2}
    assert placed_rows() == 2


def two_shops(goods: Mapping[str, int]) -> tuple[World, World]:
    """Two storefronts that sell the same goods, each at its own prices."""
    place = world(goods, units=50)
    return place, second_shop(place, {name: amount - 10_000 for name, amount in goods.items()})


def drafts_of_one_person(shops: int) -> list[services.Agreed]:
    """Eight accounts, one identity; every second order is of the other storefront, where there are two."""
    places = two_shops({"coat": 500_000})[:shops] * (8 // shops)
    return [agreed(place, shopper()) for place in places]


@pytest.mark.parametrize("shops", [1, 2])
def test_one_person_in_two_processes_stays_inside_the_year(shops: int) -> None:
    drafts = drafts_of_one_person(shops)
    told = in_processes(shared(drafts, 2))
    assert Counter(what for what, _ in told) == {"placed": 1, "allowance_moved": 7}  # all were quoted on a year unused
    [won] = [one.draft for one in drafts if ("placed", str(one.id)) in told]
    value = sum(parcel.allowance_minor for parcel in won.parcels)
    assert orders.used_this_year(id_hashes=[won.id_hash], at=NOW) == {won.id_hash: value}
    assert orders.discrepancies() == []


YEAR_TAKEN_AS_READ = ("bool_and(s.exact)", "bool_and(true)")
LATE_IS_IN_TIME = (
    "WHEN c.used_minor = max(j.used_minor + j.allowance_minor) FILTER (WHERE j.fits) OVER person THEN",
    "WHEN true THEN",
)


@pytest.mark.parametrize("shops", [1, 2])
def test_control_without_the_condition_on_the_year_all_are_placed(shops: int, unprotected: Callable[..., None]) -> None:
    drafts = drafts_of_one_person(shops)
    unprotected("orders", "record", YEAR_TAKEN_AS_READ, LATE_IS_IN_TIME, racers=2)
    in_processes(shared(drafts, 2))
    assert used_by(drafts[0].draft.id_hash) > 26_000_00


def used_by(id_hash: bytes) -> int:
    return orders.used_this_year(id_hashes=[id_hash], at=NOW)[id_hash]


def discounts() -> list[int]:
    """What orders have off, the least first."""
    return [row["n"] for row in sql.rows("SELECT discount_minor AS n FROM orders_parcel ORDER BY 1")]


def of_one_person(account: bool, count: int) -> list[Shopper]:
    """One account that buys for many, or one person with as many accounts."""
    numbers = [id_number(sequence=1 + 2 * n) for n in range(count)]
    if not account:
        return [shopper(number=numbers[0]) for _ in numbers]
    first = shopper(number=numbers[0])
    return [first, *(replace(first, real_name_id=real_name(first.buyer_id, number=one)) for one in numbers[1:])]


@pytest.mark.parametrize("account", [True, False])
@pytest.mark.parametrize("most", [1, 3])
def test_of_one_persons_orders_at_once_so_many_have_a_promotion_and_the_others_pay_the_full_price(
    most: int, account: bool
) -> None:
    place = world({"coat": 40_000}, units=50)
    promoted(30_000, 4_000, per_person=most)
    asked = [request(place, who, {"coat": 1}) for who in of_one_person(account, 5)]
    assert Counter(what for what, _ in in_processes(shared(asked))) == {"placed": 5}
    assert discounts() == [0] * (5 - most) + [4_000] * most
    assert pricing.discrepancies() == []


def meeting_at_a_promotion(**changes: Any) -> list[PlaceRequest]:
    """Two orders of one account for two people, of goods and years that nobody else wants: so both come so far."""
    place = world({"coat": 40_000, "bag": 40_000})
    promoted(30_000, 4_000, per_person=1)
    buyers = zip(of_one_person(True, 2), ("coat", "bag"), strict=True)
    return [request(place, who, {name: 1}, **changes) for who, name in buyers]


def test_two_orders_that_are_promised_it_at_one_moment_have_it_once(unprotected: Callable[..., None]) -> None:
    """Both were quoted with it, and both are in the statement that gives it before either has it."""
    asked = meeting_at_a_promotion()
    unprotected("pricing", "grant", racers=2)
    assert Counter(what for what, _ in in_processes(shared(asked, 2))) == {"placed": 2}
    assert discounts() == [0, 4_000]
    assert pricing.discrepancies() == []


def test_who_has_seen_it_at_one_moment_with_another_is_told_the_full_price(unprotected: Callable[..., None]) -> None:
    asked = meeting_at_a_promotion()
    seen = [one.draft.total_minor for one in all_agreed(asked)]
    unprotected("pricing", "grant", racers=2)
    sent = [replace(one, expected_total_minor=total) for one, total in zip(asked, seen, strict=True)]
    assert Counter(what for what, _ in in_processes(shared(sent, 2))) == {"placed": 1, "price_changed": 1}
    assert discounts() == [4_000]


def test_control_where_a_persons_first_row_is_not_added_to_both_have_it(unprotected: Callable[..., None]) -> None:
    asked = meeting_at_a_promotion()
    added = ("DO UPDATE SET quantity = c.quantity + excluded.quantity", "DO UPDATE SET quantity = c.quantity")
    unprotected("pricing", "grant", added, ("WHERE c.quantity + excluded.quantity <= c.most", ""), racers=2)
    assert Counter(what for what, _ in in_processes(shared(asked, 2))) == {"placed": 2}
    assert discounts() == [4_000, 4_000]
    assert "tally" in {found.rule for found in pricing.discrepancies()}


def last_of_the_year() -> tuple[list[PlaceRequest], bytes]:
    """One person has CNY 6,000 of the year left, and eight orders of CNY 4,900 and 5,000, half at each storefront."""
    places, who = two_shops({"coat": 500_000}), shopper()
    for _ in range(4):
        bought(places[0], who, {"coat": 1})
    id_hash = identity.id_hash(record_id=who.real_name_id, buyer_id=who.buyer_id)
    return [request(place, shopper(), {"coat": 1}) for place in places * 4], id_hash


def test_what_is_left_of_the_year_is_sold_by_one_of_two_storefronts() -> None:
    asked, id_hash = last_of_the_year()
    answers = Counter(what for what, _ in in_processes(shared(asked, 2)))
    assert answers == {"placed": 1, "over_limit": 7}
    assert used_by(id_hash) in (24_900_00, 25_000_00)
    assert orders.discrepancies() == []


def test_control_without_the_condition_on_the_year_both_storefronts_sell_it(unprotected: Callable[..., None]) -> None:
    asked, id_hash = last_of_the_year()
    unprotected("orders", "record", YEAR_TAKEN_AS_READ, LATE_IS_IN_TIME, racers=2)
    answers = Counter(what for what, _ in in_processes(shared(asked, 2)))
    assert answers["placed"] > 1
    assert used_by(id_hash) > 26_000_00


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
