"""The intake process: many coroutines at once, one thread that writes, each answered for itself as the API answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection, connections

from entrepot.checkout.services import WAITING_BATCHES_MAX, Busy
from entrepot.checkout.tests.makers import Shopper, shopper, world
from entrepot.identity.tests.makers import id_number
from entrepot.identity.tests.makers import key as access_key
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.stock import selectors as stock
from entrepot.web.rest import short
from entrepot.web.rest.gathering import Gathering
from entrepot.web.rest.intake import Intake
from entrepot.web.rest.tests.test_short import QUOTE, order_of

pytestmark = pytest.mark.django_db(transaction=True)
Told = tuple[int, dict[str, str], Any]


@pytest.fixture
def intake() -> Iterator[Intake]:
    made = Intake()
    yield made
    made.close()


async def ask(
    intake: Intake, path: str, body: object, headers: dict[str, str] | None = None, method: str = "POST"
) -> Told:
    sent: list[dict[str, Any]] = []
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    halves = [content[: len(content) // 2], content[len(content) // 2 :]]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": halves.pop(0), "more_body": bool(halves)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = {"host": "testserver", "content-type": "application/json", "accept-language": "en"}
    raw |= {name.lower(): value for name, value in (headers or {}).items()}
    told = [(name.encode(), value.encode()) for name, value in raw.items()]
    await intake({"type": "http", "method": method, "path": path, "headers": told}, receive, send)
    start, answer = sent
    said = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], said, json.loads(answer["body"])


def by(who: Shopper, key: str | None = None) -> dict[str, str]:
    secret = access_key(who.buyer_id)
    return {"Authorization": f"Bearer {secret}", "Idempotency-Key": key or str(new_id())}


def at_once(intake: Intake, calls: Sequence[tuple[object, dict[str, str]]]) -> list[Told]:
    async def all_of_them() -> list[Told]:
        return await asyncio.gather(*(ask(intake, short.ORDERS, body, headers) for body, headers in calls))

    return asyncio.run(all_of_them())


def people(count: int) -> list[Shopper]:
    return [shopper(number=id_number(sequence=1 + 2 * n)) for n in range(count)]


def test_of_forty_at_once_as_many_are_served_as_there_are_units(intake: Intake) -> None:
    place = world(units=7)
    calls = [(order_of(who), by(who)) for who in people(40)]
    told = at_once(intake, calls)
    assert Counter(answer["code"] if status != 201 else "placed" for status, _, answer in told) == {
        "placed": 7,
        "out_of_stock": 33,
    }
    assert [status for status, _, _ in told[:7]] == [201] * 7  # first come, first served
    numbers = {answer["number"] for status, _, answer in told if status == 201}
    assert len(numbers) == 7 == len(orders.search().orders)
    assert stock.available(sku_ids=[place.skus["coat"]]) == {}
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    again = at_once(intake, calls[:8])
    assert [(status, said.get("idempotency-replayed")) for status, said, _ in again[:7]] == [(201, "true")] * 7
    assert again[7][0] == 409


def test_of_forty_who_take_what_is_there_one_gets_the_odd_unit(intake: Intake) -> None:
    place = world({"coat": 1_000}, units=7)
    lines = [{"sku": "coat-M", "quantity": 2}]
    told = at_once(intake, [(order_of(who, lines=lines, partial=True), by(who)) for who in people(40)])
    assert [status for status, _, _ in told] == [201] * 4 + [409] * 36
    assert [answer["lines"][0]["placed"] for _, _, answer in told[:4]] == [2, 2, 2, 1]  # first come, first served
    assert {answer["code"] for _, _, answer in told[4:]} == {"out_of_stock"}
    assert stock.available(sku_ids=[place.skus["coat"]]) == {}
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def test_one_key_many_times_at_once_makes_one_order(intake: Intake) -> None:
    world(units=9)
    who = shopper()
    told = at_once(intake, [(order_of(who), by(who, "once-and-only"))] * 20)
    assert {(status, answer["number"]) for status, _, answer in told} == {(201, told[0][2]["number"])}
    assert [said.get("idempotency-replayed") for _, said, _ in told].count(None) == 1
    assert len(orders.search().orders) == 1


def test_what_is_not_its_business_is_not_found_and_what_is_wrong_is_told(intake: Intake) -> None:
    world()
    who = shopper()
    mine = by(who)

    async def several() -> list[Told]:
        return await asyncio.gather(
            ask(intake, short.QUOTES, QUOTE),
            ask(intake, "/api/v1/brands", b"", method="GET"),
            ask(intake, short.QUOTES, QUOTE, {"Authorization": "Bearer ek_wrong"}),
            ask(intake, short.ORDERS, order_of(who)),
            ask(intake, short.ORDERS, b"[" * 300_000, mine),
            ask(intake, short.ORDERS, b"{", mine),
        )

    found = asyncio.run(several())
    codes = [answer.get("code", "quoted") for _, _, answer in found]
    assert codes == ["quoted", "not_found", "bad_key", "must_log_in", "body_too_large", "broken_json"]


def test_a_dead_connection_is_replaced(intake: Intake) -> None:
    world()
    one, two = people(2)
    assert at_once(intake, [(order_of(one), by(one))])[0][0] == 201
    sql.run(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> %s",
        (connection.connection.info.backend_pid,),
    )
    assert at_once(intake, [(order_of(two), by(two))])[0][0] == 201


def test_a_full_line_is_told_as_the_web_process_tells_it(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    world()
    who = shopper()
    headers = by(who)
    for desk in intake._desks.values():
        monkeypatch.setattr(desk, "_batch_max", 0)
    status, said, answer = asyncio.run(ask(intake, short.ORDERS, order_of(who), headers))
    assert (status, answer["code"], said["retry-after"]) == (429, "orders_busy", "1")
    call = short.Call(short.ORDERS, {"accept-language": "en", "authorization": "x"}, b"")
    there = short.refused(call, Busy())
    assert said == {name.lower(): value for name, value in there.headers.items()}
    assert answer == json.loads(there.body)


class Desk:
    """Breaks off with a batch that holds an odd number."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def work(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(list(batch))
        if any(one % 2 for one in batch):
            raise KeyError(batch[0])
        return [one * 10 for one in batch]


def test_what_breaks_off_with_a_batch_is_done_for_each_alone() -> None:
    desk = Desk()

    async def four() -> list[object]:
        gathering: Gathering[int, int] = Gathering(desk.work)
        found = await asyncio.gather(*(gathering.ask(n) for n in (2, 4, 5, 6)), return_exceptions=True)
        gathering.close()
        return list(found)

    found = asyncio.run(four())
    assert (found[0], found[1], type(found[2]), found[3]) == (20, 40, KeyError, 60)
    assert desk.batches == [[2, 4, 5, 6], [2], [4], [5], [6]]


def test_who_waits_when_the_process_ends_is_told_to_come_again() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work(batch: Sequence[int]) -> Sequence[int]:
        begun.set()
        assert may_end.wait(10)
        return batch

    async def ends() -> list[object]:
        gathering: Gathering[int, int] = Gathering(work, batch_max=1)
        asked = [asyncio.ensure_future(gathering.ask(n)) for n in range(3)]
        await asyncio.to_thread(begun.wait, 10)
        may_end.set()
        gathering.close()
        asked.append(asyncio.ensure_future(gathering.ask(3)))
        return list(await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10))

    served, *others = asyncio.run(ends())
    assert (served, [type(one) for one in others]) == (0, [Busy, Busy, Busy])


@pytest.mark.parametrize(
    ("lingering", "batches"), [(True, [[0, 2], [4, 0, 2]]), (False, [[0, 2], [4], [0, 2]])], ids=["", "control"]
)
def test_after_a_batch_those_it_answered_are_waited_for(lingering: bool, batches: list[list[int]]) -> None:
    """Two are worked for when a third begins to wait; then the two ask again."""
    desk, third_waits = Desk(), threading.Event()

    def work(batch: Sequence[int]) -> list[int]:
        assert third_waits.wait(60)
        return desk.work(batch)

    async def three() -> None:
        gathering: Gathering[int, int] = Gathering(work, linger_s=60 if lingering else 0)
        turn = asyncio.sleep

        async def twice(n: int) -> None:
            await gathering.ask(n)
            await turn(0)
            await gathering.ask(n)

        two = [asyncio.ensure_future(twice(n)) for n in (0, 2)]
        while not gathering._working or gathering._waiting:
            await turn(0)
        third = asyncio.ensure_future(gathering.ask(4))
        await turn(0)
        third_waits.set()
        await asyncio.gather(*two, third)
        gathering.close()

    asyncio.run(three())
    assert desk.batches == batches


def test_beyond_so_many_batches_that_wait_it_is_busy_at_once() -> None:
    desk = Desk()

    async def two_more() -> list[object]:
        gathering: Gathering[int, int] = Gathering(desk.work, batch_max=1)
        found = await asyncio.gather(*(gathering.ask(2 * n) for n in range(most + 2)), return_exceptions=True)
        gathering.close()
        return list(found)

    most = WAITING_BATCHES_MAX
    found = asyncio.run(two_more())
    assert found[:most] == [20 * n for n in range(most)]
    assert [type(one) for one in found[most:]] == [Busy, Busy]
    connections.close_all()


def test_at_the_end_those_who_wait_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.web.rest.intake.BUSY_PAUSE_S", 3_600.0)
    intake = Intake()

    async def closing() -> Told:
        intake.close()
        await ask(intake, short.ORDERS, {})
        return await asyncio.wait_for(ask(intake, short.ORDERS, {}), timeout=60)

    status, said, answer = asyncio.run(closing())
    assert (status, answer["code"], said["retry-after"]) == (429, "orders_busy", "1")


def test_begun_before_its_database_it_lives_and_is_told_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its server takes it for one that is not told of its end, and who waits then hears nothing."""
    monkeypatch.setitem(connections.settings["default"], "PORT", "1")
    intake, phases, told = Intake(), ["lifespan.startup", "lifespan.shutdown"], list[str]()

    async def receive() -> dict[str, Any]:
        return {"type": phases.pop(0)}

    async def send(message: dict[str, Any]) -> None:
        told.append(message["type"])

    asyncio.run(intake({"type": "lifespan"}, receive, send))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert all(desk.full for desk in intake._desks.values())


def test_who_comes_again_at_once_is_held_up_and_nobody_else(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full line says no from memory. Whoever does not keep to the second he was told must not eat the machine."""
    monkeypatch.setattr("entrepot.web.rest.intake.BUSY_PAUSE_S", 3_600.0)
    for desk in intake._desks.values():
        monkeypatch.setattr(desk, "_batch_max", 0)

    async def asked() -> int:
        for key in ("one", "two"):
            assert (await ask(intake, short.ORDERS, {}, {"authorization": key}))[0] == 429
        hasty = asyncio.ensure_future(ask(intake, short.ORDERS, {}, {"authorization": "one"}))
        _, waiting = await asyncio.wait({hasty}, timeout=0.05)
        hasty.cancel()
        return len(waiting)

    assert asyncio.run(asked()) == 1
