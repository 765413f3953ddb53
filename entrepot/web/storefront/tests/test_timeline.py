"""An order's steps, in every state a parcel can be in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import translation
from msgspec.structs import replace

from entrepot.kit.ids import new_id
from entrepot.orders.types import Order, OrderEvent, OrderParcel, OrderState, ParcelState
from entrepot.orders.types.notes import NOTES
from entrepot.web.storefront import timeline

AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def parcel(state: ParcelState) -> OrderParcel:
    return OrderParcel(
        id=new_id(),
        order_id=UUID(int=1),
        buyer_id=UUID(int=2),
        number="KL1",
        warehouse_id=UUID(int=3),
        trade_mode="1210",
        state=state,
        goods_minor=10_000,
        discount_minor=0,
        freight_minor=0,
        tax_minor=910,
        asked={},
        lines=(),
    )


def order(state: OrderState, *parcels: OrderParcel, kinds: tuple[str, ...] = ()) -> Order:
    events = tuple(
        OrderEvent(
            sequence=n,
            parcel_id=None if kind in {"placed", "paid"} else parcels[0].id,
            kind=kind,
            at=AT + timedelta(minutes=n),
            note="",
        )
        for n, kind in enumerate(kinds, 1)
    )
    return Order(
        id=UUID(int=1),
        buyer_id=UUID(int=2),
        storefront_id=UUID(int=4),
        number="KL1",
        state=state,
        currency="CNY",
        total_minor=10_910,
        real_name_id=UUID(int=5),
        language="en",
        placed_at=AT,
        pay_until=AT + timedelta(minutes=30),
        consignee="张*",
        consignee_phone="138****5678",
        consignee_place="浙江省杭州市西湖区",
        parcels=parcels,
        events=events,
    )


def states(one: Order) -> list[str]:
    return [step.state for step in timeline.steps(one, one.parcels[0])]


@pytest.mark.parametrize(
    ("parcel_state", "order_state", "kinds", "wanted"),
    [
        ("placed", "placed", ("placed",), "now next next next next"),
        ("paid", "paid", ("placed", "paid"), "done now next next next"),
        ("declared", "paid", ("placed", "paid", "declared"), "done done now next next"),
        ("held", "paid", ("placed", "paid", "declared", "held"), "done done held next next"),
        ("released", "paid", ("placed", "paid", "declared", "held", "released"), "done done done now next"),
        ("shipped", "paid", ("placed", "paid", "declared", "released", "shipped"), "done done done done now"),
        (
            "delivered",
            "delivered",
            ("placed", "paid", "declared", "released", "shipped", "delivered"),
            "done done done done done",
        ),
        ("cancelled", "cancelled", ("placed", "cancelled"), "held"),
    ],
)
def test_steps(parcel_state: str, order_state: str, kinds: tuple[str, ...], wanted: str) -> None:
    one = order(OrderState(order_state), parcel(ParcelState(parcel_state)), kinds=kinds)
    assert " ".join(states(one)) == wanted


def two_parcels(state: OrderState, *events: tuple[int | None, str, str]) -> Order:
    """An order of two parcels, the first called off; events name the parcel, None the whole order."""
    one = order(state, parcel(ParcelState.CANCELLED), parcel(ParcelState.DELIVERED))
    told = tuple(
        OrderEvent(n, None if which is None else one.parcels[which].id, kind, AT + timedelta(minutes=n), note)
        for n, (which, kind, note) in enumerate(events, 1)
    )
    return replace(one, events=told)


PAID = ((None, "placed", ""), (None, "paid", ""))
ENDED = ((0, "cancelled", "called_off"), (1, "delivered", ""), (None, "delivered", ""))


def test_a_parcel_that_was_called_off_is_not_shown_as_delivered_with_the_rest() -> None:
    one = two_parcels(OrderState.DELIVERED, *PAID, *ENDED)
    with translation.override("en"):
        names = [step.name for step in timeline.steps(one, one.parcels[0]) if step.state == "done"]
    assert names == ["Paid"]


def test_a_parcel_that_was_called_off_says_so() -> None:
    one = two_parcels(OrderState.DELIVERED, *PAID, *ENDED)
    with translation.override("en"):
        last = timeline.steps(one, one.parcels[0])[-1]
    assert (last.name, last.state, last.at) == ("Cancelled", "held", AT + timedelta(minutes=3))
    assert "its money goes back" in last.hint


def test_an_order_was_cancelled_when_it_was_and_not_when_its_payment_came() -> None:
    late = "late_payment_refunded"
    one = two_parcels(OrderState.CANCELLED, PAID[0], (None, "cancelled", "unpaid"), (None, "cancelled", late))
    assert [step.at for step in timeline.steps(one, one.parcels[0])] == [AT + timedelta(minutes=2)]


def test_each_parcel_has_the_time_of_its_own_delivery() -> None:
    one = order(OrderState.DELIVERED, parcel(ParcelState.DELIVERED), parcel(ParcelState.DELIVERED))
    ends = [(one.parcels[0].id, 1), (one.parcels[1].id, 2), (None, 3)]
    told = tuple(OrderEvent(n, which, "delivered", AT + timedelta(days=n), "") for which, n in ends)
    one = replace(one, events=told)
    assert [timeline.steps(one, of)[-1].at for of in one.parcels] == [AT + timedelta(days=n) for n in (1, 2)]


def test_a_parcel_that_was_called_off_does_not_keep_the_rest_from_being_on_the_way() -> None:
    with translation.override("en"):
        said = timeline.headline(order(OrderState.PAID, parcel(ParcelState.CANCELLED), parcel(ParcelState.SHIPPED)))
    assert said.title == "On the way to you"


@pytest.mark.parametrize(
    ("slower", "faster", "title"),
    [
        (ParcelState.DECLARED, ParcelState.SHIPPED, "A part is on the way to you"),
        (ParcelState.RELEASED, ParcelState.DELIVERED, "A part has arrived"),
        (ParcelState.DECLARED, ParcelState.RELEASED, "With customs"),
        (ParcelState.PAID, ParcelState.RELEASED, "Paid"),
    ],
)
def test_nothing_is_said_of_the_whole_order_that_is_not_true_of_each_parcel(
    slower: ParcelState, faster: ParcelState, title: str
) -> None:
    with translation.override("en"):
        assert timeline.headline(order(OrderState.PAID, parcel(slower), parcel(faster))).title == title


def test_done_steps_carry_their_time() -> None:
    one = order(OrderState.PAID, parcel(ParcelState.DECLARED), kinds=("placed", "paid", "declared"))
    assert [step.at for step in timeline.steps(one, one.parcels[0])][:2] == [
        AT + timedelta(minutes=2),
        AT + timedelta(minutes=3),
    ]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("parcel_state", list(ParcelState))
@pytest.mark.parametrize("order_state", list(OrderState))
def test_every_state_has_a_headline(order_state: OrderState, parcel_state: ParcelState, language: str) -> None:
    with translation.override(language):
        said = timeline.headline(order(order_state, parcel(parcel_state)))
    assert said.title
    assert said.text
    assert said.tone in {"wait", "good", "held", "off"}


def test_what_became_of_a_late_payment_is_spoken_of_first_whatever_it_was() -> None:
    assert {note for note in NOTES if "payment" in note} == timeline.LATE


def test_the_worst_parcel_decides_the_headline() -> None:
    with translation.override("en"):
        said = timeline.headline(order(OrderState.PAID, parcel(ParcelState.SHIPPED), parcel(ParcelState.HELD)))
    assert said.tone == "held"


def test_the_page_asks_again_less_and_less_and_then_never() -> None:
    one = order(OrderState.PAID, parcel(ParcelState.PAID), kinds=("placed", "paid"))
    later = [timeline.pause_s(one, AT + timedelta(minutes=minutes), 1) for minutes in (3, 20, 600)]
    assert later == [3, 15, 60]
    assert timeline.pause_s(one, AT, timeline.polls_max) == 0
    done = order(OrderState.DELIVERED, parcel(ParcelState.DELIVERED))
    assert timeline.pause_s(done, AT, 1) == 0
