"""The buyers of `bench.exact` come until they are told for good, and its judge sees what is wrong."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from bench import exact
from bench.crowd import Call
from bench.exact import Sale, Told

BUYERS, UNITS = 20, 3


async def held(sockets: int) -> Sale:
    """At a shop of two processes that break off the first try of one buyer in five and are too busy for the next."""
    asked, sold = Counter[str](), dict[str, str]()

    def answer(key: str) -> tuple[int, dict[str, str]]:
        asked[key] += 1
        if asked[key] == 2:
            return 429, {"code": "orders_busy"}
        if len(sold) < UNITS:
            sold.setdefault(key, f"KL-{len(sold)}")
        return (201, {"number": sold[key]}) if key in sold else (409, {"code": "out_of_stock"})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            said = dict(line.split(": ") for line in head.decode().splitlines()[1:] if line)
            assert await reader.readexactly(int(said["Content-Length"])) == b"{}"
            key = said["Idempotency-Key"]
            if int(key.rpartition("-")[2]) % 5 == 4 and not asked[key]:
                asked[key] += 1
                break
            status, told = answer(key)
            body = json.dumps(told).encode()
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()

    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(2)]
    bases = [f"http://127.0.0.1:{one.sockets[0].getsockname()[1]}" for one in servers]
    sale = await exact.held(bases, [Call("secret", "{}")] * BUYERS, sockets)
    for one in servers:
        one.close()
    return sale


def test_everybody_is_told_for_good_and_a_loser_s_time_has_all_waits_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "PAUSE_S", 0.01)
    monkeypatch.setattr(exact, "TOLD_MS_MAX", 1e9)
    for sockets, at_once in ((1_000, 25), (4, 4)):
        sale = asyncio.run(held(sockets))
        assert sale.at_once == at_once
        assert [len(each) for each in sale.told] == [2 if n % exact.TWICE_EVERY == 0 else 1 for n in range(BUYERS)]
        told = [one for each in sale.told for one in each]
        assert all(one.whole_ms > one.first_ms for one in told if one.tries > 1)
        assert max(one.tries for one in told) == 3
        assert exact.judged(sale, UNITS, stored=UNITS, books="") == 0


def test_the_judge_sees_what_is_wrong() -> None:
    won, lost = Told("KL-1", "", 1, 1, 1), Told("", "409 out_of_stock", 1, 1, 1)
    fine = Sale([[won, won], [lost], [replace(won, number="KL-2")]], 4, 0.1, 1.0)
    assert exact.judged(fine, 2, stored=2, books="") == 0
    for wrong in (
        replace(fine, told=[[won, lost], [lost], [replace(won, number="KL-2")]]),
        replace(fine, told=[[won, won], [lost], [lost]]),
        replace(fine, told=[[won, won], [lost], [won]]),
        replace(fine, told=[[won, replace(won, number="KL-3")], [lost], [lost]]),
        replace(fine, told=[[won, won], [replace(lost, why="500 fault")], [replace(won, number="KL-2")]]),
        replace(fine, told=[[won, won], [replace(lost, whole_ms=1_001)], [replace(won, number="KL-2")]]),
    ):
        assert exact.judged(wrong, 2, stored=2, books="") == 1
    assert exact.judged(fine, 2, stored=3, books="") == exact.judged(fine, 2, stored=2, books="oversold: 1") == 1
