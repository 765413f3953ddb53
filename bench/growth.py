"""Whether a house with many orders and SKUs takes orders as fast as a young one: orders/s at both states, side by side.

Grows two databases (`bench.grown`) and orders in each in turn, beside `pgbench -N`: `place` is the whole verb, `write`
what follows the quote, `HTTP` goes through a web process, whose memory is told. At the end the grown one's pages.
The server has a quarter of the machine's memory: with less, what is read of 1,000,000 SKUs is read from outside it.
100,000 orders take a gigabyte, 1,000,000 SKUs four. The databases go at the end unless --keep.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
import psycopg

from bench import browse, crowd, intake, load
from entrepot.server.embedded import EmbeddedServer

if TYPE_CHECKING:
    from entrepot.checkout.types import PlaceRequest

RATIO_MIN, MEMORY_MB_MAX = 0.8, 250
HOME = Path("var/bench/growth")
PORT, PAGE_READERS = 8161, 8
YOUNG, GROWN = "young", "grown"
_HURRY = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}
WAYS = ("place", "write", "HTTP")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if the grown state is slower than it may be, or the web process larger."""
    asked = _arguments(arguments)
    if asked.part:
        return _PARTS[asked.part](asked)
    with _hurrying() if "DATABASE_URL" not in os.environ else nullcontext():
        for state in (YOUNG, GROWN):
            _child("fill", state, asked)
    found: dict[str, list[Mapping[str, float]]] = {YOUNG: [], GROWN: []}
    pgbench = []
    for _ in range(asked.rounds):
        pgbench.append(intake.yardstick(asked.seconds, asked.buyers))
        for state in (YOUNG, GROWN):
            found[state].append(json.loads(_child("measure", state, asked)))
            said = (f"{way} {found[state][-1][f'{way}, orders/s']:,.0f}" for way in WAYS)
            print(f"{state}: {', '.join(said)}", flush=True)
    fine = _told(found, median(pgbench), asked)
    _child("pages", GROWN, asked)
    for state in () if asked.keep else (YOUNG, GROWN):
        _drop(state)
    return 0 if fine else 1


@contextmanager
def _hurrying() -> Iterator[None]:
    """A server of its own that until the block ends is quick and not durable: what is filled can be filled again."""
    quarter_mb = psutil.virtual_memory().total // 4 // 2**20  # as PostgreSQL's manual advises a server
    wanted = _HURRY | {"shared_buffers": f"'{quarter_mb}MB'"}
    _restarted_with(f"SET {name} = {value}" for name, value in wanted.items())
    try:
        yield
    finally:
        _restarted_with(f"RESET {name}" for name in _HURRY)


def _restarted_with(orders: Iterable[str]) -> None:
    """The server with other settings, begun anew."""
    os.environ["DATABASE_URL"] = intake.server(HOME)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        for order in orders:
            db.execute(f"ALTER SYSTEM {order}")  # type: ignore[arg-type]
    server = EmbeddedServer(HOME)
    server.stop()
    server.ensure_running()


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--skus", type=int, default=1_000_000)
    parser.add_argument("--young-orders", type=int, default=10_000)
    parser.add_argument("--young-skus", type=int, default=1_750)
    parser.add_argument("--shoppers", type=int, default=2_048, help="who order during the measurement")
    parser.add_argument("--buyers", type=int, default=64, help="of them at a time")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="the databases, for another run")
    parser.add_argument("--part", choices=("fill", "measure", "pages"), help=argparse.SUPPRESS)
    parser.add_argument("--state", choices=(YOUNG, GROWN), help=argparse.SUPPRESS)
    return parser.parse_args(given)


def _child(part: str, state: str, asked: argparse.Namespace) -> str:
    """A part in a process of its own, since a process knows one database; what it says on its last line."""
    given = [f"--{name.replace('_', '-')}={value}" for name, value in vars(asked).items() if isinstance(value, int)]
    given = [one for one in given if not one.startswith("--keep")]
    command = [sys.executable, "-m", "bench.growth", "--part", part, "--state", state, *given]
    piped = subprocess.PIPE if part == "measure" else None
    said = subprocess.run(command, check=True, stdout=piped, text=True).stdout
    return said.splitlines()[-1] if said else ""


def _told(found: Mapping[str, Sequence[Mapping[str, float]]], pgbench: float, asked: argparse.Namespace) -> bool:
    """The table; whether the aims are met."""
    print(
        f"\n{asked.buyers} buyers at a time, two lines an order, median of {asked.rounds} rounds of {asked.seconds} s"
    )
    print(f"pgbench -N: {pgbench:,.0f}/s\n\n{'':<24}{YOUNG:>12}{GROWN:>12}{'ratio':>12}")
    young, grown = ({name: median(one[name] for one in found[state]) for name in found[state][0]} for state in found)
    for name in young:
        print(f"{name:<24}{young[name]:>12,.2f}{grown[name]:>12,.2f}{grown[name] / (young[name] or 1):>12.2f}")
    ratios = [grown[f"{way}, orders/s"] / young[f"{way}, orders/s"] for way in WAYS]
    fine = min(ratios) >= RATIO_MIN and grown["web, MB"] <= MEMORY_MB_MAX
    print(
        f"\naims: ratios of orders/s {RATIO_MIN} at least, web {MEMORY_MB_MAX} MB at most{'' if fine else ': missed'}"
    )
    return fine


def _database(state: str) -> str:
    return f"entrepot_{state}"


def _opened(state: str) -> None:
    os.environ.update(browse._environment(browse._database(_database(state)), PORT))
    os.environ["ENTREPOT_HOME"] = str(Path("var/bench").resolve())
    os.environ.setdefault("ENTREPOT_PAYMENT_SECRET", "only-for-measuring")
    os.environ.setdefault("ENTREPOT_CARRIER_SECRET", "only-for-measuring")
    import django

    django.setup()


def _fill(asked: argparse.Namespace) -> int:
    """The database of a state, unless it was kept; the requests of those who will shop are put beside it."""
    orders, skus = (asked.orders, asked.skus) if asked.state == GROWN else (asked.young_orders, asked.young_skus)
    kept = _requests_file(asked.state)
    if kept.exists() and pickle.loads(kept.read_bytes())[0] == (orders, skus, asked.shoppers):
        return 0
    _drop(asked.state)
    _opened(asked.state)
    from django.conf import settings
    from django.core.management import call_command

    from bench import grown
    from entrepot.kit.clock import now

    print(f"{asked.state}: {orders:,} orders, {skus:,} SKUs", flush=True)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody logs in here
    wanted = grown.Wanted(orders, skus, asked.shoppers, now())
    made = browse._timed("in all", lambda: grown.grow(wanted))
    ((size,),) = grown.read("SELECT pg_size_pretty(pg_database_size(current_database()))")
    print(f"  {size}", flush=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(((orders, skus, asked.shoppers), made.requests)))
    return 0


def _measure(asked: argparse.Namespace) -> int:
    """One round at a state, as JSON."""
    _opened(asked.state)
    requests = _requests(asked.state)
    told: dict[str, float] = {}
    _ordered_once(requests)
    for way, ordering in (("place", intake._placing), ("write", intake._writing)):
        run = intake._run(ordering(requests, False, asked.buyers), asked.buyers, asked.seconds)
        told |= {f"{way}, orders/s": run.per_s, f"{way}, p99 ms": run.ms(0.99)}
        told |= {f"{way}, CPU web": run.web_ms, f"{way}, CPU database": run.database_ms}
    told |= _over_http(requests, asked)
    print(json.dumps(told))
    return 0


def _ordered_once(requests: Sequence[PlaceRequest]) -> None:
    """All that each of the shoppers wishes. A house that has been open for a day has read what its people order, and
    its log holds the pages whole since the last checkpoint: what is touched for the first time is not its usual day."""
    from entrepot.checkout import services
    from entrepot.kit.clock import now
    from entrepot.kit.ids import new_id

    for start in range(0, len(requests), services.BATCH_MAX):
        some = [replace(one, idempotency_key=str(new_id())) for one in requests[start : start + services.BATCH_MAX]]
        services.begin_many([services.checked(request=one, now=now()) for one in some])()


def _over_http(requests: Sequence[PlaceRequest], asked: argparse.Namespace) -> dict[str, float]:
    from bench import grown, shoppers
    from entrepot.kit.clock import now

    people = ", ".join(f"'{one.buyer_id}'" for one in requests)
    grown.run(f"DELETE FROM identity_accesskey WHERE person_id IN ({people})")  # each may have ten: those of other runs
    calls = shoppers.calls(intake.carts([replace(one, idempotency_key="") for one in requests], False, 1), now())
    base = f"http://127.0.0.1:{PORT}"
    with browse._web(PORT) as server:
        crowd.rush(base, calls, concurrency=asked.buyers, seconds=1)
        run = crowd.rush(base, calls, concurrency=asked.buyers, seconds=asked.seconds)
        for _, paths, body in _paths(asked):
            load.run(base, paths, concurrency=PAGE_READERS, seconds=1, body=body)
        memory = max(one.memory_full_info().pss for one in server.children(recursive=True)) / 2**20  # of one process
    return {"HTTP, orders/s": run.per_s, "HTTP, p99 ms": run.p99_ms, "HTTP, failed": run.failed, "web, MB": memory}


def _pages(asked: argparse.Namespace) -> int:
    """How fast people can look around."""
    _opened(asked.state)
    base = f"http://127.0.0.1:{PORT}"
    print(f"\npages of {asked.skus:,} SKUs, {PAGE_READERS} readers\n{'':<18}{'per s':>9}{'p50 ms':>9}{'p95 ms':>9}")
    with browse._web(PORT):
        for name, paths, body in _paths(asked):
            load.run(base, paths, concurrency=PAGE_READERS, seconds=1, body=body)
            run = load.run(base, paths, concurrency=PAGE_READERS, seconds=asked.seconds, body=body)
            said = f"{run.per_s:>9,.0f}{run.p50_ms:>9.1f}{run.p95_ms:>9.1f}"
            print(f"{name:<18}{said}{f'  {run.failed} failed' if run.failed else ''}", flush=True)
    return 0


def _paths(asked: argparse.Namespace) -> list[tuple[str, list[str], str]]:
    """Kinds of pages, their addresses that are not missing at this state, and what is posted to them."""
    from django.test import Client

    from bench import grown

    logging.getLogger("django.request").setLevel(logging.ERROR)  # what is missing is found out by asking
    client = Client(SERVER_NAME="127.0.0.1")
    skus = asked.skus if asked.state == GROWN else asked.young_skus
    return [
        (f"{page.name} {kind}", [path for path in paths if page.ask(client, path).status_code != 404], page.body)
        for page in browse._pages(grown.products(skus))
        for kind, paths, _ in page.forms
    ]


def _requests_file(state: str) -> Path:
    return Path(f"var/bench/growth-{state}.pickle")


def _requests(state: str) -> list[PlaceRequest]:
    found: list[PlaceRequest] = pickle.loads(_requests_file(state).read_bytes())[1]
    return found


def _drop(state: str) -> None:
    _requests_file(state).unlink(missing_ok=True)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        db.execute(f"DROP DATABASE IF EXISTS {_database(state)}")  # type: ignore[arg-type]


_PARTS: Mapping[str, Callable[[argparse.Namespace], int]] = {"fill": _fill, "measure": _measure, "pages": _pages}


if __name__ == "__main__":
    sys.exit(main())
