"""Recalls, orders and buyers at the same moment, on the real database; the controls take the protection off."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import connection, transaction
from django.db.models import Q

from entrepot.identity.tests import makers as people
from entrepot.kit import sql
from entrepot.kit.tests.racing import PAUSE, WAIT_S, meeting, outcomes
from entrepot.recalls import models, selectors, services
from entrepot.recalls.services import telling
from entrepot.recalls.tests.makers import draft, lots_of, read, recalled
from entrepot.recalls.types import AffectedState, Remedy
from entrepot.returns import selectors as returns
from entrepot.returns.tests.makers import NOW, bought
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import claimed, stocked

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_clerks_open_one_recall_of_a_lot() -> None:
    lots = lots_of(bought(1))
    acts: list[Callable[[], object]] = [
        lambda: services.open_recall(draft=draft(lots), actor="clerk", now=NOW) for _ in range(4)
    ]
    assert outcomes(acts) == {"done": 1, "already_recalled": 3}
    assert len(selectors.recalls()) == 1


def test_control_without_the_constraint_there_are_several() -> None:
    lots = lots_of(bought(1))
    acts: list[Callable[[], object]] = [
        lambda: services.open_recall(draft=draft(lots), actor="clerk", now=NOW) for _ in range(4)
    ]
    name = "recall_lot_once"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")
    try:
        assert outcomes(acts)["done"] > 1
    finally:
        models.RecallLot.objects.update(open=False)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE UNIQUE INDEX {name} ON recalls_recalllot (sku_id, lot_id) WHERE open")


def test_the_same_press_of_the_button_twice_is_one_recall() -> None:
    wish = draft(lots_of(bought(1)))
    acts: list[Callable[[], object]] = [
        lambda: services.open_recall(draft=wish, actor="clerk", now=NOW) for _ in range(4)
    ]
    assert outcomes(acts) == {"done": 4}
    assert len(selectors.recalls()) == 1


def test_orders_that_ship_or_come_while_a_recall_opens_are_all_known_and_no_unit_is_sold_after() -> None:
    of = bought(1)
    sku_id = of.parcel.lines[0].sku_id
    stocked(sku_id, of.warehouse_id, 12)
    held = [claimed(sku_id, of.warehouse_id, 1) for _ in range(4)]
    shipping: list[Callable[[], object]] = [
        lambda one=one: stock_verbs.ship(reference=one[0], line_ids=[one[1]], sku_ids=[sku_id], now=NOW)  # type: ignore[misc]
        for one in held[:3]
    ]
    coming: list[Callable[[], object]] = [lambda: claimed(sku_id, of.warehouse_id, 1) for _ in range(3)]
    opened: list[Callable[[], object]] = [
        lambda: services.open_recall(draft=draft(lots_of(of)), actor="clerk", now=NOW)
    ]
    told = outcomes([*shipping, *opened, *coming])
    assert told["done"] + told["out_of_stock"] + told["lot_stopped"] == 7
    (found,) = selectors.recalls()
    services.work(recall_id=found.id, now=NOW)
    units = selectors.coverage(found=read(found.id))
    held_now = selectors.affected(recall_id=found.id, state=AffectedState.HELD)
    assert units.sold == 4 - told["lot_stopped"]  # of the three, and what `bought` had taken
    assert units.free == 0
    assert units.received == units.sold + units.held + units.claimed
    assert sum(one.quantity for one in held_now) == units.claimed
    assert stock.discrepancies() == []


@pytest.fixture
def leaving_as_it_stops(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counter[str]]:
    """A unit leaves while a recall opens: the statement by which it leaves has begun, then the recall is written, and
    only then both go on. `replaced`: what of that statement is changed."""

    def race(*replaced: tuple[str, str]) -> Counter[str]:
        of = bought(1)
        sku_id = of.parcel.lines[0].sku_id
        stocked(sku_id, of.warehouse_id, 1)
        reference, line_id = claimed(sku_id, of.warehouse_id, 1)
        load, met = sql.load, meeting(2)

        def change(context: str, verb: str, **_: object) -> str:
            text = load(context, verb)
            if (context, verb) == ("stock", "close"):
                for old, new in ((PAUSE, met), *replaced):
                    assert old in text
                    text = text.replace(old, new)
            return text

        def opens() -> None:
            with transaction.atomic():
                services.open_recall(draft=draft(lots_of(of)), actor="clerk", now=NOW)
                sql.rows(f"SELECT {met} AS met")

        def leaves() -> None:
            stock_verbs.ship(reference=reference, line_ids=[line_id], sku_ids=[sku_id], now=NOW)

        monkeypatch.setattr(sql, "load", change)
        return outcomes([opens, leaves])

    return race


def test_what_leaves_while_a_recall_opens_does_not_leave(leaving_as_it_stops: Callable[..., Counter[str]]) -> None:
    assert leaving_as_it_stops() == {"done": 1, "lot_stopped": 1}
    assert stock.discrepancies() == []


def test_control_a_check_before_the_lock_lets_it_leave(leaving_as_it_stops: Callable[..., Counter[str]]) -> None:
    before = "(SELECT s.stopped FROM stock_level s WHERE s.id = k.id)"  # as the statement saw it when it began
    assert leaving_as_it_stops(("k.stopped", before)) == {"done": 2}


def letters_of_two_jobs(monkeypatch: pytest.MonkeyPatch, *, shared: bool) -> int:
    """Letters to one buyer when the job of a recall runs twice at once; both have read whom to write to, and in the
    control both have taken the letter before either has written it."""
    of = bought(1, buyer_id=people.buyer())
    opened = services.open_recall(draft=draft(lots_of(of)), actor="clerk", now=NOW)
    meet, place = threading.Barrier(2, timeout=WAIT_S), "_orders" if shared else "_letter"
    go_on = getattr(telling, place)

    def both_are_here(*asked: object) -> object:
        meet.wait()
        return go_on(*asked)

    monkeypatch.setattr(telling, place, both_are_here)
    if not shared:
        monkeypatch.setattr(telling, "_free", lambda _now: Q())
    assert outcomes([lambda: services.work(recall_id=opened, now=NOW)] * 2) == {"done": 2}
    return len(mail.outbox)


def test_a_buyer_is_written_to_once_whoever_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert letters_of_two_jobs(monkeypatch, shared=True) == 1


def test_control_who_does_not_take_the_letter_first_writes_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert letters_of_two_jobs(monkeypatch, shared=False) == 2


def paying(remedy: Remedy = Remedy.KEEP) -> tuple[object, list[Callable[[], object]]]:
    """One of three units of a line is from the recalled lot; its buyer presses the button four times."""
    of = bought(3)
    found = recalled(of, remedy=remedy)
    models.Affected.objects.update(quantity=1)
    key = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
    return of, [lambda: services.pay_back(recall_id=found.id, now=NOW, **key) for _ in range(4)]


def paid_units() -> int:
    return int(sql.rows("SELECT coalesce(sum(units), 0) AS n FROM returns_kept")[0]["n"])


def test_a_buyer_is_paid_once_for_what_was_recalled() -> None:
    _, acts = paying()
    assert outcomes(acts) == {"done": 1, "nothing_to_pay": 3}
    assert paid_units() == 1
    assert returns.discrepancies() == []


def test_control_without_the_lock_the_button_pays_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock makes who comes second read what the first one wrote; without it both read the same."""
    _, acts = paying()
    meet, offers = threading.Barrier(len(acts), timeout=WAIT_S), selectors.offers

    def all_have_read(**asked: object) -> object:
        found = offers(**asked)  # type: ignore[arg-type]
        meet.wait()
        return found

    monkeypatch.setattr(selectors, "offers", all_have_read)
    monkeypatch.setattr(models.Notice.objects, "select_for_update", models.Notice.objects.all)
    assert outcomes(acts)["nothing_to_pay"] == 0
