"""An exact sale: 10,000 people want 1,000 units in one instant, through four processes, many sending their order twice.

All are connected before, as far as the machine has sockets, and send at once; the goods are ordinary ones, so there is
no door at which anybody would wait. Who is told to come again comes again with the same key when told to. A loser's
time is that from the first try to the final answer, all waits between included. The callers' own log is the judge: as
many orders as there were units, none twice, one key one order, and the database says the same. Exits with 1 where it
does not, or where an aim was missed. `make exact` runs it; --buyers and --units make it smaller.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg

from bench import crowd, intake
from bench.crowd import Call
from bench.stream import BROKEN, BUSY, PLACED, Wire, request, share

PORTS = (8151, 8152, 8153, 8154)
TWICE_EVERY = 4  # one in four sends its order through two processes at the same time
PAUSE_S, TRIES_MAX = 1.0, 100  # as `Retry-After` says
TOLD_MS_MAX = 1_000
SOLD_OUT = "409 out_of_stock"
SPARE_FILES = 200
OPENED_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller was told in the end: an order's number, or why there is none; when counted from the first try."""

    number: str
    why: str
    first_ms: float
    whole_ms: float
    tries: int


@dataclass(frozen=True, slots=True)
class Sale:
    """What the callers of all buyers were told, how long it took them all, and how much of a core they took for it."""

    told: Sequence[Sequence[Told]]
    at_once: int
    sending_s: float
    lasted_s: float
    cpu_s: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.exact", description=__doc__.partition("\n")[0])
    parser.add_argument("--buyers", type=int, default=10_000)
    parser.add_argument("--units", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=0, help="calls under way at a time; 0: as many as may be")
    asked = parser.parse_args(arguments)
    os.environ["ENTREPOT_INTAKE_WORKERS"] = "1"  # four processes, not four times two
    calls, units = _prepared(asked.buyers, asked.units)
    sockets = asked.at_once or _sockets()
    print(f"{len(calls):,} buyers want one of {units:,} units, through {len(PORTS)} processes", flush=True)
    with crowd.processes(["intake"] * len(PORTS), PORTS) as bases:
        sale = asyncio.run(held(bases, calls, sockets))
    return judged(sale, units, stored=_number("SELECT count(*) FROM orders_order"), books=intake.wrong_books())


def _prepared(buyers: int, units: int) -> tuple[list[Call], int]:
    """An order of one unit of each buyer, and how many units there are."""
    made = intake.opened(buyers, 1, units)
    from bench import shoppers
    from entrepot.kit.clock import now
    from entrepot.stock import selectors as stock_reads
    from entrepot.stock import services as stock

    wish = next(wish for request in made for wish in request.wishes or ())
    assert wish.sku_id is not None
    levels = stock_reads.levels(sku_ids=[wish.sku_id])
    others = [(level.sku_id, level.lot.id) for level in levels if level.lot.code != shoppers.PLENTY]
    stock.gone(lots=others, reference="EXACT", now=now())
    there = _number(f"SELECT sum(on_hand - claimed) FROM stock_level WHERE sku_id = '{wish.sku_id}'")
    return shoppers.calls([replace(request, wishes=(wish,)) for request in made], now()), there


def _sockets() -> int:
    """How many connections this process may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most - SPARE_FILES if most != resource.RLIM_INFINITY else 60_000


class Caller:
    """One who asks and waits for the answer, over a kept connection; a broken one is opened again."""

    def __init__(self, base: str) -> None:
        self._host, port = base.removeprefix("http://").split(":")
        self._port, self._wire = int(port), None
        self._wire: Wire | None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, self._wire = await loop.create_connection(lambda: Wire(self._answered), self._host, self._port)

    async def ask(self, order: bytes) -> tuple[int, bytes]:
        """Status and body; BROKEN where the connection broke or could not be opened."""
        try:
            if self._wire is None or not self._wire.open:
                await self.connect()
        except OSError:
            return BROKEN, b""
        assert self._wire is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._wire.send(order, 0.0)
        return await self._answer

    def _answered(self, _: Wire, status: int, body: bytes) -> None:
        assert self._answer is not None
        self._answer.set_result((status, body))

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()


async def held(bases: Sequence[str], calls: Sequence[Call], sockets: int) -> Sale:
    """Let all come at once, as far as there are sockets, and wait until each knows."""
    ways = [(n, base) for n in range(len(calls)) for base in _ways(bases, n)]
    callers = [Caller(base) for _, base in ways]
    at_once = min(sockets, len(ways))
    for start in range(0, at_once, OPENED_AT_ONCE):
        await asyncio.gather(*(one.connect() for one in callers[start : min(start + OPENED_AT_ONCE, at_once)]))
    orders = [request(base.removeprefix("http://"), calls[n]) for n, base in ways]
    print(f"{at_once:,} calls come at once, all connected; {len(ways) - at_once:,} when others have gone", flush=True)
    told, room, began = [list[Told]() for _ in calls], asyncio.Semaphore(at_once), time.perf_counter()
    sent, cpu = began, time.process_time()

    async def come(n: int, caller: Caller, head: bytes, tail: bytes) -> None:
        nonlocal sent
        async with room:
            sent = time.perf_counter() if not told[n] else sent
            told[n].append(await _until_told(caller, head + f"exact-sale-{n}".encode() + tail, n))
            caller.close()

    everybody = zip(ways, callers, orders, strict=True)
    await asyncio.gather(*(come(n, caller, *order) for (n, _), caller, order in everybody))
    return Sale(told, at_once, sent - began, time.perf_counter() - began, time.process_time() - cpu)


def _ways(bases: Sequence[str], n: int) -> list[str]:
    """Through which processes a buyer comes."""
    return [bases[(n + more) % len(bases)] for more in range(2 if n % TWICE_EVERY == 0 else 1)]


async def _until_told(caller: Caller, order: bytes, n: int) -> Told:
    """Whoever is told to come again comes again with the same key, when told to or up to half a second later."""
    began, first_ms, why = time.perf_counter(), 0.0, ""
    for tries in range(1, TRIES_MAX + 1):
        status, body = await caller.ask(order)
        whole_ms = 1e3 * (time.perf_counter() - began)
        first_ms = first_ms or whole_ms
        said = json.loads(body) if body else {}
        why = f"{status} {said.get('code', '')}"
        if status == PLACED:
            return Told(said["number"], "", first_ms, whole_ms, tries)
        if status not in (BUSY, BROKEN) and status < 500:
            break
        await asyncio.sleep(PAUSE_S * (1 + n % 50 / 100))
    return Told("", why, first_ms, whole_ms, tries)


def judged(sale: Sale, units: int, stored: int, books: str) -> int:
    """Print what was found; 1 where something is wrong or an aim was missed."""
    told, buyers = [one for each in sale.told for one in each], len(sale.told)
    winners = [{one.number for one in each if one.number} for each in sale.told]
    numbers = [number for each in winners for number in each]
    losers = [one for one in told if not one.number]
    split = sum(len({bool(one.number) for one in each}) > 1 for each in sale.told)
    codes = Counter(one.why for one in losers)
    found = {
        f"{len(numbers):,} of {units:,} units sold": len(numbers) == min(units, buyers),
        f"{len(set(numbers)):,} different orders told, {stored:,} stored": len(set(numbers)) == len(numbers) == stored,
        f"{sum(len(each) > 1 for each in winners)} keys made two orders": all(len(each) <= 1 for each in winners),
        f"{split} keys were told both yes and no": split == 0,
        f"{dict(codes)} is what those who got none were told": codes.keys() <= {SOLD_OUT},
        f"the books: {books or 'agree'}": not books,
    }
    for line, good in found.items():
        print(f"{'ok    ' if good else 'WRONG '}  {line}")
    first, whole = (sorted(getattr(one, name) for one in losers) for name in ("first_ms", "whole_ms"))
    in_time = share(whole, 0.99) <= TOLD_MS_MAX
    print(f"{'ok    ' if in_time else 'MISSED'}  losers told for good: p50 {share(whole, 0.5):,.0f}", end="")
    print(f" ms, p99 {share(whole, 0.99):,.0f} ms from the first try (aim {TOLD_MS_MAX:,})")
    print(f"        their first answer, which may be to come again: p50 {share(first, 0.5):,.0f}", end="")
    tries, answers = sum(one.tries for one in told), len(told) / sale.lasted_s
    print(f" ms, p99 {share(first, 0.99):,.0f} ms")
    print(f"{len(told):,} final answers to {tries:,} calls in {sale.lasted_s:.1f} s, {answers:,.0f}/s")
    if not in_time:
        print(
            f"what bounds it: {sale.at_once:,} came in {sale.sending_s:.1f} s, and four processes and the callers",
            end="",
        )
        print(f" (these took {sale.cpu_s / sale.lasted_s:.0%} of a core) on {os.cpu_count()} cores answer", end="")
        print(f" {answers:,.0f} a second: the last could not be told before {len(told) / answers:.1f} s", end="")
        print("; a sale with a door lets in only as many as can be answered")
    return 0 if all(found.values()) and in_time else 1


def _number(question: str) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        found = db.execute(question).fetchone()  # type: ignore[arg-type]
    return int(found[0]) if found and found[0] else 0


if __name__ == "__main__":
    sys.exit(main())
