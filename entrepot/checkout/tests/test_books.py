"""Any order of placing, paying, cancelling, expiring, releasing and calling off keeps the books right.

Each step may be refused or change nothing; after each step every book is looked at. A failing run replays by itself.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from entrepot.checkout import services
from entrepot.checkout.tests.makers import NOW, Shopper, World, pay, request, shopper, world
from entrepot.checkout.types import Placed, PlaceRequest
from entrepot.customs.types import DeclarationState, News
from entrepot.identity.tests.makers import id_number
from entrepot.kit import sql
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderParcel, OrderState, ParcelState
from entrepot.payments import selectors as payments
from entrepot.payments.types import Captured, PaymentState
from entrepot.shipping.types import Carried, WaybillState
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked
from entrepot.stock.types import ClaimState
from tests.examples import many

GONE = {ParcelState.RELEASED, ParcelState.SHIPPED, ParcelState.DELIVERED}
GOODS = {"coat": 90_000, "bag": 4_000}


@dataclass
class Made:
    """One order that was placed, and what it was asked by."""

    asked: PlaceRequest
    placed: Placed
    told: list[Captured] = field(default_factory=list)


class Buying(RuleBasedStateMachine):
    """Two people and two articles, few of each."""

    place: ClassVar[World]
    people: ClassVar[list[Shopper]]

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Made] = []
        self.received = Counter[UUID]()
        self.now = NOW
        self.block: Any = transaction.atomic()
        self.block._from_testcase = True  # so that verbs which must be outermost may run in it
        self.block.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def pick(self, n: int) -> Made:
        return self.made[n % len(self.made)]

    def read(self, one: Made) -> Order:
        order = orders.order(order_id=one.placed.order_id, buyer_id=one.asked.buyer_id)
        assert order is not None
        return order

    @initialize(units=st.integers(0, 2))
    def open(self, units: int) -> None:
        for name in GOODS:
            self.restock(name, units)

    @rule(name=st.sampled_from(sorted(GOODS)), units=st.integers(1, 2))
    def restock(self, name: str, units: int) -> None:
        if units:
            stocked(self.place.skus[name], self.place.bonded, units, lot=f"L{self.received[self.place.skus[name]]}")
            self.received[self.place.skus[name]] += units

    @rule(who=st.integers(0, 1), wishes=st.dictionaries(st.sampled_from(sorted(GOODS)), st.integers(1, 2), min_size=1))
    def order(self, who: int, wishes: dict[str, int]) -> None:
        asked = request(self.place, self.people[who], wishes)
        with suppress(services.OutOfStock, services.OverLimit), transaction.atomic():
            self.made.append(Made(asked, services.place(request=asked, now=self.now)))

    @precondition(lambda self: self.made)
    @rule(n=st.integers(0, 99))
    def order_again(self, n: int) -> None:
        one = self.pick(n)
        again = services.place(request=one.asked, now=self.now)
        assert (again.order_id, again.payment_id, again.replayed) == (one.placed.order_id, one.placed.payment_id, True)

    @precondition(lambda self: self.made)
    @rule(n=st.integers(0, 99))
    def pay(self, n: int) -> None:
        one = self.pick(n)
        one.told.append(pay(one.placed, one.asked.buyer_id, self.now))

    @precondition(lambda self: any(one.told for one in self.made))
    @rule(n=st.integers(0, 99))
    def tell_again(self, n: int) -> None:
        told = [captured for one in self.made for captured in one.told]
        assert not services.settle(captured=told[n % len(told)], now=self.now)

    @precondition(lambda self: self.made)
    @rule(n=st.integers(0, 99))
    def cancel(self, n: int) -> None:
        one = self.pick(n)
        with suppress(services.CannotCancel):
            services.cancel(order_id=one.placed.order_id, buyer_id=one.asked.buyer_id, now=self.now)

    @precondition(lambda self: self.made)
    @rule(n=st.integers(0, 99))
    def expire(self, n: int) -> None:
        one = self.pick(n)
        sql.run(
            "UPDATE payments_payment SET state = 'failed' WHERE id = %s AND state = 'pending'", (one.placed.payment_id,)
        )
        self.now += timedelta(minutes=31)
        services.expire(order_id=one.placed.order_id, buyer_id=one.asked.buyer_id, now=self.now)

    @precondition(lambda self: self.made)
    @rule(
        n=st.integers(0, 99),
        state=st.sampled_from([DeclarationState.MATCHING, DeclarationState.HELD, DeclarationState.RELEASED]),
    )
    def customs_says(self, n: int, state: DeclarationState) -> None:
        one = self.pick(n)
        for parcel in self.read(one).parcels:
            news = News(parcel.id, parcel.order_id, parcel.buyer_id, state, "")
            services.follow_customs(news=news, now=self.now)

    @precondition(lambda self: self.made)
    @rule(n=st.integers(0, 99), state=st.sampled_from([WaybillState.DISPATCHED, WaybillState.DELIVERED]))
    def carrier_says(self, n: int, state: WaybillState) -> None:
        for parcel in self.read(self.pick(n)).parcels:
            carried = Carried(parcel.id, parcel.order_id, parcel.buyer_id, state)
            services.follow_parcel(carried=carried, now=self.now)

    @precondition(lambda self: self.made)
    @rule(n=st.integers(0, 99))
    def call_off(self, n: int) -> None:
        for parcel in self.read(self.pick(n)).parcels:
            with suppress(services.CannotCallOff), transaction.atomic():
                services.call_off(**_key(parcel), actor="clerk", reason="test", now=self.now)

    @invariant()
    def the_books_agree(self) -> None:
        assert stock.discrepancies() == []
        assert orders.discrepancies() == []
        assert payments.discrepancies() == []

    @invariant()
    def goods_are_held_for_orders_that_stand_and_left_once_for_those_released(self) -> None:
        for one in self.made:
            order = self.read(one)
            want = Counter[tuple[UUID, str]]()
            for parcel in order.parcels:
                if parcel.state is not ParcelState.CANCELLED:
                    state = ClaimState.SHIPPED if parcel.state in GONE else ClaimState.OPEN
                    want.update({(line.id, str(state)): line.quantity for line in parcel.lines})
            have = Counter[tuple[UUID, str]]()
            for claim in stock.claims_of(reference=order.id, sku_ids=list(self.place.skus.values())):
                if claim["state"] != ClaimState.RELEASED:
                    have[claim["line_id"], claim["state"]] += claim["quantity"]
            assert have == want

    @invariant()
    def nothing_appears_or_vanishes(self) -> None:
        for sku_id, received in self.received.items():
            moved = sql.rows(
                "SELECT kind, sum(on_hand)::int AS units FROM stock_movement WHERE sku_id = %s GROUP BY kind", (sku_id,)
            )
            units = {row["kind"]: row["units"] for row in moved}
            assert units.get("receive", 0) == received
            levels = sum(level.on_hand for level in stock.levels(sku_ids=[sku_id]))
            assert levels == received + units.get("ship", 0)

    @invariant()
    def every_yuan_belongs_to_an_order_or_goes_back(self) -> None:
        ordered = "SELECT args->>'key' AS key FROM procrastinate_jobs WHERE task_name = 'checkout.give_back'"
        back = {row["key"] for row in sql.rows(ordered)}
        for one in self.made:
            order = self.read(one)
            payment = payments.payment(payment_id=one.placed.payment_id, buyer_id=one.asked.buyer_id)
            assert payment is not None
            if order.payment_id is not None:
                assert (order.payment_id, payment.state) == (payment.id, PaymentState.CAPTURED)
                off = {parcel.id for parcel in order.parcels if parcel.state is ParcelState.CANCELLED}
                assert {f"called_off:{parcel_id}" for parcel_id in off} <= back
                assert f"late:{payment.id}" not in back
            else:
                assert order.state in (OrderState.PLACED, OrderState.CANCELLED)
                captured = payment.state is PaymentState.CAPTURED
                assert captured == (f"late:{payment.id}" in back)


def _key(parcel: OrderParcel) -> dict[str, UUID]:
    return {"parcel_id": parcel.id, "order_id": parcel.order_id, "buyer_id": parcel.buyer_id}


@pytest.mark.django_db
@pytest.mark.hypothesis
def test_any_sequence_of_steps_keeps_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.checkout.services.fulfil.shipping.dispatch", lambda **_: None)
    Buying.place = world(GOODS, units=0)
    Buying.people = [shopper(), shopper(number=id_number(sequence=3))]
    found = settings(
        max_examples=many(30),
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Buying, settings=found)
