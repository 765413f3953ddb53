"""The callers of `bench.soak` come by the schedule and keep the log that its aims are judged by."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable

import pytest

from bench import soak
from bench.crowd import Call
from bench.stream import BUSY, PLACED, Log, Stream

CALLS = [Call("first", '{"a": 1}'), Call("second", "{}")]
Use = Callable[[Stream], Awaitable[Log]]
keys: list[str] = []


async def shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Places orders, but breaks off the third, is too busy for the fourth and fails the fifth."""
    while head := (await reader.readuntil(b"\r\n\r\n")).decode():
        said = dict(line.split(": ") for line in head.splitlines()[1:] if line)
        body = await reader.readexactly(int(said["Content-Length"]))
        assert (said["Authorization"], body.decode()) in {(f"Bearer {one.secret}", one.body) for one in CALLS}
        keys.append(said["Idempotency-Key"])
        if len(keys) == 3:
            break
        status = {4: BUSY, 5: 500}.get(len(keys), PLACED)
        told = json.dumps({"code": "fault"}).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(told)}\r\n\r\n".encode())
        writer.write(told)
    writer.close()


@pytest.mark.parametrize(
    ("use", "orders"),
    [(lambda stream: stream.offered([(200, 0.1), (400, 0.05)]), 40), (lambda stream: stream.rushed(4, 0.2), None)],
    ids=["by the clock", "as answered"],
)
def test_every_order_is_sent_once_and_its_answer_counted(use: Use, orders: int | None) -> None:
    async def run() -> Log:
        server = await asyncio.start_server(shop, "127.0.0.1", 0)
        async with server:
            return await use(Stream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", CALLS))

    keys.clear()
    log = asyncio.run(run())
    assert len(keys) == len(set(keys)) == len(log.status) == log.went_out() == (orders or len(keys))
    assert (log.count(PLACED), log.count(BUSY), log.unanswered) == (len(keys) - 3, 1, 0)
    assert log.wrong == {"0 ": 1, "500 fault": 1}
    assert log.failed() == 3
    assert len(log.waits_ms(PLACED)) == len(keys) - 3


def told(*answers: tuple[float, float, int]) -> Log:
    log = Log()
    for due, wait, status in answers:
        log.due.append(due)
        log.answered.append(due + wait)
        log.status.append(status)
    return log


def test_recovered_is_the_first_whole_second_that_is_quick_and_without_an_error() -> None:
    flood = [(0.5, 3.0, PLACED), (0.6, 3.0, BUSY)]
    slow, wrong, fine = [(1.1, 0.4, PLACED)], [(2.1, 0.1, PLACED), (2.2, 0.1, BUSY)], [(3.5, 0.1, PLACED)]
    assert soak.recovered_s(told(*flood, *slow, *wrong, *fine), 1, calm_ms=150) == 3
    assert soak.recovered_s(told(*flood, *slow, *wrong), 1, calm_ms=150) == 0
    assert soak.recovered_s(told(*flood, *fine), 3, calm_ms=150) == 1


def test_the_flood_is_judged_by_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    flood = range(soak.BEFORE_S, soak.BEFORE_S + soak.FLOOD_S)

    def answers(busy_wait: float) -> Log:
        calm = [(n + part / 5, 0.1, PLACED) for n in itertools.chain(range(10), range(22, 36)) for part in range(5)]
        high = [
            (n + part / 30, *((0.1, PLACED) if part % 3 == 0 else (busy_wait, BUSY)))
            for n in flood
            for part in range(30)
        ]
        log = told(*calm, *high)
        log.sent.extend(log.due)
        return log

    def judged(log: Log, most: float) -> list[str]:
        async def offered(*_: object) -> Log:
            return log

        monkeypatch.setattr(Stream, "offered", offered)
        return soak.overloaded("http://127.0.0.1:1", CALLS, most)

    assert judged(answers(busy_wait=0.05), most=10) == []
    assert judged(answers(busy_wait=0.3), most=10) == ["refused at once"]
    assert judged(answers(busy_wait=0.05), most=20) == ["3 times the most offered", "goodput"]
