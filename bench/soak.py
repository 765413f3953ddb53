"""A soak: orders for ten minutes at half of what an intake process can, and then three times as many as it can.

The most is what 256 callers get who each order again when answered. The load comes by a schedule from this process
(`bench.stream`), which shares the machine with what is measured, and says how much of it it takes. Aims: no error, no
process grows by more than 5 % after a warm-up, the 99th of 100 is as quick at the end as at the beginning; of three
times the most at least 80 % of the most are placed, the rest is told to come again within 100 ms, and within ten
seconds after it all is as before. Exits with 1 and the names of the aims that were missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from statistics import median

import psutil

from bench import crowd, intake, rush
from bench.crowd import Call
from bench.stream import BUSY, PLACED, Log, Stream, share

PORT, AT_ONCE, TIMES = 8161, 256, 3
WARM_S, MINUTE_S, PARTS_MIN = 60.0, 60.0, 6
BEFORE_S, FLOOD_S, AFTER_S, ASHORE_S = 10, 12, 14, 2  # the flood counts once it has risen
GROWN_MAX, SLOWER_MAX, GOOD_MIN, REFUSED_MS_MAX, RECOVERED_S_MAX, CAME_MIN = 0.05, 1.5, 0.8, 100, 10, 0.95
CALM = 1.1  # times the longest median of a second before counts as before
Missed = list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    asked = parser.parse_args(arguments)
    made = intake.opened()
    from bench import shoppers
    from entrepot.kit.clock import now

    calls = shoppers.calls(intake.carts(made, False, 1), now())
    with crowd.processes(["intake"], [PORT]) as (base,):
        asyncio.run(Stream(base, calls).rushed(AT_ONCE, 2))
        most = measured_most(base, calls, seconds=min(max(asked.seconds // 20, 8), 30))
        missed = soaked(base, calls, most / 2, asked.seconds)
        rush.settled()
        missed += overloaded(base, calls, most)
    wrong = intake.wrong_books()
    print(f"the books: {wrong or 'agree'}")
    missed += ["the books"] * bool(wrong)
    print(f"missed: {', '.join(missed)}" if missed else "every aim is met")
    return 1 if missed else 0


def measured_most(base: str, calls: Sequence[Call], seconds: int) -> float:
    log = asyncio.run(Stream(base, calls).rushed(AT_ONCE, seconds))
    most = log.count(PLACED, 0, seconds) / seconds
    waits = log.waits_ms(PLACED)
    print(
        f"the most: {most:,.0f} orders/s placed for {AT_ONCE} callers who order again when answered, {seconds} s,",
        end="",
    )
    print(f" p50 {share(waits, 0.5):,.0f} ms, p99 {share(waits, 0.99):,.0f} ms; {_load(log, seconds)}", flush=True)
    rush.settled()
    return most


def soaked(base: str, calls: Sequence[Call], per_s: float, seconds: int) -> Missed:
    """So many a second, for so long; which aims were missed."""
    before: dict[int, float] = {}

    async def run() -> Log:
        offered = asyncio.create_task(Stream(base, calls).offered([(per_s, seconds)]))
        await asyncio.sleep(min(WARM_S, seconds / 4))
        before.update(_memory_mb())
        return await offered

    log = asyncio.run(run())
    after = _memory_mb()
    part_s = MINUTE_S if seconds >= PARTS_MIN * MINUTE_S else seconds / PARTS_MIN
    p99s = [share(log.waits_ms(PLACED, n * part_s, (n + 1) * part_s), 0.99) for n in range(int(seconds / part_s))]
    third = len(p99s) // 3
    slower = median(p99s[-third:]) / max(median(p99s[:third]), 1.0)
    grown = {pid: after.get(pid, 0.0) / mb - 1 for pid, mb in before.items()}
    failed, worst = log.failed(), max(grown.values())
    print(f"{seconds} s at half of the most, {per_s:,.0f}/s: {failed} errors of {log.went_out():,}", end="")
    print(f" {dict(log.wrong) or ''}, {log.count(BUSY)} told to come again; {_load(log, seconds)}")
    print(
        f"  p99 of each {part_s:.0f} s: {' · '.join(f'{one:,.0f}' for one in p99s)} ms; the last third's median is",
        end="",
    )
    print(f" {slower:.2f} of the first third's (aim {SLOWER_MAX} at most)")
    held = " · ".join(f"{mb:,.1f} → {after.get(pid, 0.0):,.1f}" for pid, mb in before.items())
    print(
        f"  MB resident after the warm-up and at the end: {held}; {worst:+.1%} at most (aim {GROWN_MAX:+.0%})",
        flush=True,
    )
    return _missed(
        {
            "no error": failed == 0,
            "memory": worst <= GROWN_MAX and after.keys() == before.keys(),
            "p99 steady": slower <= SLOWER_MAX,
        }
    )


def overloaded(base: str, calls: Sequence[Call], most: float) -> Missed:
    """Half of the most, three times the most, half again, without a pause between; which aims were missed."""
    flood = [(most / 2, BEFORE_S), (TIMES * most, FLOOD_S), (most / 2, AFTER_S)]
    log = asyncio.run(Stream(base, calls).offered(flood))
    ebb = BEFORE_S + FLOOD_S
    since = BEFORE_S + ASHORE_S
    came = log.went_out(since, ebb) / (ebb - since)
    good = log.count(PLACED, since, ebb) / (ebb - since)
    refused = log.waits_ms(BUSY, since, ebb)
    placed = log.waits_ms(PLACED, since, ebb)
    quick = share(refused, 0.99)
    calm = CALM * max(share(log.waits_ms(PLACED, n, n + 1), 0.5) for n in range(1, BEFORE_S))
    recovered = recovered_s(log, ebb, calm)
    print(f"{came:,.0f}/s really came, {came / most:.1f} times the most; {_load(log, ebb + AFTER_S)}")
    print(
        f"  placed {good:,.0f}/s, {good / most:.0%} of the most (aim {GOOD_MIN:.0%}), p99 {share(placed, 0.99):,.0f} ms"
    )
    print(f"  {len(refused):,} told to come again, p50 {share(refused, 0.5):,.0f} ms, p99 {quick:,.0f} ms", end="")
    print(f" (aim {REFUSED_MS_MAX}); otherwise told: {dict(log.wrong) or 'nobody'}, not answered: {log.unanswered}")
    print(f"  as before after {recovered or f'more than {AFTER_S}'} s (aim {RECOVERED_S_MAX}):", end="")
    print(
        f" a second without an error whose median wait is {calm:,.0f} ms at most, a tenth above the seconds before",
        flush=True,
    )
    return _missed(
        {
            f"{TIMES} times the most offered": came >= CAME_MIN * TIMES * most,
            "goodput": good >= GOOD_MIN * most,
            "refused at once": quick < REFUSED_MS_MAX,
            "no other error": not log.wrong and not log.unanswered,
            "recovery": 0 < recovered <= RECOVERED_S_MAX,
        }
    )


def recovered_s(log: Log, ebb: int, calm_ms: float) -> int:
    """After how many seconds the first whole one has ended in which all is as before; 0: none."""
    for second in range(ebb, ebb + AFTER_S):
        waits = log.waits_ms(PLACED, second, second + 1)
        if waits and not log.failed(second, second + 1) and share(waits, 0.5) <= calm_ms:
            return second + 1 - ebb
    return 0


def _missed(aims: dict[str, bool]) -> Missed:
    return [name for name, met in aims.items() if not met]


def _load(log: Log, seconds: float) -> str:
    return f"the load itself took {log.cpu_s / seconds:.0%} of a core"


def _memory_mb() -> dict[int, float]:
    """Resident in each process of the intake."""
    heads = [one for one in psutil.Process().children() if "intake" in one.cmdline()]
    return {one.pid: one.memory_info().rss / 1e6 for head in heads for one in (head, *head.children(recursive=True))}


if __name__ == "__main__":
    sys.exit(main())
