"""An exact sale: 10,000 people want 1,000 units at once, through four processes, many sending their order twice.

The callers' own log is the judge: as many orders as there were units, none twice, one key one order, and the database
says the same. Exits with 1 where it does not. `make exact` runs it; --buyers and --units make it smaller.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import psycopg

from bench import crowd, intake
from bench.crowd import Call, Line, Told

PORTS = (8151, 8152, 8153, 8154)
TWICE_EVERY = 4  # one in four sends its order through two processes at the same time
PAUSE_S, TRIES_MAX = 0.2, 200


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.exact", description=__doc__.partition("\n")[0])
    parser.add_argument("--buyers", type=int, default=10_000)
    parser.add_argument("--units", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=256, help="calls under way at a time")
    asked = parser.parse_args(arguments)
    made = intake.opened(asked.buyers, 1, asked.units)
    from bench import shoppers
    from entrepot.kit.clock import now

    wish = next(wish for request in made for wish in request.wishes or ())
    calls = shoppers.calls([replace(request, wishes=(wish,)) for request in made], now())
    units = _number("SELECT sum(on_hand - claimed) FROM stock_level")
    print(f"{len(calls):,} buyers want one of {units:,} units, through {len(PORTS)} processes", flush=True)
    with crowd.processes(["intake"] * len(PORTS), PORTS) as bases:
        began = time.perf_counter()
        told = asyncio.run(_all(bases, calls, asked.at_once))
        lasted = time.perf_counter() - began
    return _judged(told, units, lasted)


async def _all(bases: Sequence[str], calls: Sequence[Call], at_once: int) -> list[list[Told]]:
    """What every buyer was told in the end, each of the one or two times."""
    turns, told = iter(range(len(calls))), [list[Told]() for _ in calls]
    shown = len(calls) // 10

    async def desk() -> None:
        lines = [Line(base) for base in bases]
        for n in turns:
            ways = (
                [lines[n % len(lines)], lines[(n + 1) % len(lines)]]
                if n % TWICE_EVERY == 0
                else [lines[n % len(lines)]]
            )
            told[n] = list(await asyncio.gather(*(_until_told(way, calls[n], f"exact-sale-{n}") for way in ways)))
            if n % shown == 0:
                print(f"  {n:,} of {len(calls):,} buyers have come", flush=True)

    await asyncio.gather(*(desk() for _ in range(at_once)))
    return told


async def _until_told(line: Line, call: Call, key: str) -> Told:
    """Whoever is told to come again comes again with the same key."""
    for _ in range(TRIES_MAX):
        told = await line.send(call, key)
        if told.status in (201, 409, 422):
            return told
        await asyncio.sleep(PAUSE_S)
    return told


def _judged(told: Sequence[Sequence[Told]], units: int, lasted: float) -> int:
    winners = [{one.number for one in each if one.status == 201} for each in told]
    numbers = [number for each in winners for number in each]
    losers = [one.ms for each in told for one in each if one.status == 409]
    losers.sort()
    p99 = losers[int(len(losers) * 0.99)] if losers else 0.0
    split = sum(len({one.status for one in each}) > 1 for each in told)
    stored = _number("SELECT count(*) FROM orders_order")
    codes = Counter(one.code for each in told for one in each if one.status != 201)
    found = {
        f"{len(numbers):,} of {units:,} units sold": len(numbers) == min(units, len(told)),
        f"{len(set(numbers)):,} different orders told, {stored:,} stored": len(set(numbers)) == len(numbers) == stored,
        f"{sum(len(each) > 1 for each in winners)} keys made two orders": all(len(each) <= 1 for each in winners),
        f"{split} keys were told both yes and no": split == 0,
        f"{dict(codes)} of those who got none, p99 {p99:,.0f} ms (aim 1,000)": p99 <= 1_000,
        f"the books: {intake.wrong_books() or 'agree'}": not intake.wrong_books(),
    }
    for line, good in found.items():
        print(f"{'ok   ' if good else 'WRONG'}  {line}")
    print(f"{sum(map(len, told)):,} answers in {lasted:.1f} s")
    return 0 if all(found.values()) else 1


def _number(question: str) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        found = db.execute(question).fetchone()  # type: ignore[arg-type]
    return int(found[0]) if found and found[0] else 0


if __name__ == "__main__":
    sys.exit(main())
