"""The shipping method: what it costs, that it is kept with the order, and that the carrier is told."""

from __future__ import annotations

import pytest

from entrepot.checkout import selectors, services
from entrepot.checkout.services.fulfil import waybill_wish
from entrepot.checkout.tests.makers import NOW, World, bought, quoted, request, shopper, world
from entrepot.checkout.types import How, ShippingWay
from entrepot.orders import selectors as orders
from entrepot.orders.types import Delivery, Order
from entrepot.stock.types import WarehouseKind

pytestmark = pytest.mark.django_db
EXPRESS = How(delivery=Delivery.EXPRESS)


def order_of(place: World, **changes: object) -> Order:
    who = shopper()
    placed = bought(place, who, {"coat": 1}, **changes)
    found = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert found is not None
    assert found.total_minor == placed.total_minor
    return found


def test_express_costs_more_arrives_sooner_and_is_never_free() -> None:
    place = world({"coat": 19_900})
    usual, express = quoted(place, {"coat": 1}), quoted(place, {"coat": 1}, how=EXPRESS)
    assert (usual.freight_minor, express.freight_minor) == (0, 1_800)
    assert express.tax_minor > usual.tax_minor  # freight is part of the customs value
    sooner = express.parcels[0].days_sooner
    assert sooner == 1
    days = usual.parcels[0].warehouse
    assert express.parcels[0].days == (max(1, days.days_min - 1), max(1, days.days_max - 1))
    assert (
        selectors.shipping_ways(quote=usual, now=NOW)
        == selectors.shipping_ways(quote=express, now=NOW)
        == (
            ShippingWay(Delivery.STANDARD, 0, 0),
            ShippingWay(Delivery.EXPRESS, 1_800, 1),
        )
    )


def test_several_parcels_are_as_soon_as_the_slowest() -> None:
    place = world({"coat": 1_000}, units=1, kinds=(WarehouseKind.BONDED, WarehouseKind.OVERSEAS))
    quote = quoted(place, {"coat": 2})
    assert len(quote.parcels) == 2
    _, express = selectors.shipping_ways(quote=quote, now=NOW)
    assert (express.freight_minor, express.days_sooner) == (1_800 + 7_900 + 2_900, 1)


def test_the_order_keeps_it_and_the_carrier_is_told() -> None:
    place = world({"coat": 19_900}, units=2)
    usual, express = order_of(place), order_of(place, delivery=Delivery.EXPRESS)
    assert [one.parcels[0].delivery for one in (usual, express)] == [Delivery.STANDARD, Delivery.EXPRESS]
    assert express.parcels[0].freight_minor == 1_800
    wishes = []
    for one in (usual, express):
        consignee = orders.consignee(order_id=one.id, buyer_id=one.buyer_id)
        wishes.append(waybill_wish(one.parcels[0], consignee))
    assert [wish.express for wish in wishes] == [False, True]


def test_it_is_part_of_what_a_key_stands_for() -> None:
    place, who = world(), shopper()
    bought(place, who, {"coat": 1}, idempotency_key="mine")
    with pytest.raises(services.KeyReused):
        bought(place, who, {"coat": 1}, idempotency_key="mine", delivery=Delivery.EXPRESS)


def test_the_total_that_was_seen_with_another_method_is_not_charged() -> None:
    place = world()
    seen = quoted(place, {"coat": 1}).total_minor
    asked = request(place, shopper(), {"coat": 1}, delivery=Delivery.EXPRESS, expected_total_minor=seen)
    with pytest.raises(services.PriceChanged):
        services.place(request=asked, now=NOW)
