"""How many whole checkouts a second, as customers do them: basket, address, quote, place, pay, order page.

All processes of the house run as in production (web, intake, worker, scheduler) with the sandbox as the world outside.
Customs and the carrier, who take hours, say what they have to say when the customers have gone, and how long all that
takes is measured too; with `--at-once` they answer while customers wait. Customers are programs (JSON and access keys)
and browsers (pages, cookies, forms). At the end the books, ours and the provider's, are held against what customers
were told; exits with 1 where they differ.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil

from bench import crowd, customers, intake
from bench.customers import STEPS, Browser, Checkout, Customer, Doors, Person, Program, Rush

if TYPE_CHECKING:
    from datetime import datetime

    from entrepot.checkout.types import PlaceRequest

PORTS = {"web": 8131, "intake": 8172, "sandbox": 8173}  # web: where `intake.opened` says the house is
PER_S_MIN = 100
SHOPPERS, SKUS = 256, 1_000
CLEARED_WAIT_S = 180
FORMS: Mapping[str, type[Customer]] = {"JSON": Program, "pages": Browser}
PACES = {"customs": {"pace_s": 0.05}, "carrier": {"journey_s": 0.5}}


@dataclass(frozen=True, slots=True)
class House:
    """The running processes, whose CPU is counted."""

    doors: Doors
    processes: Mapping[str, psutil.Process]

    def cpu_s(self) -> dict[str, float]:
        used = {name: _tree_cpu_s(process) for name, process in self.processes.items()}
        return used | {"database": intake._cpu_s()[1], "client": time.process_time()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exits with 1 if a book is wrong or a checkout was called paid that is not."""
    parser = argparse.ArgumentParser(prog="python -m bench.checkout", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--customers", type=int, nargs="+", default=[8, 32, 64])
    parser.add_argument("--at-once", action="store_true", help="customs and the carrier do not wait with their answers")
    parser.add_argument("--forms", nargs="+", choices=list(FORMS), default=list(FORMS))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sandbox-") as state, _sandbox(Path(state)) as sandbox:
        requests = intake.opened(SHOPPERS, SKUS)
        people = deque(_people(requests))
        with _house(sandbox) as house:
            fine = _measured(house, people, asked)
    return 0 if fine else 1


def _measured(house: House, people: deque[Person], asked: argparse.Namespace) -> bool:
    from entrepot.kit.clock import now

    began, told = now(), list[Checkout]()
    print(f"two articles a checkout, {asked.seconds} s each, aim {PER_S_MIN}/s\n", flush=True)
    for form in asked.forms:
        asyncio.run(_rush(house.doors, form, people, 4, 2))  # connections, plans, what processes keep
        for count in asked.customers:
            pgbench = intake.yardstick(asked.seconds, count)
            before = house.cpu_s()
            with nullcontext() if asked.at_once else _held(house.doors):
                run = asyncio.run(_rush(house.doors, form, people, count, asked.seconds))
                within = house.cpu_s()
            later_s = cleared()
            told += run.checkouts
            _print(form, count, run, pgbench)
            print(f"    CPU ms a checkout, until paid: {_shares(before, within, run)}")
            print(f"    with all that follows (done {later_s:.0f} s later): {_shares(before, house.cpu_s(), run)}\n")
    wrong = judged(told, since=began)
    for line in wrong:
        print(f"WRONG  {line}")
    print(f"{len(told):,} checkouts; the books: {'wrong' if wrong else 'agree'}")
    return not wrong


@contextmanager
def _held(doors: Doors) -> Iterator[None]:
    """Customs and the carrier say nothing until the block ends."""
    for hold in (True, False):
        for party in PACES:
            httpx.post(f"{doors.sandbox}/{party}/control", json={"hold": hold}).raise_for_status()
        if hold:
            yield


async def _rush(doors: Doors, form: str, people: deque[Person], count: int, seconds: int) -> Rush:
    from bench import shoppers

    return await customers.rush([FORMS[form](doors, shoppers.ADDRESS) for _ in range(count)], people, seconds)


def _print(form: str, count: int, run: Rush, pgbench: float) -> None:
    paid = [one for one in run.checkouts if one.paid]
    per_s = len(paid) / run.seconds
    print(
        f"{form}, {count} customers: {per_s:,.1f} checkouts/s, {per_s / pgbench:.3f} of pgbench -N ({pgbench:,.0f}/s)"
        f"{'' if per_s >= PER_S_MIN else '  below the aim'}"
    )
    for wrong, times in Counter(one.wrong for one in run.checkouts if one.wrong).most_common(3):
        print(f"    {times} failed: {wrong}")
    if paid:
        waits = {name: sorted(one.steps_ms[name] for one in paid) for name in STEPS}
        waits["all"] = sorted(sum(one.steps_ms.values()) for one in paid)
        shown = (f"{name} {_at(each, 0.5):,.0f}/{_at(each, 0.99):,.0f}" for name, each in waits.items())
        print(f"    ms, p50/p99: {'  '.join(shown)}", flush=True)


def _at(sorted_ms: Sequence[float], part: float) -> float:
    return sorted_ms[min(int(len(sorted_ms) * part), len(sorted_ms) - 1)]


def _shares(before: Mapping[str, float], after: Mapping[str, float], run: Rush) -> str:
    count = max(len(run.checkouts), 1)
    return "  ".join(f"{name} {1e3 * (after[name] - used) / count:.1f}" for name, used in before.items())


def cleared() -> float:
    """Wait until the worker has nothing left and nothing comes from outside; how long that took."""
    from entrepot.outbox import selectors as outbox

    began, quiet = time.perf_counter(), 0
    while quiet < 10 and time.perf_counter() - began < CLEARED_WAIT_S:
        state = outbox.queue_state()
        busy = state.running or (state.oldest_due is not None)
        quiet = 0 if busy else quiet + 1
        time.sleep(0.2)
    return time.perf_counter() - began


def judged(told: Sequence[Checkout], *, since: datetime) -> list[str]:
    """What the books say against what customers were told, and against themselves; nothing where they agree.

    `told` is everything that was ordered since then.
    """
    from entrepot.kit.clock import CHINA, day_in, now
    from entrepot.orders import selectors as orders
    from entrepot.payments import selectors as payments
    from entrepot.payments import services as paying
    from entrepot.stock import selectors as stock

    numbers = Counter(one.number for one in told if one.number)
    paid = {one.number: one for one in told if one.paid}
    stored = _stored(since)
    statement = paying.reconcile(provider="sandbox", day=day_in(CHINA, now()), now=now())
    found = {
        "numbers told twice": [number for number, times in numbers.items() if times > 1],
        "told, not stored": numbers.keys() - stored.keys(),
        "told paid, not paid": [number for number in paid if number not in stored or not stored[number].paid],
        "paid twice": [number for number, one in stored.items() if one.captures > 1],
        "another sum taken": [n for n, one in paid.items() if n in stored and one.total not in ("", stored[n].taken)],
        "the provider differs": statement.differences,
        "orders": orders.discrepancies(),
        "payments": payments.discrepancies(),
        "stock": stock.discrepancies(),
    }
    return [f"{name}: {len(wrong)}, first {next(iter(wrong))}" for name, wrong in found.items() if wrong]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says of an order: whether it is paid, how often its money was taken, and how much of it."""

    paid: bool
    captures: int
    taken: str


def _stored(since: datetime) -> dict[str, Stored]:
    from entrepot.kit import sql

    rows = sql.rows(
        "SELECT o.number, o.state <> 'placed' AND o.payment_id IS NOT NULL AS paid, count(e.id) AS captures,"
        " coalesce(sum(e.amount_minor), 0) AS taken FROM orders_order o"
        " LEFT JOIN payments_payment p ON p.order_id = o.id AND p.buyer_id = o.buyer_id"
        " LEFT JOIN payments_transactionevent e ON e.payment_id = p.id AND e.buyer_id = o.buyer_id"
        " AND e.action = 'capture' AND e.outcome = 'succeeded' WHERE o.placed_at >= %s GROUP BY o.id",
        (since,),
    )
    return {
        row["number"]: Stored(row["paid"], row["captures"], f"{Decimal(row['taken']).scaleb(-2):.2f}") for row in rows
    }


def _people(requests: Sequence[PlaceRequest]) -> list[Person]:
    """Those who can order, each with two articles of their own choice; the goods are shown and customs knows us."""
    from django.core.management import call_command
    from django.db import connection

    from bench import fill
    from entrepot.customs import services as customs
    from entrepot.kit.clock import now
    from entrepot.storefronts import selectors as storefronts

    call_command("collectstatic", interactive=False, verbosity=0)
    customs.set_up(now=now())
    fill.show(storefronts.every()[0], now())
    found = persons(intake.carts(requests, False, 1))
    connection.close()
    return found


def persons(carts: Sequence[PlaceRequest]) -> list[Person]:
    """Keys and sessions for the buyers of the carts."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from entrepot.catalogue import selectors as catalogue
    from entrepot.identity import services as identity
    from entrepot.identity.types import KeyDraft, Scope
    from entrepot.kit.clock import now

    skus = catalogue.skus(ids={wish.sku_id for cart in carts for wish in cart.wishes or () if wish.sku_id})
    scopes = frozenset({Scope.BASKET_WRITE, Scope.ORDERS_READ, Scope.ORDERS_WRITE})
    draft = KeyDraft(name="bench", scopes=scopes, days=30)
    users = get_user_model().objects.in_bulk([cart.buyer_id for cart in carts])
    found = []
    for cart in carts:
        chosen = [skus[wish.sku_id] for wish in cart.wishes or () if wish.sku_id]
        client = Client()
        client.force_login(users[cart.buyer_id])
        found.append(
            Person(
                secret=identity.issue_key(person_id=cart.buyer_id, draft=draft, now=now()).secret,
                session=client.cookies["sessionid"].value,
                real_name_id=cart.real_name_id,
                skus=[(sku.code, sku.id) for sku in chosen],
                product=chosen[0].product_slug,
            )
        )
    return found


@contextmanager
def _sandbox(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The world outside, until the block ends; named in the environment, so that everything started later finds it."""
    url = f"http://127.0.0.1:{PORTS['sandbox']}"
    secrets = {f"ENTREPOT_{party}_SECRET": "only-for-measuring" for party in ("PAYMENT", "CARRIER")}
    os.environ.update(secrets, ENTREPOT_SANDBOX_URL=url)
    command = [sys.executable, "-m", "entrepot.sandbox", "--port", str(PORTS["sandbox"]), "--state", str(state)]
    process = subprocess.Popen(command)
    try:
        asyncio.run(crowd._answers(PORTS["sandbox"]))
        for party, control in PACES.items():
            httpx.post(f"{url}/{party}/control", json=control).raise_for_status()
        yield process
    finally:
        process.terminate()
        process.wait(crowd.READY_S)


@contextmanager
def _house(sandbox: subprocess.Popen[bytes]) -> Iterator[House]:
    """Web, intake, worker and scheduler, each a process of its own as behind a proxy, until the block ends."""
    doors = Doors(*(f"http://127.0.0.1:{PORTS[name]}" for name in ("web", "intake", "sandbox")))
    env = {**os.environ, "ENTREPOT_URL": doors.web, "PORT": str(PORTS["web"])}
    env |= {"ENTREPOT_INTAKE_PORT": str(PORTS["intake"]), "ENTREPOT_LOG": "WARNING"}
    names = ("web", "intake", "worker", "scheduler")
    started = {name: subprocess.Popen([sys.executable, "-m", "entrepot", name], env=env) for name in names}
    try:
        for name in ("web", "intake"):
            asyncio.run(crowd._answers(PORTS[name]))
        everyone = {**started, "sandbox": sandbox}
        yield House(doors, {name: psutil.Process(one.pid) for name, one in everyone.items() if name != "scheduler"})
    finally:
        for one in started.values():
            one.terminate()
        for one in started.values():
            one.wait(crowd.READY_S)


def _tree_cpu_s(process: psutil.Process) -> float:
    """Of a process and all that it started."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            used = one.cpu_times()
            total += used.user + used.system
    return total


if __name__ == "__main__":
    sys.exit(main())
