"""The fault matrix: whatever the provider does wrong, a payment ends captured once, settled once, charged once.

Against the running sandbox, with its notices posted to a live server: nothing is simulated on our side.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from entrepot.checkout import services as checkout
from entrepot.kit import clock
from entrepot.payments import selectors, services
from entrepot.payments.models import Payment as PaymentRow
from entrepot.payments.models import Refund as RefundRow
from entrepot.payments.tests.makers import PAYER, RETURN_URL, captured, intended, intent, movements, strike
from entrepot.payments.types import PaymentState, RefundState
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
TRIES = 3


class Story:
    """One payment of one buyer, driven like the shop drives it."""

    def __init__(self, world: Sandbox, site: str, settled: list[UUID]) -> None:
        self.sandbox, self.site, self.settled = world, site, settled
        self.another()

    def another(self) -> None:
        self.payment_id, self.buyer_id = intended(intent(7_000, 5_000))
        self.silences = 0

    def open(self) -> str:
        for _ in range(TRIES):
            try:
                return services.open(
                    payment_id=self.payment_id,
                    buyer_id=self.buyer_id,
                    return_url=RETURN_URL,
                    notify_url=f"{self.site}/callbacks/payments/sandbox",
                    payer=PAYER,
                    now=clock.now(),
                )
            except services.ProviderSilent:
                self.silences += 1
        raise AssertionError("never opened")

    def pay(self, address: str) -> None:
        self.sandbox.http.post(address, data={"action": "pay"})
        self.sandbox.wait("pay")

    def come_back(self) -> None:
        for _ in range(TRIES):
            try:
                services.query(payment_id=self.payment_id, buyer_id=self.buyer_id, now=clock.now())
                return
            except services.ProviderSilent:
                self.silences += 1

    def clock_strikes(self) -> None:
        strike(self.payment_id)

    @property
    def state(self) -> PaymentState:
        found = selectors.payment(payment_id=self.payment_id, buyer_id=self.buyer_id)
        assert found is not None
        return found.state

    def kinds(self) -> list[str]:
        return [raw.kind for raw in selectors.raw_exchange(payment_id=self.payment_id, buyer_id=self.buyer_id)]

    def times_settled(self) -> int:
        """How often the order was told: inside the notice's transaction, or by the event."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM outbox_event WHERE aggregate_id = %s", (self.payment_id,))
            return int(cursor.fetchone()[0]) + self.settled.count(self.payment_id)

    def ends_well(self) -> None:
        """Captured once here, settled once, charged once there."""
        assert self.state is PaymentState.CAPTURED
        assert self.times_settled() == 1
        assert movements(self.payment_id) == [("capture", 12_000)]


@pytest.fixture
def story(
    sandbox: Sandbox,  # noqa: F811
    live_server: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Story:
    """The flow's `settle` is counted here; tests of checkout show what it does."""
    settled: list[UUID] = []
    monkeypatch.setattr(checkout, "settle", lambda *, captured, now: settled.append(captured.payment.id))
    settings.OUTSIDE_TIMEOUT_S = 0.5
    sandbox.control("pay", hold=False, delay_s=0.7)
    return Story(sandbox, live_server.url, settled)


@pytest.mark.parametrize(
    ("fault", "told_by"),
    [
        ("", {"notice"}),
        ("lose_callback", {"query"}),
        ("double", {"notice"}),
        ("before_response", {"notice"}),
        ("wrong_signature", {"query"}),
        ("http_500", {"notice"}),
        ("slow", {"notice"}),
        ("success_after_timeout", {"notice"}),
    ],
)
def test_any_fault_ends_captured_once(story: Story, fault: str, told_by: set[str]) -> None:
    for buyer_comes_back in (True, False):
        story.another()
        if fault:
            story.sandbox.control("pay", next=[fault])
        address = story.open()
        assert story.silences == (fault in {"http_500", "slow", "success_after_timeout"})
        story.pay(address)
        if buyer_comes_back:
            story.come_back()
        story.clock_strikes()
        story.clock_strikes()
        story.ends_well()
        assert set(story.kinds()) - {"create"} == told_by


@pytest.mark.parametrize("fault", ["http_500", "slow", "success_after_timeout"])
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
    story.sandbox.control("pay", payments="http_500")
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
    assert story.times_settled() == 0


@pytest.mark.parametrize("fault", ["http_500", "slow", "success_after_timeout"])
def test_a_refund_through_any_fault_goes_back_once(story: Story, fault: str) -> None:
    story.pay(story.open())
    story.sandbox.control("pay", next=[fault])
    wish = {"payment_id": story.payment_id, "buyer_id": story.buyer_id, "amount_minor": 5_000, "reason": "late"}
    asked = services.refund(key="late", now=clock.now(), **wish)
    assert asked.state is RefundState.PENDING and story.state is PaymentState.REFUND_PENDING
    story.clock_strikes()
    done = services.refund(key="late", now=clock.now(), **wish)
    assert done.id == asked.id and done.state is RefundState.DONE
    assert movements(story.payment_id) == [("capture", 12_000), ("refund", 5_000)]
    story.clock_strikes()
    assert movements(story.payment_id) == [("capture", 12_000), ("refund", 5_000)]
    assert story.state is PaymentState.CAPTURED


def test_a_refund_the_provider_refuses_frees_the_amount(story: Story) -> None:
    """Captured in our books only: the provider does not know the payment."""
    payment = captured(intent(1_000)).payment
    asked = services.refund(
        payment_id=payment.id, buyer_id=payment.buyer_id, amount_minor=400, reason="", key="a", now=clock.now()
    )
    assert asked.state is RefundState.FAILED
    row = RefundRow.objects.get(id=asked.id)
    assert row.refusal == "unknown_payment"
    found = selectors.payment(payment_id=payment.id, buyer_id=payment.buyer_id)
    assert found is not None and (found.state, found.refundable_minor) == (PaymentState.CAPTURED, 1_000)
