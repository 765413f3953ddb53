"""The fault matrix: whatever the provider does wrong, a payment is captured once, its order paid once, the buyer
charged once, and a refund goes back once.

Against the running sandbox, with its notices posted to a live server: nothing is simulated on our side. A slow provider
answers when the test turns a switch, which is after we have given up waiting.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import bought, shopper, world
from entrepot.identity.tests.makers import id_number
from entrepot.kit import clock
from entrepot.orders import selectors as orders
from entrepot.orders.types import OrderState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors, services
from entrepot.payments.models import Payment as PaymentRow
from entrepot.payments.models import Refund as RefundRow
from entrepot.payments.tests.makers import RETURN_URL, captured, intent, movements, strike
from entrepot.payments.types import Balance, Captured, Outcome, PaymentState, RefundState
from entrepot.stock import selectors as stock
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
TRIES = 3
CALLS = ("down", "http_500", "slow", "success_after_timeout", "wrong_answer")


class Story:
    """One payment of one buyer, driven like the shop drives it."""

    def __init__(self, sandbox: Sandbox, site: str, settings: Any) -> None:  # noqa: F811
        self.sandbox, self.site, self.settings = sandbox, site, settings
        self.place, self.count = world(units=20), itertools.count()
        self.another()

    def another(self) -> None:
        who = shopper(number=id_number(sequence=1 + 2 * next(self.count)))
        self.placed, self.buyer_id = bought(self.place, who, {"coat": 1}, clock.now()), who.buyer_id
        self.payment_id, self.sum_minor = self.placed.payment_id, self.placed.total_minor
        self.silences = 0

    def wait_as_needed(self) -> None:
        """For what will never answer half a second; for all else as long as a slow machine takes."""
        coming = self.sandbox.http.get("/pay/control").json()["next"]
        self.settings.OUTSIDE_TIMEOUT_S = 0.5 if coming[:1] in (["slow"], ["success_after_timeout"]) else 60.0

    def open(self) -> str:
        for _ in range(TRIES):
            self.wait_as_needed()
            try:
                return checkout.open_payment(
                    order_id=self.placed.order_id,
                    buyer_id=self.buyer_id,
                    reader="test",
                    return_url=RETURN_URL,
                    notify_url=f"{self.site}/callbacks/payments/{{provider}}",
                    now=clock.now(),
                )
            except services.ProviderSilent:
                self.silences += 1
        raise AssertionError("never opened")

    def pay(self, address: str) -> None:
        self.sandbox.http.post(address, data={"action": "pay"})
        self.sandbox.wait("pay")

    def come_back(self) -> None:
        def settle(captured: Captured) -> None:
            checkout.settle(captured=captured, now=clock.now())

        for _ in range(TRIES):
            self.wait_as_needed()
            try:
                services.query(payment_id=self.payment_id, buyer_id=self.buyer_id, now=clock.now(), then=settle)
                return
            except services.ProviderSilent:
                self.silences += 1

    def clock_strikes(self) -> None:
        self.wait_as_needed()
        strike(self.payment_id)
        drain()

    @property
    def state(self) -> PaymentState:
        found = selectors.payment(payment_id=self.payment_id, buyer_id=self.buyer_id)
        assert found is not None
        return found.state

    def kinds(self) -> list[str]:
        return [raw.kind for raw in selectors.raw_exchange(payment_id=self.payment_id, buyer_id=self.buyer_id)]

    def order(self) -> tuple[OrderState, list[str]]:
        found = orders.order(order_id=self.placed.order_id, buyer_id=self.buyer_id)
        assert found is not None
        return found.state, [event.kind for event in found.events]

    def ends_well(self) -> None:
        """Captured once here, the order paid once, charged once there."""
        assert self.state is PaymentState.CAPTURED
        assert self.order() == (OrderState.PAID, ["placed", "paid"])
        assert movements(self.payment_id) == [("capture", self.sum_minor)]
        events = selectors.transaction_events(payment_id=self.payment_id, buyer_id=self.buyer_id)
        assert [one.outcome for one in events] == [Outcome.PENDING, Outcome.SUCCEEDED]
        assert (selectors.discrepancies(), orders.discrepancies(), stock.discrepancies()) == ([], [], [])


@pytest.fixture
def story(
    sandbox: Sandbox,  # noqa: F811
    live_server: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Story:
    monkeypatch.setattr(checkout, "declare", lambda **_: None)  # what follows a paid order has its own tests
    sandbox.control("pay", hold=False, delay_s=3_600)
    return Story(sandbox, live_server.url, settings)


@pytest.mark.parametrize(
    ("fault", "told_by"),
    [
        ("", {"notice"}),
        ("lose_callback", {"query"}),
        ("double", {"notice"}),
        ("before_response", {"notice"}),
        ("wrong_signature", {"query"}),
        ("down", {"notice"}),
        ("http_500", {"notice"}),
        ("slow", {"notice"}),
        ("success_after_timeout", {"notice"}),
        ("wrong_answer", {"notice"}),
    ],
)
def test_any_fault_ends_captured_once(story: Story, fault: str, told_by: set[str]) -> None:
    for buyer_comes_back in (True, False):
        story.another()
        if fault:
            story.sandbox.control("pay", next=[fault])
        address = story.open()
        assert story.silences == (fault in CALLS)
        story.pay(address)
        if buyer_comes_back:
            story.come_back()
        story.clock_strikes()
        story.clock_strikes()
        story.ends_well()
        assert set(story.kinds()) - {"create"} == told_by


@pytest.mark.parametrize("fault", CALLS)
def test_a_fault_while_asking_ends_the_same(story: Story, fault: str) -> None:
    story.sandbox.control("pay", payments="lose_callback")
    address = story.open()
    story.pay(address)
    story.sandbox.control("pay", payments="", next=[fault, fault])
    story.come_back()
    assert story.silences == 2
    story.ends_well()


def test_a_provider_that_stays_down_leaves_the_payment_to_be_asked_later(story: Story) -> None:
    address = story.open()
    story.sandbox.control("pay", hold=True)
    story.sandbox.http.post(address, data={"action": "pay"})
    story.sandbox.control("pay", payments="down")
    story.clock_strikes()
    row = PaymentRow.objects.get(id=story.payment_id)
    assert row.state == PaymentState.OPEN and row.ask_at is not None and row.ask_at > clock.now()
    story.sandbox.control("pay", payments="")
    story.clock_strikes()
    story.ends_well()


def test_another_amount_is_never_taken_for_ours(story: Story) -> None:
    """The notice names one fen more: refused, kept for the 179 data, and the payment stays open until asked."""
    story.sandbox.control("pay", next=["wrong_amount"])
    address = story.open()
    story.pay(address)
    assert story.state is PaymentState.OPEN
    assert story.kinds() == ["create", "notice"]
    [tried] = [sent for sent in story.sandbox.http.get("/pay/outbox").json() if sent["last_error"]][:1]
    assert tried["last_error"] == "answered 409"
    assert story.order() == (OrderState.PLACED, ["placed"])


@pytest.mark.parametrize("fault", CALLS)
def test_a_refund_through_any_fault_goes_back_once(story: Story, fault: str) -> None:
    story.pay(story.open())
    story.sandbox.control("pay", next=[fault])
    wish = {"payment_id": story.payment_id, "buyer_id": story.buyer_id, "amount_minor": 5_000, "reason": "late"}
    story.wait_as_needed()
    asked = services.refund(key="late", now=clock.now(), **wish)
    assert asked.state is RefundState.PENDING and story.state is PaymentState.REFUND_PENDING
    story.clock_strikes()
    done = services.refund(key="late", now=clock.now(), **wish)
    assert done.id == asked.id and done.state is RefundState.DONE
    assert movements(story.payment_id) == [("capture", story.sum_minor), ("refund", 5_000)]
    story.clock_strikes()
    assert movements(story.payment_id) == [("capture", story.sum_minor), ("refund", 5_000)]
    assert story.state is PaymentState.CAPTURED


@pytest.mark.parametrize("fault", ["", "lose_callback", "double", "wrong_signature"])
def test_a_refund_that_takes_its_time_goes_back_once_however_its_notice_comes(story: Story, fault: str) -> None:
    """The payment's notices share its fault; a lost or forged one is made up for by the clock."""
    story.sandbox.control("pay", next=[fault] if fault else [], refunds_later_s=0.001)
    story.pay(story.open())
    story.come_back()
    wish = {"payment_id": story.payment_id, "buyer_id": story.buyer_id, "amount_minor": 5_000, "reason": "late"}
    story.sandbox.control("pay", hold=True)  # else its notice may be here before its answer is written
    assert services.refund(key="late", now=clock.now(), **wish).state is RefundState.PENDING
    story.sandbox.control("pay", hold=False)
    story.sandbox.wait("pay")
    story.clock_strikes()
    assert services.refund(key="late", now=clock.now(), **wish).state is RefundState.DONE
    assert movements(story.payment_id) == [("capture", story.sum_minor), ("refund", 5_000)]
    events = selectors.transaction_events(payment_id=story.payment_id, buyer_id=story.buyer_id)
    assert selectors.balance(events=events) == Balance(captured_minor=story.sum_minor, refunded_minor=5_000)
    assert selectors.discrepancies() == []


def test_a_silent_provider_does_not_keep_an_unpaid_order_from_expiring_for_ever(story: Story) -> None:
    """Down when the time to pay is over: asked for half an hour more, then the goods are free. The buyer had paid: when
    the provider is back, the order stands again and the timeline says so."""
    address = story.open()
    story.sandbox.control("pay", hold=True)
    story.sandbox.http.post(address, data={"action": "pay"})
    story.sandbox.control("pay", payments="down")
    late = clock.now() + timedelta(minutes=45)
    wish = {"order_id": story.placed.order_id, "buyer_id": story.buyer_id}
    with pytest.raises(services.ProviderSilent):
        checkout.expire(**wish, now=late)
    assert story.order()[0] is OrderState.PLACED
    assert checkout.expire(**wish, now=late + timedelta(minutes=30))
    assert story.order()[0] is OrderState.CANCELLED
    story.sandbox.control("pay", payments="", hold=False)
    story.sandbox.wait("pay")
    assert story.order() == (OrderState.PAID, ["placed", "cancelled", "paid"])
    assert movements(story.payment_id) == [("capture", story.sum_minor)]
    assert (selectors.discrepancies(), orders.discrepancies(), stock.discrepancies()) == ([], [], [])


def test_a_refund_the_provider_refuses_frees_the_amount(story: Story) -> None:
    """Captured in our books only: the provider does not know the payment. A "no" that is signed wrongly is none."""
    payment = captured(intent(1_000)).payment
    story.sandbox.control("pay", next=["wrong_answer"])
    asked = services.refund(
        payment_id=payment.id, buyer_id=payment.buyer_id, amount_minor=400, reason="", key="a", now=clock.now()
    )
    assert asked.state is RefundState.PENDING
    strike(payment.id)
    row = RefundRow.objects.get(id=asked.id)
    assert row.refusal == "unknown_payment"
    found = selectors.payment(payment_id=payment.id, buyer_id=payment.buyer_id)
    assert found is not None and (found.state, found.refundable_minor) == (PaymentState.CAPTURED, 1_000)
