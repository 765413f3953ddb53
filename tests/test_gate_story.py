"""Bonded parcels from the account book through the gate: where a warehouse requires gate passes a released parcel waits
for its own, and goes to its carrier when the vehicle has left; elsewhere nobody has to do anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client

from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import world
from entrepot.customs import selectors as customs
from entrepot.customs import services
from entrepot.customs.selectors import staying as customs_staying
from entrepot.customs.types import DeclarationState
from entrepot.customs.types.staying import StayState
from entrepot.identity.types import Role
from entrepot.kit import clock
from entrepot.orders.types import OrderParcel, ParcelState
from entrepot.outbox.testing import drain
from entrepot.stock import models
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import book, item
from entrepot.web.backoffice.tests.test_pages import staff, within_budget
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Iterator[Story]:  # noqa: F811
    made = Story(world({"coat": 40_000, "bag": 15_000}, units=5), customs_port, client)
    number = stock.warehouses()[made.place.bonded].account_book
    book(number)
    for sku in made.place.skus.values():
        for level in stock.levels(sku_ids=[sku]):
            item(sku, number, level.lot.item_record, origin=level.lot.origin)
    stock_verbs.take_over(book=number, actor="t", now=clock.now())
    yield made
    assert stock.discrepancies() == []
    assert [one for one in stock.book_states() if one.wrong or one.moving] == []
    assert customs.book_differences(book=number, since=clock.now().replace(year=2020)) == []


def guard(story: Story, on: bool) -> None:
    stock_verbs.require_gate_pass(warehouse_id=story.place.bonded, on=on, actor="li", now=clock.now())


def released(story: Story) -> OrderParcel:
    number = story.order({"coat": 1})
    story.pay(number)
    story.clear()
    return read(story, number)


def read(story: Story, number: str) -> OrderParcel:
    return story.read(number.rsplit("-", 1)[0]).parcels[0]


def test_without_a_guard_a_parcel_leaves_with_its_release_and_is_written_off(story: Story) -> None:
    parcel = released(story)
    assert parcel.state is ParcelState.SHIPPED
    (coat,) = stock.book_states(sku_ids=[story.place.skus["coat"]])
    assert (coat.balance, coat.written_off, coat.in_stock) == (4, 1, 4)


def test_behind_a_guard_a_parcel_leaves_with_its_pass(story: Story) -> None:
    guard(story, True)
    parcel = released(story)
    assert parcel.state is ParcelState.RELEASED
    pass_id = services.open_pass(warehouse_id=story.place.bonded, actor="li", now=clock.now())
    assert services.fill_pass(pass_id=pass_id, now=clock.now()) == 1
    services.present_pass(pass_id=pass_id, by=services.Presented("浙B12345"), actor="li", now=clock.now())
    drain()
    assert read(story, parcel.number).state is ParcelState.RELEASED
    services.let_pass_leave(pass_id=pass_id, actor="li", now=clock.now())
    drain()
    assert read(story, parcel.number).state is ParcelState.SHIPPED


def test_what_waits_leaves_when_the_guard_is_lifted(story: Story) -> None:
    guard(story, True)
    parcel = released(story)
    assert parcel.state is ParcelState.RELEASED
    guard(story, False)
    guard(story, False)
    drain()
    assert read(story, parcel.number).state is ParcelState.SHIPPED


@pytest.mark.parametrize("given_up", [True, False])
def test_what_comes_off_its_pass_after_the_guard_was_lifted_leaves(story: Story, given_up: bool) -> None:
    guard(story, True)
    parcel = released(story)
    pass_id = services.open_pass(warehouse_id=story.place.bonded, actor="li", now=clock.now())
    assert services.fill_pass(pass_id=pass_id, now=clock.now()) == 1
    guard(story, False)
    drain()
    assert read(story, parcel.number).state is ParcelState.RELEASED  # it leaves with its pass
    if given_up:
        services.cancel_pass(pass_id=pass_id, actor="li", reason="none is needed any more", now=clock.now())
    else:
        (one,) = customs.lists_of_pass(pass_id=pass_id)
        services.take_off_pass(pass_id=pass_id, lists=[one.declaration_id])
    drain()
    assert read(story, parcel.number).state is ParcelState.SHIPPED


def test_what_waited_for_months_leaves_when_the_guard_is_lifted(story: Story) -> None:
    guard(story, True)
    closed, parcel = clock.now(), released(story)
    later, place = closed + timedelta(days=70), story.place.bonded
    assert checkout.hand_over_waiting(warehouse_id=place, since=closed, now=later) == 0
    elsewhere(story, None)
    assert checkout.hand_over_waiting(warehouse_id=place, since=closed, now=later) == 1
    drain()
    assert read(story, parcel.number).state is ParcelState.SHIPPED


def test_a_list_that_customs_releases_though_its_parcel_was_called_off_is_asked_back(story: Story) -> None:
    """The port took it and hung up, so we did not know that customs has it."""
    number = story.order({"coat": 1})
    story.pay(number)
    drain()
    story.hear("customs")
    story.port.control("customs", next=["hang_up"])
    with pytest.raises(services.PortSilent):
        drain()
    (parcel,) = story.read(number).parcels
    key = {"parcel_id": parcel.id, "buyer_id": parcel.buyer_id}
    assert checkout.call_off(**key, order_id=parcel.order_id, actor="li", reason="wish", now=clock.now())
    drain()
    assert read(story, parcel.number).state is ParcelState.CANCELLED
    story.clear()
    declaration, stay = customs.declaration(**key), customs_staying.stay(**key)
    assert declaration is not None and declaration.state is DeclarationState.RELEASED
    assert stay is not None and stay.state is StayState.TAKEN_BACK
    assert read(story, parcel.number).state is ParcelState.CANCELLED
    (coat,) = stock.book_states(sku_ids=[story.place.skus["coat"]])
    assert (coat.balance, coat.written_off, coat.added_back, coat.in_stock) == (5, 1, 1, 5)


def elsewhere(story: Story, since: datetime | None) -> None:
    """Another process changes the gate, which this one has read before."""
    assert stock.warehouses()[story.place.bonded].gate_pass_since is not None
    models.Warehouse.objects.filter(id=story.place.bonded).update(gate_pass_since=since)


def test_a_gate_that_another_process_opened_keeps_nobody(story: Story) -> None:
    guard(story, True)
    elsewhere(story, None)
    assert released(story).state is ParcelState.SHIPPED


def test_what_was_released_shortly_before_the_gate_closed_leaves_when_it_opens(story: Story) -> None:
    guard(story, True)
    parcel = released(story)
    assert parcel.state is ParcelState.RELEASED
    elsewhere(story, clock.now() + timedelta(hours=1))
    guard(story, False)
    drain()
    assert read(story, parcel.number).state is ParcelState.SHIPPED


def test_the_page_says_how_a_gate_stands_whoever_turned_it(story: Story) -> None:
    client = staff(Role.CUSTOMS)
    guard(story, True)
    assert "on a gate pass only" in within_budget(client, "/office/passes/")
    elsewhere(story, None)
    assert "on a gate pass only" not in within_budget(client, "/office/passes/")
