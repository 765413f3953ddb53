"""Any sequence of orders, payments and goods against a model in plain Python: each answer and all the books agree.

`Buying` asks the services, on the real database, and `plain.Plain` the same; only the payment provider is played
(`payments/tests/bank.py`), and the queue comes to a capture when it likes. A step is one order or one piece of news
whose answer is foretold; after every call all books are read and compared. A failing sequence is made as short as can
be and told as a script of calls. `MODEL_STEPS` and `MODEL_SEED` choose another run; `make model` is a long one by
chance.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from entrepot.checkout import services
from entrepot.checkout.tests import plain
from entrepot.checkout.tests.beside import (
    PAPERS,
    PRICES,
    Beside,
    answer_of,
    arguments,
    code_of,
    kind_of,
    nothing_disagrees,
    payment_state,
    shop,  # noqa: F401
    uuids,
)
from entrepot.checkout.tests.makers import NOW
from entrepot.checkout.tests.plain_records import Asked
from entrepot.checkout.types import Placed, PlaceRequest
from entrepot.customs.types import DeclarationState, News
from entrepot.kit import sql
from entrepot.kit.ids import first_id, new_id
from entrepot.kit.kept import forget_all
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.types import Captured, RefundState
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import on_sale, priced, promoted
from entrepot.shipping.types import Carried, WaybillState
from entrepot.stock import services as goods
from entrepot.stock.tests.makers import arrival
from entrepot.stock.types import ON_SHELF

STEPS, SEED = int(os.environ.get("MODEL_STEPS", 10_000)), int(os.environ.get("MODEL_SEED", 1))
CALLS = 50  # of one sequence
ON_SALE = {"bag": 130_00, "coat": 700_00, "watch": 2_300_00}
NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # in China
JOBS = "SELECT id, args FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' ORDER BY id"
SETTLE = "entrepot.checkout.tasks.settle_captured"
DONE = "SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)"
ANSWERS = """
order: placed, order: same again, order: idempotency_key_reused, order: over_limit, order: out_of_stock,
order: with a promotion, order: used up, order: promotion_gone, order: price_changed, order: not_admitted,
order: sold_out_at_price,
open: cashier, open: already_paid, open: payment_closed, open: provider_silent, notice: True, notice: False,
wrong notice: amount_differs, query: True, query: False, query: provider_silent, settle: False, refund: as foretold,
event: True, event: False, late payment: stands again, late payment: goes back, late payment: unwanted, expire: True,
expire: False, expire: provider_silent, cancel: None, cancel: cannot_cancel, call off: True, call off: cannot_call_off,
sale: planned, sale: not_cheaper, sale: article_in_other_sale, sale off: None, sale off: sale_is_over, door: None,
door: not_admitted, promotion: planned, promotion off: None, promotion off: promotion_is_over
"""  # which the whole run must have met

few, article, papers = st.integers(0, 7), st.sampled_from(sorted(PRICES)), st.sampled_from(PAPERS)
# One draw of one of all there are: what is drawn part by part takes as long as what it asks for.
SOME = [(name, n) for n in (1, 2) for name in sorted(PRICES)]
BASKETS = [(one,) for one in SOME] + list(product(SOME, SOME))
wishes_of = st.sampled_from(list(product(PAPERS, BASKETS, ("none", "none", "right", "stale"), "......ab")))
arrivals = st.sampled_from(list(product(sorted(PRICES), plain.WAREHOUSES, range(1, 10), ("L1", "L2"))))
Wanted = tuple[tuple[int, int], tuple[tuple[str, int], ...], str, str]  # papers, goods, total shown, key
Called = Callable[..., None]
WEIGHTS: dict[str, int] = {}


def call(
    weight: int = 1, kind: Callable[..., Any] = rule, **drawn: st.SearchStrategy[Any]
) -> Callable[[Called], Called]:
    """A rule, called `weight` times as often as others. After it all books are compared; what broke in one is not
    settled up: that would hide it."""

    def kept(method: Called) -> Called:
        @wraps(method)
        def called(self: Buying, **given: Any) -> None:
            self.sound = False
            method(self, **given)
            self.look()
            self.sound = True

        WEIGHTS[method.__name__] = weight
        made: Called = kind(**drawn)(called)
        return made

    return kept


class Buying(Beside, RuleBasedStateMachine):
    """Three accounts, three identities, three articles in three warehouses, few of each."""

    def __init__(self) -> None:
        Beside.__init__(self)
        RuleBasedStateMachine.__init__(self)
        self.sound = False

    def teardown(self) -> None:
        try:
            if self.sound:
                self.settle_up()
        finally:
            self.end()

    @call(
        kind=initialize,
        units=st.lists(few, min_size=9, max_size=9),
        late=st.booleans(),
        most=st.sampled_from((0, None, 1)),
        wanted=st.lists(wishes_of, min_size=4, max_size=20),
    )
    def begin(self, units: list[int], late: bool, most: int | None, wanted: list[Wanted]) -> None:
        """Goods, and who has waited for them. `late`: in the last hour of the year; `most`: what a promotion allows
        one person, 0 where there is none."""
        note(f"MODEL_SEED={self.number} MODEL_STEPS=1")
        self.since = NEW_YEAR - timedelta(minutes=50) if late else NOW
        self.model.new_year = (NEW_YEAR - self.since) // timedelta(minutes=1)
        there = [(name, at) for name in PRICES for at in plain.WAREHOUSES]
        lines = [(name, at, n, "L1") for (name, at), n in zip(there, units, strict=True) if n]
        if lines:
            self.receive(lines)
        if most != 0:
            self.promise((), (100_00, 20_00), 1, 4, most)
        self.order(*wanted)

    @rule()
    def a_quiet_moment(self) -> None:
        """Nothing happens. The simplest of all calls, by its name: the sequences that begin a search are made of it."""

    @call(3, lines=st.lists(arrivals, min_size=1, max_size=3))
    def goods_arrive(self, lines: list[tuple[str, str, int, str]]) -> None:
        self.receive(lines)

    def receive(self, lines: list[tuple[str, str, int, str]]) -> None:
        receipts = [
            arrival(self.place.skus[name], self.warehouses[at], n, lot=lot, customs_state=ON_SHELF[kind_of(at)])
            for name, at, n, lot in lines
        ]
        told = goods.receive(receipts=receipts, reference=f"PO-{new_id()}", now=self.now)
        self.agree("arrive", told, sum(n for _, _, n, _ in lines))
        for name, at, n, _ in lines:
            self.model.on_hand[name, at] += n

    # Orders.

    @call(5, wanted=wishes_of)
    def order_alone(self, wanted: Wanted) -> None:
        self.order(wanted)

    @call(5, wanted=st.lists(wishes_of, min_size=8, max_size=20))
    def order_together(self, wanted: list[Wanted]) -> None:
        self.order(*wanted)

    @call(3, who=st.lists(papers, min_size=6, max_size=16), name=article)
    def order_the_same(self, who: list[tuple[int, int]], name: str) -> None:
        """Everybody wants the last units."""
        self.order(*[(one, ((name, 1),), "none", ".") for one in who])

    def order(self, *wanted: Wanted) -> None:
        asked = [self.asked(one) for one in wanted]
        forget_all()  # what is left of promotions is known as it is now
        sent = [self.sendable(one) for one in asked]
        if len(sent) == 1:
            told = [answer_of(lambda: services.place(request=sent[0], now=self.now))]
        else:
            batch = [services.checked(request=one, now=self.now) for one in sent]
            answers = services.place_many(batch=batch)
            told = [answers[one.id] for one in batch]
        self.compare(sent, told, self.model.place(asked))

    @call(2, n=few, other=st.booleans())
    def order_again(self, n: int, other: bool) -> None:
        """The same key once more, with the same or with something else."""
        for at in self.last(n):
            one = self.model.orders[at].asked
            one = replace(one, wishes=(*one.wishes, ("bag", 1))) if other else one
            sent = self.sendable(one)
            forget_all()
            told = answer_of(lambda sent=sent: services.place(request=sent, now=self.now))  # type: ignore[misc]
            self.compare([sent], [told], self.model.place([one]))

    def asked(self, wanted: Wanted) -> Asked:
        (account, person), wishes, seen, key = wanted
        total = self.total(wishes) if seen == "right" else self.totals[wishes[0][0]][-1] if seen == "stale" else None
        if key == ".":
            self.keys += 1
            key = f"key {self.keys}"
        return Asked(account, person, wishes, key, total)

    def total(self, wishes: tuple[tuple[str, int], ...]) -> int | None:
        """What somebody who has ordered nothing would be shown."""
        self.model.known = None
        found = self.model.quote(0, Asked(-1, -1, wishes, ""), 0)
        if isinstance(found, tuple):
            return None
        total = sum(parcel.total for parcel in found.parcels)
        self.totals[wishes[0][0]].append(total)
        return total

    def compare(self, sent: Sequence[PlaceRequest], told: Sequence[Any], foretold: Sequence[plain.Answer]) -> None:
        """The answers, and the new orders are known from now on."""
        known, fresh = len(self.placed), dict[int, tuple[Placed, PlaceRequest]]()
        for one, answer, expected in zip(sent, told, foretold, strict=True):
            if expected[0] != "placed":
                self.refused(answer, expected, exact=len(told) == 1)
                continue
            n, again = expected[1], expected[1] < known or expected[1] in fresh
            assert isinstance(answer, Placed), (answer, expected)
            there = self.placed[n] if n < known else fresh.setdefault(n, (answer, one))[0]
            assert (answer.order_id, answer.payment_id) == (there.order_id, there.payment_id), expected
            assert (answer.total_minor, answer.replayed) == (self.model.orders[n].total, again), expected
            self.steps["order: same again" if again else "order: placed"] += 1
            if not again:
                self.steps["order: with a promotion"] += self.model.orders[n].promotion is not None
                self.steps["order: used up"] += self.model.orders[n].denied
        for n in range(known, len(self.model.orders)):
            self.placed.append(fresh[n][0])
            self.sent.append(fresh[n][1])

    def refused(self, answer: Any, expected: plain.Answer, *, exact: bool) -> None:
        """What is left is exact for an order alone; in a batch it is told as it was when the order dropped out."""
        found, codes = self.refusal(answer), {expected[0]}
        if expected[0] == "rush":
            codes = {code for code, *_ in expected[1]}
            assert found in expected[1] or not exact, (found, expected)
        else:
            assert found == expected or not exact, (found, expected)
        assert found[0] in codes, (found, expected)
        self.steps[f"order: {found[0]}"] += 1

    # Money.

    @call(8, n=few, at_once=st.booleans())
    def go_to_pay(self, n: int, at_once: bool) -> None:
        """`at_once`: the notice is here before the provider has answered."""
        for at in self.last(n, lambda one: one.state == "placed") if n % 4 else self.last(n):
            order, placed = self.model.orders[at], self.placed[at]
            taken = at_once and order.theirs in ("", "open")
            way = {"reader": "test", "return_url": "https://shop.example/", "notify_url": "/{provider}"}
            self.bank.opening = (lambda: self.pays(placed)) if taken else None  # noqa: B023
            told = code_of(lambda: services.open_payment(**self.key(at), **way, now=self.now))  # noqa: B023
            self.agree("open", told.replace(self.bank.cashier, "cashier"), self.model.open(order, paid_at_once=at_once))

    def pays(self, placed: Placed) -> None:
        self.bank.pay(placed.payment_id, self.now)
        self.notice(placed)

    def notice(self, placed: Placed, more: int = 0, *, waits: bool = False) -> Captured | None:
        body, then = f"{placed.payment_id} {more}".encode(), self.settling(waits=waits)
        return paying.take_notice(provider="sandbox", body=body, headers={}, now=self.now, then=then)

    def settling(self, *, waits: bool) -> Callable[[Captured], object] | None:
        """What settles a capture with it. `waits`: nothing; its event is told instead, and handled some time."""
        return None if waits else lambda captured: services.settle(captured=captured, now=self.now)

    @call(
        8,
        n=few,
        what=st.sampled_from(("pay", "pay", "pay", "close", "nothing")),
        times=st.integers(0, 2),
        waits=st.booleans(),
    )
    def provider_says(self, n: int, what: str, times: int, waits: bool) -> None:
        """The buyer pays or gives up, early or late; its notice does not come, comes, or comes twice."""
        for at in self.last(n, lambda one: one.theirs):
            order, placed = self.model.orders[at], self.placed[at]
            if what == "pay" and order.theirs != "captured":
                self.bank.pay(placed.payment_id, self.now)
                order.theirs = "captured"
            if what == "close" and order.theirs == "open":
                self.bank.close(placed.payment_id)
                order.theirs = "closed"
            for _ in range(times):
                told = self.notice(placed, waits=waits)
                self.agree("notice", told is not None and told.fresh, self.model.notice(order, waits=waits))

    @call(5, n=few, waits=st.booleans(), in_time=st.booleans())
    def time_to_pay_ends(self, n: int, waits: bool, in_time: bool) -> None:
        """The buyer pays before, which may not be settled yet, or after: then the goods are free again."""
        for at in self.last(n, lambda one: one.state == "placed" and one.theirs == "open"):
            if in_time:
                self.captured(at, waits)
            self.model.now = max(self.model.now, self.model.orders[at].pay_until + 1)
            self.expire(at)
            if not in_time:
                self.captured(at, waits)

    def captured(self, n: int, waits: bool) -> None:
        self.bank.pay(self.placed[n].payment_id, self.now)
        self.notice(self.placed[n], waits=waits)
        self.model.orders[n].theirs = "captured"
        self.model.notice(self.model.orders[n], waits=waits)

    @call(n=few)
    def notice_of_another_amount(self, n: int) -> None:
        for at in self.last(n, lambda one: one.theirs):
            told = code_of(lambda: self.notice(self.placed[at], 1))  # noqa: B023
            self.agree("wrong notice", told, "amount_differs")

    @call(3, n=few, waits=st.booleans())
    def provider_is_asked(self, n: int, waits: bool) -> None:
        """By a buyer who comes back, or by the clock, which leaves it to the event."""
        for at in self.last(n):
            asked = {"payment_id": self.placed[at].payment_id, "buyer_id": self.sent[at].buyer_id}
            asked["then"] = self.settling(waits=waits)
            told = code_of(lambda: paying.query(**asked, now=self.now).payment.is_captured)  # noqa: B023
            state = self.model.ask(self.model.orders[at], waits=waits)
            self.agree("query", told, state if state == "provider_silent" else str(state == "captured"))

    @call(n=few)
    def settle_again(self, n: int) -> None:
        for at in self.last(n, lambda one: one.ours == "captured"):
            self.agree("settle", self.settle(at), self.model.settle(self.model.orders[at]))

    @call(2, n=few)
    def event_is_handled(self, n: int) -> None:
        """The queue comes to a capture that nobody has settled, whatever has become of its order meanwhile."""
        waiting = sql.rows(JOBS, (SETTLE,))
        assert len(waiting) == sum(one.waits for one in self.model.orders)
        for job in waiting and [waiting[n % len(waiting)]]:
            self.hear(job)

    def hear(self, job: dict[str, Any]) -> None:
        payment_id = arguments(job)["event"]["payload"]["payment_id"]
        n = [str(one.payment_id) for one in self.placed].index(payment_id)
        self.model.orders[n].waits = False
        self.agree("event", self.settle(n), self.model.settle(self.model.orders[n]))
        sql.rows(DONE, (job["id"],))

    def settle(self, n: int) -> bool:
        payment = payments.payment(payment_id=self.placed[n].payment_id, buyer_id=self.sent[n].buyer_id)
        assert payment is not None
        return services.settle(captured=Captured(payment, fresh=False), now=self.now)

    @call(2, what=st.sampled_from(("down", "up", "up", "loses")))
    def provider_is(self, what: str) -> None:
        """Down, or its answers to refunds are lost."""
        self.bank.down, self.bank.loses = what == "down", what == "loses"
        self.model.provider_down = self.bank.down

    @call()
    def worker_pays_back(self) -> None:
        """The jobs that pay back, and the clock that asks about what was not answered."""
        known = self.refunds()
        jobs = sql.rows(JOBS, ("payments.give_back",))
        told = {(UUID(a["payment_id"]), a["key"]): a["amount_minor"] for a in map(arguments, jobs)}
        for (payment_id, key), (_, amount, state) in known.items():
            if state == "ordered" or (payment_id, key) in told:
                self.agree("refund", (state, told.pop((payment_id, key), None)), (state, amount))
        assert not told  # nothing else goes back
        for job in jobs:
            paying.give_back(**uuids(arguments(job)), now=self.now)
            sql.rows(DONE, (job["id"],))
        for n, _, state in known.values():
            if state == "pending":
                self.ask_again(n)
        self.model.pay_back(answered=not self.bank.down and not self.bank.loses)

    def ask_again(self, n: int) -> None:
        buyer_id = self.sent[n].buyer_id
        for one in payments.refunds(payment_id=self.placed[n].payment_id, buyer_id=buyer_id):
            if one.state is RefundState.PENDING:
                paying.ask_refund_again(refund_id=one.id, buyer_id=buyer_id, now=self.now)

    # Time, and how orders go on.

    @call(3, minutes=st.sampled_from((1, 9, 16, 31)))
    def time_passes(self, minutes: int) -> None:
        self.model.now += minutes

    @call(3)
    def clock_strikes(self) -> None:
        """Whose time is over gets a job, and the jobs run: also those of before that found a silent provider."""
        self.agree("sweep", services.sweep(now=self.now), len(self.model.sweep()))
        for job in sql.rows(JOBS, ("checkout.expire",)):
            n = [str(one.order_id) for one in self.placed].index(arguments(job)["order_id"])
            if self.expire(n) != "provider_silent":
                sql.rows(DONE, (job["id"],))

    def expire(self, n: int) -> str:
        told = code_of(lambda: services.expire(**self.key(n), now=self.now))
        self.agree("expire", told, str(self.model.expire(self.model.orders[n])))
        return told

    @call(2, n=few)
    def expire_early_or_again(self, n: int) -> None:
        for at in self.last(n):
            self.expire(at)

    @call(3, n=few)
    def cancel(self, n: int) -> None:
        for at in self.last(n):
            told = code_of(lambda: services.cancel(**self.key(at), now=self.now))  # noqa: B023
            cancelled = self.model.cancel(self.model.orders[at], by_buyer=True)
            self.agree("cancel", told, "None" if cancelled else "cannot_cancel")

    @call(
        12,
        n=few,
        p=st.integers(0, 2),
        news=st.sampled_from(("held", "released", "shipped", "delivered", "cancelled", "off", "off", "declared")),
    )
    def parcel_goes_on(self, n: int, p: int, news: str) -> None:
        """Customs and carrier have news, or a clerk calls the parcel off."""
        for at in self.last(n, lambda one: one.state == "paid") if n % 4 else self.last(n, lambda one: one.paid):
            order, ids = self.model.orders[at], self.parcel_ids(at)
            p %= len(ids)
            key = {"parcel_id": ids[p], **self.key(at)}
            old = self.model.year() == 1 and key["order_id"] < first_id(NEW_YEAR)  # an id knows the day
            moved = self.model.move(order, order.parcels[p], "cancelled" if news == "off" else news, of_last_year=old)
            if news == "off":
                told = code_of(lambda: services.call_off(**key, actor="clerk", reason="test", now=self.now))  # noqa: B023
                self.agree("call off", told, "True" if moved else "cannot_call_off")
            elif news in ("shipped", "delivered"):
                carried = WaybillState.DISPATCHED if news == "shipped" else WaybillState.DELIVERED
                services.follow_parcel(carried=Carried(**key, state=carried), now=self.now)
            else:
                said = DeclarationState.MATCHING if news == "declared" else DeclarationState(news)
                services.follow_customs(news=News(**key, state=said, code=""), now=self.now)
            self.steps[f"parcel: {news if moved else 'stays'}"] += news != "off"

    # Prices, sales and limits.

    @call(
        6,
        what=st.sampled_from(("price", "limit", "sale", "sale", "sale with a door", "sale off")),
        name=article,
        units=st.integers(1, 4),
        most=st.integers(1, 3),
    )
    def shop_decides(self, what: str, name: str, units: int, most: int) -> None:
        sku_id = self.place.skus[name]
        if what == "price":
            self.total(((name, 1),))
            self.model.price[name] = PRICES[name][units % 2]
            priced({sku_id: self.model.price[name]}, now=self.now)
            self.steps["price"] += 1
        elif what == "limit":
            self.model.now += 1  # two limits of one article do not begin at one moment
            self.rule_ids[self.model.set_limit(name, most)] = sales.set_limit(
                sku_id=sku_id, quantity=most, days=1, actor="clerk", now=self.now
            )
            self.steps["limit"] += 1
        elif what == "sale off":
            self.call_off_sale()
        else:
            self.plan_sale(name, units, min(most, 2), what == "sale with a door")

    def plan_sale(self, name: str, units: int, limit: int, door: bool) -> None:
        expected = self.model.plan_sale(name, ON_SALE[name], units, limit, door)
        asked = {"price_minor": ON_SALE[name], "units": units, "limit": limit, "admit_per_s": 10 if door else None}
        made: list[Any] = []
        told = code_of(lambda: made.append(on_sale([self.place.skus[name]], now=self.now, **asked)))
        self.agree("sale", told.replace("None", "planned"), expected)
        for sale in made:
            self.rule_ids[self.model.rules], self.sales[self.model.rules] = sale.items[0].id, sale

    def call_off_sale(self) -> None:
        for sale in self.model.sales[-1:]:
            expected, sale.off = "sale_is_over" if sale.over(self.model.now) else "None", True
            asked = {"sale_id": self.sales[sale.name].id, "actor": "clerk", "reason": "test"}
            self.agree("sale off", code_of(lambda: sales.call_off(**asked, now=self.now)), expected)  # noqa: B023

    @call(
        4,
        what=st.sampled_from(("plan", "plan", "call off")),
        names=st.sampled_from(((), (), ("coat",), ("bag", "watch"))),
        sums=st.sampled_from(((100_00, 20_00), (300_00, 40_00), (900_00, 99_99))),
        times=st.integers(1, 3),
        for_so_many=st.integers(1, 4),
        most=st.sampled_from((None, 1, 1, 2)),
    )
    def shop_promises(
        self,
        what: str,
        names: tuple[str, ...],
        sums: tuple[int, int],
        times: int,
        for_so_many: int,
        most: int | None,
    ) -> None:
        """A promotion whose budget is soon spent, for so many orders of one person."""
        if what == "call off":
            for one in self.model.promotions[-1:]:
                expected, one.called_off = "promotion_is_over" if one.over(self.model.now) else "None", True
                asked = {"promotion_id": self.rule_ids[one.name], "actor": "clerk", "reason": "test"}
                self.agree("promotion off", code_of(lambda: sales.call_off_promotion(**asked, now=self.now)), expected)  # noqa: B023
            return
        self.promise(names, sums, times, for_so_many, most)

    def promise(
        self, names: tuple[str, ...], sums: tuple[int, int], times: int, for_so_many: int, most: int | None
    ) -> None:
        made = self.model.plan_promotion(sums, times, frozenset(names), for_so_many * sums[1], most)
        sku_ids = [self.place.skus[name] for name in names]
        self.rule_ids[made.name] = promoted(
            *sums,
            times=times,
            budget_minor=made.budget,
            sku_ids=sku_ids,
            per_person=most,
            now=self.now,
            code=f"off-{made.name:04}",
        )
        self.steps["promotion: planned"] += 1

    @call(3, account=st.integers(0, 2))
    def line_up(self, account: int) -> None:
        """A place in line, and a minute later a pass."""
        for mine in [sale for sale in self.model.sales if sale.door][-1:]:
            over = mine.over(self.model.now) or not mine.left
            buyer_id = next(who.buyer_id for (one, _), who in self.people.items() if one == account)
            sale = pricing.sale(sale_id=self.sales[mine.name].id)
            assert sale is not None
            turn = services.line_up(sale=sale, buyer_id=buyer_id, ticket="", now=self.now)
            self.model.now += 1
            asked = {"sale": sale, "buyer_id": buyer_id, "ticket": turn.ticket}
            passes: list[str] = []
            told = code_of(lambda: passes.append(services.let_in(**asked, now=self.now)))  # noqa: B023
            self.agree("door", told, "not_admitted" if over or mine.over(self.model.now) else "None")
            if passes:
                self.model.passes[mine.name, account] = self.model.now + plain.PASS_FOR
                self.passes.setdefault(account, []).extend(passes)

    # The end.

    def settle_up(self) -> None:
        """When every event is handled and all is paid back, the provider has what the orders keep."""
        self.bank.down = self.bank.loses = False
        for job in sql.rows(JOBS, (SETTLE,)):
            self.hear(job)
        self.worker_pays_back()
        self.look()
        nothing_disagrees()
        for placed, order in zip(self.placed, self.model.orders, strict=True):
            taken = order.total if order.theirs == "captured" else 0
            assert self.bank.charged(placed.payment_id) == (taken, order.refunded("done"))
            late = {"again": "stands again", "late": "unwanted" if order.by_buyer else "goes back"}
            told = "again" if order.again else "late" if order.refused else None
            self.ends.update([f"late payment: {late[told]}"] if told else [])
            assert payment_state(order) != "captured" or order.paid  # what no order keeps went back


for name, weight in WEIGHTS.items():  # a rule of several names is taken for as many
    for n in range(1, weight):
        setattr(Buying, f"{name}_{n}", getattr(Buying, name))


def sequence(number: int) -> None:
    """Play the sequence of this number. Before it comes the simplest of all; a run of many would draw most of them much
    like the one before."""
    Buying.number = number
    shape = settings(
        max_examples=2,
        stateful_step_count=CALLS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(seed(number)(Buying), settings=shape)


@pytest.mark.django_db
@pytest.mark.usefixtures("shop")
def test_any_sequence_is_answered_and_booked_as_the_model_says() -> None:
    number = SEED
    while Buying.steps.total() < STEPS:
        sequence(number)
        number += 1
    told = ", ".join(f"{what} {n}" for what, n in sorted((Buying.steps + Buying.ends).items()) if n)
    print(f"{Buying.steps.total()} steps in {number - SEED} sequences: {told}")
    if STEPS >= 10_000:
        missed = set(ANSWERS.replace("\n", " ").strip().split(", ")) - Buying.steps.keys() - Buying.ends.keys()
        assert len(missed) <= 3, missed  # the rarest come a few times in so many steps, or not at all
