"""Orders that hold recalled goods which have not left: other goods, or their money; told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail

from entrepot.audit import selectors as audit
from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import NOW, Shopper, World, pay, shopper, world
from entrepot.checkout.tests.makers import bought as placed
from entrepot.kit import sql
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import Order, ParcelState
from entrepot.recalls import selectors, services
from entrepot.recalls.tests.makers import draft
from entrepot.recalls.types import REASON_MAX, Affected, AffectedState, Relief
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import stocked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_agree(db: None) -> Iterator[None]:
    yield
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


class Held:
    """Two coats of lot L1 in an order; `other` units of another lot lie beside them."""

    def __init__(
        self, *, other: int = 0, paid: bool = True, record: str = "1", expires_on: date = date(2028, 6, 30), **told: Any
    ) -> None:
        self.place: World = world(units=2)
        self.who: Shopper = shopper()
        self.sku_id = self.place.skus["coat"]
        made = placed(self.place, self.who, {"coat": 2})
        if paid:
            pay(made, self.who.buyer_id)
        self.key = {"order_id": made.order_id, "buyer_id": self.who.buyer_id}
        ((_, lot_id),) = stock.lots_named(names=[(self.sku_id, "L1")]).items()
        if other:
            stocked(self.sku_id, self.place.bonded, other, lot="L2", item_record=record, expires_on=expires_on)
        self.recall_id = services.open_recall(draft=draft(((self.sku_id, lot_id),), **told), actor="clerk", now=NOW)

    def order(self) -> Order:
        found = orders.order(**self.key)
        assert found is not None
        return found

    def lots(self) -> set[str]:
        """Lots that the order holds or took."""
        found = stock.claims_of(reference=self.key["order_id"], sku_ids=[self.sku_id])
        return {one["lot_code"] for one in found if one["state"] != "released"}

    def work(self) -> list[Affected]:
        services.work(recall_id=self.recall_id, now=NOW)
        return selectors.affected(recall_id=self.recall_id, state=AffectedState.FREED)

    def at_customs(self) -> None:
        (parcel,) = self.order().parcels
        order_verbs.mark_parcel(parcel_id=parcel.id, **self.key, state=ParcelState.DECLARED, note="", now=NOW)

    def ship(self) -> int:
        lines = [line.id for line in self.order().parcels[0].lines]
        return stock_verbs.ship(reference=self.key["order_id"], line_ids=lines, sku_ids=[self.sku_id], now=NOW)


def refunds() -> int:
    rows = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'payments.give_back'")
    return sum(sql.json_value(row["args"])["amount_minor"] for row in rows)


def letters() -> list[str]:
    return [one.body for one in mail.outbox]


def test_the_order_gets_another_lot_and_its_buyer_is_told_once() -> None:
    held = Held(other=2)
    (freed,) = held.work()
    assert (held.lots(), freed.relief) == ({"L2"}, Relief.REPLACED)
    assert held.order().parcels[0].state is ParcelState.PAID
    held.work()
    assert len(letters()) == 1 and "换成其他批次" in letters()[0]
    assert refunds() == 0
    assert held.ship() == 2


@pytest.mark.parametrize("other", [0, 1])
def test_without_enough_of_another_lot_the_parcel_is_called_off_and_paid_back_once(other: int) -> None:
    held = Held(other=other)
    (freed,) = held.work()
    assert (held.lots(), freed.relief) == (set(), Relief.CALLED_OFF)
    order = held.order()
    assert order.parcels[0].state is ParcelState.CANCELLED
    assert refunds() == order.parcels[0].total_minor
    held.work()
    assert (refunds(), len(letters())) == (order.parcels[0].total_minor, 1)
    assert "原路退回" in letters()[0]
    assert selectors.coverage(found=selectors.recalls()[0]).held == 2


def test_a_recall_whose_reason_is_as_long_as_it_may_be_calls_parcels_off_too() -> None:
    held = Held(reason=("漏" * REASON_MAX, "x" * REASON_MAX))
    held.work()
    parcel = held.order().parcels[0]
    assert parcel.state is ParcelState.CANCELLED
    [why] = [one.reason for one in audit.of_buyer(buyer_id=held.who.buyer_id) if one.action == "checkout.call_off"]
    assert why.endswith("漏漏漏")


def test_what_customs_was_told_is_replaced_by_the_same_item_record_alone() -> None:
    held = Held(other=2, record="2")
    held.at_customs()
    assert held.work()[0].relief is Relief.CALLED_OFF
    assert held.order().parcels[0].state is ParcelState.CANCELLED


def test_it_is_not_replaced_by_what_its_shop_may_not_sell_any_more() -> None:
    held = Held(other=2, expires_on=NOW.date() + timedelta(days=20))
    stock_verbs.put_shelf_life(channel_id=held.place.shop.id, days=30, now=NOW)
    assert held.work()[0].relief is Relief.CALLED_OFF
    assert held.order().parcels[0].state is ParcelState.CANCELLED


def test_an_order_nobody_paid_for_waits_and_cannot_leave() -> None:
    held = Held(paid=False)
    assert held.work() == []
    assert held.lots() == {"L1"}
    assert letters() == []
    checkout.cancel(**held.key, now=NOW)
    assert held.work()[0].relief is Relief.CALLED_OFF
    assert letters() == []
