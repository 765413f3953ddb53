"""The real house beside the model: who is who in both, and how its answers and books read in the model's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction

from entrepot.checkout import services
from entrepot.checkout.tests import plain
from entrepot.checkout.tests.makers import NOW, Shopper, request, shopper, world
from entrepot.checkout.tests.plain import Plain
from entrepot.checkout.tests.plain_records import Asked, Order
from entrepot.checkout.types import Placed, PlaceRequest, Wish
from entrepot.identity import selectors as identity
from entrepot.identity.tests.makers import id_number, real_name
from entrepot.kit import sql
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.payments.tests.bank import Bank
from entrepot.pricing import selectors as pricing
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import warehouse
from entrepot.stock.types import WarehouseKind

BOOKS_EVERY = 15  # looks between those for discrepancies
PRICES = {"bag": (150_00, 120_00), "coat": (900_00, 650_00), "watch": (2_400_00, 2_600_00)}
PAPERS = ((0, 0), (0, 1), (1, 0), (2, 2))  # account and identity: two of one account, two of one identity
COUNTERS = {"level", "ledger", "year", "sale", "tally"}

BOOKS = """
SELECT 'level' AS book, sku_id::text AS a, warehouse_id::text AS b, sum(on_hand)::bigint AS n, sum(claimed)::bigint AS m
  FROM stock_level GROUP BY 2, 3
UNION ALL
SELECT 'ledger', m.sku_id::text, l.warehouse_id::text, sum(m.on_hand), sum(m.claimed)
  FROM stock_movement m JOIN stock_level l ON l.sku_id = m.sku_id AND l.id = m.level_id GROUP BY 2, 3
UNION ALL
SELECT 'held', o.id::text, l.sku_id::text || l.warehouse_id, sum(c.quantity), 0
  FROM stock_claim c JOIN stock_level l ON l.sku_id = c.sku_id AND l.id = c.level_id
  JOIN orders_order o ON o.id = c.reference WHERE c.state <> 'released' GROUP BY 2, 3
UNION ALL
SELECT 'year', encode(id_hash, 'hex'), year::text, used_minor, committed_minor FROM orders_annualuse
UNION ALL
SELECT 'sale', id::text, '', taken, units FROM pricing_flashsaleitem
UNION ALL
SELECT 'tally', rule_id::text, encode(person, 'hex') || period, quantity, 0 FROM pricing_tally
UNION ALL
SELECT 'budget', id::text, '', given_minor, budget_minor FROM pricing_promotion
UNION ALL
SELECT 'grant', order_id::text, promotion_id::text, amount_minor, promised_minor FROM pricing_grant
UNION ALL
SELECT 'order', id::text, state, total_minor, (paid_at IS NOT NULL)::int + 2 * (refused_at IS NOT NULL)::int
  FROM orders_order
UNION ALL
SELECT 'parcel', order_id::text, warehouse_id || state, allowance_minor, position FROM orders_parcel
UNION ALL
SELECT 'payment', order_id::text, state, refunded_minor, refunding_minor FROM payments_payment
"""


class Beside:
    """One sequence: a transaction that is taken back, and a model. The fixture `shop` says who and what there is."""

    place: ClassVar[Any]
    people: ClassVar[dict[tuple[int, int], Shopper]]
    persons: ClassVar[dict[tuple[str, int], str]]  # as counters name accounts and identities
    hashes: ClassVar[dict[int, str]]
    warehouses: ClassVar[dict[str, UUID]]
    bank: ClassVar[Bank]
    steps: ClassVar[Counter[str]]
    ends: ClassVar[Counter[str]]  # how late payments ended: no steps of their own
    number: ClassVar[int]  # the sequence's

    def __init__(self) -> None:
        self.block: Any = transaction.atomic()
        self.block._from_testcase = True  # so that verbs which must be outermost may run in it
        self.block.__enter__()
        self.bank.reset()
        self.model = Plain({name: amounts[0] for name, amounts in PRICES.items()}, 0)
        self.placed: list[Placed] = []
        self.sent: list[PlaceRequest] = []
        self.rule_ids: dict[int, UUID] = {}  # of the model's sales (their item), promotions and limits
        self.sales: dict[int, Any] = {}
        self.passes: dict[int, list[str]] = {}
        self.totals = {name: [0] for name in PRICES}
        self.since, self.keys, self.looks = NOW, 0, 0

    def end(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def agree(self, verb: str, told: object, foretold: object) -> None:
        """One step is answered as the model says."""
        assert told == foretold, (verb, told, foretold)
        self.steps[f"{verb}: {foretold if isinstance(foretold, str | bool) else 'as foretold'}"] += 1

    @property
    def now(self) -> datetime:
        return self.since + timedelta(minutes=self.model.now)

    def last(self, n: int, wanted: Callable[[Order], object] = lambda order: True) -> list[int]:
        """The last order but `n` of those wanted, if there is one."""
        found = [at for at, order in enumerate(self.model.orders) if wanted(order)]
        return [found[-1 - n % len(found)]] if found else []

    def key(self, n: int) -> dict[str, UUID]:
        """How the verbs name an order."""
        return {"order_id": self.placed[n].order_id, "buyer_id": self.sent[n].buyer_id}

    def sendable(self, one: Asked) -> PlaceRequest:
        who = self.people[one.account, one.identity]
        made = request(self.place, who, {}, idempotency_key=one.key, expected_total_minor=one.seen)
        wishes = tuple(Wish(self.place.skus[name], n) for name, n in one.wishes)
        return replace(made, wishes=wishes, passes=tuple(self.passes.get(one.account, ())))

    def refusal(self, answer: Any) -> plain.Answer:
        """A refusal as the model tells it."""
        if isinstance(answer, services.PriceChanged):
            return ("price_changed", answer.data["total_minor"])
        if isinstance(answer, services.CannotPlace):
            return (answer.code, frozenset(self.obstacle(**one) for one in answer.data["obstacles"]))
        assert isinstance(answer, Refusal), (answer, type(answer))
        return (answer.code,)

    def obstacle(self, *, code: str, data: dict[str, Any], **_: str) -> plain.Answer:
        names = {str(sku_id): name for name, sku_id in self.place.skus.items()}
        told = (data["limit"], data["bought"]) if "bought" in data else data.get("left", data.get("limit", 0))
        return (code, names.get(data.get("sku_id", ""), ""), told)

    def parcel_ids(self, n: int) -> list[UUID]:
        order = orders.order(order_id=self.placed[n].order_id, buyer_id=self.sent[n].buyer_id)
        assert order is not None
        return [parcel.id for parcel in order.parcels]

    def refunds(self) -> dict[tuple[UUID, str], tuple[int, int, str]]:
        """(order, amount, state) of the model's refunds, by payment and key."""
        found = {}
        for n, order in enumerate(self.model.orders):
            payment_id = self.placed[n].payment_id
            for name, (amount, state) in order.refunds.items():
                of_parcel = f"called_off:{self.parcel_ids(n)[int(name[4:])]}" if name != "late" else ""
                found[payment_id, of_parcel or f"late:{payment_id}"] = (n, amount, state)
        return found

    # The books.

    def look(self) -> None:
        """All books, compared."""
        self.looks += 1
        read: dict[str, Counter[tuple[Any, ...]]] = {}
        for row in sql.hot_rows(BOOKS, {}):
            read.setdefault(row["book"], Counter())[row["a"], row["b"], row["n"], row["m"]] += 1
        for book, want in self.foretold_books().items():
            have = read.get(book, Counter())
            if book in COUNTERS:  # those that stand at nothing need no row
                have, want = (Counter({row: n for row, n in one.items() if row[2] or row[3]}) for one in (have, want))
            assert have == want, (book, have - want, want - have)
        if self.looks % BOOKS_EVERY == 0:
            nothing_disagrees()

    def foretold_books(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """What `BOOKS` should read."""
        model, books = self.model, dict[str, Counter[tuple[Any, ...]]]()
        names = {name: str(sku_id) for name, sku_id in self.place.skus.items()}
        at = {code: str(found) for code, found in self.warehouses.items()}
        books["level"] = rows_of(
            (names[name], at[code], n, model.claimed[name, code]) for (name, code), n in model.on_hand.items()
        )
        books["ledger"] = books["level"]
        books["year"] = rows_of(
            (self.hashes[who], str(2026 + year), n, model.committed[who, year]) for (who, year), n in model.used.items()
        )
        books["sale"] = rows_of((str(self.rule_ids[one.name]), "", one.taken, one.units) for one in model.sales)
        books["budget"] = rows_of((str(self.rule_ids[one.name]), "", one.given, one.budget) for one in model.promotions)
        books["tally"] = rows_of(
            (str(self.rule_ids[rule]), f"{self.persons[what, who]}{period}", n, 0)
            for (rule, period, what, who), n in model.tally.items()
        )
        each = [(str(placed.order_id), one) for placed, one in zip(self.placed, model.orders, strict=True)]
        books["order"] = rows_of((of, one.state, one.total, one.paid + 2 * one.refused) for of, one in each)
        books["grant"] = rows_of(
            (of, str(self.rule_ids[one.promotion.name]), one.granted, one.off) for of, one in each if one.promotion
        )
        parcels = [(of, n, p) for of, one in each for n, p in enumerate(one.parcels, 1)]
        books["parcel"] = rows_of((of, at[p.warehouse] + p.state, p.value, n) for of, n, p in parcels)
        books["held"] = rows_of(
            (of, names[name] + at[p.warehouse], n, 0)
            for of, _, p in parcels
            if p.state != "cancelled"
            for name, n in p.units.items()
        )
        books["payment"] = rows_of(
            (of, payment_state(one), one.refunded("done"), one.refunded("pending")) for of, one in each
        )
        return books


def rows_of(rows: Iterable[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter(rows)


def kind_of(code: str) -> WarehouseKind:
    return WarehouseKind.BONDED if code in plain.BONDED else WarehouseKind.OVERSEAS


def payment_state(order: Order) -> str:
    if order.ours != "captured":
        return order.ours
    if order.refunded("pending"):
        return "refund_pending"
    return "refunded" if order.refunded("done") == order.total else "captured"


def answer_of(verb: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            return verb()
    except Refusal as refusal:
        return refusal


def code_of(verb: Callable[[], Any]) -> str:
    """What it answers, as text, or the code of its refusal. What it wrote before it refused stands, as in the house."""
    try:
        return str(verb())
    except Refusal as refusal:
        return refusal.code


def arguments(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = sql.json_value(job["args"])
    return found


def uuids(args: dict[str, Any]) -> dict[str, Any]:
    return {name: UUID(value) if name.endswith("_id") else value for name, value in args.items()}


def nothing_disagrees() -> None:
    for context in (stock, orders, payments, pricing):
        assert context.discrepancies() == [], context.__name__


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world that no sequence changes: a shop, articles with prices, warehouses, people with papers, a provider."""
    Beside.place = world({name: amounts[0] for name, amounts in PRICES.items()}, units=0)
    Beside.warehouses = {code: warehouse(code, kind_of(code)) for code in plain.WAREHOUSES}
    first, second, third = shopper(number=number(0)), shopper(number=number(0)), shopper(number=number(2))
    other = replace(first, real_name_id=real_name(first.buyer_id, number=number(1)))
    Beside.people = dict(zip(PAPERS, (first, other, second, third), strict=True))
    Beside.hashes = {
        person: identity.id_hash(record_id=who.real_name_id, buyer_id=who.buyer_id).hex()
        for (_, person), who in Beside.people.items()
    }
    Beside.persons = {("identity", person): found for person, found in Beside.hashes.items()}
    Beside.persons |= {("account", account): who.buyer_id.hex for (account, _), who in Beside.people.items()}
    Beside.bank, Beside.steps, Beside.ends = Bank(), Counter(), Counter()
    Beside.bank.over(monkeypatch)


def number(person: int) -> str:
    return id_number(sequence=1 + 2 * person)
