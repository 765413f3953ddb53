"""Transfers, counts and shelf life: what moves is neither made nor lost, and is counted beside the books."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.stock import selectors, services
from entrepot.stock.models import Level, Movement
from entrepot.stock.tests.makers import NOW, claimed, stocked, warehouse
from entrepot.stock.types import HOUSE, ClaimLine, ClaimWish, CustomsState, LevelUnits, WarehouseKind
from entrepot.stock.types.lots import TransferState

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


def at_home() -> tuple[UUID, UUID, UUID]:
    """An article in a warehouse at home, with a shop beside it."""
    sku = new_id()
    home, shop = warehouse("SH1", WarehouseKind.DOMESTIC), warehouse("SHOP1", WarehouseKind.SHOP, trade_mode="0110")
    stocked(sku, home, 10, customs_state=CustomsState.DUTY_PAID, item_record="")
    return sku, home, shop


def units(sku: UUID, place: UUID, state: CustomsState = CustomsState.DUTY_PAID) -> int:
    return sum(
        Level.objects.filter(sku_id=sku, warehouse_id=place, customs_state=state).values_list("on_hand", flat=True)
    )


def planned(sku: UUID, source: UUID, target: UUID, quantity: int) -> UUID:
    level = Level.objects.get(sku_id=sku, warehouse_id=source, customs_state=CustomsState.DUTY_PAID)
    return services.plan_transfer(
        source_id=source, target_id=target, lines=[LevelUnits(sku, level.id, quantity)], note="", actor="t", now=NOW
    )


def counted(transfer_id: UUID, found: int, reason: str = "two boxes") -> dict[UUID, services.Arrived]:
    made = selectors.transfer(transfer_id=transfer_id)
    assert made is not None
    return {line.id: services.Arrived(found, reason) for line in made.lines}


def test_goods_are_in_transit_until_they_are_received_found_or_lost() -> None:
    sku, home, shop = at_home()
    going = planned(sku, home, shop, 6)
    assert (units(sku, home), units(sku, shop)) == (10, 0)
    assert services.send_transfer(transfer_id=going, actor="t", now=NOW) == 6
    assert (units(sku, home), units(sku, shop), units(sku, shop, CustomsState.IN_TRANSIT)) == (4, 0, 6)
    assert selectors.available(sku_ids=[sku])[sku][0].quantity == 4
    with pytest.raises(services.TransferNotNow):
        services.send_transfer(transfer_id=going, actor="t", now=NOW)
    with pytest.raises(services.ReasonNeeded):
        services.receive_transfer(transfer_id=going, counted=counted(going, 3, " "), actor="t", now=NOW)
    state = services.receive_transfer(transfer_id=going, counted=counted(going, 3), actor="t", now=NOW)
    assert state is TransferState.SHORT
    assert (units(sku, shop), units(sku, shop, CustomsState.IN_TRANSIT)) == (3, 3)
    with pytest.raises(services.TransferNotNow):
        services.receive_transfer(transfer_id=going, counted=counted(going, 3), actor="t", now=NOW)
    made = selectors.transfer(transfer_id=going)
    assert made is not None and made.missing == 3
    line = made.lines[0].id
    with pytest.raises(services.TransferInvalid):
        services.settle_transfer(transfer_id=going, found={line: 4}, reason="x", actor="t", now=NOW)
    assert services.settle_transfer(transfer_id=going, found={line: 2}, reason="stolen", actor="t", now=NOW) == 1
    assert (units(sku, shop), units(sku, shop, CustomsState.IN_TRANSIT)) == (5, 0)
    assert selectors.discrepancies() == []


def test_more_than_was_sent_is_booked_as_counted() -> None:
    sku, home, shop = at_home()
    going = planned(sku, home, shop, 6)
    services.send_transfer(transfer_id=going, actor="t", now=NOW)
    assert services.receive_transfer(transfer_id=going, counted=counted(going, 8), actor="t", now=NOW) == "done"
    assert units(sku, shop) == 8
    assert Movement.objects.get(kind="count").on_hand == 2
    assert selectors.discrepancies() == []


def test_what_is_claimed_stays_and_a_plan_can_be_given_up() -> None:
    sku, home, shop = at_home()
    going = planned(sku, home, shop, 6)
    claimed(sku, home, 5)
    with pytest.raises(services.NotEnoughFree):
        services.send_transfer(transfer_id=going, actor="t", now=NOW)
    services.cancel_transfer(transfer_id=going, actor="t", now=NOW)
    with pytest.raises(services.TransferNotNow):
        services.send_transfer(transfer_id=going, actor="t", now=NOW)
    with pytest.raises(services.NotEnoughFree):
        planned(sku, home, shop, 6)


def test_customs_must_be_told_where_the_state_would_change() -> None:
    sku, home, _ = at_home()
    bonded, other = warehouse("NB1"), warehouse("NB2", account_book="T0000W000009")
    stocked(sku, bonded, 5, lot="B1")
    level = Level.objects.get(sku_id=sku, warehouse_id=bonded)
    for target in (home, other):
        with pytest.raises(services.NotByTransfer):
            services.plan_transfer(
                source_id=bonded, target_id=target, lines=[LevelUnits(sku, level.id, 1)], note="", actor="t", now=NOW
            )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["plan", "send", "receive", "settle", "claim", "count"]), st.integers(0, 3), st.integers(0, 8)
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_transfers_and_counts_neither_make_nor_lose_units(steps: list[tuple[str, int, int]]) -> None:
    """Over any history: units anywhere = received + counted more or fewer − lost; the ledger is the levels."""
    with transaction.atomic():
        sku, home, shop = at_home()
        going: list[UUID] = []
        changed = lost = 0
        for name, which, n in steps:
            try:
                with transaction.atomic():
                    if name == "plan":
                        source, target = (home, shop) if which % 2 else (shop, home)
                        going.append(planned(sku, source, target, n))
                    elif name == "claim":
                        claimed(sku, home, max(n, 1))
                    elif name == "count":
                        changed += _counted(sku, home, n)
                    elif which < len(going):
                        if name == "send":
                            services.send_transfer(transfer_id=going[which], actor="t", now=NOW)
                        elif name == "receive":
                            found = selectors.transfer(transfer_id=going[which])
                            assert found is not None
                            over = max(0, n - found.units)
                            services.receive_transfer(
                                transfer_id=going[which], counted=counted(going[which], n), actor="t", now=NOW
                            )
                            changed += over
                        else:
                            lines = counted(going[which], 0)
                            lost += services.settle_transfer(
                                transfer_id=going[which], found=dict.fromkeys(lines, n), reason="r", actor="t", now=NOW
                            )
            except (services.TransferNotNow, services.NotEnoughFree, services.TransferInvalid, services.OutOfStock,
                    services.ClaimedMissing, Level.DoesNotExist):  # fmt: skip
                pass
            assert sum(Level.objects.filter(sku_id=sku).values_list("on_hand", flat=True)) == 10 + changed - lost
            assert selectors.discrepancies() == []
        transaction.set_rollback(True)


def _counted(sku: UUID, place: UUID, found: int) -> int:
    sheet = services.open_count(warehouse_id=place, sku_ids=[sku], actor="t", now=NOW)
    made = selectors.count(count_id=sheet)
    assert made is not None
    services.record_count(
        count_id=sheet, counted={line.id: services.Counted(found, "counted twice") for line in made.lines}, now=NOW
    )
    after = selectors.count(count_id=sheet)
    assert after is not None
    services.post_count(count_id=sheet, actor="t", now=NOW)
    return sum(line.difference for line in after.lines)


def test_a_count_is_posted_once_and_beside_what_the_books_had_then() -> None:
    sku, home, _ = at_home()
    sheet = services.open_count(warehouse_id=home, sku_ids=None, actor="t", now=NOW)
    made = selectors.count(count_id=sheet)
    assert made is not None
    (line,) = made.lines
    with pytest.raises(services.NotAllCounted):
        services.post_count(count_id=sheet, actor="t", now=NOW)
    order, line_id = claimed(sku, home, 2)
    services.ship(reference=order, line_ids=[line_id], sku_ids=[sku], now=NOW)
    assert (
        services.record_count(count_id=sheet, counted={line.id: services.Counted(7)}, now=NOW) == 1
    )  # the books have 8
    with pytest.raises(services.ReasonNeeded):
        services.post_count(count_id=sheet, actor="t", now=NOW)
    services.record_count(count_id=sheet, counted={line.id: services.Counted(7, "broken")}, now=NOW)
    order, line_id = claimed(sku, home, 3)
    services.ship(reference=order, line_ids=[line_id], sku_ids=[sku], now=NOW)  # between the count and its posting
    assert services.post_count(count_id=sheet, actor="t", now=NOW) == 1
    assert units(sku, home) == 4
    with pytest.raises(services.CountNotNow):
        services.post_count(count_id=sheet, actor="t", now=NOW)
    with pytest.raises(services.NothingToCount):
        services.open_count(warehouse_id=home, sku_ids=None, actor="t", now=NOW)


def test_what_a_sheet_that_was_given_up_had_counted_is_to_be_counted() -> None:
    _, home, _ = at_home()
    sheet = services.open_count(warehouse_id=home, sku_ids=None, actor="t", now=NOW)
    made = selectors.count(count_id=sheet)
    assert made is not None
    found = {line.id: services.Counted(3, "in haste") for line in made.lines}
    services.record_count(count_id=sheet, counted=found, now=NOW)
    services.cancel_count(count_id=sheet, actor="t", now=NOW)
    assert services.open_count(warehouse_id=home, sku_ids=None, actor="t", now=NOW) != sheet


def test_why_a_count_differs_may_be_said_when_more_was_sold_meanwhile() -> None:
    sku, home, _ = at_home()
    sheet = services.open_count(warehouse_id=home, sku_ids=None, actor="t", now=NOW)
    made = selectors.count(count_id=sheet)
    assert made is not None
    for said in ("", "broken"):
        found = {line.id: services.Counted(9, said) for line in made.lines}
        assert services.record_count(count_id=sheet, counted=found, now=NOW) == 1
        order, line_id = claimed(sku, home, 2)
        services.ship(reference=order, line_ids=[line_id], sku_ids=[sku], now=NOW)
    assert services.post_count(count_id=sheet, actor="t", now=NOW) == 1
    assert units(sku, home) == 10 - 2 - 2 - 1


def test_what_two_sheets_miss_of_one_lot_is_posted_once() -> None:
    sku, home, _ = at_home()
    sheets = [services.open_count(warehouse_id=home, sku_ids=None, actor="t", now=NOW) for _ in range(2)]
    for n, sheet in enumerate(sheets):
        made = selectors.count(count_id=sheet)
        assert made is not None
        found = {line.id: services.Counted(8 - n, "two are missing, then one more") for line in made.lines}
        services.record_count(count_id=sheet, counted=found, now=NOW + timedelta(minutes=n))
    posted = [services.post_count(count_id=one, actor="t", now=NOW + timedelta(hours=1)) for one in sheets]
    assert (posted, units(sku, home)) == ([2, 1], 7)


def test_a_count_that_would_take_claimed_units_is_refused_and_names_the_lot() -> None:
    sku, home, _ = at_home()
    claimed(sku, home, 8)
    with pytest.raises(services.ClaimedMissing, match="Lots L1:"):
        _counted(sku, home, 5)


# Shelf life


def taken(sku: UUID, place: UUID, quantity: int, channel: UUID | None) -> ClaimWish:
    lines = (ClaimLine(new_id(), sku, place, quantity),)
    return ClaimWish(new_id(), new_id(), lines, NOW + timedelta(minutes=30), channel)


def test_a_channel_is_sold_only_what_keeps_long_enough() -> None:
    sku, place, strict = new_id(), warehouse(), new_id()
    stocked(sku, place, 3, lot="SOON", expires_on=TODAY + timedelta(days=20))
    stocked(sku, place, 3, lot="LATE", expires_on=TODAY + timedelta(days=31))
    services.put_shelf_life(channel_id=strict, days=30, now=NOW)
    held = services.claim_many(wishes=[taken(sku, place, 2, strict)], now=NOW)
    assert {selectors.lots(ids=[one.lot_id])[one.lot_id].code for one in held} == {"LATE"}
    with pytest.raises(services.OutOfStock), transaction.atomic():
        services.claim_many(wishes=[taken(sku, place, 2, strict)], now=NOW)
    assert len(services.claim_many(wishes=[taken(sku, place, 4, None)], now=NOW)) == 2
    assert selectors.discrepancies() == []
    with pytest.raises(services.ShelfLifeInvalid):
        services.put_shelf_life(channel_id=strict, days=-1, now=NOW)


def test_pages_offer_a_channel_what_it_may_sell() -> None:
    sku, place, strict = new_id(), warehouse(), new_id()
    stocked(sku, place, 3, expires_on=TODAY + timedelta(days=20))
    services.put_shelf_life(channel_id=strict, days=30, now=NOW)
    for channel, left in ((strict, 0), (new_id(), 3)):
        until = selectors.sold_until(day=TODAY, channel_ids=[channel])
        found = selectors.available(sku_ids=[sku], on=until).get(sku, [])
        assert sum(one.quantity for one in found) == left


LOTS = st.lists(st.tuples(st.one_of(st.none(), st.integers(-2, 8)), st.integers(1, 5)), min_size=1, max_size=6)
WISHES = st.lists(st.tuples(st.integers(1, 6), st.sampled_from([0, 0, 2, 4])), min_size=1, max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LOTS, WISHES)
def test_no_lot_goes_while_a_better_one_could(
    lots: list[tuple[int | None, int]], wishes: list[tuple[int, int]]
) -> None:
    """Each part is of a lot that keeps long enough, and in the end no earlier one that also would has units left."""
    with transaction.atomic():
        sku, place = new_id(), warehouse()
        channels = {days: new_id() for days in (0, 2, 4)}
        for days, channel in channels.items():
            services.put_shelf_life(channel_id=channel, days=days, now=NOW)
        for n, (days, quantity) in enumerate(lots):
            expires = None if days is None else TODAY + timedelta(days=days)
            stocked(sku, place, quantity, lot=f"L{n}", expires_on=expires)
        asked = [taken(sku, place, quantity, channels[days]) for quantity, days in wishes]
        least = {one.lines[0].line_id: days for one, (_, days) in zip(asked, wishes, strict=True)}
        held = []
        while asked:
            try:
                with transaction.atomic():
                    held = services.claim_many(wishes=asked, now=NOW)
                break
            except services.OutOfStock as short:
                named = {str(line["reference"]) for line in short.data["lines"]}
                assert named
                asked = [one for one in asked if str(one.reference) not in named]
        far = TODAY + timedelta(days=10_000)
        ends = {row.lot_id: row.lot.expires_on or far for row in Level.objects.select_related("lot").filter(sku_id=sku)}
        free = {row.lot_id: row.on_hand - row.claimed for row in Level.objects.filter(sku_id=sku, owner_id=HOUSE)}
        for one in held:
            needed = TODAY + timedelta(days=least[one.line_id])
            assert ends[one.lot_id] > needed
            better = [lot for lot, end in ends.items() if needed < end < ends[one.lot_id] and free[lot]]
            assert better == []
        assert sum(one.quantity for one in held) == sum(line.quantity for wish in asked for line in wish.lines)
        assert selectors.discrepancies() == []
        transaction.set_rollback(True)
