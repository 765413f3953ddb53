"""Goods set aside are in nobody's reach, come back when they are sound, and go for good otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.kit.tests.racing import racing
from entrepot.stock import selectors, services
from entrepot.stock.tests.makers import NOW, book, brought_in, claimed, declared_line, item, stocked, warehouse
from entrepot.stock.types import ON_SHELF, CustomsState, Level, LevelUnits, PutBack, WarehouseKind
from entrepot.stock.types.bonded import DisposalKind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger_agrees() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def levels(sku: UUID) -> dict[CustomsState, Level]:
    return {one.customs_state: one for one in selectors.levels(sku_ids=[sku]) if one.on_hand}


def told() -> list[dict[str, Any]]:
    return sql.rows("SELECT actor, reason FROM audit_entry WHERE action = 'stock.end_quarantine'")


def free(sku: UUID) -> int:
    return sum(one.quantity for one in selectors.available(sku_ids=[sku]).get(sku, ()))


def held(kind: WarehouseKind, units: int = 10, **changes: Any) -> tuple[UUID, Level]:
    """An article of which all but one unit were set aside."""
    sku, place = new_id(), warehouse("P1", kind)
    stocked(sku, place, units, customs_state=ON_SHELF[kind], **changes)
    services.set_aside(level_id=levels(sku)[ON_SHELF[kind]].id, sku_id=sku, quantity=units - 1, reference="Q1", now=NOW)
    return sku, levels(sku)[CustomsState.QUARANTINED]


def ended(level: Level, units: int, **changes: Any) -> int:
    said: dict[str, Any] = {"reason": "sampled, sound", "reference": str(new_id()), "actor": "li", "now": NOW}
    return services.end_quarantine(lines=[LevelUnits(level.sku_id, level.id, units)], **{**said, **changes})


@pytest.mark.parametrize("kind", list(WarehouseKind))
def test_what_was_held_and_is_sound_is_sold_again(kind: WarehouseKind) -> None:
    sku, level = held(kind)
    assert free(sku) == 1
    assert (ended(level, 4, reference="Q2"), ended(level, 4, reference="Q2")) == (4, 0)
    claimed(sku, level.warehouse_id, 5)
    assert levels(sku)[CustomsState.QUARANTINED].on_hand == 5
    assert told() == [{"actor": "li", "reason": "Q2: sampled, sound"}]


def test_what_is_not_sound_or_not_there_stays() -> None:
    sku, level = held(WarehouseKind.DOMESTIC)
    shelf = levels(sku)[CustomsState.DUTY_PAID]
    for refusal, of, changes in (
        (services.CannotAdjust, level, {"units": 10}),
        (services.DisposalInvalid, level, {"units": 0}),
        (services.ReasonNeeded, level, {"reason": " "}),
        (services.NotBackOnSale, level, {"now": NOW + timedelta(days=900)}),  # expired by then
        (NotFound, shelf, {}),
    ):
        with pytest.raises(refusal):
            ended(of, **{"units": 1, **changes})
    assert levels(sku)[CustomsState.QUARANTINED].on_hand == 9
    assert told() == []


def test_what_is_called_back_stays_until_the_stop_is_lifted() -> None:
    sku, level = held(WarehouseKind.BONDED)
    lots = [(sku, level.lot.id)]
    services.hold_lots(lots=lots, reference="recall:1", now=NOW)
    with pytest.raises(services.NotBackOnSale):
        ended(level, 1)
    services.resume_lots(lots=lots)
    assert free(sku) == 0  # lifting a stop brings nothing back by itself
    assert ended(level, 10) == 10
    order, line = claimed(sku, level.warehouse_id, 3)
    services.ship(reference=order, line_ids=[line], sku_ids=[sku], now=NOW)


def test_goods_that_a_buyer_abroad_sent_back_are_not_on_the_shelves_there() -> None:
    sku, level = held(WarehouseKind.OVERSEAS)
    order, line = claimed(sku, level.warehouse_id, 1)
    services.ship(reference=order, line_ids=[line], sku_ids=[sku], now=NOW)
    services.put_back(reference=order, lines=[PutBack(line, sku, 0, 1)], returned="R1", now=NOW)
    assert levels(sku)[CustomsState.QUARANTINED].on_hand == 10
    with pytest.raises(services.NotBackOnSale):
        ended(level, 10)
    assert ended(level, 9) == 9


def test_goods_at_home_are_disposed_of_without_a_book() -> None:
    sku, level = held(WarehouseKind.DOMESTIC)
    (found,) = selectors.disposable(on=NOW.date())
    assert found == level
    made = services.plan_disposal(
        warehouse_id=level.warehouse_id, kind=DisposalKind.DESTROY, lines=[LevelUnits(sku, level.id, 9)],
        reason="leaking", actor="li", now=NOW,
    )  # fmt: skip
    by = services.Supervised("W-1", "witness 7", NOW.date())
    assert services.carry_out(disposal_id=made, by=by, actor="li", now=NOW) == 9
    assert [one.on_hand for one in levels(sku).values()] == [1]


def test_the_account_book_does_not_move_with_the_quarantine() -> None:
    place, sku = warehouse(), new_id()
    book()
    item(sku)
    brought_in(place, [declared_line(sku, 10)])
    services.set_aside(level_id=levels(sku)[CustomsState.BONDED].id, sku_id=sku, quantity=4, reference="Q1", now=NOW)
    ended(levels(sku)[CustomsState.QUARANTINED], 3)
    (found,) = selectors.book_states(book="T3105W000123", sku_ids=[sku])
    assert (found.balance, found.in_stock, found.wrong) == (10, 10, 0)


@pytest.mark.django_db(transaction=True)
def test_two_who_end_it_at_once_bring_back_no_more_than_was_held() -> None:
    sku, level = held(WarehouseKind.DOMESTIC, 6)
    assert racing([partial(ended, level, 3) for _ in range(3)]) == ["3", "cannot_adjust", "cannot_adjust"]
    assert levels(sku)[CustomsState.DUTY_PAID].on_hand == 4
