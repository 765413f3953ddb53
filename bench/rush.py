"""How many orders of two lines a second over HTTP, on an intake process and on the web process.

Spread over 1,000 SKUs and on two hot ones, beside `pgbench -N`. After every run the books are checked as in
`bench.intake`.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Sequence

import psycopg

from bench import crowd, intake, load
from bench.crowd import Call

PORTS = {"intake": 8141, "web": 8140}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if a book is wrong or a call failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.rush", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--buyers", type=int, nargs="+", default=[8, 64, 256])
    asked = parser.parse_args(arguments)
    made = intake.opened()
    from bench import shoppers
    from entrepot.kit.clock import now

    at = now()
    carts = {name: shoppers.calls(intake.carts(made, hot, 1), at) for name, hot in (("spread", False), ("hot", True))}
    columns = ("buyers", "per s", "of pgbench", "p50 ms", "p99 ms", "failed")
    print(f"two lines an order, {asked.seconds} s each, {load.client()}\n")
    print(f"{'':<16}" + "".join(f"{column:>11}" for column in columns))
    fine = True
    with crowd.processes(list(PORTS), list(PORTS.values())) as bases:
        doors = dict(zip(PORTS, bases, strict=True))
        for buyers in asked.buyers:
            pgbench = intake.yardstick(asked.seconds, buyers)
            print(f"{'pgbench -N':<16}{buyers:>11}{pgbench:>11,.0f}", flush=True)
            for (process, base), (name, calls) in itertools.product(doors.items(), carts.items()):
                print(f"{f'{process}, {name}':<16}{buyers:>11}", end="")
                fine = _measured(base, calls, buyers, asked.seconds, pgbench) and fine
    return 0 if fine else 1


def _measured(base: str, calls: Sequence[Call], buyers: int, seconds: int, pgbench: float) -> bool:
    """One run, printed; False where a call failed or a book is wrong."""
    crowd.rush(base, calls, concurrency=buyers, seconds=1)
    before = settled()
    run = crowd.rush(base, calls, concurrency=buyers, seconds=seconds)
    lost = _orders() - before < run.requests - run.failed
    wrong = intake.wrong_books() or "lost" * lost
    print(f"{run.per_s:>11,.0f}{run.per_s / pgbench:>11.2f}{run.p50_ms:>11.1f}", end="")
    print(f"{run.p99_ms:>11.1f}{run.failed:>11}  {wrong}", flush=True)
    return not wrong and not run.failed


def settled() -> int:
    """The orders there are, once those whose callers have left are placed: they still fill the line."""
    seen = -1
    while (found := _orders()) != seen:
        seen = found
        time.sleep(0.5)
    return found


def _orders() -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        found = db.execute("SELECT count(*) FROM orders_order").fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
