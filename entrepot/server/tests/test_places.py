"""Under more requests than a web process can work on some wait, and the others are told at once to come again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse

from entrepot.checkout.services import Intake
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.server import short_way
from entrepot.server.places import BODY_MAX, DESKS, NOTICES_MAX, READERS_MAX, WAIT_S, Places
from entrepot.web.rest import short
from tests.house import HTTP, free_port

LATEST_S = 60.0
Told = tuple[str, dict[str, str], bytes]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + LATEST_S
    while not condition():
        assert monotonic() < deadline
        os.sched_yield()


def ask(application: Any, path: str = "/", method: str = "GET", **headers: str) -> Told:
    said: list[Any] = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, **headers}
    answer = application(environ, lambda status, headers: said.extend((status, dict(headers))))
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return said[0], said[1], body


class Door:
    """An application behind which requests stand until it is opened; `inside` is how many have come in."""

    def __init__(self) -> None:
        self.opened, self.change, self.inside = threading.Event(), threading.Lock(), 0

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        with self.change:
            self.inside += 1
        assert self.opened.wait(LATEST_S)
        start("200 OK", [])
        return [b"done"]


def no_room(_environ: dict[str, Any], start: Any) -> list[bytes]:
    start("429 Too Many Requests", [("Retry-After", "1")])
    return [b"full"]


@contextmanager
def callers(count: int) -> Iterator[Callable[..., Future[Told]]]:
    with ThreadPoolExecutor(count) as threads:
        yield lambda *args: threads.submit(ask, *args)


def test_beyond_those_who_wait_everybody_is_told_at_once_and_who_paid_is_still_let_in_line() -> None:
    door = Door()
    front = Places(door, no_room, working=2, waiting=3, wait_s=LATEST_S)
    with callers(6) as call:
        asked = [call(front) for _ in range(5)]
        wait_for(lambda: door.inside == 2 and front.waiting == 3)
        assert ask(front) == ("429 Too Many Requests", {"Retry-After": "1"}, b"full")
        notice = call(front, "/callbacks/payments/sandbox")
        wait_for(lambda: front.waiting == 4)
        door.opened.set()
        assert {one.result()[0] for one in [*asked, notice]} == {"200 OK"}
    assert (door.inside, front.waiting) == (6, 0)


def test_who_tells_of_a_payment_goes_first_every_other_time() -> None:
    door, order = Door(), list[str]()

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        order.append(environ["PATH_INFO"])
        return door(environ, start)

    front = Places(application, no_room, working=1, waiting=5, wait_s=LATEST_S)
    paths = ["/0", "/1", "/2", "/callbacks/customs", "/callbacks/payments/a", "/callbacks/payments/b"]
    with callers(len(paths)) as call:
        asked = []
        for n, path in enumerate(paths):
            asked.append(call(front, path))
            wait_for(lambda n=n: door.inside + front.waiting == n + 1)  # type: ignore[misc]
        door.opened.set()
        assert {one.result()[0] for one in asked} == {"200 OK"}
    assert order == ["/0", "/callbacks/payments/a", "/1", "/callbacks/payments/b", "/2", "/callbacks/customs"]


def test_a_flood_of_notices_keeps_nobody_out() -> None:
    door = Door()
    front = Places(door, no_room, working=1, waiting=2, wait_s=LATEST_S)
    with callers(NOTICES_MAX + 3) as call:
        asked = [call(front, "/callbacks/payments/x") for _ in range(NOTICES_MAX + 1)]
        wait_for(lambda: door.inside == 1 and front.waiting == NOTICES_MAX)
        assert ask(front, "/callbacks/payments/x")[0] == "429 Too Many Requests"
        asked += [call(front) for _ in range(2)]
        wait_for(lambda: front.waiting == NOTICES_MAX + 2)
        assert ask(front)[0] == "429 Too Many Requests"
        door.opened.set()
        assert {one.result()[0] for one in asked} == {"200 OK"}


class Slow:
    """A body that comes when its sender likes."""

    def __init__(self) -> None:
        self.comes = threading.Event()

    def read(self, length: int) -> bytes:
        assert self.comes.wait(LATEST_S)
        return b"x" * length


def test_a_body_on_its_way_takes_no_place_and_a_large_one_not_the_last() -> None:
    door, slow, heard = Door(), Slow(), []

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        if length := int(environ.get("CONTENT_LENGTH", "0")):
            heard.append(len(environ["wsgi.input"].read(length)))
        return door(environ, start)

    def sent(length: int) -> Future[Told]:
        environ = {"CONTENT_LENGTH": str(length), "wsgi.input": slow}
        return threads.submit(lambda: ask(places, "/", "POST", **environ))  # type: ignore[arg-type]

    places = Places(application, no_room, working=2, waiting=2)
    door.opened.set()
    with ThreadPoolExecutor(READERS_MAX + 3) as threads:
        small = [sent(3) for _ in range(READERS_MAX)]
        wait_for(lambda: not places._readers._value)  # type: ignore[attr-defined]
        assert sent(3).result(LATEST_S)[2] == b"full"
        large = sent(BODY_MAX + 1)
        wait_for(lambda: not places._large._value)  # type: ignore[attr-defined]
        assert sent(BODY_MAX + 1).result(LATEST_S)[2] == b"full"
        assert ask(places)[2] == b"done"
        slow.comes.set()
        told = [one.result(LATEST_S)[2] for one in small]
        assert large.result(LATEST_S)[2] == b"done"
    assert told.count(b"done") == heard.count(3) >= 2
    assert set(told) <= {b"done", b"full"}  # of those who have sent it so many may wait as ever
    assert sent_again(places, slow)


def sent_again(places: Places, slow: Slow) -> bool:
    """Whether bodies, large and small, are taken as before."""
    lengths = [3, BODY_MAX + 1]
    return all(
        ask(places, "/", "POST", **{"CONTENT_LENGTH": str(one), "wsgi.input": slow})[2] == b"done"  # type: ignore[arg-type]
        for one in lengths
    )


def test_whoever_waits_for_nothing_is_told_so_and_leaves_the_line() -> None:
    door = Door()
    front = Places(door, no_room, working=1, waiting=3, wait_s=0.01)
    with callers(1) as call:
        first = call(front)
        wait_for(lambda: door.inside == 1)
        assert ask(front)[0] == "429 Too Many Requests"
        assert front.waiting == 0
        door.opened.set()
        assert first.result()[0] == "200 OK"
    assert ask(front)[0] == "200 OK"


def test_a_place_is_free_again_after_a_fault_and_after_an_answer_in_pieces() -> None:
    streams: list[StreamingHttpResponse] = []

    def application(environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] == "/fault":
            raise ValueError
        start("200 OK", [])
        if environ["PATH_INFO"] == "/pieces":
            streams.append(StreamingHttpResponse(iter([b"a", b"b"])))
            return streams[0]
        return HttpResponse(b"whole")

    front = Places(application, no_room, working=1, waiting=0)
    with pytest.raises(ValueError):
        ask(front, "/fault")
    pieces = front({"PATH_INFO": "/pieces"}, lambda *_: None)
    assert ask(front)[0] == "429 Too Many Requests"
    assert b"".join(pieces) == b"ab"
    pieces.close()  # type: ignore[attr-defined]
    assert (streams[0].closed, ask(front)[2]) == (True, b"whole")


@pytest.mark.django_db(transaction=True)
def test_there_are_as_many_connections_as_places_however_many_threads_come() -> None:
    used: list[int] = []

    def application(_environ: dict[str, Any], start: Any) -> HttpResponse:
        used.append(sql.rows("SELECT pg_backend_pid() AS pid")[0]["pid"])
        start("200 OK", [])
        return HttpResponse()

    front = Places(application, no_room, working=2, waiting=40, wait_s=LATEST_S)
    mine = sql.rows("SELECT pg_backend_pid() AS pid")[0]["pid"]
    try:
        with callers(20) as call:
            assert {one.result()[0] for one in [call(front) for _ in range(40)]} == {"200 OK"}
    finally:
        for one in front._free:
            one.close()
    assert (len(used), len(set(used)) <= 2, mine in used) == (40, True, False)


@dataclass(frozen=True)
class Order:
    id: UUID = field(default_factory=new_id)


@pytest.mark.django_db(transaction=True)
def test_orders_that_are_answered_together_need_no_place_and_one_connection_for_all() -> None:
    """They stand in the line of the next batch while the only place is taken, and their line is not that of pages."""
    go, batches, used = threading.Event(), list[int](), set[int]()

    def begin(batch: Sequence[Order]) -> Callable[[], dict[UUID, str]]:
        batches.append(len(batch))
        used.add(sql.rows("SELECT pg_backend_pid() AS pid")[0]["pid"])
        assert go.wait(LATEST_S)
        return lambda: {one.id: "201 Created" for one in batch}

    def gathered(environ: dict[str, Any]) -> Callable[[Any], list[bytes]] | None:
        return (lambda start: [start(intake.place(Order()), []) or b""]) if environ["PATH_INFO"] == "/orders" else None

    door, intake = Door(), Intake[Order, str](begin)
    front = Places(door, no_room, working=1, waiting=8, wait_s=LATEST_S, gathered=gathered)
    intake.at_work = front.at_desk
    try:
        with callers(12) as call:
            pages = [call(front)]
            wait_for(lambda: door.inside == 1)
            orders = [call(front, "/orders")]
            wait_for(lambda: batches == [1])
            orders += [call(front, "/orders") for _ in range(8)]
            wait_for(lambda: len(intake._waiting) == 8)
            assert ask(front, "/orders")[0] == "429 Too Many Requests"
            pages.append(call(front))
            wait_for(lambda: front.waiting == 10)
            go.set()
            assert {one.result()[0] for one in orders} == {"201 Created"}
            assert (door.inside, front.waiting, batches, len(used) <= DESKS) == (1, 1, [1, 8], True)
            door.opened.set()
            assert {one.result()[0] for one in pages} == {"200 OK"}
    finally:
        while not front._desks.empty():
            front._desks.get().close()


class Unread:
    def read(self, _size: int) -> bytes:
        raise AssertionError("read before there is room")


def test_only_an_order_by_program_is_answered_together_with_others() -> None:
    whole = {
        "PATH_INFO": short.ORDERS,
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "HTTP_HOST": "localhost",
    }

    def gathered(**other: str) -> bool:
        return short_way.gathered({**whole, **other, "wsgi.input": Unread()}) is not None

    assert gathered()
    assert not gathered(PATH_INFO=short.QUOTES)
    assert not gathered(REQUEST_METHOD="GET")
    assert not gathered(HTTP_COOKIE="sessionid=1")
    assert not gathered(CONTENT_LENGTH="")
    assert not gathered(CONTENT_LENGTH="0000000021234567890")
    assert not gathered(HTTP_HOST="elsewhere.example")


def test_what_is_said_where_there_is_no_room() -> None:
    status, headers, body = ask(short_way.full, short.ORDERS, "POST", HTTP_ACCEPT_LANGUAGE="en")
    assert (status, headers["Retry-After"]) == ("429 Too Many Requests", "1")
    assert b'"orders_busy"' in body
    status, headers, body = ask(short_way.full, "/api/v1/basket", "GET", HTTP_ACCEPT_LANGUAGE="zh-CN")
    assert (status[:3], headers["Retry-After"], b'"house_busy"' in body) == ("429", "1", True)
    for path, word in (("/en/p/coat/", "in a moment"), ("/p/coat/", "请稍候再试")):
        status, headers, body = ask(short_way.full, path)
        assert (status[:3], headers["Retry-After"]) == ("429", "1")
        assert headers["Content-Type"].startswith("text/html")
        assert word in body.decode()


@pytest.mark.django_db(transaction=True)
def test_a_web_process_whose_database_stands_still_answers_whom_it_has_no_room_for() -> None:
    """A real one: what lies before our code (connections, Granian's threads) holds nobody back."""
    port, url = free_port(), _url()
    few = {"ENTREPOT_WEB_WORKERS": "1", "ENTREPOT_WEB_THREADS": "1", "ENTREPOT_WEB_WAITING": "1"}
    env = {**os.environ, **few, "PORT": str(port), "DATABASE_URL": url}
    path = f"http://127.0.0.1:{port}/api/v1/products/none"

    def read() -> httpx.Response:
        return HTTP.get(path, headers={"Authorization": "Bearer ek_nobody"})

    web = subprocess.Popen([sys.executable, "-m", "entrepot", "web"], env=env)
    try:
        wait_for(lambda: listens(port))
        with psycopg.connect(url) as held, ThreadPoolExecutor(3) as threads:
            held.execute("LOCK TABLE identity_accesskey")
            asked = {threads.submit(read) for _ in range(3)}
            told, stand = wait(asked, timeout=WAIT_S - 1, return_when=FIRST_COMPLETED)
            held.rollback()
            refused = [one.result() for one in told]
            assert [(one.status_code, one.headers["Retry-After"]) for one in refused] == [(429, "1")]
            assert [one.result().status_code for one in stand] == [401, 401]
    finally:
        web.terminate()
        web.wait(LATEST_S)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _url() -> str:
    has = connection.settings_dict
    return f"postgresql://{has['USER']}:{has['PASSWORD']}@/{has['NAME']}?host={has['HOST']}&port={has['PORT']}"
