"""A lot is called back while customs looks at an order that holds it: what was called back does not leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from entrepot.checkout.tests.makers import world
from entrepot.customs import selectors as customs
from entrepot.customs import services as customs_verbs
from entrepot.customs.types import DeclarationState
from entrepot.kit import clock, sql
from entrepot.orders import selectors as orders
from entrepot.orders.types import ParcelState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.recalls import services
from entrepot.recalls.tests.makers import draft
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import book, brought_in, declared_line, item
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story

pytestmark = pytest.mark.django_db
BOOK = "T3105W000123"


@pytest.fixture
def story(customs_port: Sandbox, client: Client) -> Iterator[Story]:  # noqa: F811
    story = Story(world({"coat": 40_000}, units=0), customs_port, client)
    book()
    item(story.place.skus["coat"])
    yield story
    for context in (stock, orders, payments):
        assert context.discrepancies() == []


def in_stock(story: Story, *lots: str) -> None:
    sku_id = story.place.skus["coat"]
    brought_in(story.place.bonded, [declared_line(sku_id, 2, lot=lot) for lot in lots])


def called_back(story: Story) -> None:
    """Lot L1, and nobody has looked yet who holds it."""
    sku_id = story.place.skus["coat"]
    ((_, lot_id),) = stock.lots_named(names=[(sku_id, "L1")]).items()
    services.open_recall(draft=draft(((sku_id, lot_id),)), actor="clerk", now=clock.now())
    sql.run("DELETE FROM procrastinate_jobs WHERE task_name = 'recalls.work'")


def shipped(story: Story) -> dict[str, int]:
    """Units that left, by lot."""
    sku_id = story.place.skus["coat"]
    rows = sql.rows(
        "SELECT o.code, -sum(m.on_hand)::int AS units FROM stock_movement m JOIN stock_level l ON l.id = m.level_id"
        " JOIN stock_lot o ON o.id = l.lot_id WHERE m.kind = 'ship' AND m.sku_id = %s GROUP BY o.code",
        (sku_id,),
    )
    return {row["code"]: row["units"] for row in rows}


@pytest.mark.parametrize("other", [True, False])
def test_goods_that_customs_releases_after_a_recall_are_others_or_stay(story: Story, other: bool) -> None:
    in_stock(story, "L1")
    number = story.order({"coat": 2})
    story.pay(number)
    drain()
    if other:
        in_stock(story, "L2")
    called_back(story)
    story.clear()
    order = story.read(number)
    (parcel,) = order.parcels
    declaration = customs.declaration(parcel_id=parcel.id, buyer_id=order.buyer_id)
    assert declaration is not None and declaration.state is DeclarationState.RELEASED
    (state,) = stock.book_states(book=BOOK)
    assert state.written_off == 2
    assert (state.moving, state.wrong) == (False, 0)
    assert customs.book_differences(book=BOOK, since=clock.now().replace(year=2020)) == []
    if other:
        assert parcel.state is ParcelState.SHIPPED
        assert shipped(story) == {"L2": 2}
        return
    assert parcel.state is ParcelState.CANCELLED
    assert shipped(story) == {}
    assert (state.added_back, state.balance, state.in_stock) == (2, 2, 2)  # customs took the list back
    assert customs.free_lists(warehouse_id=story.place.bonded, now=clock.now()) == []
    assert order.payment_id is not None
    asked = payments.refunds(payment_id=order.payment_id, buyer_id=order.buyer_id)
    assert [one.amount_minor for one in asked] == [parcel.total_minor]


def test_until_customs_takes_the_list_back_the_books_say_that_its_goods_stay(story: Story) -> None:
    in_stock(story, "L1")
    number = story.order({"coat": 2})
    story.pay(number)
    drain()
    called_back(story)
    story.port.control("customs", returns_wait=True)
    story.clear()
    (state,) = stock.book_states(book=BOOK)
    assert (state.leaving, state.returning, state.wrong) == (2, 0, 0)
    (found,) = customs.book_differences(book=BOOK, since=clock.now().replace(year=2020))
    assert (found.listed, found.written_off) == (0, 2)
    (parcel,) = story.read(number).parcels
    assert not customs_verbs.stay(parcel_id=parcel.id, buyer_id=parcel.buyer_id, now=clock.now())
    assert customs_verbs.take_list_back(parcel_id=parcel.id, buyer_id=parcel.buyer_id, now=clock.now())
    story.port.http.post("/customs/returns/arrived", json={"order_no": parcel.number})
    story.clear()
    (state,) = stock.book_states(book=BOOK)
    assert (state.leaving, state.returning, state.wrong, state.balance) == (0, 0, 0, 2)
    assert customs.book_differences(book=BOOK, since=clock.now().replace(year=2020)) == []
