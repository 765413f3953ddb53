"""A recall walked over the pages: its units on the shelf, claimed, at customs, delivered and on their way back; and its
end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client

from entrepot.checkout.tests.makers import world
from entrepot.identity.types import Role
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.recalls import selectors
from entrepot.returns import selectors as returns
from entrepot.returns.types import Return, ReturnState
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import book, brought_in, declared_line, item
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff
from entrepot.web.common.tests.makers import log_in
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story

pytestmark = pytest.mark.django_db
TEXTS = {
    "reason_zh": "密封不良", "reason_en": "Not sealed",
    "instruction_zh": "停止食用", "instruction_en": "Stop eating it",
}  # fmt: skip


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Iterator[Story]:  # noqa: F811
    story = Story(world({"coat": 20_000}, units=0), customs_port, client)
    book()
    item(story.place.skus["coat"])
    brought_in(story.place.bonded, [declared_line(story.place.skus["coat"], 10)])
    yield story
    for context in (stock, orders, payments, returns):
        assert context.discrepancies() == []


def delivered(story: Story) -> Order:
    number = story.order({"coat": 1})
    story.pay(number)
    story.clear()
    story.hear("carrier")
    drain()
    return story.read(number)


def asked(buyer: Client, order: Order, why: str) -> Return:
    address = f"/en/orders/{order.number}/return/?parcel=1&why={why}"
    key = shown(buyer, address).split('name="key" value="')[1].split('"')[0]
    assert buyer.post(address, {"key": key, "reason": why, "units-1": "1"}).status_code == 302
    return only(order)


def only(order: Order) -> Return:
    (found,) = returns.of_order(order_id=order.id, buyer_id=order.buyer_id)
    return found


def act(found: Return) -> str:
    return f"/office/returns/{found.buyer_id}/{found.id}/act/"


def units(story: Story) -> dict[str, int]:
    levels = stock.levels(sku_ids=[story.place.skus["coat"]])
    return {one.customs_state.value: one.on_hand for one in levels if one.on_hand}


def test_a_recall_from_its_opening_to_its_end_over_the_pages(story: Story) -> None:
    operator, service, warehouse = staff(Role.OPERATOR), staff(Role.SERVICE), staff(Role.WAREHOUSE)
    buyer = log_in(Client(), story.who.buyer_id)
    coming, at_home = delivered(story), delivered(story)
    under_way = asked(buyer, coming, "unwanted")
    assert "The goods may come back" in posted(service, act(under_way), act="approve")
    story.clear()
    paid, unpaid = story.order({"coat": 1}), story.order({"coat": 1})
    story.pay(paid)
    drain()  # declared: customs has not answered yet
    mail.outbox.clear()

    page = shown(operator, "/office/recalls/new/?q=coat-M")
    (lot,) = re.findall(r'name="lot" value="([^"]+)"', page)
    (key,) = re.findall(r'name="key" value="([^"]+)"', page)
    wish = {**TEXTS, "lot": lot, "remedy": "return", "key": key, "q": "coat-M"}
    assert "free units of its lots are in quarantine" in posted(operator, "/office/recalls/new/", **wish)
    (recall,) = selectors.recalls()
    address = f"/office/recalls/{recall.id}/"
    assert units(story) == {"bonded": 2, "quarantined": 6}
    story.clear()
    told = [letter.subject for letter in mail.outbox]
    for state in ("held", "sold", "freed"):
        assert recall.number in shown(operator, f"{address}?state={state}")
    gone = story.read(paid)
    assert (gone.parcels[0].state, gone.state) == (ParcelState.CANCELLED, OrderState.CANCELLED)
    assert any("召回" in subject or "ecall" in subject for subject in told), told

    order_page = shown(buyer, f"/en/orders/{at_home.number}/")
    assert "Stop eating it" in order_page
    back = asked(buyer, at_home, "recalled")
    assert "The goods may come back" in posted(service, act(back), act="approve")
    story.clear()
    for found in (under_way, back):
        counting = {"act": "arrive", "sound-1": "1", "spoiled-1": "0"}
        assert "Counted and put back" in posted(warehouse, act(found), **counting)
        assert "goes back" in posted(service, act(found), act="complete")
    story.clear()
    assert [only(one).state for one in (coming, at_home)] == [ReturnState.COMPLETED] * 2

    story.pay(unpaid)
    story.clear()
    late = story.read(unpaid)
    assert late.parcels[0].state is ParcelState.CANCELLED
    drain()
    posted(operator, f"{address}act/", act="look")
    story.clear()
    coverage = selectors.coverage(found=recall)
    assert (coverage.sold, coverage.back, coverage.paid, coverage.claimed) == (2, 2, 2, 0), coverage
    assert units(story) == {"quarantined": 10}
    assert "The recall is closed" in posted(operator, f"{address}act/", act="close", reason="all answered")
    assert "may be sold again" in posted(operator, f"{address}act/", act="lift", reason="nothing was wrong")
    shown(buyer, f"/en/orders/{at_home.number}/")
    waste = shown(warehouse, "/office/disposals/")
    (box,) = re.findall(r'name="(units-[^"]+)"', waste)
    code = stock.warehouses()[story.place.bonded].code
    sound = posted(warehouse, "/office/disposals/sound/", warehouse=code, reason="tested", **{box: "10"})
    assert "10 units are sold again" in sound
    assert units(story) == {"bonded": 10}
    (state,) = stock.book_states()
    assert (state.balance, state.moving, state.wrong) == (10, False, 0)
