"""Two people receive the same transfer at the same moment: the goods arrive once.

The control takes the guard off and must book them twice; without it a green race would prove nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import transaction

from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import WAIT_S, at_once
from entrepot.stock import selectors, services
from entrepot.stock.models import Level, lot_models
from entrepot.stock.services.moving import Step, move
from entrepot.stock.services.receive import lock_levels
from entrepot.stock.tests.makers import NOW, stocked, warehouse
from entrepot.stock.types import CustomsState, LevelUnits, MovementKind, WarehouseKind
from entrepot.stock.types.lots import TransferState

PEOPLE = 8
pytestmark = pytest.mark.django_db(transaction=True)


def sent() -> tuple[UUID, UUID, UUID]:
    """(article, shop, transfer): five units are on their way, and five more by another transfer."""
    sku, home = new_id(), warehouse("SH1", WarehouseKind.DOMESTIC)
    shop = warehouse("SHOP1", WarehouseKind.SHOP)
    stocked(sku, home, 100, customs_state=CustomsState.DUTY_PAID, item_record="")
    level = Level.objects.get(sku_id=sku)
    made = []
    for _ in range(PEOPLE):
        made.append(
            services.plan_transfer(
                source_id=home, target_id=shop, lines=[LevelUnits(sku, level.id, 5)], note="", actor="t", now=NOW
            )
        )
        services.send_transfer(transfer_id=made[-1], actor="t", now=NOW)
    return sku, shop, made[0]


def race(attempt: Callable[[], bool]) -> list[bool]:
    return at_once([attempt] * PEOPLE)


def there(sku: UUID, shop: UUID) -> int:
    rows = Level.objects.filter(sku_id=sku, warehouse_id=shop, customs_state=CustomsState.DUTY_PAID)
    return sum(rows.values_list("on_hand", flat=True))


def test_one_receives_and_the_others_are_told() -> None:
    sku, shop, going = sent()
    found = selectors.transfer(transfer_id=going)
    assert found is not None
    counted = {line.id: services.Arrived(line.quantity) for line in found.lines}

    def attempt() -> bool:
        try:
            services.receive_transfer(transfer_id=going, counted=counted, actor="t", now=NOW)
        except services.TransferNotNow:
            return False
        return True

    assert sorted(race(attempt)) == [False] * (PEOPLE - 1) + [True]
    assert there(sku, shop) == 5
    assert selectors.discrepancies() == []


def test_without_the_guard_the_goods_arrive_again_and_again() -> None:
    """The control: look at the state, then act on what was seen."""
    sku, shop, going = sent()
    transit = Level.objects.get(sku_id=sku, warehouse_id=shop, customs_state=CustomsState.IN_TRANSIT)
    shelf = Level.objects.create(
        sku_id=sku, warehouse_id=shop, lot_id=transit.lot_id, customs_state=CustomsState.DUTY_PAID
    )

    looked = threading.Barrier(PEOPLE, timeout=WAIT_S)

    def attempt() -> bool:
        seen = lot_models.Transfer.objects.get(id=going).state
        looked.wait()
        if seen != TransferState.SENT:
            return False
        with transaction.atomic():
            lock_levels(lines=[(sku, shop)])
            reference = str(new_id())
            steps = [
                Step(sku, transit.id, MovementKind.ARRIVE, -5, reference),
                Step(sku, shelf.id, MovementKind.ARRIVE, 5, reference),
            ]
            move(steps=steps, now=NOW)
            lot_models.Transfer.objects.filter(id=going).update(state=TransferState.DONE)
        return True

    assert race(attempt).count(True) > 1
    assert there(sku, shop) > 5
