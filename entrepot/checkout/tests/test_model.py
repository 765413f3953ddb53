"""Any sequence of orders, payments and goods against a model in plain Python: each answer and all the books agree.

`Buying` asks the services, on the real database, and `plain.Plain` the same; only the payment provider is played
(`payments/tests/bank.py`). A step is one order or one piece of news whose answer is foretold; after every rule all
books are read and compared. A failing run is told as a script of calls. `MODEL_STEPS` and `MODEL_SEED` choose another
run: `make model` is a long one by chance.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from entrepot.checkout import services
from entrepot.checkout.tests import plain
from entrepot.checkout.tests.makers import NOW, Shopper, request, shopper, world
from entrepot.checkout.tests.plain import Asked, Order, Plain
from entrepot.checkout.types import Placed, PlaceRequest, Wish
from entrepot.customs.types import DeclarationState, News
from entrepot.identity import selectors as identity
from entrepot.identity.tests.makers import id_number, real_name
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.tests.bank import Bank
from entrepot.payments.types import Captured, RefundState
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import on_sale, priced
from entrepot.shipping.types import Carried, WaybillState
from entrepot.stock import selectors as stock
from entrepot.stock import services as goods
from entrepot.stock.tests.makers import STATE_OF, arrival, warehouse
from entrepot.stock.types import WarehouseKind

STEPS, SEED = int(os.environ.get("MODEL_STEPS", 10_000)), int(os.environ.get("MODEL_SEED", 1))
RULES, STEPS_OF_A_SEQUENCE = 50, 100  # rules of one sequence, and how many steps they are at least on the average
PHASES = [Phase.generate] if os.environ.get("QUICK") else [Phase.generate, Phase.shrink]
BOOKS_EVERY = 12  # rules between looks for discrepancies
PRICES = {"bag": (150_00, 120_00), "coat": (900_00, 650_00), "watch": (4_800_00, 4_990_00)}
ON_SALE = {"bag": 130_00, "coat": 700_00, "watch": 4_500_00}
PAPERS = ((0, 0), (0, 1), (1, 0), (2, 2))  # account and identity: two of one account, two of one identity
NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # in China
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
SELECT 'order', id::text, state, total_minor, (paid_at IS NOT NULL)::int + 2 * (refused_at IS NOT NULL)::int
  FROM orders_order
UNION ALL
SELECT 'parcel', order_id::text, warehouse_id || state, allowance_minor, position FROM orders_parcel
UNION ALL
SELECT 'payment', order_id::text, state, refunded_minor, refunding_minor FROM payments_payment
"""
JOBS = "SELECT id, args FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' ORDER BY id"

few, article, where = st.integers(0, 7), st.sampled_from(sorted(PRICES)), st.sampled_from(plain.WAREHOUSES)
baskets = st.lists(st.tuples(article, st.integers(1, 2)), min_size=1, max_size=2).map(tuple)
requests = st.tuples(
    st.sampled_from(PAPERS), baskets, st.sampled_from(("none", "none", "right", "stale")), st.sampled_from("....abc")
)
Method = TypeVar("Method", bound=Callable[..., None])
Wanted = tuple[tuple[int, int], tuple[tuple[str, int], ...], str, str]


STEPS_OF: dict[str, st.SearchStrategy[dict[str, Any]]] = {}
WEIGHTS: list[str] = []


def step(weight: int, **drawn: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """A method that is called with what is drawn, `weight` times as often as others."""

    def kept(method: Method) -> Method:
        STEPS_OF[method.__name__] = st.fixed_dictionaries(drawn)
        WEIGHTS.extend([method.__name__] * weight)
        return method

    return kept


class Buying:
    """Three accounts, three identities, three articles in three warehouses, few of each."""

    place: ClassVar[Any]
    people: ClassVar[dict[tuple[int, int], Shopper]]
    persons: ClassVar[dict[tuple[str, int], str]]  # as counters name accounts and identities
    hashes: ClassVar[dict[int, str]]
    warehouses: ClassVar[dict[str, UUID]]
    bank: ClassVar[Bank]
    steps: ClassVar[Counter[str]]

    def __init__(self) -> None:
        self.block: Any = transaction.atomic()
        self.block._from_testcase = True  # so that verbs which must be outermost may run in it
        self.block.__enter__()
        self.bank.reset()
        self.model = Plain({name: amounts[0] for name, amounts in PRICES.items()}, 0)
        self.placed: list[Placed] = []
        self.sent: list[PlaceRequest] = []
        self.rule_ids: dict[int, UUID] = {}  # of the model's sales (their item) and limits
        self.sales: dict[int, Any] = {}
        self.passes: dict[int, list[str]] = {}
        self.totals = {name: [0] for name in PRICES}
        self.keys = self.looks = 0

    def end(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @contextmanager
    def counted(self, verb: str, count: int = 1) -> Iterator[None]:
        yield
        self.steps.update({verb: count})

    @property
    def now(self) -> datetime:
        return self.begin + timedelta(minutes=self.model.now)

    def pick(self, n: int) -> tuple[Order, Placed, dict[str, UUID]]:
        """One of the last orders, and its names for the verbs."""
        n = len(self.placed) - 1 - n % len(self.placed)
        placed = self.placed[n]
        return self.model.orders[n], placed, {"order_id": placed.order_id, "buyer_id": self.sent[n].buyer_id}

    # The world at the beginning.

    @step(
        0,
        units=st.lists(st.integers(0, 4), min_size=9, max_size=9),
        late=st.booleans(),
        wanted=st.lists(requests, min_size=4, max_size=12),
    )
    def open_shop(self, units: list[int], late: bool, wanted: list[Wanted]) -> None:
        """`late`: in the last hour of the year."""
        self.begin = NEW_YEAR - timedelta(minutes=50) if late else NOW
        self.model.new_year = (NEW_YEAR - self.begin) // timedelta(minutes=1)
        there = [(name, at) for name in PRICES for at in plain.WAREHOUSES]
        self.receive([(name, at, n, "L1") for (name, at), n in zip(there, units, strict=True) if n])
        self.order(*wanted)

    def receive(self, lines: Sequence[tuple[str, str, int, str]]) -> None:
        receipts = [
            arrival(self.place.skus[name], self.warehouses[at], n, lot=lot, customs_state=STATE_OF[kind_of(at)])
            for name, at, n, lot in lines
        ]
        if receipts:
            got = goods.receive(receipts=receipts, reference=f"PO-{new_id()}", now=self.now)
            assert got == sum(n for _, _, n, _ in lines)
        for name, at, n, _ in lines:
            self.model.on_hand[name, at] += n

    @step(
        3,
        lines=st.lists(
            st.tuples(article, where, st.integers(1, 4), st.sampled_from(("L1", "L2"))), min_size=1, max_size=3
        ),
    )
    def goods_arrive(self, lines: list[tuple[str, str, int, str]]) -> None:
        with self.counted("receive"):
            self.receive(lines)

    @step(0)
    def rest(self) -> None:
        """Nothing happens."""

    # Orders.

    def asked(self, wanted: Wanted) -> tuple[Asked, PlaceRequest]:
        (account, person), wishes, seen, key = wanted
        total = self.total(wishes) if seen == "right" else self.totals[wishes[0][0]][-1] if seen == "stale" else None
        if key == ".":
            self.keys += 1
            key = f"key {self.keys}"
        one = Asked(account, person, wishes, key, total)
        return one, self.sendable(one)

    def total(self, wishes: tuple[tuple[str, int], ...]) -> int | None:
        """What somebody who has ordered nothing would be shown."""
        found = self.model.quote(0, Asked(-1, -1, wishes, ""), 0)
        if isinstance(found, tuple):
            return None
        total = sum(parcel.total for parcel in found.parcels)
        self.totals[wishes[0][0]].append(total)
        return total

    def sendable(self, one: Asked) -> PlaceRequest:
        who = self.people[one.account, one.identity]
        made = request(self.place, who, {}, idempotency_key=one.key, expected_total_minor=one.seen)
        wishes = tuple(Wish(self.place.skus[name], n) for name, n in one.wishes)
        return replace(made, wishes=wishes, passes=tuple(self.passes.get(one.account, ())))

    def compare(self, sent: Sequence[PlaceRequest], told: Sequence[Any], foretold: Sequence[plain.Answer]) -> None:
        known, fresh = len(self.placed), dict[int, tuple[Placed, PlaceRequest]]()
        for one, answer, expected in zip(sent, told, foretold, strict=True):
            if expected[0] != "placed":
                self.refused(answer, expected, len(told) == 1)
                continue
            n = expected[1]
            assert isinstance(answer, Placed), (answer, expected)
            assert answer.replayed == (n < known or n in fresh), (answer, expected)
            there = self.placed[n] if n < known else fresh.setdefault(n, (answer, one))[0]
            assert (answer.order_id, answer.payment_id) == (there.order_id, there.payment_id), expected
            assert answer.total_minor == self.model.orders[n].total, expected
        for n in range(known, len(self.model.orders)):
            self.placed.append(fresh[n][0])
            self.sent.append(fresh[n][1])

    def refused(self, answer: Any, expected: plain.Answer, exact: bool) -> None:
        """In a batch what is left is told as it was when an order dropped out; alone it is exact."""
        found = self.told(answer)
        if expected[0] == "rush":
            assert found in expected[1] if exact else found[0] in {why[0] for why in expected[1]}, (found, expected)
        elif exact:
            assert found == expected
        else:
            assert found[0] == expected[0], (found, expected)

    def told(self, answer: Any) -> plain.Answer:
        """A refusal as the model tells it."""
        if isinstance(answer, sales.LimitReached):
            return ("purchase_limit", answer.data["limit"], answer.data["bought"])
        if isinstance(answer, sales.SoldOutAtPrice):
            return ("sold_out_at_price", answer.data["left"])
        if isinstance(answer, services.PriceChanged):
            return ("price_changed", answer.data["total_minor"])
        if isinstance(answer, services.CannotPlace):
            return (answer.code, frozenset(self.obstacle(**one) for one in answer.data["obstacles"]))
        assert isinstance(answer, Refusal), (answer, self.model.__dict__)
        return (answer.code,)

    def obstacle(self, *, code: str, data: dict[str, Any], **_: str) -> plain.Answer:
        names = {str(sku_id): name for name, sku_id in self.place.skus.items()}
        return (code, names.get(data.get("sku_id", ""), ""), data.get("left", data.get("limit", 0)))

    def order(self, *wanted: Wanted) -> None:
        asked = [self.asked(one) for one in wanted]
        sent = [one for _, one in asked]
        with self.counted("order", len(sent)):
            if len(sent) == 1:
                told = [answer_of(lambda: services.place(request=sent[0], now=self.now))]
            else:
                batch = [services.checked(request=one, now=self.now) for one in sent]
                answers = services.place_many(batch=batch)
                told = [answers[one.id] for one in batch]
            self.compare(sent, told, self.model.place([one for one, _ in asked]))

    @step(5, wanted=requests)
    def order_alone(self, wanted: Wanted) -> None:
        self.order(wanted)

    @step(6, wanted=st.lists(requests, min_size=4, max_size=12))
    def order_together(self, wanted: list[Wanted]) -> None:
        self.order(*wanted)

    @step(3, who=st.lists(st.sampled_from(PAPERS), min_size=4, max_size=10), name=article)
    def order_the_same(self, who: list[tuple[int, int]], name: str) -> None:
        """Everybody wants the last units."""
        self.order(*[(one, ((name, 1),), "none", ".") for one in who])

    @step(2, n=few, other=st.booleans())
    def order_again(self, n: int, other: bool) -> None:
        """The same key once more, with the same or with something else."""
        if not self.placed:
            return
        order, _, _ = self.pick(n)
        one = order.asked
        if other:
            one = replace(one, wishes=(*one.wishes, ("bag", 1)))
        with self.counted("again"):
            sent = self.sendable(one)
            told = [answer_of(lambda: services.place(request=sent, now=self.now))]
            self.compare([sent], told, self.model.place([one]))

    # Money.

    @step(5, n=few, at_once=st.booleans())
    def go_to_pay(self, n: int, at_once: bool) -> None:
        """`at_once`: the notice is here before the provider has answered."""
        if not self.placed:
            return
        order, placed, key = self.pick(n)

        def opening(payment_id: UUID) -> None:
            if order.theirs in ("", "open"):
                self.bank.pay(payment_id, self.now)
                self.notice(placed)

        with self.counted("open"):
            self.bank.opening = opening if at_once else None
            told = code_of(
                lambda: services.open_payment(
                    **key, reader="test", return_url="https://shop.example/", notify_url="/{provider}", now=self.now
                )
            )
            assert told.replace("https://bank.example/", "cashier") == self.model.open(order, paid_at_once=at_once)

    def notice(self, placed: Placed, more: int = 0) -> Captured | None:
        body = f"{placed.payment_id} {more}".encode()
        return paying.take_notice(provider="sandbox", body=body, headers={}, now=self.now, then=self.settling)

    def settling(self, captured: Captured) -> None:
        services.settle(captured=captured, now=self.now)

    @step(8, n=few, what=st.sampled_from(("pay", "pay", "pay", "close", "nothing")), times=st.integers(0, 2))
    def provider_says(self, n: int, what: str, times: int) -> None:
        """The buyer pays or gives up, early or late; its notice does not come, comes, or comes twice."""
        if not any(one.theirs for one in self.model.orders):
            return
        known = [n for n, one in enumerate(self.model.orders) if one.theirs]
        order, placed = self.model.orders[n := known[-1 - n % len(known)]], self.placed[n]
        if what == "pay" and order.theirs != "captured":
            self.bank.pay(placed.payment_id, self.now)
            order.theirs = "captured"
        if what == "close" and order.theirs == "open":
            self.bank.close(placed.payment_id)
            order.theirs = "closed"
        for _ in range(times):
            with self.counted("notice"):
                told = self.notice(placed)
                assert told is not None and told.fresh == self.model.notice(order)

    @step(1, n=few)
    def notice_of_another_amount(self, n: int) -> None:
        if not any(one.theirs for one in self.model.orders):
            return
        known = [n for n, one in enumerate(self.model.orders) if one.theirs]
        with self.counted("wrong notice"):
            placed = self.placed[known[-1 - n % len(known)]]
            assert code_of(lambda: self.notice(placed, 1)) == "amount_differs"

    @step(2, n=few)
    def buyer_comes_back(self, n: int) -> None:
        if not self.placed:
            return
        order, placed, key = self.pick(n)
        with self.counted("query"):
            told = code_of(
                lambda: (
                    paying.query(
                        payment_id=placed.payment_id, buyer_id=key["buyer_id"], now=self.now, then=self.settling
                    ).payment.is_captured
                )
            )
            state = self.model.ask(order)
            assert told == (state if state == "provider_silent" else str(state == "captured"))

    @step(1, n=few)
    def settle_again(self, n: int) -> None:
        if not any(one.ours == "captured" for one in self.model.orders):
            return
        paid = [n for n, one in enumerate(self.model.orders) if one.ours == "captured"]
        order, buyer_id = self.model.orders[n := paid[-1 - n % len(paid)]], self.sent[n].buyer_id
        with self.counted("settle"):
            payment = payments.payment(payment_id=self.placed[n].payment_id, buyer_id=buyer_id)
            assert payment is not None
            told = services.settle(captured=Captured(payment, fresh=False), now=self.now)
            assert told == self.model.settle(order)

    @step(1, what=st.sampled_from(("down", "up", "up", "loses")))
    def provider_is(self, what: str) -> None:
        if not any(one.theirs for one in self.model.orders):
            return
        self.bank.down, self.bank.loses = what == "down", what == "loses"
        self.model.provider_down = self.bank.down

    @step(1)
    def worker_pays_back(self) -> None:
        """The jobs that pay back, and the clock that asks about what was not answered."""
        if not any(one.refunds for one in self.model.orders):
            return
        with self.counted("refund"):
            jobs = sql.rows(JOBS, ("checkout.give_back",))
            ordered = {(self.placed[n].payment_id, key): amount for n, key, amount in self.refunds("ordered")}
            told = {(UUID(a["payment_id"]), a["key"]): a["amount_minor"] for a in map(arguments, jobs)}
            assert told.keys() >= ordered.keys() and {key: told[key] for key in ordered} == ordered
            for job in jobs:
                services.give_back(**uuids(arguments(job)), now=self.now)
                sql.rows("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", (job["id"],))
            for n, _, _ in self.refunds("pending"):
                self.ask_again(n)
            self.model.pay_back(answered=not self.bank.down and not self.bank.loses)

    def ask_again(self, n: int) -> None:
        buyer_id = self.sent[n].buyer_id
        for one in payments.refunds(payment_id=self.placed[n].payment_id, buyer_id=buyer_id):
            if one.state is RefundState.PENDING:
                paying.ask_refund_again(refund_id=one.id, buyer_id=buyer_id, now=self.now)

    def refunds(self, state: str) -> list[tuple[int, str, int]]:
        """(order, key, amount) of the model's refunds that stand so."""
        found = []
        for n, order in enumerate(self.model.orders):
            for name, (amount, at) in order.refunds.items():
                key = (
                    f"late:{self.placed[n].payment_id}"
                    if name == "late"
                    else f"called_off:{self.parcel_ids(n)[int(name[4:])]}"
                )
                if at == state:
                    found.append((n, key, amount))
        return found

    def parcel_ids(self, n: int) -> list[UUID]:
        order = orders.order(order_id=self.placed[n].order_id, buyer_id=self.sent[n].buyer_id)
        assert order is not None
        return [parcel.id for parcel in order.parcels]

    # Time, and how orders go on.

    @step(3, minutes=st.sampled_from((1, 9, 16, 31)))
    def time_passes(self, minutes: int) -> None:
        self.model.now += minutes

    @step(3)
    def clock_strikes(self) -> None:
        """Whose time is over gets a job, and the jobs run: also those of before that found nobody."""
        if not self.placed:
            return
        with self.counted("sweep"):
            due = self.model.sweep()
            assert services.sweep(now=self.now) == len(due)
        for job in sql.rows(JOBS, ("checkout.expire",)):
            n = [str(one.order_id) for one in self.placed].index(arguments(job)["order_id"])
            if self.expire(n) != "provider_silent":
                sql.rows("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", (job["id"],))

    def expire(self, n: int) -> str:
        with self.counted("expire"):
            key = {"order_id": self.placed[n].order_id, "buyer_id": self.sent[n].buyer_id}
            told = code_of(lambda: services.expire(**key, now=self.now))
            assert told == str(self.model.expire(self.model.orders[n]))
        return told

    @step(2, n=few)
    def expire_early_or_again(self, n: int) -> None:
        if not self.placed:
            return
        self.expire(len(self.placed) - 1 - n % len(self.placed))

    @step(3, n=few)
    def cancel(self, n: int) -> None:
        if not self.placed:
            return
        order, _, key = self.pick(n)
        with self.counted("cancel"):
            told = code_of(lambda: services.cancel(**key, now=self.now))
            assert told == ("None" if self.model.cancel(order, by_buyer=True) else "cannot_cancel")

    @step(
        5,
        n=few,
        p=st.integers(0, 2),
        news=st.sampled_from(("held", "released", "shipped", "delivered", "cancelled", "off", "declared")),
    )
    def parcel_goes_on(self, n: int, p: int, news: str) -> None:
        """Customs and carrier have news, or a clerk calls the parcel off."""
        if not any(one.paid for one in self.model.orders):
            return
        paid = [n for n, one in enumerate(self.model.orders) if one.paid]
        n = paid[-1 - n % len(paid)]
        order, ids = self.model.orders[n], self.parcel_ids(n)
        p %= len(ids)
        key = {"parcel_id": ids[p], "order_id": self.placed[n].order_id, "buyer_id": self.sent[n].buyer_id}
        with self.counted("parcel"):
            moved = self.model.move(order, order.parcels[p], "cancelled" if news == "off" else news)
            if news == "off":
                told = code_of(lambda: services.call_off(**key, actor="clerk", reason="test", now=self.now))
                assert told == ("True" if moved else "cannot_call_off")
            elif news in ("shipped", "delivered"):
                state = WaybillState.DISPATCHED if news == "shipped" else WaybillState.DELIVERED
                services.follow_parcel(carried=Carried(**key, state=state), now=self.now)
            else:
                state = DeclarationState.MATCHING if news == "declared" else DeclarationState(news)
                services.follow_customs(news=News(**key, state=state, code=""), now=self.now)

    # Prices, sales and limits.

    @step(
        5,
        what=st.sampled_from(("price", "limit", "sale", "sale", "sale with a door", "sale off")),
        name=article,
        units=st.integers(1, 4),
        most=st.integers(1, 3),
    )
    def shop_decides(self, what: str, name: str, units: int, most: int) -> None:
        with self.counted(what):
            if what == "price":
                self.total(((name, 1),))
                self.model.price[name] = PRICES[name][units % 2]
                priced({self.place.skus[name]: self.model.price[name]}, now=self.now)
            elif what == "limit":
                self.model.now += 1  # two limits of one article do not begin at one moment
                number, sku_id = self.model.set_limit(name, most), self.place.skus[name]
                self.rule_ids[number] = sales.set_limit(
                    sku_id=sku_id, quantity=most, days=1, actor="clerk", now=self.now
                )
            elif what == "sale off":
                self.call_off_sale()
            else:
                self.plan_sale(name, units, min(most, 2), what == "sale with a door")

    def plan_sale(self, name: str, units: int, limit: int, door: bool) -> None:
        expected = self.model.plan_sale(name, ON_SALE[name], units, limit, door)
        asked = {"price_minor": ON_SALE[name], "units": units, "limit": limit, "admit_per_s": 10 if door else None}
        made: list[Any] = []
        told = code_of(lambda: made.append(on_sale([self.place.skus[name]], now=self.now, **asked)))
        assert told.replace("None", "planned") == expected
        for sale in made:
            self.rule_ids[self.model.rules], self.sales[self.model.rules] = sale.items[0].id, sale

    def call_off_sale(self) -> None:
        if self.sales:
            sale = self.model.sales[-1]
            expected = "sale_is_over" if sale.over(self.model.now) else "None"
            sale.off = True
            sale_id = self.sales[sale.name].id
            told = code_of(lambda: sales.call_off(sale_id=sale_id, actor="clerk", reason="test", now=self.now))
            assert told == expected

    @step(2, account=st.integers(0, 2))
    def line_up(self, account: int) -> None:
        """A place in line, and a minute later a pass."""
        if not any(sale.door for sale in self.model.sales):
            return
        mine = [sale for sale in self.model.sales if sale.door][-1]
        over = mine.over(self.model.now) or not mine.left
        buyer_id = next(who.buyer_id for (one, _), who in self.people.items() if one == account)
        with self.counted("door"):
            sale = pricing.sale(sale_id=self.sales[mine.name].id)
            assert sale is not None
            turn = services.line_up(sale=sale, buyer_id=buyer_id, ticket="", now=self.now)
            self.model.now += 1
            passes: list[str] = []
            told = code_of(
                lambda: passes.append(services.let_in(sale=sale, buyer_id=buyer_id, ticket=turn.ticket, now=self.now))
            )
            over = over or mine.over(self.model.now)
            assert told == ("not_admitted" if over else "None")
            if not over:
                self.model.passes[mine.name, account] = self.model.now + plain.PASS_FOR
                self.passes.setdefault(account, []).extend(passes)

    # The books.

    def look(self) -> None:
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
        model, books = self.model, {}
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
        books["tally"] = rows_of(
            (str(self.rule_ids[rule]), f"{self.persons[what, who]}{period}", n, 0)
            for (rule, period, what, who), n in model.tally.items()
        )
        each = [(str(placed.order_id), one) for placed, one in zip(self.placed, model.orders, strict=True)]
        books["order"] = rows_of((of, one.state, one.total, one.paid + 2 * one.refused) for of, one in each)
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

    def settle_up(self) -> None:
        """When everything that was ordered is paid back, the provider has what the orders keep."""
        self.bank.down = self.bank.loses = False
        self.worker_pays_back()
        for n, order in enumerate(self.model.orders):
            taken = order.total if order.theirs == "captured" else 0
            assert self.bank.charged(self.placed[n].payment_id) == (taken, order.refunded("done"))
            assert (payment := payments.payment(payment_id=self.placed[n].payment_id, buyer_id=self.sent[n].buyer_id))
            assert payment.state.value == payment_state(order)
        self.look()
        nothing_disagrees()


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
    Buying.place = world({name: amounts[0] for name, amounts in PRICES.items()}, units=0)
    Buying.warehouses = {code: warehouse(code, kind_of(code)) for code in plain.WAREHOUSES}
    first, second, third = shopper(number=number(0)), shopper(number=number(0)), shopper(number=number(2))
    other = replace(first, real_name_id=real_name(first.buyer_id, number=number(1)))
    Buying.people = dict(zip(PAPERS, (first, other, second, third), strict=True))
    Buying.hashes = {
        person: identity.id_hash(record_id=who.real_name_id, buyer_id=who.buyer_id).hex()
        for (_, person), who in Buying.people.items()
    }
    Buying.persons = {("identity", person): found for person, found in Buying.hashes.items()}
    Buying.persons |= {("account", account): who.buyer_id.hex for (account, _), who in Buying.people.items()}
    Buying.bank, Buying.steps = Bank(), Counter()
    Buying.bank.over(monkeypatch)


def number(person: int) -> str:
    return id_number(sequence=1 + 2 * person)


def script() -> st.SearchStrategy[list[tuple[str, dict[str, Any]]]]:
    """So many steps; what need not be done in a failing one shrinks to nothing."""
    one = st.sampled_from(["rest", *WEIGHTS]).flatmap(lambda name: st.tuples(st.just(name), STEPS_OF[name]))
    return st.lists(one, min_size=RULES, max_size=RULES)


@seed(SEED)
@settings(
    max_examples=-(-STEPS // STEPS_OF_A_SEQUENCE),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=PHASES,
    report_multiple_bugs=False,
)
@given(begin=STEPS_OF["open_shop"], script=script())
def play(begin: dict[str, Any], script: list[tuple[str, dict[str, Any]]]) -> None:
    buying = Buying()
    try:
        for name, drawn in [("open_shop", begin), *script]:
            if name != "rest":
                note(f"buying.{name}({', '.join(f'{key}={value!r}' for key, value in drawn.items())})")
                getattr(buying, name)(**drawn)
                buying.look()
        buying.settle_up()
    finally:
        buying.end()


@pytest.mark.django_db
def test_any_sequence_is_answered_and_booked_as_the_model_says(shop: None) -> None:
    play()
    print(f"{Buying.steps.total()} steps: {dict(Buying.steps)}")
    assert Buying.steps.total() >= STEPS
