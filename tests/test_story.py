"""One purchase, whole: ordered over the API, paid, declared, released, shipped, delivered.

The outside world is the real sandbox process, spoken to over HTTP both ways; the worker's jobs run through `drain`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import Shopper, World, shopper, world
from entrepot.customs import selectors as customs
from entrepot.customs import services as customs_verbs
from entrepot.customs.types import DeclarationState
from entrepot.identity import selectors as people
from entrepot.identity.tests.makers import key as access_key
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.payments.types import PaymentState
from entrepot.shipping import selectors as shipping
from entrepot.shipping.tests.makers import with_carrier
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked
from entrepot.stock.types import CustomsState
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db

# Statements of one order of one parcel over the API: its request, its payment, its customs documents and their receipts
# until the goods leave the books; the queue's own statements included.
STATEMENTS_MAX = 32
SHIPPING_MAX = 10  # and after the release, until it is delivered: the hand-over to the carrier and its five reports
BILL_MAX = 1  # and to keep the tax bill, which the clock puts to its list
WAITED_FOR = ("order", "open the payment", "notice of the payment")
WAITED_FOR_MAX = 17
SHIPPING = ("hand-over to the carrier", "reports of the carrier")


class Story:
    """A buyer with an access key, and the world outside."""

    def __init__(self, place: World, port: Sandbox, client: Client) -> None:
        self.place, self.port, self.client = place, port, client
        self.who: Shopper = shopper()
        self.headers = {"Authorization": f"Bearer {access_key(self.who.buyer_id)}"}

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or str(new_id())}
        answer = self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)
        assert answer.status_code < 300, answer.content
        return answer.json()

    def order(self, wishes: Mapping[str, int], key: str | None = None) -> str:
        """Order goods by name over the API; the order's number."""
        body = {
            "lines": [{"sku": f"{name}-M", "quantity": quantity} for name, quantity in wishes.items()],
            "address_id": str(self.who.address_id),
            "real_name_id": str(self.who.real_name_id),
            "notice_accepted": True,
        }
        return str(self.post("/orders", body, key)["number"])

    def cashier(self, number: str) -> str:
        """Where the order is paid: asked over the API."""
        return str(self.post(f"/orders/{number}/payment", {})["redirect"])

    def pay(self, number: str) -> None:
        self.port.pay(self.cashier(number))
        self.hear("pay")

    def hear(self, party: str) -> int:
        """Let a party say what it has to say; how many messages were taken."""
        said = self.port.deliver(self.client, self.port.collect(party))
        assert all(status == 204 for status in said), said
        return len(said)

    def clear(self) -> None:
        """Worker and customs port take turns until neither has anything left."""
        while drain() + self.hear("customs"):
            pass

    def read(self, number: str) -> Order:
        found = orders.by_number(number=number, buyer_id=self.who.buyer_id)
        assert found is not None
        return found


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Iterator[Story]:  # noqa: F811
    yield Story(world({"coat": 40_000, "bag": 15_000}, units=5), customs_port, client)
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    assert payments.discrepancies() == []


def left(story: Story, name: str) -> int:
    sku_id = story.place.skus[name]
    return sum(one.quantity for one in stock.available(sku_ids=[sku_id]).get(sku_id, []))


def kinds(order: Order) -> list[str]:
    return [event.kind for event in order.events]


def test_an_imported_parcel_is_bought_declared_and_delivered(story: Story) -> None:
    number = story.order({"coat": 1})
    assert story.read(number).state is OrderState.PLACED
    story.pay(number)
    assert story.read(number).state is OrderState.PAID
    assert [one.verified for one in people.masked_real_names(buyer_id=story.who.buyer_id)] == [False]
    story.clear()
    assert [one.verified for one in people.masked_real_names(buyer_id=story.who.buyer_id)] == [True]
    order = story.read(number)
    assert order.parcels[0].state is ParcelState.SHIPPED
    declaration = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert declaration is not None
    assert declaration.state is DeclarationState.RELEASED
    story.hear("carrier")
    drain()
    order = story.read(number)
    assert kinds(order) == ["placed", "paid", "declared", "released", "shipped", "delivered", "delivered"]
    assert order.state is OrderState.DELIVERED
    assert shipping.waybill(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id) is not None
    assert left(story, "coat") == 4
    (level,) = stock.levels(sku_ids=[story.place.skus["coat"]])
    assert (level.on_hand, level.claimed) == (4, 0)


def test_two_parcels_go_their_own_ways_and_the_last_ends_the_order(story: Story) -> None:
    (bag,) = stock.levels(sku_ids=[story.place.skus["bag"]])
    extra = story.place.skus["bag"]
    stocked(extra, story.place.overseas, 2, lot="SEA", customs_state=CustomsState.RELEASED)
    number = story.order({"coat": 1, "bag": 7})
    order = story.read(number)
    assert [parcel.trade_mode for parcel in order.parcels] == ["1210", "9610"]
    payment = payments.payment(order_id=order.id, buyer_id=order.buyer_id)
    assert payment is not None
    assert [one.amount_minor for one in payment.splits] == [parcel.total_minor for parcel in order.parcels]
    story.pay(number)
    story.clear()
    story.hear("carrier")
    drain()
    order = story.read(number)
    assert order.state is OrderState.DELIVERED
    assert kinds(order).count("delivered") == 3
    assert [event.sequence for event in order.events] == list(range(1, len(order.events) + 1))
    assert bag.on_hand == 5


@pytest.mark.parametrize(("reports", "then"), [(1, ParcelState.SHIPPED), (5, ParcelState.DELIVERED)])
def test_a_carrier_may_be_ahead_of_customs(story: Story, reports: int, then: ParcelState) -> None:
    """It has the parcel, or has delivered it, before customs' release is heard of."""
    number = story.order({"coat": 1})
    story.pay(number)
    drain()
    (parcel,) = story.read(number).parcels
    with_carrier(parcel.id)
    said = story.port.collect("carrier")
    story.port.deliver(story.client, said[:reports])
    drain()
    assert story.read(number).parcels[0].state not in (ParcelState.SHIPPED, ParcelState.DELIVERED)
    story.clear()
    assert story.read(number).parcels[0].state is then
    story.port.deliver(story.client, said[reports:])
    drain()
    assert story.read(number).state is OrderState.DELIVERED


def test_everything_said_twice_changes_nothing(story: Story) -> None:
    key = str(new_id())
    number = story.order({"coat": 1}, key)
    assert story.order({"coat": 1}, key) == number
    story.port.pay(story.cashier(number))
    for _ in range(2):
        said = story.port.collect("pay")
        story.port.deliver(story.client, said + said)
    heard: list[dict[str, Any]] = []
    while (said := story.port.collect("customs")) or drain():
        heard += said
        story.port.deliver(story.client, said[::-1] + said)
    story.port.deliver(story.client, heard)
    drain()
    said = story.port.collect("carrier")
    story.port.deliver(story.client, said[::-1] + said)
    drain()
    order = story.read(number)
    assert order.state is OrderState.DELIVERED
    assert Counter(kinds(order)) == Counter(
        {"placed": 1, "paid": 1, "declared": 1, "released": 1, "shipped": 1, "delivered": 2}
    )
    assert left(story, "coat") == 4


@pytest.mark.parametrize("together", [False, True])
def test_receipts_come_alone_or_together(story: Story, together: bool) -> None:
    story.port.control("customs", together=together, duplicate=True)
    number = story.order({"coat": 1})
    story.pay(number)
    heard = 0
    while (said := story.hear("customs")) + drain():
        heard += said
    assert (heard == 2) if together else (heard > 10)
    order = story.read(number)
    assert kinds(order) == ["placed", "paid", "declared", "released", "shipped"]
    assert left(story, "coat") == 4


def test_outside_parties_that_break_off_are_called_again_and_everything_happens_once(story: Story) -> None:
    number = story.order({"coat": 1})
    story.pay(number)
    for fault in ("hang_up", "down", "hang_up"):
        story.port.control("carrier", next=[fault])
        story.port.control("customs", next=[fault, fault])
        drain(park=True)
        story.hear("customs")
    story.port.control("carrier", next=["down", "hang_up"])
    while drain(park=True) + story.hear("customs"):
        pass
    story.hear("carrier")
    drain(park=True)
    order = story.read(number)
    assert kinds(order) == ["placed", "paid", "declared", "released", "shipped", "delivered", "delivered"]
    (level,) = stock.levels(sku_ids=[story.place.skus["coat"]])
    assert (level.on_hand, level.claimed) == (4, 0)
    assert sql.rows("SELECT task_name FROM procrastinate_jobs WHERE status = 'failed'") == []


def test_customs_says_no_a_clerk_gives_up_and_everything_comes_back(story: Story) -> None:
    story.port.control("customs", next=["refuse:-621018"])
    number = story.order({"coat": 2})
    story.pay(number)
    story.clear()
    order = story.read(number)
    (parcel,) = order.parcels
    assert (parcel.state, order.events[-1].note) == (ParcelState.HELD, "-621018")
    now = clock.now()
    checkout.call_off(
        parcel_id=parcel.id, order_id=order.id, buyer_id=order.buyer_id, actor="clerk", reason="quota", now=now
    )
    story.clear()
    story.hear("pay")
    order = story.read(number)
    assert (order.state, order.parcels[0].state) == (OrderState.CANCELLED, ParcelState.CANCELLED)
    payment = payments.payment(order_id=order.id, buyer_id=order.buyer_id)
    assert payment is not None
    assert (payment.state, payment.refunded_minor) == (PaymentState.REFUNDED, order.total_minor)
    assert left(story, "coat") == 5


def test_a_held_parcel_goes_on_when_a_clerk_declares_it_again(story: Story) -> None:
    story.port.control("customs", next=["refuse:-621004"])
    number = story.order({"coat": 1})
    story.pay(number)
    story.clear()
    (parcel,) = story.read(number).parcels
    assert parcel.state is ParcelState.HELD
    declaration = customs.declaration(parcel_id=parcel.id, buyer_id=parcel.buyer_id)
    assert declaration is not None
    customs_verbs.redeclare(declaration_id=declaration.id, buyer_id=parcel.buyer_id, actor="clerk", now=clock.now())
    story.clear()
    assert story.read(number).parcels[0].state is ParcelState.SHIPPED


def test_an_unpaid_order_expires_and_a_lost_notice_is_found_first(story: Story) -> None:
    unpaid, lost = story.order({"coat": 1}), story.order({"bag": 1})
    story.cashier(unpaid)
    story.port.pay(story.cashier(lost))
    story.port.collect("pay")  # the notice is lost
    hour = "interval '1 hour'"
    sql.run(f"UPDATE orders_order SET placed_at = placed_at - {hour}, pay_until = pay_until - {hour}")
    assert checkout.sweep(now=clock.now()) == 2
    drain()
    assert story.read(unpaid).state is OrderState.CANCELLED
    assert story.read(lost).state is OrderState.PAID
    assert (left(story, "coat"), left(story, "bag")) == (5, 4)


def test_what_cannot_be_ordered_is_told_over_the_api_with_what_is_left(story: Story) -> None:
    body = {
        "lines": [{"sku": "coat-M", "quantity": 6}],
        "address_id": str(story.who.address_id),
        "real_name_id": str(story.who.real_name_id),
        "notice_accepted": True,
    }
    headers = {**story.headers, "Idempotency-Key": str(new_id()), "Accept-Language": "en"}
    answer = story.client.post("/api/v1/orders", json.dumps(body), content_type="application/json", headers=headers)
    told = answer.json()
    assert (answer.status_code, told["code"], told["title"]) == (409, "out_of_stock", "Only 5 left")
    data = told["data"]["obstacles"][0]["data"]
    assert (data["sku"], data["left"]) == ("coat-M", 5)
    assert orders.search().orders == ()


def test_the_statements_of_one_order_are_counted(story: Story) -> None:
    warm = story.order({"bag": 1})  # what a process keeps (storefront, warehouses, rate book) is there afterwards
    story.pay(warm)
    drain()
    story.port.collect("customs")
    story.port.control("customs", together=True)  # what the port has to say at one moment comes in one delivery
    phases: dict[str, list[str]] = {}
    with counted(phases, "order"):
        number = story.order({"coat": 1})
    with counted(phases, "open the payment"):
        address = story.cashier(number)
    story.port.pay(address)
    with counted(phases, "notice of the payment"):
        story.hear("pay")
    worked(phases, "declaring")
    with counted(phases, "receipts of the three documents"):
        assert story.hear("customs") == 1
    worked(phases, "sending the list")
    with counted(phases, "receipts of the list"):
        assert story.hear("customs") == 1
    order = story.read(number)
    assert order.parcels[0].state is ParcelState.RELEASED
    (level,) = stock.levels(sku_ids=[story.place.skus["coat"]])
    assert (level.on_hand, level.claimed) == (4, 0)
    worked(phases, "hand-over to the carrier")
    with counted(phases, "reports of the carrier"):
        story.hear("carrier")
    assert (drain(), story.hear("customs"), story.read(number).state) == (0, 0, OrderState.DELIVERED)
    assert any("stock_bookentry" in one for one in phases["receipts of the list"])  # bonded goods leave their book
    bills = [phases["receipts of the list"].pop(i) for i, _ in _taxing(phases["receipts of the list"])]
    assert len(bills) == BILL_MAX
    counts = {phase: len(found) for phase, found in phases.items()}
    for phase, found in phases.items():
        print(
            f"\n{len(found):4} {phase}",
            *(f"{n:8} x {what}" for what, n in Counter(map(named, found)).items()),
            sep="\n",
        )
    shipping_cost = sum(counts[phase] for phase in SHIPPING)
    waited = sum(counts[phase] for phase in WAITED_FOR)
    released = sum(counts.values()) - shipping_cost
    print(f"\n{released:4} until the goods leave the books, {waited} of them while the buyer waits")
    print(f"{shipping_cost:4} more until they are delivered")
    assert waited <= WAITED_FOR_MAX
    assert released <= STATEMENTS_MAX
    assert shipping_cost <= SHIPPING_MAX


def _taxing(statements: list[str]) -> list[tuple[int, str]]:
    """What is done about the tax bill, which comes after the goods have left the books."""
    return [(i, one) for i, one in enumerate(statements) if "customs_taxinbox" in one]


def worked(phases: dict[str, list[str]], phase: str) -> None:
    """Count what the worker does, but not its last look, which finds nothing."""
    with counted(phases, phase):
        assert drain() == 1
    assert "procrastinate_fetch_job" in phases[phase].pop()


@contextmanager
def counted(phases: dict[str, list[str]], phase: str) -> Iterator[None]:
    """Keep the statements of the block under `phase`."""

    def keep(execute: Callable[..., Any], text: str, params: Any, many: bool, context: Any) -> Any:
        if not text.startswith(("SAVEPOINT", "RELEASE")):  # they stand for BEGIN and COMMIT here
            phases.setdefault(phase, []).append(text)
        return execute(text, params, many, context)

    with connection.execute_wrapper(keep):
        yield


def named(statement: str) -> str:
    """What a statement does, in a few words."""
    text = re.sub(r"--[^\n]*", "", statement)
    verbs = re.findall(r"\b(INSERT INTO|UPDATE|DELETE FROM|FROM|SAVEPOINT|RELEASE)\s+\"?([a-z_0-9]+)", text)
    writes = [
        f"{verb.split()[0].lower()} {table}" for verb, table in verbs if verb not in ("FROM", "SAVEPOINT", "RELEASE")
    ]
    reads = [table for verb, table in verbs if verb == "FROM"]
    return ", ".join(dict.fromkeys(writes)) or (f"select {reads[0]}" if reads else text.strip()[:60])
