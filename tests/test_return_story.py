"""One return, whole, through the sandbox: bought, released, delivered, asked back, approved by customs (CEB625, 626),
counted, refunded at the provider, the allowance restored. And what customs may say instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from entrepot.checkout.tests.makers import world
from entrepot.customs import selectors as customs
from entrepot.customs import services as customs_verbs
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.identity.models import Person
from entrepot.identity.tests import makers as made
from entrepot.identity.types import Role
from entrepot.kit import clock, sql
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.payments.types import PaymentState
from entrepot.returns import selectors as returns
from entrepot.returns import services
from entrepot.returns.types import Clerk, Counted, CustomsAnswer, Decision, KeptWish, Return, ReturnState
from entrepot.stock import selectors as stock
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story, left

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Iterator[Story]:  # noqa: F811
    yield Story(world({"coat": 40_000, "bag": 15_000}, units=5), customs_port, client)
    for context in (stock, orders, payments, returns):
        assert context.discrepancies() == []


def delivered(story: Story, **wishes: int) -> Order:
    number = story.order(wishes)
    story.pay(number)
    story.clear()
    story.hear("carrier")
    drain()
    order = story.read(number)
    assert order.state is OrderState.DELIVERED
    return order


def asked(story: Story, order: Order, **units: int) -> Return:
    """A return of goods by name, over the API."""
    body = {
        "parcel": order.parcels[0].number,
        "lines": [{"sku": f"{name}-M", "quantity": n} for name, n in units.items()],
        "reason": "unwanted",
    }
    made = story.post(f"/orders/{order.number}/returns", body)
    found = returns.by_number(number=made["number"], buyer_id=order.buyer_id)
    assert found is not None
    return found


def clerk(found: Return) -> Clerk:
    return Clerk(found.id, found.buyer_id, "clerk")


def read(found: Return) -> Return:
    again = returns.one(return_id=found.id, buyer_id=found.buyer_id)
    assert again is not None
    return again


def arrived(order: Order, found: Return) -> None:
    counted = {line.line_id: Counted(line.quantity, 0) for line in found.lines}
    services.arrive(who=clerk(found), counted=counted, warehouse_id=order.parcels[0].warehouse_id, now=clock.now())


def used(order: Order) -> int:
    (row,) = sql.rows("SELECT allowance_minor FROM orders_order WHERE id = %s", (order.id,))
    return int(row["allowance_minor"])


def paid_back(order: Order) -> int:
    payment = payments.payment(order_id=order.id, buyer_id=order.buyer_id)
    assert payment is not None
    return payment.refunded_minor


def applications(order: Order) -> list[Any]:
    declaration = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert declaration is not None
    assert declaration.state is DeclarationState.RELEASED
    return [one for one in declaration.documents if one.kind is DocumentKind.RETURN]


def test_goods_go_back_and_their_money_tax_and_allowance_with_them(story: Story) -> None:
    order = delivered(story, coat=2, bag=1)
    (parcel,) = order.parcels
    before = used(order)
    found = asked(story, order, coat=1, bag=1)
    services.approve(who=clerk(found), now=clock.now())
    assert read(found).customs is CustomsAnswer.ASKED
    story.clear()
    assert read(found).customs is CustomsAnswer.ACCEPTED
    (application,) = applications(order)
    assert application.status == 399
    arrived(order, found)
    assert (left(story, "coat"), left(story, "bag")) == (4, 5)
    given = services.complete(who=clerk(found), decision=Decision(), now=clock.now())
    drain()
    assert paid_back(order) == given.total_minor > 55_000
    assert used(order) < before
    rest = asked(story, order, coat=1)
    services.approve(who=clerk(rest), now=clock.now())
    story.clear()
    arrived(order, rest)
    more = services.complete(who=clerk(rest), decision=Decision(), now=clock.now())
    drain()
    assert given.total_minor + more.total_minor == parcel.total_minor - parcel.freight_minor
    assert paid_back(order) == parcel.total_minor - parcel.freight_minor
    payment = payments.payment(order_id=order.id, buyer_id=order.buyer_id)
    assert payment is not None
    assert payment.state is (PaymentState.CAPTURED if parcel.freight_minor else PaymentState.REFUNDED)
    assert used(order) == 0
    assert [one.number for one in applications(order)] == [found.number, rest.number]


def test_receipts_twice_and_backwards_end_in_the_same_return(story: Story) -> None:
    order = delivered(story, coat=2)
    found = asked(story, order, coat=1)
    other = asked(story, order, coat=1)
    for one in (found, other):
        services.approve(who=clerk(one), now=clock.now())
    heard: list[dict[str, Any]] = []
    while (said := story.port.collect("customs")) or drain():
        heard += said
    story.port.deliver(story.client, heard[::-1] + heard)
    drain()
    for one in (found, other):
        assert (read(one).customs, read(one).customs_code) == (CustomsAnswer.ACCEPTED, "399")
        assert [event.kind for event in read(one).events].count("customs_accepted") == 1


def test_a_no_of_customs_is_asked_again_and_the_tax_waits_for_it(story: Story) -> None:
    order = delivered(story, coat=1)
    found = asked(story, order, coat=1)
    story.port.control("customs", next=["refuse:-625024"])
    services.approve(who=clerk(found), now=clock.now())
    story.clear()
    assert (read(found).customs, read(found).customs_code) == (CustomsAnswer.REFUSED, "-625024")
    arrived(order, found)
    with pytest.raises(services.TaxStays):
        services.complete(who=clerk(found), decision=Decision(), now=clock.now())
    services.ask_again(who=clerk(found), now=clock.now())
    with pytest.raises(services.NotNow):
        services.ask_again(who=clerk(found), now=clock.now())
    story.clear()
    assert read(found).customs is CustomsAnswer.ACCEPTED
    assert len({one.guid for one in applications(order)}) == 2
    services.complete(who=clerk(found), decision=Decision(), now=clock.now())
    drain()
    assert paid_back(order) == order.total_minor - order.parcels[0].freight_minor


def test_withdrawn_after_customs_was_asked_desk_and_buyer_are_written_to(story: Story) -> None:
    made.clerk(Role.CUSTOMS)
    order = delivered(story, coat=1)
    for asked_first in (False, True):
        found = asked(story, order, coat=1)
        services.approve(who=clerk(found), now=clock.now())
        if asked_first:
            story.clear()
        mail.outbox.clear()
        services.withdraw(return_id=found.id, buyer_id=order.buyer_id, now=clock.now())
        story.clear()
        assert len(mail.outbox) == (2 if asked_first else 0)  # what had not left does not leave any more
        assert len(applications(order)) == int(asked_first)
        assert all(found.number in letter.body for letter in mail.outbox)
        assert sum("海关订单编号" in letter.body for letter in mail.outbox) == int(asked_first)


def test_an_application_that_did_not_leave_is_not_sent_once_its_return_is_withdrawn(story: Story) -> None:
    made.clerk(Role.CUSTOMS)
    order = delivered(story, coat=1)
    found = asked(story, order, coat=1)
    story.port.control("customs", next=["down"])
    services.approve(who=clerk(found), now=clock.now())
    with pytest.raises(customs_verbs.PortSilent):
        drain()
    sql.run("DELETE FROM procrastinate_jobs WHERE status = 'doing'")  # it was tried often enough, and parked
    mail.outbox.clear()
    services.withdraw(return_id=found.id, buyer_id=order.buyer_id, now=clock.now())
    customs_verbs.remind_returns(now=clock.now() + timedelta(days=1))
    story.clear()
    assert [one.status for one in applications(order)] == [None]  # customs never heard of it
    assert mail.outbox == []
    assert read(found).customs_code == ""


def test_withdrawn_while_customs_is_being_asked_desk_and_buyer_are_written_to(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.clerk(Role.CUSTOMS)
    order = delivered(story, coat=1)
    found = asked(story, order, coat=1)
    ask = customs_verbs.bring_back

    def meanwhile(**wish: Any) -> None:
        services.withdraw(return_id=found.id, buyer_id=order.buyer_id, now=clock.now())
        drain()  # another worker
        ask(**wish)

    monkeypatch.setattr(customs_verbs, "bring_back", meanwhile)
    services.approve(who=clerk(found), now=clock.now())
    mail.outbox.clear()
    drain()
    assert (len(applications(order)), len(mail.outbox)) == (1, 2)


def test_of_a_withdrawn_return_is_written_what_is_so_and_to_whom_it_concerns(story: Story) -> None:
    desk = Person.objects.get(id=made.clerk(Role.CUSTOMS)).email
    order = delivered(story, coat=3)
    who = {"buyer_id": order.buyer_id}
    found = asked(story, order, coat=1)
    story.port.control("customs", next=["refuse:-625024"])
    services.approve(who=clerk(found), now=clock.now())
    drain()
    services.withdraw(return_id=found.id, **who, now=clock.now())
    while story.hear("customs"):
        pass
    assert services.tell_withdrawn(return_id=found.id, **who) == 0  # customs has nothing to be told: it has refused
    late = asked(story, order, coat=1)
    services.approve(who=clerk(late), now=clock.now())
    story.clear()
    after = clock.now() + timedelta(days=60)
    assert services.lapse(now=after) == 1
    drain()
    mail.outbox.clear()
    line = order.parcels[0].lines[0].id
    services.pay_kept(wish=KeptWish(order.buyer_id, order.id, late.parcel_id, {line: 3}, "k", "buyer:RC1"), now=after)
    drain()
    assert [letter.to for letter in mail.outbox] == [[desk]]  # a recall has paid: the buyer withdrew nothing


def test_a_buyer_whose_address_takes_no_mail_has_the_desk_written_to_once(story: Story, settings: Any) -> None:
    made.clerk(Role.CUSTOMS)
    order = delivered(story, coat=1)
    found = asked(story, order, coat=1)
    services.approve(who=clerk(found), now=clock.now())
    story.clear()
    Person.objects.filter(id=order.buyer_id).update(email="no@example.com")
    mail.outbox.clear()
    settings.EMAIL_BACKEND = "entrepot.identity.tests.test_letters.Picky"
    services.withdraw(return_id=found.id, buyer_id=order.buyer_id, now=clock.now())
    drain()  # without a mail that is not taken the event would be told again, and the desk written to each time
    assert len(mail.outbox) == 1


def test_a_port_that_is_down_is_asked_again(story: Story) -> None:
    order = delivered(story, coat=1)
    found = asked(story, order, coat=1)
    story.port.control("customs", next=["down", "hang_up"])
    services.approve(who=clerk(found), now=clock.now())
    while drain(park=True) + story.hear("customs"):
        pass
    assert read(found).customs is CustomsAnswer.ACCEPTED
    assert len(applications(order)) == 1


def test_a_return_that_is_paid_before_customs_answers_gets_its_tax_after(story: Story) -> None:
    order = delivered(story, coat=1)
    found = asked(story, order, coat=1)
    services.approve(who=clerk(found), now=clock.now())
    drain()
    arrived(order, found)
    first = services.complete(who=clerk(found), decision=Decision(without_tax=True), now=clock.now())
    assert first.tax_minor == 0
    drain()
    assert paid_back(order) == 40_000
    story.clear()
    assert read(found).state is ReturnState.COMPLETED
    assert paid_back(order) == 40_000 + order.parcels[0].tax_minor
    assert used(order) == 0
