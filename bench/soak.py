"""A soak: orders for ten minutes at half of what an intake process can, and then three times as many as it can.

Errors, the growth of memory and the slowest hundredth by the minute are printed; exits with 1 where an aim is missed.
The callers run in this process, so the rates are below those of `bench.rush`; what counts is whether they stay.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil

from bench import crowd, intake, rush
from bench.crowd import Call, Line, Told
from bench.load import Result

PORT, AT_ONCE, CROWD = 8161, 256, 2_048
LOOKING_PER_S = 20
MINUTE_S = 60.0


@dataclass
class Log:
    """What callers were told, with the second they asked in."""

    began: float = field(default_factory=time.perf_counter)
    told: list[tuple[float, Told]] = field(default_factory=list)

    def placed(self) -> int:
        return sum(one.status == 201 for _, one in self.told)

    def wrong(self) -> dict[str, int]:
        """How often callers were told what else than that their order is placed."""
        return dict(Counter(f"{one.status} {one.code}" for _, one in self.told if one.status != 201))

    def p99_ms(self, since: float = 0.0, until: float = 1e9) -> float:
        waits = sorted(one.ms for at, one in self.told if since <= at < until and one.status == 201)
        return waits[int(len(waits) * 0.99)] if waits else 0.0


async def offered(base: str, calls: Sequence[Call], per_s: float, seconds: float, name: str) -> Log:
    """So many calls a second, whether or not those before them have been answered (at most 4,096 under way)."""
    log, lines, free = Log(), list[Line](), list[Line]()
    room = asyncio.Semaphore(4_096)

    async def call(n: int, asked_at: float) -> None:
        line = free.pop() if free else Line(base)
        if line not in lines:
            lines.append(line)
        log.told.append((asked_at, await line.send(calls[n % len(calls)], f"{name}-{n:08}")))
        free.append(line)
        room.release()

    tasks = set[asyncio.Task[None]]()
    for n in itertools.count():
        due = n / per_s
        if due >= seconds:
            break
        if (early := due - (time.perf_counter() - log.began)) > 0:
            await asyncio.sleep(early)
        await room.acquire()
        task = asyncio.create_task(call(n, time.perf_counter() - log.began))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    for line in lines:
        await line.__aexit__()
    return log


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    asked = parser.parse_args(arguments)
    made = intake.opened()
    from bench import shoppers
    from entrepot.kit.clock import now

    calls = shoppers.calls(intake.carts(made, False, 1), now())
    with crowd.processes(["intake"], [PORT]) as (base,):
        crowd.rush(base, calls, concurrency=AT_ONCE, seconds=2)
        most = asyncio.run(crowd._rush(base, calls, f"most-{time.time_ns()}-", AT_ONCE, 8)).per_s
        print(f"at most {most:,.0f} orders/s from callers in Python", flush=True)
        rush.settled()
        fine = _soaked(base, calls, most, asked.seconds)
        fine = _overloaded(base, calls) and fine
    wrong = intake.wrong_books()
    print(f"the books: {wrong or 'agree'}")
    return 0 if fine and not wrong else 1


def _soaked(base: str, calls: Sequence[Call], most: float, seconds: int) -> bool:
    before = _memory_mb()
    log = asyncio.run(offered(base, calls, most / 2, seconds, f"soak-{time.time_ns()}"))
    grown = _memory_mb() / before - 1
    failed = len(log.told) - log.placed()
    for minute in range(-(-seconds // 60)):
        print(f"  minute {minute + 1}: p99 {log.p99_ms(minute * MINUTE_S, (minute + 1) * MINUTE_S):,.0f} ms")
    print(f"{seconds} s at {most / 2:,.0f}/s: {failed} errors of {len(log.told):,} {log.wrong() or ''}")
    print(f"memory {grown:+.1%} of {before:,.0f} MB")
    return failed == 0 and grown <= 0.05


def _overloaded(base: str, calls: Sequence[Call]) -> bool:
    """Three times the maximum, with a few who look how long an answer takes; then a tenth, which must go as before."""
    most = _good(crowd.rush(base, calls, concurrency=AT_ONCE, seconds=8))
    rush.settled()
    with ThreadPoolExecutor(1) as beside:
        pause_ms = int(1e3 * CROWD / (3 * most))
        crowded = beside.submit(crowd.rush, base, calls, concurrency=CROWD, seconds=12, pause_ms=pause_ms)
        log = asyncio.run(offered(base, calls, LOOKING_PER_S, 12, f"over-{time.time_ns()}"))
    over = crowded.result()
    good = _good(over) + log.placed() / 12
    busy = sorted(one.ms for _, one in log.told if one.status == 429)
    refused_ms = busy[int(len(busy) * 0.99)] if busy else 0.0
    after = asyncio.run(offered(base, calls, most / 10, 10, f"after-{time.time_ns()}"))
    print(f"at most {most:,.0f}/s; {over.per_s:,.0f}/s came: {good:,.0f}/s placed, {good / most:.0%} of the most")
    print(f"of {len(log.told)} who looked {len(busy)} were told to come again, p99 {refused_ms:,.0f} ms (aim 100)")
    print(f"afterwards at {most / 10:,.0f}/s: {len(after.told) - after.placed()} errors, p99 {after.p99_ms():,.0f} ms")
    return good >= 0.8 * most and after.placed() == len(after.told)


def _good(run: Result) -> float:
    """Orders placed a second."""
    return run.per_s * (1 - run.failed / run.requests)


def _memory_mb() -> float:
    """Of all processes of the intake, shared pages counted once."""
    mine = [one for one in psutil.Process().children(recursive=True) if one.is_running()]
    return sum(one.memory_full_info().pss for one in mine) / 1e6


if __name__ == "__main__":
    sys.exit(main())
