"""How fast people can look around (home, category, product, search; pages and API) and learn what a parcel owes.

Fills a database of its own with 30,000 products through the verbs of the house, starts the web process on it, and asks
with 8 connections. `pgbench -S` runs on the same machine in the same minutes: the ratio to it travels between machines.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import psutil
import psycopg

from bench import goods, load
from entrepot.server.embedded import EmbeddedServer, bindir

if TYPE_CHECKING:
    from django.test import Client

HTML_PER_S_MIN, JSON_PER_S_MIN, P95_MS_MAX = 250, 500, 40
STATEMENTS_MAX = 12
T = TypeVar("T")
DATABASE, YARDSTICK = "entrepot_bench", "entrepot_yardstick"
WARM_UP_S = 2
_COLUMNS = ("per s", "p50 ms", "p95 ms", "p99 ms", "first ms", "failed", "statements", "CPU web", "CPU db",
            "of pgbench")  # fmt: skip
_SEARCHES = (
    "coffee machine|organic dark chocolate|running shoes|face cream moisturizing|wireless headphones|vitamin c|"
    "wool sweater|soft bath towel|shampoo|smart watch|manuka honey|yoga mat|baby bottle|premium olive oil|"
    "light rain coat|cofee machine|咖啡机|婴儿奶粉|有机黑巧克力|保湿面霜|耳机|无线蓝牙音箱|经典羊毛衫|跑步鞋|"
    "维生素C|橄榄油|纯净鱼油|便携充电宝|高端智能手表|麦卢卡蜂蜜|浴巾|蓝牙音香"
)
_QUESTION = json.dumps(
    {
        "destination": "CN", "channel": "bonded", "date": "2026-11-01", "currency": "CNY",
        "lines": [{"id": "1", "hs_code": "3304990039", "origin": "FR", "quantity": "1", "unit": "piece",
                   "unit_price": "425.00", "measures": {"g": "20"}}],
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of page: its addresses as HTML and as JSON, and what is posted to them."""

    name: str
    html: Sequence[str]
    json: Sequence[str]
    body: str = ""

    @property
    def forms(self) -> Sequence[tuple[str, Sequence[str], int]]:
        """Name, addresses and how many answers a second they are to give."""
        both = ("page", self.html, HTML_PER_S_MIN), ("JSON", self.json, JSON_PER_S_MIN)
        return [form for form in both if form[1]]

    def ask(self, client: Client, path: str) -> Any:
        return client.post(path, self.body, content_type="application/json") if self.body else client.get(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if a page failed or an aim is missed."""
    asked = _arguments(arguments)
    url = _database(DATABASE)
    os.environ.update(_environment(url, asked.port))
    _prepare(asked.products)
    pages = _pages(asked.products)
    statements = _statements(pages)
    with _web(asked.port) as server:
        yardstick = _yardstick(asked.seconds, asked.concurrency)
        print(f"{asked.products:,} products, {asked.concurrency} connections, {asked.seconds} s each, {load.client()}")
        print(f"pgbench -S beside it: {yardstick:,.0f} statements/s\n")
        print(f"{'page':<15}" + "".join(f"{column:>11}" for column in _COLUMNS))
        fine = [_measure(page, statements, asked, server, yardstick) for page in pages]
        print(
            "\nfirst ms: mean of each address asked for once, one after the other, drawn for the first time."
            "\nstatements: first / next time in a process. CPU: ms a request, the figure to compare on a busy machine."
        )
        print(f"Web processes: {_memory_mb(server):.0f} MB resident.")
    return 0 if all(fine) else 1


def _measure(
    page: Page,
    statements: Mapping[tuple[str, str], tuple[int, int]],
    asked: argparse.Namespace,
    server: psutil.Process,
    yardstick: float,
) -> bool:
    """Load one kind of page in both forms and print its lines; whether it does what it is to do."""
    base = f"http://127.0.0.1:{asked.port}"
    fine = True
    for kind, paths, per_s_min in page.forms:
        if (page.name, kind) not in statements:
            fine = False
            continue
        first_ms = _first_ms(base, page, paths)
        load.run(base, paths, concurrency=asked.concurrency, seconds=WARM_UP_S, body=page.body)
        before = _cpu_s(server)
        result = load.run(base, paths, concurrency=asked.concurrency, seconds=asked.seconds, body=page.body)
        web_ms, db_ms = (1e3 * (b - a) / result.requests for a, b in zip(before, _cpu_s(server), strict=True))
        cold, warm = statements[page.name, kind]
        good = result.per_s >= per_s_min and result.p95_ms <= P95_MS_MAX
        good = good and not result.failed and max(cold, warm) <= STATEMENTS_MAX
        fine = fine and good
        print(
            f"{page.name + ' ' + kind:<15}{result.per_s:>11.0f}{result.p50_ms:>11.1f}{result.p95_ms:>11.1f}"
            f"{result.p99_ms:>11.1f}{first_ms:>11.1f}{result.failed:>11}{f'{cold} / {warm}':>11}"
            f"{web_ms:>11.2f}{db_ms:>11.2f}{result.per_s / yardstick:>11.1%}{'' if good else '  below the aim'}",
            flush=True,
        )
    return fine


def _first_ms(base: str, page: Page, paths: Sequence[str]) -> float:
    """What the first visitor of an address waits for."""
    different = list(dict.fromkeys(paths))
    with httpx.Client(base_url=base) as visitor:
        began = time.perf_counter()
        for path in different:
            method = "POST" if page.body else "GET"
            head = {"Content-Type": "application/json"} if page.body else {}
            visitor.request(method, path, content=page.body or None, headers=head).raise_for_status()
        return (time.perf_counter() - began) * 1e3 / len(different)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.browse", description=__doc__.partition("\n")[0])
    parser.add_argument("--products", type=int, default=30_000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--port", type=int, default=8130)
    return parser.parse_args(given)


def _database(name: str) -> str:
    """The address of a database on the server of DATABASE_URL, else of an embedded one; made if it is not there."""
    server = os.environ.get("DATABASE_URL") or EmbeddedServer(Path("var/bench/db")).ensure_running()
    with psycopg.connect(server, autocommit=True) as db:
        if db.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            db.execute(f"CREATE DATABASE {name}")
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _environment(url: str, port: int) -> Mapping[str, str]:
    """Settings of a production process, with keys that open nothing."""
    key = base64.b64encode(b"b" * 32).decode()
    return {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "entrepot.server.settings",
        "ENTREPOT_HOME": str(Path("var/bench").resolve()),
        "ENTREPOT_URL": f"http://127.0.0.1:{port}",
        "ENTREPOT_FIELD_KEYS": f"1:{key}",
        "ENTREPOT_INDEX_KEY": key,
        "SECRET_KEY": "only-for-measuring",
        "PORT": str(port),
    }


def _prepare(products: int) -> None:
    """Schema, static files, goods and shelf."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench import fill
    from entrepot.kit.clock import now
    from entrepot.shelf import selectors
    from entrepot.shelf.types import Filter

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    storefront = _timed("goods", lambda: fill.fill(products, now()))
    shown = selectors.listing(storefront=storefront, filter=Filter(), page=1, language="en").total
    if shown != products:
        report = _timed("shelf", lambda: fill.show(storefront, now()))
        print(f"  on the shelf: {report.shown:,} {dict(report.left_out) or ''}")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    connection.close()


def _timed(what: str, make: Callable[[], T]) -> T:
    began = time.perf_counter()
    made = make()
    print(f"  {what}: {time.perf_counter() - began:.1f} s", flush=True)
    return made


def _pages(products: int) -> list[Page]:
    """A few hundred addresses in an order of chance, the same every time."""
    chance = random.Random(goods.SEED)
    slugs = [one.draft.slug for one in goods.products(min(products, 2_000))]
    chosen = chance.sample(slugs, min(len(slugs), 300))
    categories = [(category.slug, page) for category in goods.categories() for page in (1, 1, 2, 3)]
    chance.shuffle(categories)
    searches = [quote(text) for text in _SEARCHES.split("|")]
    return [
        Page("home", ["/"], ["/api/v1/home"]),
        Page(
            "category",
            [f"/c/{slug}/?page={page}" if page > 1 else f"/c/{slug}/" for slug, page in categories],
            [f"/api/v1/products?category={slug}&page={page}" for slug, page in categories],
        ),
        Page("product", [f"/p/{slug}/" for slug in chosen], [f"/api/v1/products/{slug}" for slug in chosen]),
        Page("search", [f"/search/?q={text}" for text in searches], [f"/api/v1/search?q={text}" for text in searches]),
        Page("landed cost", [], ["/api/v1/landed-cost/quotes"], _QUESTION),
    ]


def _statements(pages: Sequence[Page]) -> dict[tuple[str, str], tuple[int, int]]:
    """The most statements any of ten addresses takes, for the first time in a process and for the next."""
    from django.db import connection
    from django.test import Client

    from entrepot.web.rest import short

    short.warm()  # as the web process does
    client = Client(SERVER_NAME="127.0.0.1")
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for page in pages:
        for kind, paths, _ in page.forms:
            status = page.ask(client, paths[0]).status_code
            if status == 200:
                counted = [_statements_of(partial(page.ask, client), path) for path in paths[:10]]
                found[page.name, kind] = (max(cold for cold, _ in counted), max(warm for _, warm in counted))
            else:
                print(f"  {paths[0]} answers {status}: left out")
    connection.close()
    return found


def _statements_of(ask: Callable[[str], object], path: str) -> tuple[int, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from entrepot.kit.kept import forget_all

    forget_all()
    with CaptureQueriesContext(connection) as cold:
        ask(path)
    with CaptureQueriesContext(connection) as warm:
        ask(path)
    return len(cold), len(warm)


@contextmanager
def _web(port: int) -> Iterator[psutil.Process]:
    """The web process as in production, until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", "entrepot", "web"])
    try:
        deadline = time.monotonic() + 90
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the web process did not start")
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answers(port: int) -> bool:
    return any(one.laddr.port == port and one.status == "LISTEN" for one in psutil.net_connections("tcp"))


def _cpu_s(server: psutil.Process) -> tuple[float, float]:
    """CPU seconds used so far by the web processes and by their database sessions (where those run on this machine)."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        sessions = db.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    web = [server, *server.children(recursive=True)]
    return _sum_cpu_s(one.pid for one in web), _sum_cpu_s(pid for (pid,) in sessions)


def _sum_cpu_s(pids: Iterable[int]) -> float:
    total = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            used = psutil.Process(pid).cpu_times()
            total += used.user + used.system
    return total


def _memory_mb(server: psutil.Process) -> float:
    """Proportional share of memory where the system tells it, of the process and its children."""
    return sum(one.memory_full_info().pss for one in (server, *server.children(recursive=True))) / 2**20


def _yardstick(seconds: int, concurrency: int) -> float:
    """`pgbench -S` (one row by key) through the same server."""
    url, program = _database(YARDSTICK), str(bindir() / "pgbench")
    with psycopg.connect(url) as db:
        made = db.execute("SELECT to_regclass('pgbench_accounts')").fetchone()
    if made is None or made[0] is None:
        subprocess.run([program, "-i", "-q", "-s", "10", url], check=True, capture_output=True)
    command = [program, "-S", "-n", "-c", str(concurrency), "-j", "1", "-T", str(seconds), url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


if __name__ == "__main__":
    sys.exit(main())
