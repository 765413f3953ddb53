"""What was shipped comes back: onto its lots, never more than went out, once per return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from uuid import UUID

import pytest

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import PAUSE, meeting, racing
from entrepot.stock import selectors, services
from entrepot.stock.models import Level
from entrepot.stock.tests.makers import NOW, claimed, stocked, warehouse
from entrepot.stock.types import CustomsState, PutBack, WarehouseKind

pytestmark = pytest.mark.django_db
WAIT_S = 60


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "control" not in request.node.name:
        assert selectors.discrepancies() == []


def shipped(quantity: int, *lots: tuple[str, int]) -> tuple[UUID, UUID, UUID]:
    """(sku, order, line) of goods that have left, from these lots (first expired first out)."""
    sku, place = new_id(), warehouse()
    for year, (lot, units) in enumerate(lots or (("L1", quantity),), 2027):
        stocked(sku, place, units, lot=lot, expires_on=date(year, 6, 30))
    order, line = claimed(sku, place, quantity)
    assert services.ship(reference=order, line_ids=[line], sku_ids=[sku], now=NOW) == quantity
    return sku, order, line


def back(sku: UUID, order: UUID, line: UUID, units: tuple[int, int], returned: str = "R1") -> int:
    lines = [PutBack(line, sku, *units)]
    return services.put_back(reference=order, lines=lines, returned=returned, now=NOW)


def standing(sku: UUID) -> dict[tuple[str, str], int]:
    rows = Level.objects.filter(sku_id=sku, on_hand__gt=0).values_list("lot__code", "customs_state", "on_hand")
    return {(lot, state): on_hand for lot, state, on_hand in rows}


def test_sound_units_go_back_on_their_lot_and_spoiled_ones_are_quarantined() -> None:
    sku, order, line = shipped(5)
    assert back(sku, order, line, (2, 1)) == 3
    assert standing(sku) == {("L1", "bonded"): 2, ("L1", "quarantined"): 1}
    assert [one.quantity for one in selectors.available(sku_ids=[sku])[sku]] == [2]


def test_units_of_several_lots_fill_them_in_their_order() -> None:
    sku, order, line = shipped(5, ("OLD", 3), ("NEW", 4))
    assert standing(sku) == {("NEW", "bonded"): 2}
    assert back(sku, order, line, (4, 0)) == 4
    assert standing(sku) == {("OLD", "bonded"): 3, ("NEW", "bonded"): 3}
    assert back(sku, order, line, (0, 1), "R2") == 1
    assert standing(sku) == {("OLD", "bonded"): 3, ("NEW", "bonded"): 3, ("NEW", "quarantined"): 1}


def test_units_that_may_be_of_a_lot_that_was_called_back_are_not_sold_again() -> None:
    sku, order, line = shipped(5, ("OLD", 3), ("NEW", 4))
    lot_id = Level.objects.get(sku_id=sku, lot__code="OLD").lot_id
    services.hold_lots(lots=[(sku, lot_id)], reference="recall:1", now=NOW)
    assert back(sku, order, line, (4, 0)) == 4
    assert standing(sku) == {("NEW", "bonded"): 2, ("OLD", "quarantined"): 3, ("NEW", "quarantined"): 1}


@pytest.mark.parametrize("kind", [WarehouseKind.DOMESTIC, WarehouseKind.SHOP])
def test_units_whose_duty_was_paid_come_home_and_nowhere_else(kind: WarehouseKind) -> None:
    sku, order, line = shipped(5)
    put = {"reference": order, "lines": [PutBack(line, sku, 2, 1)], "returned": "R1", "now": NOW}
    for wrong in (warehouse(), warehouse("SYD1", WarehouseKind.OVERSEAS), new_id()):
        with pytest.raises(services.NotAtHome):
            services.put_back(**put, home_id=wrong)
    home = warehouse("SH1", kind)
    assert [services.put_back(**put, home_id=home) for _ in range(2)] == [3, 0]
    assert standing(sku) == {("L1", "duty_paid"): 2, ("L1", "quarantined"): 1}
    assert set(Level.objects.filter(sku_id=sku, on_hand__gt=0).values_list("warehouse_id", flat=True)) == {home}
    with pytest.raises(services.MoreThanShipped):
        back(sku, order, line, (3, 0), "R2")


@pytest.mark.django_db(transaction=True)
def test_one_place_at_home_is_opened_where_there_is_none() -> None:
    (place,) = set(racing([services.place_at_home] * 4))
    assert [str(one.id) for one in selectors.home_places()] == [place]
    assert selectors.warehouses()[UUID(place)].code == "HOME"
    home = warehouse("AT-HOME", WarehouseKind.DOMESTIC)
    assert services.place_at_home() == home  # the first by code


def test_a_return_puts_back_once() -> None:
    sku, order, line = shipped(5)
    assert [back(sku, order, line, (2, 0)) for _ in range(2)] == [2, 0]
    assert standing(sku) == {("L1", "bonded"): 2}


@pytest.mark.parametrize("units", [(6, 0), (3, 3), (0, 6)])
def test_no_more_comes_back_than_was_shipped(units: tuple[int, int]) -> None:
    sku, order, line = shipped(5)
    with pytest.raises(services.MoreThanShipped):
        back(sku, order, line, units)
    assert back(sku, order, line, (2, 3)) == 5
    with pytest.raises(services.MoreThanShipped):
        back(sku, order, line, (1, 0), "R2")


def test_what_never_left_does_not_come_back() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5)
    order, line = claimed(sku, place, 2)
    with pytest.raises(services.MoreThanShipped):
        back(sku, order, line, (1, 0))
    assert standing(sku) == {("L1", "bonded"): 5}


def test_goods_that_were_sold_out_are_told_to_be_there_again() -> None:
    sku, order, line = shipped(2)
    told = "SELECT 1 FROM outbox_event WHERE topic = 'stock.changed'"
    before = len(sql.rows(told))
    back(sku, order, line, (0, 1))
    assert len(sql.rows(told)) == before  # quarantined: nobody can buy it
    back(sku, order, line, (1, 0), "R2")
    assert len(sql.rows(told)) == before + 1


def coming_back(sku: UUID, order: UUID, line: UUID, names: list[str]) -> list[str]:
    """The same units come back under each name, all at once."""
    return racing([partial(back, sku, order, line, (3, 0), name) for name in names])


@pytest.mark.django_db(transaction=True)
def test_two_returns_at_the_same_moment_bring_no_more_than_was_shipped() -> None:
    sku, order, line = shipped(5)
    assert coming_back(sku, order, line, ["R1", "R2", "R3", "R4"]) == ["3", *["more_than_shipped"] * 3]
    assert standing(sku) == {("L1", "bonded"): 3}


@pytest.mark.django_db(transaction=True)
def test_one_return_told_at_the_same_moment_counts_once() -> None:
    sku, order, line = shipped(5)
    assert coming_back(sku, order, line, ["R1"] * 4) == ["0", "0", "0", "3"]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_and_the_condition_more_comes_back_than_was_shipped(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    load: Callable[[str, str], str] = sql.load
    taken = {"shipped": ("FOR UPDATE OF c", ""), "count_back": (" AND c.returned + b.quantity <= c.quantity", "")}
    counted = ("SET returned = c.returned + b.quantity", "SET returned = least(c.quantity, c.returned + b.quantity)")

    def unprotected(context: str, verb: str) -> str:
        text = load(context, verb)
        for old, new in [*([taken[verb]] if verb in taken else []), *([counted] if verb == "count_back" else [])]:
            assert old in text
            text = text.replace(old, new)
        if verb == "shipped":
            text = text.replace(PAUSE, pause)
        return text

    pause = meeting(2)
    sku, order, line = shipped(5)
    monkeypatch.setattr(sql, "load", unprotected)
    assert coming_back(sku, order, line, ["R1", "R2"]) == ["3", "3"]
    monkeypatch.undo()
    assert standing(sku) == {("L1", "bonded"): 6}
    assert [found.rule for found in selectors.discrepancies()] == ["returned"]


def test_quarantined_goods_are_not_for_sale() -> None:
    sku, order, line = shipped(1)
    back(sku, order, line, (0, 1))
    assert selectors.available(sku_ids=[sku]) == {}
    assert [one.customs_state for one in selectors.levels(sku_ids=[sku]) if one.on_hand] == [CustomsState.QUARANTINED]
