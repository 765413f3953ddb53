"""Receipts on the real database: scans once, differences told, books that agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from entrepot.consignments import selectors as consignments
from entrepot.consignments import services as coming_services
from entrepot.consignments.tests import makers as coming
from entrepot.consignments.types import ConsignmentState, LineDraft
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as ordering
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.makers import NOW
from entrepot.procurement.types import OrderState
from entrepot.receiving import models, selectors, services
from entrepot.receiving.tests.makers import Dock, barcodes, bonded_dock, dock, gtin, scan
from entrepot.receiving.types import Answer, Condition, Gap, GapState, ReceiptState
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import claimed
from entrepot.stock.types import CustomsState, LevelUnits, WarehouseKind
from entrepot.stock.types.bonded import InboundState

pytestmark = pytest.mark.django_db
SOLD, ASIDE = CustomsState.DUTY_PAID, CustomsState.QUARANTINED
STATEMENTS_MAX = 10


@pytest.fixture(autouse=True)
def books_agree(db: None) -> Iterator[None]:
    buying.rates()
    yield
    for books in (selectors, consignments, procurement, stock):
        assert books.discrepancies() == []


def said(answers: list[Answer]) -> list[str]:
    return [one.refusal.code if one.refusal else "known" if one.known else "taken" for one in answers]


def shelves(at: Dock) -> dict[tuple[str, CustomsState], int]:
    """Units by lot, as the notice calls it, and customs state."""
    found = stock.levels(sku_ids={line.sku_id for line in at.order.lines})
    return {(one.lot.code.split("/")[0], one.customs_state): one.on_hand for one in found if one.on_hand}


def gaps(at: Dock) -> dict[Gap, tuple[int, int]]:
    return {one.kind: (one.expected, one.found) for one in selectors.differences(receipt_id=at.receipt_id)[0]}


def test_what_was_announced_and_came_is_in_stock_and_off_the_order() -> None:
    at = dock((100, 40))
    assert said(at.scan(scan(0, 60), scan(0, 40), scan(1, 40))) == ["taken"] * 3
    at.close()
    assert shelves(at) == {("L1", SOLD): 100, ("L2", SOLD): 40}
    assert gaps(at) == {}
    assert buying.read(at.order.id).state is OrderState.CLOSED
    after = coming.read(at.consignment.id)
    assert (after.state, [line.received for line in after.lines]) == (ConsignmentState.CLOSED, [100, 40])
    (level, _other) = stock.levels(sku_ids={line.sku_id for line in at.order.lines})
    assert (level.lot.expires_on, level.lot.produced_on, level.lot.origin) == (coming.BEST, date(2026, 6, 1), "IT")
    assert selectors.receipts(consignment_id=at.consignment.id)[0].state is ReceiptState.CLOSED


def test_a_scan_sent_again_counts_once_and_another_under_its_id_is_refused() -> None:
    at = dock()
    one = scan(0, 5)
    assert said(at.scan(one, one)) == ["taken", "taken"]
    assert said(at.scan(one)) == ["known"]
    assert said(at.scan(replace(one, units=6))) == ["scan_differs"]
    assert said(at.scan(replace(one, condition=Condition.DAMAGED))) == ["scan_differs"]
    assert at.found() == {"L1": 5}
    other = dock_of_another(at)
    assert said(other.scan(one)) == ["scan_differs"]


def dock_of_another(at: Dock) -> Dock:
    """A second consignment of the same order and its receipt."""
    draft = coming.notice(at.order, (5,), warehouse_id=at.consignment.warehouse_id)
    made = coming.services.announce(draft=draft, actor="t", now=NOW)
    return Dock(at.order, coming.read(made), services.open_receipt(consignment_id=made, actor="bob", now=NOW))


@pytest.mark.parametrize("seed", range(6))
def test_an_hour_offline_comes_to_the_same_count(seed: int) -> None:
    """Scans of three devices, late, doubled and in any order: what counts is which there are."""
    chance, at = random.Random(seed), dock((100, 40))
    scans = [scan(chance.randrange(2), chance.choice([1, 1, 2, 12, -1]), pallet=f"P{n % 3}") for n in range(40)]
    truth = {f"L{n + 1}": sum(one.units for one in scans if one.code == gtin(n)) for n in range(2)}
    queue = scans + chance.sample(scans, 25)
    chance.shuffle(queue)
    while queue:
        part, queue = queue[:7], queue[7:]
        assert not any(answer.refusal for answer in at.scan(*part))
    assert at.found() == truth
    assert models.Scan.objects.count() == 40


def test_each_scan_is_answered_for_itself() -> None:
    at = dock((100, 40))
    late = coming.BEST.replace(year=2026)
    wrong = str((int(gtin(0)[-1]) + 1) % 10)
    barcodes("other", first=50)
    answers = at.scan(
        scan(0),
        scan(code=gtin(0)[:-1] + wrong),
        scan(99),
        scan(0, 0),
        scan(0, lot="L1", expires_on=date(2029, 1, 1)),
        scan(0, lot="NEW", expires_on=late),
        scan(0, lot="NEW", expires_on=late, condition=Condition.HELD),
        scan(0, origin="x1"),
        scan(0, lot="x" * 31),
        scan(code="down-jacket-S1"),
        scan(code=f"(01)0{gtin(1)}(10)L2(17)280630"),
    )
    assert said(answers) == [
        "taken", "unknown_barcode", "unknown_barcode", "bad_scan", "lot_dates_differ", "lot_expired", "taken",
        "bad_scan", "bad_scan", "taken", "taken",
    ]  # fmt: skip
    assert {one.refusal.message("zh") for one in answers if one.refusal}
    assert at.found() == {"L1": 1, "NEW": 1, "L2": 2}


def test_of_several_lots_the_scan_says_which() -> None:
    order = buying.sent((100,))
    barcodes()
    (line,) = order.lines
    lines = tuple(LineDraft(line.id, 50, lot, None, coming.BEST) for lot in ("A", "B"))
    draft = coming.notice(order, (0,), lines=lines)
    made = coming.services.announce(draft=draft, actor="t", now=NOW)
    at = Dock(order, coming.read(made), services.open_receipt(consignment_id=made, actor="t", now=NOW))
    assert said(at.scan(scan(0), scan(0, 50, lot="A"), scan(0, 50, lot="B"))) == ["lot_needed", "taken", "taken"]
    at.close()
    assert shelves(at) == {("A", SOLD): 50, ("B", SOLD): 50}


def test_a_shop_receives_goods_that_have_paid() -> None:
    at = dock((100,), WarehouseKind.SHOP)
    at.scan(scan(0, 100))
    at.close()
    assert shelves(at) == {("L1", SOLD): 100}


def test_what_was_held_for_quality_is_sold_after_it_was_sampled() -> None:
    at = dock((100,))
    at.scan(scan(0, 90), scan(0, 10, condition=Condition.HELD))
    at.close()
    (aside,) = [one for one in stock.disposable(on=NOW.date()) if one.customs_state is CustomsState.QUARANTINED]
    units = [LevelUnits(aside.sku_id, aside.id, 10)]
    stock_verbs.end_quarantine(lines=units, reason="sampled, sound", reference="QE1", actor="li", now=NOW)
    assert shelves(at) == {("L1", SOLD): 100}


def test_short_over_wrong_and_damaged_are_told_with_their_reasons() -> None:
    at = dock((100, 40))
    barcodes("other", first=50)
    at.scan(scan(0, 90), scan(0, 3, condition=Condition.DAMAGED), scan(1, 50), scan(50, 4, lot="X"))
    with pytest.raises(services.ReasonNeededFor) as no:
        services.close(closing=services.Closing(at.receipt_id, True, {}), actor="c", now=NOW)
    assert no.value.data["n"] == 4
    assert shelves(at) == {}
    at.close()
    assert gaps(at) == {Gap.SHORT: (100, 93), Gap.OVER: (40, 50), Gap.DAMAGED: (0, 3), Gap.WRONG: (0, 4)}
    # of the second article 42 are the order's with its tolerance; what is beyond stands aside
    assert shelves(at) == {("L1", SOLD): 90, ("L1", ASIDE): 3, ("L2", SOLD): 42, ("L2", ASIDE): 8}
    lines = buying.read(at.order.id).lines
    assert [line.received for line in lines] == [93, 42]
    assert selectors.open_differences() == 4


def test_another_lot_than_announced_is_received_under_its_own_code() -> None:
    at = dock((100,))
    at.scan(scan(0, 100, lot="ZZ", expires_on=coming.BEST))
    at.close()
    assert gaps(at) == {Gap.OTHER_LOT: (0, 100)}
    assert shelves(at) == {("ZZ", SOLD): 100}


def test_goods_come_in_parts() -> None:
    at = dock((100,))
    at.scan(scan(0, 60))
    at.close(final=False)
    assert gaps(at) == {}
    assert coming.read(at.consignment.id).state is ConsignmentState.ARRIVED
    again = replace(at, receipt_id=services.open_receipt(consignment_id=at.consignment.id, actor="a", now=NOW))
    assert again.receipt_id != at.receipt_id
    again.scan(scan(0, 35))
    again.close()
    assert gaps(again) == {Gap.SHORT: (100, 95)}
    assert shelves(at) == {("L1", SOLD): 95}
    with pytest.raises(services.NothingToReceive):
        services.open_receipt(consignment_id=at.consignment.id, actor="a", now=NOW)


def test_the_rest_of_a_lot_comes_in_after_its_order_was_amended_at_another_rate() -> None:
    of = buying.contract()
    at = dock((100,), of=of)
    at.scan(scan(0, 60))
    at.close(final=False)
    buying.put_rates(("EUR", "8.4", "2026-11-01", ""), name="corrected")
    lines = [(buying.articles(1)[0], 110, "10")]
    acts = {"order_id": at.order.id, "actor": "b", "now": NOW}
    version = ordering.amend(**acts, wish=buying.wish(of, lines))
    ordering.approve(**acts | {"actor": "c"}, version=version, four_eyes_from_minor=buying.BIG)
    barcodes()
    again = replace(at, receipt_id=services.open_receipt(consignment_id=at.consignment.id, actor="a", now=NOW))
    assert said(again.scan(scan(0, 40))) == ["taken"]
    again.close()
    assert shelves(at) == {("L1", SOLD): 100}


def test_a_closed_receipt_takes_no_new_scan_but_knows_the_old_ones() -> None:
    at = dock((10,))
    one = scan(0, 10)
    at.scan(one)
    at.close()
    assert said(at.scan(one, scan(0))) == ["known", "receipt_not_open"]
    with pytest.raises(services.ReceiptNotOpen):
        services.close(closing=services.Closing(at.receipt_id, True, {}), actor="c", now=NOW)
    assert shelves(at) == {("L1", SOLD): 10}


def test_a_pallet_is_counted_by_one_and_never_again() -> None:
    at = dock((100,))
    assert said(at.scan(scan(0, 10, pallet="p 1"), scan(0, 1), actor="ann")) == ["taken", "taken"]
    assert said(at.scan(scan(0, 10, pallet="P 1"), scan(0, 10, pallet="P2"), actor="bob")) == ["pallet_taken", "taken"]
    services.hand_over_pallet(receipt_id=at.receipt_id, pallet="P 1", actor="bob", now=NOW)
    assert said(at.scan(scan(0, 2, pallet="P 1"), actor="bob")) == ["taken"]
    assert said(at.scan(scan(0, 2, pallet="P 1"), actor="ann")) == ["pallet_taken"]
    assert at.found() == {"L1": 23}
    at.close(final=False)
    later = replace(at, receipt_id=services.open_receipt(consignment_id=at.consignment.id, actor="ann", now=NOW))
    assert said(later.scan(scan(0, 10, pallet="P2"), actor="bob")) == ["pallet_taken"]


def test_scans_are_taken_back_but_not_below_nothing() -> None:
    at = dock((10,))
    at.scan(scan(0, 3), scan(0, -4))
    with pytest.raises(services.LotDisputed):
        at.close()
    at.scan(scan(0, 1))
    with pytest.raises(services.NothingCounted):
        at.close(final=False)
    services.give_up(receipt_id=at.receipt_id, actor="c", now=NOW)
    assert selectors.receipts(consignment_id=at.consignment.id)[0].state is ReceiptState.CANCELLED
    assert services.open_receipt(consignment_id=at.consignment.id, actor="c", now=NOW) != at.receipt_id


def test_a_receipt_of_what_was_cancelled_meanwhile_is_given_up_though_something_was_counted() -> None:
    at = dock((10,))
    at.scan(scan(0, 3))
    with pytest.raises(services.CountedBefore):
        services.give_up(receipt_id=at.receipt_id, actor="c", now=NOW)
    coming_services.cancel(consignment_id=at.consignment.id, reason="r", actor="t", now=NOW)
    with pytest.raises(Refusal):
        at.close()
    services.give_up(receipt_id=at.receipt_id, actor="c", now=NOW)
    assert selectors.receipts(consignment_id=at.consignment.id)[0].state is ReceiptState.CANCELLED
    assert shelves(at) == {}


def test_bonded_goods_go_through_their_declaration() -> None:
    at = bonded_dock((100, 40))
    at.scan(scan(0, 98), scan(0, 1, condition=Condition.HELD), scan(1, 40), scan(1, 2, lot="OTHER"))
    at.close()
    assert shelves(at) == {
        ("L1", CustomsState.BONDED): 98, ("L1", ASIDE): 1, ("L2", CustomsState.BONDED): 40,
    }  # fmt: skip
    assert gaps(at) == {Gap.SHORT: (100, 99), Gap.HELD: (0, 1), Gap.OTHER_LOT: (0, 2)}
    inbound = stock.inbound(inbound_id=coming.read(at.consignment.id).inbound_id or new_id())
    assert inbound is not None
    assert (inbound.state, inbound.miscounted) == (InboundState.PUT_AWAY, True)


def book_agrees(at: Dock, *, coming: int, in_stock: int, miscounted: int = 0) -> None:
    states = stock.book_states(sku_ids={line.sku_id for line in at.order.lines})
    assert [one.wrong for one in states] == [0] * len(states)
    sums = [sum(getattr(one, name) for one in states) for name in ("coming", "in_stock", "miscounted")]
    assert sums == [coming, in_stock, miscounted]


def again(at: Dock) -> Dock:
    receipt_id = services.open_receipt(consignment_id=at.consignment.id, actor="bob", now=NOW)
    return Dock(at.order, coming.read(at.consignment.id), receipt_id)


def test_bonded_goods_come_in_parts_on_several_days_and_the_books_agree_on_each() -> None:
    at = bonded_dock((100, 40))
    book_agrees(at, coming=140, in_stock=0)
    at.scan(scan(0, 58), scan(0, 2, condition=Condition.DAMAGED))
    at.close(final=False)
    book_agrees(at, coming=80, in_stock=60)
    (first,) = {line.sku_id for line in at.order.lines if line.number == 1}
    place = at.consignment.warehouse_id
    reference, line_id = claimed(first, place, 8)  # what came is sold while the rest is awaited
    stock_verbs.ship(reference=reference, line_ids=[line_id], sku_ids=[first], now=NOW)
    assert stock.available(sku_ids=[first])[first][0].quantity == 50
    second = again(at)
    second.scan(scan(1, 45))
    second.close(final=False)
    assert gaps(second) == {Gap.OVER: (40, 45)}
    third = again(at)
    third.scan(scan(0, 39))
    third.close()
    assert gaps(third) == {Gap.SHORT: (100, 99)}
    inbound = stock.inbound(inbound_id=third.consignment.inbound_id or new_id())
    assert inbound is not None
    assert {line.lot.split("/")[0]: (line.counted, bool(line.reason)) for line in inbound.lines} == {
        "L1": (99, True), "L2": (45, True),
    }  # fmt: skip
    assert (inbound.state, inbound.miscounted) == (InboundState.PUT_AWAY, True)
    stock_verbs.settle_inbound(inbound_id=inbound.id, document="CUSTOMS-9", actor="c", now=NOW)
    states = {one.item_record: one for one in stock.book_states(sku_ids={line.sku_id for line in at.order.lines})}
    assert {record: (one.balance, one.wrong) for record, one in states.items()} == {"1": (99, -8 + 8), "2": (45, 0)}


def test_a_part_sent_again_is_put_away_once() -> None:
    at = bonded_dock((100,))
    inbound_id = coming.read(at.consignment.id).inbound_id or new_id()
    stock_verbs.arrive_inbound(inbound_id=inbound_id, on=NOW.date(), actor="t", now=NOW)
    (line,) = (stock.inbound(inbound_id=inbound_id) or pytest.fail("no inbound")).lines
    part = {"inbound_id": inbound_id, "counted": {(line.sku_id, line.lot): 30}, "actor": "t", "now": NOW}
    assert stock_verbs.put_away_part(reference="GR1", **part) == 30
    assert stock_verbs.put_away_part(reference="GR1", **part) == 0
    assert stock_verbs.put_away_part(reference="GR2", **part) == 30
    book_agrees(at, coming=40, in_stock=60)
    for wrong in ({}, {(line.sku_id, "?"): 1}, {(line.sku_id, line.lot): -1}):
        with pytest.raises(stock_verbs.InboundInvalid), transaction.atomic():
            stock_verbs.put_away_part(reference="GR3", **{**part, "counted": wrong})


def test_bonded_goods_wait_for_their_declaration() -> None:
    at = dock((5,), WarehouseKind.BONDED)
    at.scan(scan(0, 5))
    with pytest.raises(services.NotDeclaredYet):
        at.close()
    assert at.standing().receipt.state is ReceiptState.OPEN


def test_what_stock_or_orders_refuse_leaves_nothing_half_written(monkeypatch: pytest.MonkeyPatch) -> None:
    at = dock((10,))
    at.scan(scan(0, 10))

    class Broken(Refusal):
        code, zh, en = "broken", "坏", "broken"

    def no(**_said: object) -> None:
        raise Broken

    monkeypatch.setattr(services.closing.consignment_verbs, "count_in", no)
    with pytest.raises(Broken):
        at.close()
    monkeypatch.undo()
    assert shelves(at) == {}
    assert buying.read(at.order.id).lines[0].received == 0
    at.close()


def test_a_difference_is_settled_once() -> None:
    at = dock((10,))
    at.scan(scan(0, 9))
    at.close()
    (one,) = selectors.differences(state="open")[0]
    with pytest.raises(services.ReasonNeededFor):
        services.settle(difference_id=one.id, outcome=" ", actor="f", now=NOW)
    services.settle(difference_id=one.id, outcome="credit note 7", actor="f", now=NOW)
    with pytest.raises(services.AlreadySettled):
        services.settle(difference_id=one.id, outcome="again", actor="f", now=NOW)
    assert [x.outcome for x in selectors.differences(state=GapState.SETTLED)[0]] == ["credit note 7"]
    assert list(selectors.exported_differences(state="open")) == []


@pytest.mark.parametrize("n", [1, 200])
def test_a_call_takes_so_many_statements_whatever_it_holds(n: int) -> None:
    at = dock((100, 40))
    scans = [scan(i % 2, pallet=f"P{i % 5}") for i in range(n)]
    at.scan(scan(0))
    with CaptureQueriesContext(connection) as caught:
        at.scan(*scans)
    assert len(caught) <= STATEMENTS_MAX, [query["sql"][:90] for query in caught]
    with pytest.raises(services.TooManyScans):
        at.scan(*[scan(0)] * 501)


def test_a_scan_without_a_pallet_takes_four_statements_and_a_repeated_one_five(django_assert_num_queries: Any) -> None:
    """Beside those that begin and end the transaction."""
    at = dock((100, 40))
    one = scan(0)
    for statements, known in ((6, False), (7, True)):
        with django_assert_num_queries(statements):
            (answer,) = at.scan(one)
        assert answer.known is known
