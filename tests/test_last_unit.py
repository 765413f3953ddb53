"""The race for the last unit: 64 buyers on the real database, each with a connection of its own.

The control takes the guard off and must oversell; without it a green race would prove nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import WAIT_S, at_once
from entrepot.stock import selectors, services
from entrepot.stock.models import Claim, Level
from entrepot.stock.tests.makers import NOW, stocked, warehouse
from entrepot.stock.types import ClaimLine, ClaimState

BUYERS = 64

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def goods() -> Iterator[tuple[UUID, UUID]]:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 1)
    yield sku, place


def open_units(sku: UUID) -> int:
    return sum(Claim.objects.filter(sku_id=sku, state=ClaimState.OPEN).values_list("quantity", flat=True))


def buyer_of(sku: UUID, place: UUID) -> Callable[[], bool]:
    def attempt() -> bool:
        try:
            services.claim(
                buyer_id=new_id(),
                parcel_claims=[ClaimLine(new_id(), sku, place, 1)],
                reference=new_id(),
                expires_at=NOW + timedelta(minutes=30),
                now=NOW,
            )
        except services.OutOfStock:
            return False
        return True

    return attempt


def careless_buyer_of(sku: UUID, place: UUID) -> Callable[[], bool]:
    """The same claim without its guard: look, then act on what was seen."""
    looked = threading.Barrier(BUYERS, timeout=WAIT_S)

    def attempt() -> bool:
        with transaction.atomic():
            level = Level.objects.get(sku_id=sku, warehouse_id=place)
            looked.wait()
            if level.on_hand - level.claimed < 1:
                return False
            sql.run("UPDATE stock_level SET claimed = %s WHERE id = %s", (level.claimed + 1, level.id))
            Claim.objects.create(
                sku_id=sku,
                level=level,
                reference=new_id(),
                line_id=new_id(),
                part=1,
                buyer_id=new_id(),
                quantity=1,
                expires_at=NOW + timedelta(minutes=30),
                at=NOW,
            )
        return True

    return attempt


def test_of_64_buyers_exactly_one_gets_the_last_unit(goods: tuple[UUID, UUID]) -> None:
    won = at_once([buyer_of(*goods)] * BUYERS)
    assert won.count(True) == 1
    assert open_units(goods[0]) == 1
    assert selectors.discrepancies() == []


def test_control_without_the_guard_the_last_unit_is_oversold(goods: tuple[UUID, UUID]) -> None:
    won = at_once([careless_buyer_of(*goods)] * BUYERS)
    assert won.count(True) > 1
    assert open_units(goods[0]) > 1
    assert "claims" in {found.rule for found in selectors.discrepancies()}


def test_64_buyers_of_several_articles_in_any_order_never_block_each_other(goods: tuple[UUID, UUID]) -> None:
    """Carts name the same articles in opposite orders: with locks in key order nobody deadlocks, and all units sell."""
    place = goods[1]
    skus = [new_id() for _ in range(4)]
    for sku in skus:
        stocked(sku, place, BUYERS // 2, lot="A")
        stocked(sku, place, BUYERS // 2, lot="B")
    turn = iter(range(BUYERS))

    def attempt() -> bool:
        mine = skus if next(turn) % 2 else skus[::-1]
        reference, lines = new_id(), [ClaimLine(new_id(), sku, place, 1) for sku in mine]
        services.claim(
            buyer_id=new_id(), parcel_claims=lines, reference=reference, expires_at=NOW + timedelta(minutes=1), now=NOW
        )
        return True

    assert all(at_once([attempt] * BUYERS))
    assert {sku: open_units(sku) for sku in skus} == dict.fromkeys(skus, BUYERS)
    assert selectors.available(sku_ids=skus) == {}
    assert selectors.discrepancies() == []
