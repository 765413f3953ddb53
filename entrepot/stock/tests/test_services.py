from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.stock import selectors, services
from entrepot.stock.models import Claim, Level, Movement, Warehouse
from entrepot.stock.services import told
from entrepot.stock.tests.makers import NOW, arrival, claimed, stocked, warehouse
from entrepot.stock.types import ClaimLine, CustomsState, WarehouseKind

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """SKUs told through `stock.changed`, in order."""
    heard: list[str] = []
    monkeypatch.setattr(told, "emit", lambda **event: heard.extend(event["payload"]["sku_ids"]))
    yield heard


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def free(sku_id: UUID) -> int:
    return sum(entry.quantity for entry in selectors.available(sku_ids=[sku_id]).get(sku_id, []))


def claim(lines: list[ClaimLine], reference: UUID) -> list[tuple[UUID, int]]:
    held = services.claim(buyer_id=new_id(), parcel_claims=lines, reference=reference, expires_at=LATER, now=NOW)
    return [(part.line_id, part.quantity) for part in held]


def set_aside(sku_id: UUID, lot: str, units: int) -> None:
    level = Level.objects.get(sku_id=sku_id, lot__code=lot, customs_state=CustomsState.BONDED)
    services.set_aside(level_id=level.id, sku_id=sku_id, quantity=units, reference=f"Q-{new_id()}", now=NOW)


def test_sold_out_is_told_though_units_of_a_lot_that_was_called_back_are_free(announced: list[str]) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 2)
    reference, _ = claimed(sku, place, 2)
    services.hold_lots(lots=[(sku, Level.objects.get(sku_id=sku, claimed=2).lot_id)], reference="recall:1", now=NOW)
    services.release(reference=reference, sku_ids=[sku], now=NOW)  # after the recall was closed: nobody sets them aside
    stocked(sku, place, 3, lot="L2")
    announced.clear()
    set_aside(sku, "L2", 3)
    assert (free(sku), announced) == (0, [str(sku)])


def test_sold_out_is_told_of_lots_that_one_shop_alone_may_still_sell(announced: list[str]) -> None:
    services.put_shelf_life(channel_id=new_id(), days=90, now=NOW)
    sku, place = new_id(), warehouse()
    stocked(sku, place, 3, expires_on=NOW.date() + timedelta(days=30))
    announced.clear()
    set_aside(sku, "L1", 3)
    assert announced == [str(sku)]


def test_units_of_others_hide_neither_that_ours_are_sold_out_nor_that_they_are_back(announced: list[str]) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5, lot="THEIRS", owner_id=new_id())
    announced.clear()
    stocked(sku, place, 2)
    assert announced == [str(sku)]
    set_aside(sku, "L1", 2)
    assert announced == [str(sku)] * 2
    stocked(sku, place, 1, lot="L2")
    reference, _ = claimed(sku, place, 1)
    announced.clear()
    services.release(reference=reference, sku_ids=[sku], now=NOW)
    assert announced == [str(sku)]


def test_what_arrives_can_be_claimed_shipped_and_given_back(announced: list[str]) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 10)
    assert free(sku) == 10
    first, line = claimed(sku, place, 3)
    second, _ = claimed(sku, place, 2)
    assert free(sku) == 5
    assert services.ship(reference=first, line_ids=[line], sku_ids=[sku], now=NOW) == 3
    assert services.release(reference=second, sku_ids=[sku], now=NOW) == 2
    assert free(sku) == 7
    assert [m.kind for m in Movement.objects.order_by("at", "id")].count("ship") == 1
    assert announced == [str(sku)]  # only the first arrival changed whether there is any


def test_the_last_unit_sells_out_and_comes_back_loudly(announced: list[str]) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 2)
    reference, _ = claimed(sku, place, 2)
    services.release(reference=reference, sku_ids=[sku], now=NOW)
    assert announced == [str(sku)] * 3


def test_first_expired_goes_first_and_a_line_may_span_lots() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 4, lot="NEW", expires_on=date(2028, 1, 1))
    stocked(sku, place, 3, lot="OLD", expires_on=date(2027, 1, 1))
    stocked(sku, place, 5, lot="EVER", expires_on=None)
    reference, one, two = new_id(), new_id(), new_id()
    parts = services.claim(
        buyer_id=new_id(),
        parcel_claims=[ClaimLine(one, sku, place, 2), ClaimLine(two, sku, place, 6)],
        reference=reference,
        expires_at=LATER,
        now=NOW,
    )
    codes = {lot.id: lot.code for lot in selectors.lots(ids=[part.lot_id for part in parts]).values()}
    held = sorted((part.line_id == two, codes[part.lot_id], part.quantity) for part in parts)
    assert held == [(False, "OLD", 2), (True, "EVER", 1), (True, "NEW", 4), (True, "OLD", 1)]
    assert len({part.claim_id for part in parts}) == 4


def test_what_has_expired_since_it_was_claimed_does_not_leave() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 2, lot="OLD", expires_on=NOW.date() + timedelta(days=1))
    reference, line = claimed(sku, place, 2)
    leaving: dict[str, Any] = {"reference": reference, "line_ids": [line], "sku_ids": [sku]}
    instead: dict[str, Any] = {"reference": reference, "sku_ids": [sku], "channel_id": new_id(), "same_record": True}
    expired = NOW + timedelta(days=1)
    with pytest.raises(services.LotStopped), transaction.atomic():
        services.ship(**leaving, now=expired)
    assert not services.replace_stopped(**instead, now=expired)
    stocked(sku, place, 2, lot="NEW")
    assert services.replace_stopped(**instead, now=expired)
    assert services.ship(**leaving, now=expired) == 2
    assert {one.lot.code: one.on_hand for one in selectors.levels(sku_ids=[sku])} == {"OLD": 2, "NEW": 0}


def test_expired_quarantined_and_foreign_goods_are_not_sold() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5, lot="GONE", expires_on=NOW.date())
    stocked(sku, place, 5, lot="HELD", customs_state=CustomsState.QUARANTINED)
    stocked(sku, place, 5, lot="THEIRS", owner_id=new_id())
    with pytest.raises(services.OutOfStock), transaction.atomic():
        claimed(sku, place, 1)
    assert selectors.available(sku_ids=[sku], on=NOW.date()) == {}


def test_the_day_a_lot_expires_its_article_is_told(announced: list[str]) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5, expires_on=NOW.date())
    stocked(new_id(), place, 5)
    announced.clear()
    assert services.tell_expired(now=NOW - timedelta(days=1)) == 0
    assert services.tell_expired(now=NOW) == 1
    assert announced == [str(sku)]


def test_all_lines_or_none() -> None:
    rich, poor, place = new_id(), new_id(), warehouse()
    stocked(rich, place, 10)
    stocked(poor, place, 2)
    lines = [ClaimLine(new_id(), rich, place, 1), ClaimLine(new_id(), poor, place, 3)]
    with pytest.raises(services.OutOfStock) as refusal, transaction.atomic():
        claim(lines, new_id())
    assert [(row["sku_id"], row["left"]) for row in refusal.value.data["lines"]] == [(str(poor), 2)]
    assert (free(rich), free(poor)) == (10, 2)
    assert not Claim.objects.exists()


def test_two_lines_of_one_article_do_not_share_units() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 3)
    with pytest.raises(services.OutOfStock), transaction.atomic():
        claim([ClaimLine(new_id(), sku, place, 2), ClaimLine(new_id(), sku, place, 2)], new_id())
    assert free(sku) == 3


def test_a_repeated_claim_holds_once() -> None:
    sku, place, reference = new_id(), warehouse(), new_id()
    stocked(sku, place, 5)
    lines = [ClaimLine(new_id(), sku, place, 2)]
    assert claim(lines, reference) == claim(lines, reference) == [(lines[0].line_id, 2)]
    assert free(sku) == 3


def test_after_giving_back_the_same_order_may_claim_again() -> None:
    sku, place, reference = new_id(), warehouse(), new_id()
    stocked(sku, place, 1)
    lines = [ClaimLine(new_id(), sku, place, 1)]
    claim(lines, reference)
    services.release(reference=reference, sku_ids=[sku], now=NOW)
    assert services.release(reference=reference, sku_ids=[sku], now=NOW) == 0
    assert claim(lines, reference) == [(lines[0].line_id, 1)]
    assert free(sku) == 0


def test_the_claims_of_an_order_are_found_by_their_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the planner may not prefer it for a table of no rows
        cursor.execute(f"EXPLAIN {sql.load('stock', 'claims_of')}", {"reference": new_id(), "sku_ids": [new_id()]})
        assert "claim_once" in "".join(str(row) for row in cursor.fetchall())


def test_shipping_happens_once_and_only_what_is_held() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5)
    reference, line = claimed(sku, place, 2)
    assert services.ship(reference=reference, line_ids=[line], sku_ids=[sku], now=NOW) == 2
    assert services.ship(reference=reference, line_ids=[line], sku_ids=[sku], now=NOW) == 0
    assert services.release(reference=reference, sku_ids=[sku], now=NOW) == 0
    with pytest.raises(services.NothingClaimed), transaction.atomic():
        services.ship(reference=new_id(), line_ids=[line], sku_ids=[sku], now=NOW)
    given, other = claimed(sku, place, 1)
    services.release(reference=given, sku_ids=[sku], now=NOW)
    with pytest.raises(services.NothingClaimed), transaction.atomic():
        services.ship(reference=given, line_ids=[other], sku_ids=[sku], now=NOW)
    assert free(sku) == 3


def test_a_receipt_sent_twice_is_received_once() -> None:
    sku, place = new_id(), warehouse()
    lines = [arrival(sku, place, 4), arrival(sku, place, 1), arrival(sku, place, 2, lot="L2")]
    assert services.receive(receipts=lines, reference="PO-7", now=NOW) == 7
    assert services.receive(receipts=lines, reference="PO-7", now=NOW) == 0
    with pytest.raises(services.ReceiptDiffers), transaction.atomic():
        services.receive(receipts=[arrival(sku, place, 9)], reference="PO-7", now=NOW)
    assert services.receive(receipts=lines, reference="PO-8", now=NOW) == 7
    assert free(sku) == 14


def test_a_warehouse_that_another_process_made_is_found_at_once() -> None:
    warehouse()
    known = selectors.warehouses()
    row = Warehouse.objects.get()
    row.id, row.code = new_id(), "NEW1"
    row.save(force_insert=True)  # as another process does: nobody here is told
    assert [one.code for one in known.values()] == ["NGB1"]
    assert selectors.warehouses()[row.id].code == "NEW1"
    assert selectors.warehouses().get(new_id()) is None
    assert new_id() not in known
    with CaptureQueriesContext(connection) as asked:
        assert row.id in selectors.warehouses()
    assert len(asked) == 0


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("quantity", {"quantity": 0}),
        ("unit_cost", {"unit_cost": Decimal("-1")}),
        ("unit_cost", {"unit_cost": Decimal("NaN")}),
        ("customs_state", {"customs_state": CustomsState.DUTY_PAID}),
        ("item_record", {"item_record": ""}),
        ("warehouse_id", {"warehouse_id": new_id()}),
        ("lot", {"lot": ""}),
        ("origin", {"origin": "au"}),
    ],
)
def test_a_receipt_that_cannot_be_right_is_refused_by_field(field: str, change: dict[str, object]) -> None:
    line = arrival(new_id(), warehouse(), 1)
    with pytest.raises(services.ReceiptInvalid) as refusal:
        services.receive(
            receipts=[type(line)(**{**{f: getattr(line, f) for f in line.__slots__}, **change})], reference="R", now=NOW
        )
    assert refusal.value.field == field
    assert not Level.objects.exists()


def test_what_is_known_of_a_lot_does_not_change() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 1, unit_cost=Decimal("10.5"))
    for change in ({"unit_cost": Decimal("11")}, {"expires_on": None}, {"origin": "NZ"}, {"item_record": "2"}):
        with pytest.raises(services.LotDiffers), transaction.atomic():
            stocked(sku, place, 1, **{"unit_cost": Decimal("10.50"), **change})
    assert free(sku) == 1


def test_a_count_corrects_the_books_but_not_below_what_is_claimed(announced: list[str]) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5)
    claimed(sku, place, 3)
    (level,) = selectors.levels(sku_ids=[sku])
    services.adjust(level_id=level.id, sku_id=sku, change=-2, reference="count-1", now=NOW)
    services.adjust(level_id=level.id, sku_id=sku, change=-2, reference="count-1", now=NOW)
    assert free(sku) == 0
    assert len(announced) == 2
    with pytest.raises(services.CannotAdjust), transaction.atomic():
        services.adjust(level_id=level.id, sku_id=sku, change=-1, reference="count-2", now=NOW)
    with pytest.raises(NotFound):
        services.adjust(level_id=new_id(), sku_id=sku, change=1, reference="count-3", now=NOW)


def test_a_bonded_warehouse_needs_its_account_book() -> None:
    with pytest.raises(services.WarehouseInvalid) as refusal:
        warehouse(account_book="")
    assert refusal.value.field == "account_book"
    assert "account_book" in refusal.value.message("en")
    abroad = warehouse("SYD1", WarehouseKind.OVERSEAS)
    assert warehouse("SYD1", WarehouseKind.OVERSEAS, days_max=20) == abroad
    assert selectors.warehouses()[abroad].days_max == 20


@pytest.mark.parametrize("column", ["claimed = on_hand + 1", "claimed = -1", "on_hand = -1"])
def test_the_database_itself_refuses_an_oversold_level(column: str) -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 1)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE stock_level SET {column} WHERE sku_id = %s", [sku])


def test_wrong_books_are_found() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5)
    claimed(sku, place, 1)
    Level.objects.filter(sku_id=sku).update(on_hand=6, claimed=2)
    assert {found.rule for found in selectors.discrepancies()} == {"on_hand", "claimed", "claims"}
    Level.objects.filter(sku_id=sku).update(on_hand=5, claimed=1)


def test_a_claim_on_no_level_is_found() -> None:
    sku, place = new_id(), warehouse()
    stocked(sku, place, 5)
    claimed(sku, place, 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_claim SET level_id = gen_random_uuid() WHERE sku_id = %s", [sku])
    assert "orphan" in {found.rule for found in selectors.discrepancies()}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_claim SET level_id = (SELECT id FROM stock_level WHERE sku_id = %s)", [sku])


def test_a_large_receipt_is_reckoned_once_even_where_the_tables_seem_empty() -> None:
    """After loads that were rolled back a table's statistics say that it is empty: plans are made for one row."""
    place, plans = warehouse(), []

    def receive_many() -> None:
        with transaction.atomic():
            services.receive(receipts=[arrival(new_id(), place, 1) for _ in range(40)], reference="many", now=NOW)
            transaction.set_rollback(True)

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "Book units in" in sql:
            with transaction.atomic():
                execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params, many, context)
                plans.append(context["cursor"].fetchone()[0])
                transaction.set_rollback(True)
        return execute(sql, params, many, context)

    receive_many()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stock_level, stock_lot, stock_movement")
    with connection.execute_wrapper(explained):
        receive_many()
    (found,) = plans
    nodes = list(_nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))
    assert {node["Actual Loops"] for node in nodes if node["Node Type"] == "Aggregate"} == {1}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)
