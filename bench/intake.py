"""How many orders can be placed: two lines each, spread over 1,000 SKUs and on two hot ones, beside `pgbench -N`.

Two rows each: `place` is the whole verb (papers, stock, prices, tax, then writing), `write` what follows the quote.
Buyers are threads of one process, each of which waits for its answer before it orders again. After every run the books
are checked: stored = acknowledged, held = lines, nothing oversold, every order told and asked to be paid.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

from bench import browse, goods
from entrepot.kit.ids import new_id
from entrepot.server.embedded import EmbeddedServer, bindir

if TYPE_CHECKING:
    from entrepot.checkout.types import PlaceRequest

DATABASE, YARDSTICK = "entrepot_intake", "entrepot_intake_yardstick"
CONNECTIONS, SHOPPERS, CARTS, SKUS = 600, 2_048, 16, 1_000
UNITS, PRICE_MINOR = 1_000_000, 100  # cheap, so that nobody meets the limit of the year
Order = Callable[[int], bool]  # the buyer's number -> was it placed?


@dataclass(frozen=True, slots=True)
class Run:
    placed: int
    seconds: float
    waits_ms: Sequence[float]  # sorted
    web_ms: float  # CPU of this process and of the database's, an order
    database_ms: float

    @property
    def per_s(self) -> float:
        return self.placed / self.seconds

    def ms(self, share: float) -> float:
        return self.waits_ms[min(int(len(self.waits_ms) * share), len(self.waits_ms) - 1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if a book is wrong after a run."""
    asked = _arguments(arguments)
    requests = opened()
    columns = ("buyers", "per s", "of pgbench", "p50 ms", "p99 ms", "CPU web", "CPU db")
    print(f"two lines an order, {asked.seconds} s each; CPU in ms an order\n")
    print(f"{'':<14}" + "".join(f"{column:>11}" for column in columns))
    fine = True
    for buyers in asked.buyers:
        pgbench = yardstick(asked.seconds, buyers)
        print(f"{'pgbench -N':<14}{buyers:>11}{pgbench:>11,.0f}", flush=True)
        for name, hot in (("spread", False), ("hot", True)):
            for half, ordering in (("place", _placing), ("write", _writing)):
                run = _run(ordering(requests, hot, buyers), buyers, asked.seconds)
                wrong = _wrong(run)
                fine = fine and not wrong
                print(
                    f"{f'{half}, {name}':<14}{buyers:>11}{run.per_s:>11,.0f}{run.per_s / pgbench:>11.2f}"
                    f"{run.ms(0.5):>11.1f}{run.ms(0.99):>11.1f}{run.web_ms:>11.2f}{run.database_ms:>11.2f}  {wrong}",
                    flush=True,
                )
    return 0 if fine else 1


def opened(shoppers: int = SHOPPERS, skus: int = SKUS, units: int = UNITS) -> list[PlaceRequest]:
    """An empty house, filled, on a server of its own; an order of each shopper, its lines still to be chosen."""
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or server()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        db.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")  # type: ignore[arg-type]
    os.environ.update(browse._environment(browse._database(DATABASE), 8131))
    os.environ["ENTREPOT_HOME"] = str(Path("var/bench").resolve())
    return _prepared(shoppers, skus, units)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.intake", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--buyers", type=int, nargs="+", default=[1, 8, 64, 256])
    return parser.parse_args(given)


def server(home: Path = Path("var/bench/intake")) -> str:
    """An embedded server of its own, since every buyer has a connection."""
    server = EmbeddedServer(home)
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as db:
        found = db.execute("SHOW max_connections").fetchone()
        if found is not None and int(found[0]) < CONNECTIONS:
            db.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")  # type: ignore[arg-type]
            db.close()
            server.stop()
    return server.ensure_running()


def _prepared(count: int, skus: int, units: int) -> list[PlaceRequest]:
    """Schema, goods, papers."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench import shoppers
    from entrepot.kit.clock import now

    call_command("migrate", verbosity=0)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody logs in here
    made = browse._timed("goods and papers", lambda: shoppers.orders(count, skus, units, PRICE_MINOR, now()))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    return made


def carts(requests: Sequence[PlaceRequest], hot: bool, rounds: int = CARTS) -> list[PlaceRequest]:
    """Of every shopper in turn, with two lines each, in an order of chance that is the same every time."""
    chance = random.Random(goods.SEED)
    wishes = [wish for request in requests for wish in request.wishes or ()]
    return [
        replace(request, wishes=tuple(wishes[:2] if hot else chance.sample(wishes, 2)))
        for _ in range(rounds)
        for request in requests
    ]


def _placing(requests: Sequence[PlaceRequest], hot: bool, buyers: int) -> Order:
    """The shoppers are shared out among the buyers: no person orders twice at once."""
    from entrepot.checkout import services
    from entrepot.kit.clock import now

    mine, turns = carts(requests, hot), [count() for _ in range(buyers)]

    def order(buyer: int) -> bool:
        cart = mine[(next(turns[buyer]) * buyers + buyer) % len(mine)]
        return not services.place(request=replace(cart, idempotency_key=str(new_id())), now=now()).replayed

    return order


def _writing(requests: Sequence[PlaceRequest], hot: bool, _buyers: int) -> Order:
    """Orders that were agreed before, each time as a new order of a person of its own."""
    from bench import shoppers
    from entrepot.checkout import services
    from entrepot.checkout.services.place import intake
    from entrepot.checkout.types import Placed
    from entrepot.kit.clock import now

    mine = carts(requests, hot, 1)
    agreed = [services.agree(request=replace(cart, idempotency_key="bench"), now=now()) for cart in mine]
    turn = count()

    def order(_: int) -> bool:
        answer = intake.place(shoppers.again(agreed[next(turn) % len(agreed)], now()))
        if not isinstance(answer, Placed):
            raise answer
        return True

    return order


def _run(order: Order, buyers: int, seconds: int) -> Run:
    """Let every buyer order until the time is over."""
    from django.db import connection

    def buy(buyer: int, until: float) -> list[float]:
        waits = []
        while (began := time.perf_counter()) < until:
            if order(buyer):
                waits.append(1e3 * (time.perf_counter() - began))
        return waits

    _marked()
    with ThreadPoolExecutor(buyers) as pool:
        list(pool.map(lambda buyer: buy(buyer, time.perf_counter() + 0.5), range(buyers)))  # connections, plans
        _marked()
        before, began = _cpu_s(), time.perf_counter()
        found = list(pool.map(lambda buyer: buy(buyer, began + seconds), range(buyers)))
        lasted, after = time.perf_counter() - began, _cpu_s()
        list(pool.map(lambda _: (time.sleep(0.1), connection.close()), range(buyers)))
    waits = sorted(wait for one in found for wait in one)
    web, database = ((b - a) * 1e3 / len(waits) for a, b in zip(before, after, strict=True))
    return Run(len(waits), lasted, waits, web, database)


def _cpu_s() -> tuple[float, float]:
    """CPU seconds so far: of this process, of the database server with all that ended under it."""
    mine = time.process_time()
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        head = psutil.Process(db.info.backend_pid).parent()
    if head is None:
        return mine, 0.0
    used = head.cpu_times()
    return mine, used.children_user + used.children_system + browse._sum_cpu_s(one.pid for one in head.children())


def _marked() -> None:
    """What was placed up to now does not count for the next run."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS bench_before")
        db.execute("CREATE TABLE bench_before AS SELECT count(*) AS orders FROM orders_order")


def _wrong(run: Run) -> str:
    """What the books say against it; nothing where they agree."""
    orders = "(SELECT count(*) FROM orders_order)"
    looks = {"stored, not acknowledged": f"SELECT {orders} - orders - {run.placed} FROM bench_before"}
    return ", ".join(filter(None, (_looked(looks), wrong_books())))


def wrong_books() -> str:
    """What the books say against themselves; nothing where they agree."""
    orders = "(SELECT count(*) FROM orders_order)"
    looks = {
        "not told": f"SELECT {orders} - count(*) FROM outbox_event WHERE topic = 'orders.placed'",
        "not to be paid": f"SELECT {orders} - count(*) FROM payments_payment",
        "held, not ordered": "SELECT (SELECT sum(quantity) FROM stock_claim) - sum(quantity) FROM orders_line",
        "levels and claims differ": "SELECT (SELECT sum(claimed) FROM stock_level) - sum(quantity) FROM stock_claim",
        "oversold": "SELECT count(*) FROM stock_level WHERE claimed > on_hand",
        "year": "SELECT (SELECT sum(used_minor) FROM orders_annualuse) - sum(allowance_minor) FROM orders_order",
    }
    return _looked(looks)


def _looked(looks: Mapping[str, str]) -> str:
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        found = {name: (db.execute(look).fetchone() or (None,))[0] for name, look in looks.items()}  # type: ignore[arg-type]
    return ", ".join(f"{name}: {by}" for name, by in found.items() if by != 0)


def yardstick(seconds: int, clients: int) -> float:
    """`pgbench -N` (one update, one insert, a few reads, one commit) with prepared statements, on the same server."""
    url, program = browse._database(YARDSTICK), str(bindir() / "pgbench")
    with psycopg.connect(url) as db:
        made = db.execute("SELECT to_regclass('pgbench_accounts')").fetchone()
    if made is None or made[0] is None:
        subprocess.run([program, "-i", "-q", "-s", "10", url], check=True, capture_output=True)
    command = [program, "-N", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


if __name__ == "__main__":
    sys.exit(main())
