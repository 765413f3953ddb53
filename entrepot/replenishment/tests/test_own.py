"""Our own sales by day: what was paid, called off and sent back, and the same once more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.clock import now as clock_now
from entrepot.kit.ids import first_id, new_id
from entrepot.orders import services as orders
from entrepot.orders.tests import makers as made
from entrepot.orders.types import ParcelState
from entrepot.replenishment import services
from entrepot.replenishment.models import DayOfSales
from entrepot.stock import services as stock
from entrepot.stock.tests import makers as goods
from entrepot.stock.types import PutBack

pytestmark = pytest.mark.django_db
DAY = day_in(CHINA, made.NOW)


def rows() -> list[tuple[object, ...]]:
    return sorted(DayOfSales.objects.values_list("article", "place", "day", "units", "cancelled", "returned"), key=str)


def test_paid_orders_count_on_their_day_and_what_is_called_off_is_told_apart() -> None:
    made.placed(id_hash=b"1" * 32)  # nobody paid
    one = made.paid(lines=1, id_hash=b"2" * 32)
    two = made.paid(lines=1, id_hash=b"3" * 32)
    parcel = two.parcels[0]
    assert orders.mark_parcel(
        parcel_id=parcel.id, order_id=two.id, buyer_id=two.buyer_id, state=ParcelState.CANCELLED, note="", now=made.NOW
    )
    assert services.reckon_sales(until=DAY + timedelta(days=1), days=3) == 2
    first = rows()
    assert first == sorted(
        [
            ("TIN-1", str(one.parcels[0].warehouse_id), DAY, 2, 0, 0),
            ("TIN-1", str(parcel.warehouse_id), DAY, 2, 2, 0),
        ],
        key=str,
    )
    services.reckon_sales(until=DAY + timedelta(days=1), days=3)
    assert rows() == first
    assert services.reckon_sales(until=DAY, days=3) == 0


def test_an_order_that_stands_again_days_later_counts_on_the_day_it_was_paid() -> None:
    at = clock_now()
    order = made.placed(id=first_id(at - timedelta(days=4)))
    key = {"order_id": order.id, "buyer_id": order.buyer_id}
    assert orders.cancel(**key, reason="unpaid", now=at - timedelta(days=4))
    assert orders.reinstate(**key, payment_id=new_id(), note="late_payment", now=at)
    today = day_in(CHINA, at)
    assert services.reckon_sales(until=today + timedelta(days=1), days=6) == 1
    assert rows() == [("TIN-1", str(order.parcels[0].warehouse_id), today, 2, 0, 0)]


def test_what_buyers_send_back_counts_on_the_day_it_is_there() -> None:
    sku_id, warehouse_id = new_id(), goods.warehouse()
    goods.stocked(sku_id, warehouse_id, 5)
    order, line_id = goods.claimed(sku_id, warehouse_id, 3)
    stock.ship(reference=order, line_ids=[line_id], sku_ids=[sku_id], now=goods.NOW)
    back = [PutBack(line_id=line_id, sku_id=sku_id, sound=1, spoiled=1)]
    stock.put_back(reference=order, lines=back, returned="R1", now=goods.NOW)
    services.reckon_sales(until=DAY + timedelta(days=1), days=1)
    assert rows() == [(str(sku_id), "NGB1", DAY, 0, 0, 2)]
