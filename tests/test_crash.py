"""kill -9 at random moments of the story: nothing acknowledged is lost, nobody is charged twice, the books agree.

Buyers order over the API, half of them through the web process and half through the intake process, and pay at the
sandbox while the web process, the intake process, the worker, the scheduler or PostgreSQL are killed. Some orders are
for a flash sale with fewer units than are wanted, some for an article with a purchase limit. Whoever got no answer asks
again with the same key, at the other door. The client's log is the judge, not the server's.
`make crash` is the long form: 100 kills among 10,000 orders of 200 people.
"""

from __future__ import annotations

import os
import random
import secrets
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.resources import files
from itertools import cycle
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.house import HTTP, House, free_port, house, wait_for

pytestmark = pytest.mark.house
ROUNDS = int(os.environ.get("ROUNDS", "20"))
ORDERS = int(os.environ.get("ORDERS", "0"))  # acknowledged at least, before the drill ends; 0: as many as it comes to
SEED = int(os.environ.get("SEED", "0")) or secrets.randbelow(10**6)
BUYERS = 16 if ORDERS else 3
PEOPLE = max(ORDERS // 50, 8)  # a person's allowance is good for more
SALE_UNITS, MOST = max(ORDERS // 50, 4), 2  # of the sale; of the sale and of the limited article to one person
SPECIAL = 0.1 if ORDERS else 0.25  # the share of orders for the sale, and for the limited article
KILL_EVERY_S = (0.05, 0.7) if not ORDERS else (0.5, 8.0)
VICTIMS = ("web", "intake", "postgres", "web", "intake", "postgres", "worker", "scheduler")
ORDER = ("POST", "/orders")
retry_wait_s = 90.0
finish_wait_s, parcels_per_s = 180.0, 5
# What ends a key for good, and what asks to be asked again; any other "no" is a fault of the house.
FINAL = {"out_of_stock", "sold_out_at_price", "over_limit", "price_changed"}
BOOKS = ("stock", "orders", "payments", "pricing")
AGAIN = {"orders_busy", "allowance_moved", "claim_raced", "take_raced"}
SALE_OVER, LIMITED = {"sold_out_at_price", "price_changed"}, "purchase_limit"


@pytest.fixture(scope="module")
def opened() -> Iterator[House]:
    with house(ENTREPOT_DEMO_PICTURES="0", ENTREPOT_INTAKE_PORT=str(free_port())) as made:
        yield made


@dataclass(frozen=True)
class Market:
    """Codes of what is for sale: plenty; one in a flash sale, with the total of an order of one; a limited one."""

    plain: Sequence[str]
    sale: str
    sale_total: str
    limited: str


@dataclass(frozen=True)
class Bought:
    """An order as its buyer knows it."""

    number: str
    person: str
    units: dict[str, int]
    total: str


@dataclass
class Log:
    """What the clients saw: orders by key, the numbers they paid, how often they were refused or had to ask again."""

    acknowledged: dict[str, Bought] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)

    def units(self, sku: str) -> Counter[str]:
        """Units of an article by person."""
        found: Counter[str] = Counter()
        for order in self.acknowledged.values():
            found[order.person] += order.units.get(sku, 0)
        return found

    def everything_seen(self, market: Market) -> bool:
        """Whether the sale is sold out and its next buyers were told so, and somebody met the purchase limit."""
        told = self.refused.keys()
        sold_out = self.units(market.sale).total() >= SALE_UNITS
        return sold_out and bool(SALE_OVER & told) and LIMITED in told


class Buyer(threading.Thread):
    """Orders and pays again and again until told to stop. No answer means: ask again, with the same key."""

    def __init__(
        self, at: House, people: Sequence[str], market: Market, log: Log, choose: random.Random, stop: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.at, self.people, self.log, self.choose, self.stop_now = at, people, log, choose, stop
        self.market = market
        self.http = httpx.Client(timeout=20, trust_env=False)
        self.papers: dict[str, tuple[str, str]] = {}
        self.doors = [at.url, at.intake]

    def be(self, person: str) -> tuple[str, str]:
        """Act as the owner of this access key; their address and real name."""
        self.http.headers["Authorization"] = f"Bearer {person}"
        if person not in self.papers:
            papers = self.insist("GET", "/addresses")[0]["id"], self.insist("GET", "/real-names")[0]["id"]
            self.papers[person] = papers
        return self.papers[person]

    def run(self) -> None:
        try:
            while not self.stop_now.is_set():
                self.buy(self.choose.choice(self.people))
        except Exception as wrong:  # noqa: BLE001 told to the test
            self.log.unexpected.append(repr(wrong))

    def wish(self) -> dict[str, Any]:
        """What to order. An order for the sale names the total at the sale's price and takes no other."""
        kind = self.choose.random()
        if kind < SPECIAL:
            return {"lines": [{"sku": self.market.sale, "quantity": 1}], "expected_total": self.market.sale_total}
        if kind < 2 * SPECIAL:
            return {"lines": [{"sku": self.market.limited, "quantity": 1}]}
        plain = self.choose.sample(self.market.plain, self.choose.choice([1, 2]))
        return {"lines": [{"sku": sku, "quantity": 1} for sku in plain]}

    def buy(self, person: str) -> None:
        address, real_name = self.be(person)
        key, wish = secrets.token_hex(12), self.wish()
        asked = {**wish, "address_id": address, "real_name_id": real_name, "notice_accepted": True}
        self.choose.shuffle(self.doors)
        placed = self.insist(*ORDER, json=asked, key=key)
        if "number" not in placed:
            return  # nothing to follow
        units = {line["sku"]: line["quantity"] for line in wish["lines"]}
        bought = Bought(placed["number"], person, units, placed["total"])
        self.log.acknowledged[key] = bought
        if self.choose.random() < SPECIAL:
            self.doors.reverse()
            again = self.insist(*ORDER, json=asked, key=key)
            assert again.get("number") == bought.number, f"{key} is {bought.number}, and then {again}"
        redirect = self.insist("POST", f"/orders/{bought.number}/payment", key=key)["redirect"]
        paid = HTTP.post(redirect, data={"action": "pay", "wallet": "own"})
        assert paid.status_code == 303, paid.text
        self.log.paid.add(bought.number)

    def insist(self, method: str, path: str, key: str = "", json: Any = None) -> Any:
        """The answer, however often it takes; of an order perhaps a refusal that is final."""
        pause, deadline = threading.Event(), monotonic() + retry_wait_s
        headers = {"Idempotency-Key": key} if key else {}
        ordering = (method, path) == ORDER
        doors = cycle(self.doors if ordering else [self.at.url])
        while True:
            try:
                answer = self.http.request(method, f"{next(doors)}/api/v1{path}", json=json, headers=headers)
            except httpx.HTTPError as broken:
                why = type(broken).__name__
            else:
                if answer.is_success:
                    return answer.json()
                said = answer.json()
                code = said["code"]
                if ordering and code in FINAL:
                    named = [one["code"] for one in said["data"].get("obstacles", ())]
                    self.log.refused[LIMITED if LIMITED in named else code] += 1
                    return said
                why = f"{answer.status_code} {code}"
                assert answer.status_code > 500 or code in AGAIN, f"{method} {path}: {why} {answer.text}"
            self.log.again[why] += 1
            assert monotonic() < deadline, f"no answer to {method} {path}: {why}"
            pause.wait(0.2)


@pytest.fixture(scope="module")
def swept(opened: House) -> tuple[Log, Market]:
    """What the clients saw while processes were killed, when all that they paid for has been delivered."""
    print(f"SEED={SEED} ROUNDS={ROUNDS}")
    choose = random.Random(SEED)
    log, stop = Log(), threading.Event()
    market, people = _opening(opened)
    _pace(opened)
    buyers = [
        Buyer(opened, people[i::BUYERS] or people, market, log, random.Random(SEED + i), stop) for i in range(BUYERS)
    ]
    for buyer in buyers:
        buyer.start()
    wait_for(lambda: bool(log.paid) or bool(log.unexpected), what="the first paid order")
    pause, kills = threading.Event(), Counter[str]()
    while kills.total() < ROUNDS or len(log.acknowledged) < ORDERS:
        pause.wait(choose.uniform(*KILL_EVERY_S))
        victim = choose.choice(VICTIMS)
        kills[victim] += opened.kill(victim) > 0
        wait_for(opened.answers, what=lambda: f"the house to come back; it says:\n{opened.standing()}")
        assert log.unexpected == []
    wait_for(lambda: log.everything_seen(market) or bool(log.unexpected), what=lambda: f"every refusal: {log.refused}")
    stop.set()
    for buyer in buyers:
        buyer.join(retry_wait_s)
    assert log.unexpected == []
    print(f"{len(log.acknowledged)} orders acknowledged, {len(log.paid)} paid, through {kills.total()} kills: {kills}")
    print(f"refused for good {dict(log.refused)}; asked again {dict(log.again)}")
    try:
        wait_s = finish_wait_s + len(log.paid) / parcels_per_s
        wait_for(lambda: _undelivered(opened, log) == [], what="paid orders to be delivered", wait_s=wait_s)
    except AssertionError as late:
        raise AssertionError(f"{late}: {_standing(opened, log)}") from late
    return log, market


def test_kills_lose_nothing(opened: House, swept: tuple[Log, Market]) -> None:
    _judge(opened, swept[0])
    _judge_rush(opened, *swept)
    wait_for(lambda: _to_do(opened) == [], what=lambda: f"jobs to be done: {_to_do(opened)}", wait_s=finish_wait_s)


MISSEEN: dict[str, Callable[[Log, str, Bought], object]] = {
    "acknowledged orders are gone": lambda log, _, one: log.acknowledged.update(x=replace(one, number="KL0")),
    "two keys, one order": lambda log, _, one: log.acknowledged.update(x=one),
    "orders that no key asked for": lambda log, key, _: log.acknowledged.pop(key),
    "could not be paid": lambda log, _, one: log.paid.discard(one.number),
}
MISWRITTEN = {  # what is written, and what takes it back
    "nobody is told of": (
        "UPDATE outbox_event SET topic = 'x' WHERE topic = 'orders.placed' AND aggregate_id = %s",
        "UPDATE outbox_event SET topic = 'orders.placed' WHERE topic = 'x' AND aggregate_id = %s",
    ),
    "the books do not know": (
        "UPDATE payments_payment SET state = 'open', captured_at = NULL WHERE order_id = %s",
        "UPDATE payments_payment SET state = 'captured', captured_at = now() WHERE order_id = %s",
    ),
    "'stock'": (
        "UPDATE stock_claim SET quantity = quantity + 1 WHERE reference = %s",
        "UPDATE stock_claim SET quantity = quantity - 1 WHERE reference = %s",
    ),
}


@pytest.mark.parametrize("told", MISSEEN)
def test_the_judge_notices_what_the_clients_saw_and_the_books_do_not_have(
    opened: House, swept: tuple[Log, Market], told: str
) -> None:
    log = deepcopy(swept[0])
    MISSEEN[told](log, *next(iter(log.acknowledged.items())))
    with pytest.raises(AssertionError, match=told):
        _judge(opened, log)


@pytest.mark.parametrize("told", MISWRITTEN)
def test_the_judge_notices_what_the_books_have_wrong(opened: House, swept: tuple[Log, Market], told: str) -> None:
    number = next(iter(swept[0].acknowledged.values())).number
    wrong, right = MISWRITTEN[told]
    with opened.database() as db:
        row = db.execute("SELECT id FROM orders_order WHERE number = %s", (number,)).fetchone()
        db.execute(wrong, row)
        try:
            with pytest.raises(AssertionError, match=told):
                _judge(opened, swept[0])
        finally:
            db.execute(right, row)


def _opening(opened: House) -> tuple[Market, list[str]]:
    """People move in, an article goes into a sale and another gets a limit: what is for sale, and their access keys."""
    api = f"{opened.url}/api/v1"
    rushed = {item["sku"] for sale in HTTP.get(f"{api}/flash-sales").json() for item in sale["items"]}
    listed = HTTP.get(f"{api}/products?sort=price_up&in_stock=true").json()["items"]
    products = [HTTP.get(f"{api}/products/{item['slug']}").json() for item in listed]
    codes = [sku["code"] for product in products for sku in product["skus"] if sku["available"]]
    sale, limited, *plain = [code for code in codes if code not in rushed]
    open_up = f"move_in({PEOPLE}); on_offer({sale!r}, {limited!r}, {SALE_UNITS}, {MOST})"
    command = f"from bench.people import move_in, on_offer; {open_up}"
    people = opened.command("shell", "--no-imports", "-c", command).splitlines()
    quote = HTTP.post(f"{api}/quotes", json={"lines": [{"sku": sale, "quantity": 1}]}).json()
    return Market(plain, sale, quote["total"], limited), people


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
            for context in BOOKS
        }
        told = {
            str(number)
            for (number,) in db.execute(
                "SELECT number FROM orders_order JOIN outbox_event ON aggregate_id = orders_order.id"
                " WHERE topic = 'orders.placed'"
            )
        }
    bought = {one.number: one for one in log.acknowledged.values()}
    assert set(bought) - set(orders) == set(), "acknowledged orders are gone"
    assert len(bought) == len(log.acknowledged), "two keys, one order"
    assert set(orders) - set(bought) == set(), "orders that no key asked for"
    assert log.paid == set(bought), "an acknowledged order could not be paid"
    assert told == set(bought), "orders that nobody is told of"
    assert {number for number, count in captured.items() if count != 1} == set(), "charged twice"
    assert log.paid <= set(captured), "charged, but the books do not know"
    charged = _charged(opened)
    assert {number: sums for number, sums in charged.items() if len(sums) != 1} == {}, "charged twice at the provider"
    assert {number: sums[0] for number, sums in charged.items()} == {number: orders[number] for number in charged}
    assert {one: int(Decimal(bought[one].total) * 100) for one in charged} == {one: orders[one] for one in charged}
    assert books == dict.fromkeys(BOOKS, [])


def _judge_rush(opened: House, log: Log, market: Market) -> None:
    """By what the clients were told; the counters must say the same."""
    sold, limited = log.units(market.sale), log.units(market.limited)
    assert sold.total() == SALE_UNITS, "the sale sold more than its units"
    assert max(sold.values()) <= MOST, "a person has more of the sale than its limit"
    assert max(limited.values()) <= MOST, "a person has more of an article than its limit"
    with opened.database() as db:
        taken = db.execute(
            "SELECT i.taken FROM pricing_flashsaleitem i JOIN catalogue_sku s ON s.id = i.sku_id WHERE s.code = %s",
            (market.sale,),
        ).fetchall()
    assert taken == [(SALE_UNITS,)]


def _to_do(opened: House) -> list[Any]:
    """Jobs that are parked, running, or due."""
    with opened.database() as db:
        return db.execute(
            "SELECT task_name, args, status FROM procrastinate_jobs WHERE status IN ('failed', 'doing')"
            " OR (status = 'todo' AND coalesce(scheduled_at, now()) <= now())"
        ).fetchall()


def _charged(opened: House) -> dict[str, list[int]]:
    """What the provider took, by order number, straight from its own books."""
    charged: dict[str, list[int]] = {}
    with sqlite3.connect(opened.home / "sandbox" / "pay" / "state.sqlite3") as books:
        for number, amount in books.execute("SELECT merchant_order, amount_minor FROM payment WHERE charges > 0"):
            charged.setdefault(str(number), []).append(int(amount))
    return charged
