"""kill -9 at random moments of the story: nothing acknowledged is lost, nobody is charged twice, the books agree.

Buyers order over the API and pay at the sandbox while the web process, the worker, the scheduler or PostgreSQL are
killed; whoever got no answer asks again with the same key. The client's log is the judge, not the server's.
`make crash` is the long form: 100 kills among 10,000 orders of 200 people.
"""

from __future__ import annotations

import os
import random
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.house import HTTP, House, house, wait_for

pytestmark = pytest.mark.house
ROUNDS = int(os.environ.get("ROUNDS", "20"))
ORDERS = int(os.environ.get("ORDERS", "0"))  # acknowledged at least, before the drill ends; 0: as many as it comes to
SEED = int(os.environ.get("SEED", "0")) or secrets.randbelow(10**6)
BUYERS = 16 if ORDERS else 3
PEOPLE = ORDERS // 50  # a person's allowance is good for more
KILL_EVERY_S = (0.05, 0.7) if not ORDERS else (0.5, 8.0)
VICTIMS = ("web", "worker", "scheduler", "postgres", "web", "postgres")
retry_wait_s = 90.0
finish_wait_s, parcels_per_s = 180.0, 5


@pytest.fixture(scope="module")
def opened() -> Iterator[House]:
    with house(ENTREPOT_DEMO_PICTURES="0") as made:
        yield made


@dataclass
class Log:
    """What the clients saw: order number by key, and the amounts they paid."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    totals: dict[str, str] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    unexpected: list[str] = field(default_factory=list)


class Buyer(threading.Thread):
    """Orders and pays again and again until told to stop. No answer means: ask again, with the same key."""

    def __init__(
        self, at: House, people: Sequence[str], log: Log, choose: random.Random, stop: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.at, self.people, self.log, self.choose, self.stop_now = at, people, log, choose, stop
        self.http = httpx.Client(base_url=f"{at.url}/api/v1", timeout=20, trust_env=False)
        self.papers: dict[str, tuple[str, str]] = {}
        self.skus: list[str] = []

    def be(self, key: str) -> tuple[str, str]:
        """Act as this person; their address and real name."""
        self.http.headers["Authorization"] = f"Bearer {key}"
        if key not in self.papers:
            self.papers[key] = (self.insist("GET", "/addresses")[0]["id"], self.insist("GET", "/real-names")[0]["id"])
        return self.papers[key]

    def run(self) -> None:
        try:
            self.be(self.people[0])
            listing = self.insist("GET", "/products?sort=price_up&in_stock=true")
            for item in listing["items"]:
                product = self.insist("GET", f"/products/{item['slug']}")
                self.skus += [sku["code"] for sku in product["skus"] if sku["available"]]
            while not self.stop_now.is_set():
                self.buy(*self.be(self.choose.choice(self.people)))
        except Exception as wrong:  # noqa: BLE001 told to the test
            self.log.unexpected.append(repr(wrong))

    def buy(self, address: str, real_name: str) -> None:
        key = secrets.token_hex(12)
        lines = [{"sku": sku, "quantity": 1} for sku in self.choose.sample(self.skus, self.choose.choice([1, 2]))]
        wish = {"lines": lines, "address_id": address, "real_name_id": real_name, "notice_accepted": True}
        placed = self.insist("POST", "/orders", json=wish, key=key)
        if "number" not in placed:
            return  # sold out or the year's allowance is used: a refusal, nothing to follow
        self.log.acknowledged[key] = placed["number"]
        self.log.totals[placed["number"]] = placed["total"]
        redirect = self.insist("POST", f"/orders/{placed['number']}/payment", key=key)["redirect"]
        paid = HTTP.post(redirect, data={"action": "pay", "wallet": "own"})
        assert paid.status_code == 303, paid.text
        self.log.paid.add(placed["number"])

    def insist(self, method: str, path: str, key: str = "", json: Any = None) -> Any:
        """The answer, however often it takes."""
        pause, deadline = threading.Event(), monotonic() + retry_wait_s
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            try:
                answer = self.http.request(method, path, json=json, headers=headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500:
                return answer.json()
            if monotonic() > deadline:
                raise AssertionError(f"no answer to {method} {path}: {answer and answer.text}")
            pause.wait(0.2)


def test_kills_lose_nothing(opened: House) -> None:
    print(f"SEED={SEED} ROUNDS={ROUNDS}")
    choose = random.Random(SEED)
    log, stop = Log(), threading.Event()
    people = _people(opened)
    _pace(opened)
    buyers = [Buyer(opened, people[i::BUYERS] or people, log, random.Random(SEED + i), stop) for i in range(BUYERS)]
    for buyer in buyers:
        buyer.start()
    wait_for(lambda: bool(log.paid) or bool(log.unexpected), what="the first paid order")
    pause, kills = threading.Event(), 0
    while kills < ROUNDS or len(log.acknowledged) < ORDERS:
        pause.wait(choose.uniform(*KILL_EVERY_S))
        opened.kill(choose.choice(VICTIMS))
        wait_for(opened.answers, what=lambda: f"the house to come back; it says:\n{opened.told()}")
        kills += 1
        assert log.unexpected == []
    stop.set()
    for buyer in buyers:
        buyer.join(retry_wait_s)
    assert log.unexpected == []
    print(f"{len(log.acknowledged)} orders acknowledged, {len(log.paid)} paid, through {kills} kills")
    assert log.paid, "nobody could buy anything: the drill proves nothing"
    try:
        wait_s = finish_wait_s + len(log.paid) / parcels_per_s
        wait_for(lambda: _undelivered(opened, log) == [], what="paid orders to be delivered", wait_s=wait_s)
    except AssertionError as late:
        raise AssertionError(f"{late}: {_standing(opened, log)}") from late
    _judge(opened, log)


def _people(opened: House) -> list[str]:
    """Access keys of those who buy."""
    if not PEOPLE:
        return opened.command("accesskey", "issue", "buyer@demo.entrepot.test").splitlines()[:1]
    move_in = f"from bench.people import move_in; move_in({PEOPLE})"
    return opened.command("shell", "--no-imports", "-c", move_in).splitlines()


def _pace(opened: House) -> None:
    """The sandbox answers as fast as it can: the drill is about kills, not about waiting."""
    for party, switches in {"customs": {"pace_s": 0}, "carrier": {"journey_s": 0}}.items():
        HTTP.post(f"{opened.sandbox}/{party}/control", json=switches).raise_for_status()


def _undelivered(opened: House, log: Log) -> list[str]:
    with opened.database() as db:
        found = db.execute("SELECT number FROM orders_order WHERE state <> 'delivered'").fetchall()
    return sorted(log.paid & {str(number) for (number,) in found})


def _standing(opened: House, log: Log) -> str:
    """What holds orders up: how many, in which states their parcels are, and the jobs that are not done."""
    waiting = _undelivered(opened, log)
    with opened.database() as db:
        states = db.execute(
            "SELECT p.state, count(*) FROM orders_parcel p JOIN orders_order o ON o.id = p.order_id"
            " WHERE o.number = ANY(%s) GROUP BY 1",
            (waiting,),
        ).fetchall()
        jobs = db.execute(
            "SELECT task_name, status, max(attempts), max(scheduled_at), count(*) FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 5 DESC LIMIT 20"
        ).fetchall()
        errors = db.execute("SELECT error, count(*), max(at) FROM outbox_failure GROUP BY 1 ORDER BY 3 DESC LIMIT 8")
        told = f"parcels {states}, jobs {jobs}, errors {errors.fetchall()}, the sandbox {_owed(opened)}"
        return f"{len(waiting)} of {len(log.paid)} wait, {told}"


def _owed(opened: House) -> dict[str, list[Any]]:
    """What the parties outside have not got rid of, and why not."""
    query = (
        "SELECT kind, gave_up_at IS NOT NULL, max(attempts), max(due_at) - unixepoch(), max(last_error), count(*)"
        " FROM sending WHERE done_at IS NULL GROUP BY 1, 2"
    )
    owed = {}
    for party in ("customs", "carrier", "pay"):
        with sqlite3.connect(opened.home / "sandbox" / party / "state.sqlite3") as books:
            owed[party] = books.execute(query).fetchall()
    return owed


def _judge(opened: House, log: Log) -> None:
    with opened.database() as db:
        orders = {
            str(number): int(str(total)) for number, total in db.execute("SELECT number, total_minor FROM orders_order")
        }
        captured = dict(
            db.execute(
                "SELECT order_number, count(*) FROM payments_payment WHERE captured_at IS NOT NULL GROUP BY 1"
            ).fetchall()
        )
        books = {
            context: db.execute(
                files(f"entrepot.{context}").joinpath("sql", "discrepancies.sql").read_text()
            ).fetchall()
            for context in ("stock", "orders", "payments")
        }
    lost = set(log.acknowledged.values()) - set(orders)
    assert lost == set(), "acknowledged orders are gone"
    assert len(set(log.acknowledged.values())) == len(log.acknowledged), "two keys, one order"
    assert set(orders) - set(log.acknowledged.values()) == set(), "orders that no key asked for"
    assert {number for number, count in captured.items() if count != 1} == set(), "charged twice"
    assert log.paid <= set(captured), "charged, but the books do not know"
    charged = _charged(opened)
    assert {number: sums for number, sums in charged.items() if len(sums) != 1} == {}, "charged twice at the provider"
    assert {number: sums[0] for number, sums in charged.items()} == {number: orders[number] for number in charged}
    assert books == {"stock": [], "orders": [], "payments": []}
    # A tick of the clock that a kill cut off stays parked until the next one, a minute later.
    wait_for(lambda: _parked(opened) == [], what=f"parked jobs to be done: {_parked(opened)}", wait_s=finish_wait_s)


def _parked(opened: House) -> list[Any]:
    with opened.database() as db:
        return db.execute("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'failed'").fetchall()


def _charged(opened: House) -> dict[str, list[int]]:
    """What the provider took, by order number, straight from its own books."""
    charged: dict[str, list[int]] = {}
    with sqlite3.connect(opened.home / "sandbox" / "pay" / "state.sqlite3") as books:
        for number, amount in books.execute("SELECT merchant_order, amount_minor FROM payment WHERE charges > 0"):
            charged.setdefault(str(number), []).append(int(amount))
    return charged
