"""News of one payment in every order: whatever comes first, twice, late or never, the rows at the end are the same.

An order is placed, its payment opened and paid while the provider's answer to the opening is still on its way. Then, in
each order of each choice of them, come the answer, the notice (always twice), the buyer's return and the provider's
statement. All of it goes over the wire; only the moment at which the answer reaches us is chosen.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import Shopper, bought, shopper, world
from entrepot.checkout.types import Placed
from entrepot.identity.tests.makers import id_number
from entrepot.kit import clock, sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.tests.racing import WAIT_S
from entrepot.orders import selectors as orders
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.tests.makers import Line, movements, strike
from entrepot.payments.types import Captured
from entrepot.stock import selectors as stock
from entrepot.web.common.tests.makers import log_in
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
TELLERS = ("notice", "return", "statement")
CHOICES = [chosen for size in range(len(TELLERS) + 1) for chosen in itertools.combinations(TELLERS, size)]
EVERY = [order for chosen in CHOICES for order in itertools.permutations(("answer", *chosen))]
ALL_FOUR = [order for order in EVERY if len(order) == 4]


class Purchase:
    """One order of one buyer, and what has been told of its payment."""

    def __init__(self, line: Line, port: Sandbox, pool: ThreadPoolExecutor, placed: Placed, who: Shopper) -> None:
        self.line, self.port, self.placed, self.who = line, port, placed, who
        self.browser = log_in(Client(), who.buyer_id)
        self.client = Client()
        line.asked.clear()
        line.through.clear()
        self.opening: Future[str] = pool.submit(self._open)
        assert line.asked.wait(WAIT_S)
        port.pay(line.cashier)
        self.notices = port.collect("pay")
        assert len(self.notices) == 1

    def _open(self) -> str:
        with closing(connection):
            try:
                return checkout.open_payment(
                    order_id=self.placed.order_id,
                    buyer_id=self.who.buyer_id,
                    reader="test",
                    return_url="http://testserver/",
                    notify_url="http://testserver/callbacks/payments/{provider}",
                    now=clock.now(),
                )
            except paying.ProviderSilent as silent:
                return silent.code

    def answer(self) -> None:
        """What the provider said to our call arrives, or we give up waiting."""
        self.line.through.set()
        assert self.opening.result(WAIT_S) == ("provider_silent" if self.line.lost else self.line.cashier)

    def notice(self) -> None:
        assert self.port.deliver(self.client, self.notices * 2) == [204, 204]

    def back(self) -> None:
        """The buyer's browser comes back from the provider."""
        answer = self.browser.get(f"/orders/{self.placed.number}/paid/")
        assert (answer.status_code, answer["Location"]) == (302, f"/orders/{self.placed.number}/")

    def statement(self) -> None:
        """The day's books are compared."""
        now = clock.now()
        paying.reconcile(provider="sandbox", day=day_in(CHINA, now), now=now)
        drain()

    def tell(self, what: str) -> None:
        {"answer": self.answer, "notice": self.notice, "return": self.back, "statement": self.statement}[what]()

    def end(self) -> dict[str, Any]:
        """The clock strikes, the second notice of a payment in two steps comes, and what the rows then say."""
        strike(self.placed.payment_id)
        self.port.deliver(self.client, self.port.collect("pay"))
        drain()
        return rows(self.placed, self.who.buyer_id)


def rows(placed: Placed, buyer_id: UUID) -> dict[str, Any]:
    """All that the house knows of the order's money, without what differs by nature: ids, numbers, times, who told."""
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=buyer_id)
    order = orders.order(order_id=placed.order_id, buyer_id=buyer_id)
    assert payment is not None and order is not None
    key = {"payment_id": placed.payment_id, "buyer_id": buyer_id}
    told = "SELECT topic, count(*)::int AS n FROM outbox_event WHERE payload->>'order_id' = %s GROUP BY 1"
    topics = {row["topic"]: row["n"] for row in sql.rows(told, (str(placed.order_id),))}
    topics.pop("payments.captured", None)  # told where nobody settled at once
    sku_ids = [line.sku_id for parcel in order.parcels for line in parcel.lines]
    ask = sql.rows("SELECT ask_at FROM payments_payment WHERE id = %s", (placed.payment_id,))
    return {
        "payment": (payment.state, payment.amount_minor, payment.refunded_minor, payment.refunding_minor, ask),
        "taken": (
            payment.captured_at is not None,
            payment.payer_is_buyer,
            [bool(s.transaction) for s in payment.splits],
        ),
        "events": {
            (one.action, one.outcome, one.amount_minor, one.key == str(payment.id), bool(one.provider_number))
            for one in payments.transaction_events(**key)
        },
        "order": (order.state, order.payment_id == payment.id, [(e.kind, e.note) for e in order.events]),
        "topics": topics,
        "claims": [(c["state"], c["quantity"]) for c in stock.claims_of(reference=order.id, sku_ids=sku_ids)],
        "charged": movements(payment.id),
    }


@pytest.fixture
def buying(
    sandbox: Sandbox,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., dict[str, Any]]]:
    """Buy something, let the news arrive in this order, and see the rows at the end."""
    settings.OUTSIDE_TIMEOUT_S = float(WAIT_S)
    monkeypatch.setattr(checkout, "declare", lambda **_: None)  # what follows a paid order has its own tests
    settled, settle = Counter[UUID](), checkout.settle

    def counting(*, captured: Captured, now: datetime) -> bool:
        settled[captured.payment.id] += 1
        return settle(captured=captured, now=now)

    monkeypatch.setattr(checkout, "settle", counting)
    place, line, count = world(units=200), Line(monkeypatch), itertools.count()
    sandbox.collect("pay")
    with ThreadPoolExecutor(1) as pool:

        def buy(arrivals: Sequence[str], *, lost: bool = False) -> dict[str, Any]:
            who = shopper(number=id_number(sequence=1 + 2 * next(count)))
            placed = bought(place, who, {"coat": 1}, clock.now())
            line.lost = lost
            purchase = Purchase(line, sandbox, pool, placed, who)
            for what in arrivals:
                purchase.tell(what)
            return purchase.end() | {"settled": settled[placed.payment_id]}

        yield buy


def differing(told: dict[tuple[str, ...], dict[str, Any]], usual: dict[str, Any]) -> dict[str, Any]:
    """Where the rows are not as usual; the books must agree, too."""
    assert payments.discrepancies() == []
    assert orders.discrepancies() == []
    assert stock.discrepancies() == []
    return {
        f"{' '.join(arrivals)}: {what}": (found[what], usual[what])
        for arrivals, found in told.items()
        for what in usual
        if found[what] != usual[what]
    }


Buying = Callable[..., dict[str, Any]]


def test_in_every_order_of_every_choice_of_news_the_rows_end_the_same(buying: Buying) -> None:
    told = {arrivals: buying(arrivals) for arrivals in EVERY}
    usual = told["answer", "notice"]
    assert usual["payment"][0] == "captured" and usual["order"][0] == "paid"
    assert [kind for kind, _ in usual["charged"]] == ["capture"]
    assert usual["topics"]["orders.paid"] == usual["settled"] == 1
    assert differing(told, usual) == {}


def test_where_the_answer_to_our_call_is_lost_they_end_the_same_too(buying: Buying) -> None:
    usual = buying(("answer", "notice"))
    told = {chosen: buying(("answer", *chosen), lost=True) for chosen in CHOICES}
    told |= {arrivals: buying(arrivals, lost=True) for arrivals in ALL_FOUR[-6:]}
    assert differing(told, usual) == {}


def test_a_payment_in_two_steps_ends_the_same_in_every_order(buying: Buying, settings: Any) -> None:
    settings.PAYMENT_AUTHORISE_FIRST = True
    told = {arrivals: buying(arrivals) for arrivals in EVERY if "statement" not in arrivals}
    usual = told["answer", "notice"]
    assert len(usual["events"]) == 4 and usual["order"][0] == "paid"
    assert differing(told, usual) == {}


def test_control_without_the_state_in_the_write_the_order_of_news_shows(
    buying: Buying, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = sql.load
    guard = "AND p.state = ANY(%(from_states)s::text[])"
    assert guard in load("payments", "advance")
    monkeypatch.setattr(
        sql,
        "load",
        lambda context, verb: load(context, verb).replace(guard, "") if verb == "advance" else load(context, verb),
    )
    assert buying(("answer", "notice"))["settled"] > 1
    assert buying(("notice", "answer"))["settled"] > 1
