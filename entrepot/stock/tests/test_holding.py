"""A lot is taken off sale wherever it lies, also where it arrives in this very moment; what is under way arrives."""

from __future__ import annotations

from threading import get_ident
from uuid import UUID

import pytest
from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import meeting, racing
from entrepot.stock import selectors, services
from entrepot.stock.models import Level, Lot
from entrepot.stock.tests.makers import NOW, arrival, stocked, warehouse
from entrepot.stock.types import CustomsState, LevelUnits, WarehouseKind
from entrepot.stock.types.lots import TransferState

pytestmark = pytest.mark.django_db(transaction=True)


class Sent:
    """Five of ten units are on their way from one warehouse to another."""

    def __init__(self) -> None:
        self.sku, self.home = new_id(), warehouse("SH1", WarehouseKind.DOMESTIC)
        shop = warehouse("SHOP1", WarehouseKind.SHOP)
        stocked(self.sku, self.home, 10, customs_state=CustomsState.DUTY_PAID, item_record="")
        level = Level.objects.get(sku_id=self.sku)
        self.lot, lines = level.lot_id, [LevelUnits(self.sku, level.id, 5)]
        self.transfer = services.plan_transfer(
            source_id=self.home, target_id=shop, lines=lines, note="", actor="t", now=NOW
        )
        services.send_transfer(transfer_id=self.transfer, actor="t", now=NOW)

    def held(self, reference: str) -> int:
        return services.hold_lots(lots=[(self.sku, self.lot)], reference=reference, now=NOW)

    def arrives(self) -> TransferState:
        found = selectors.transfer(transfer_id=self.transfer)
        assert found is not None
        counted = {line.id: services.Arrived(line.quantity) for line in found.lines}
        return services.receive_transfer(transfer_id=self.transfer, counted=counted, actor="t", now=NOW)

    def free(self) -> int:
        rows = Level.objects.filter(sku_id=self.sku, stopped=False).exclude(customs_state=CustomsState.QUARANTINED)
        return sum(rows.values_list("on_hand", flat=True))

    def units(self, state: CustomsState) -> int:
        return sum(Level.objects.filter(sku_id=self.sku, customs_state=state).values_list("on_hand", flat=True))


def test_what_is_under_way_arrives_and_is_set_aside_then() -> None:
    of = Sent()
    assert of.held("recall:1") == 5
    assert (of.units(CustomsState.IN_TRANSIT), of.free()) == (5, 0)
    assert of.arrives() is TransferState.DONE
    assert (of.units(CustomsState.IN_TRANSIT), of.free()) == (0, 0)  # nobody can buy it meanwhile
    assert of.held("recall:2") == 5
    assert of.units(CustomsState.QUARANTINED) == 10
    assert selectors.discrepancies() == []


def _race(of: Sent, monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> None:
    """More of the lot is received elsewhere while it is stopped: the receipt has begun, then the lot is stopped, and
    only then both go on. Not `locked`: the receipt also looks whether the lot is stopped before that is committed."""
    met, load = meeting(2), sql.load
    again = met.replace("2", "4")
    far = warehouse("SH2", WarehouseKind.DOMESTIC)
    receiving = set[int]()  # threads: who stops the lot opens levels too

    def change(context: str, verb: str) -> str:
        text = load(context, verb)
        if (context, verb) == ("stock", "open_lots"):
            return text.replace("ON CONFLICT", f"WHERE {met} IS NOT NULL ON CONFLICT")
        if (context, verb) == ("stock", "open_levels") and not locked and get_ident() in receiving:
            return text.replace(" ORDER BY sku_id", f" WHERE {again} IS NOT NULL ORDER BY sku_id")
        return text

    def stops() -> None:
        with transaction.atomic():
            of.held("recall:1")
            sql.rows(f"SELECT {met} AS met")
            if not locked:
                sql.rows(f"SELECT {again} AS met")

    def comes() -> int:
        receiving.add(get_ident())
        line = arrival(of.sku, far, 3, customs_state=CustomsState.DUTY_PAID, item_record="")
        return services.receive(receipts=[line], reference="R2", now=NOW)

    monkeypatch.setattr(sql, "load", change)
    if not locked:
        monkeypatch.setattr(Lot.objects, "select_for_update", lambda **_: Lot.objects.all(), raising=False)
    assert racing([stops, comes]) == ["3", "None"]


def test_what_is_received_in_the_moment_of_the_recall_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    of = Sent()
    _race(of, monkeypatch, locked=True)
    assert of.free() == 0


def test_control_without_the_lock_of_the_lot_it_is_for_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    of = Sent()
    _race(of, monkeypatch, locked=False)
    assert of.free() == 3


def test_a_level_made_later_is_stopped_from_the_start() -> None:
    of = Sent()
    of.held("recall:1")
    far: UUID = warehouse("SH2", WarehouseKind.DOMESTIC)
    stocked(of.sku, far, 3, customs_state=CustomsState.DUTY_PAID, item_record="")
    assert of.free() == 0
