from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from msgspec.structs import replace

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.kit.sealing import CannotOpen
from entrepot.kit.tests.racing import at_once
from entrepot.orders import selectors, services
from entrepot.orders.models import Order as OrderTable
from entrepot.orders.tests.makers import CONSIGNEE, ID_HASH, NOW, draft, paid, placed
from entrepot.orders.types import Allowance, Order, OrderState, ParcelState, Recorded, WishedLine
from entrepot.orders.types.notes import note_text

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
WAY = [ParcelState.DECLARED, ParcelState.RELEASED, ParcelState.SHIPPED, ParcelState.DELIVERED]


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def read(order: Order) -> Order:
    found = selectors.order(order_id=order.id, buyer_id=order.buyer_id)
    assert found is not None
    return found


def mark(order: Order, parcel_id: UUID, state: ParcelState, note: str = "") -> bool:
    return services.mark_parcel(
        parcel_id=parcel_id, order_id=order.id, buyer_id=order.buyer_id, state=state, note=note, now=LATER
    )


def test_what_was_recorded_is_read_back_as_it_was() -> None:
    order = placed(parcels=2, lines=3)
    assert read(order) == order
    assert selectors.by_number(number=order.number, buyer_id=order.buyer_id) == order
    assert selectors.parcel(parcel_id=order.parcels[1].id, buyer_id=order.buyer_id) == order.parcels[1]
    assert [parcel.number for parcel in order.parcels] == [f"{order.number}-1", f"{order.number}-2"]
    assert order.total_minor == 2 * 3 * 21_820


def test_recording_takes_one_statement_beside_how_to_plan_and_so_does_reading(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        order = placed(parcels=3, lines=5)
    with django_assert_num_queries(1):
        read(order)


@pytest.mark.parametrize("people_gone", [0, 30, 4000])
def test_how_long_it_may_wait_holds_for_a_new_person_however_the_server_plans(people_gone: int) -> None:
    of_others = "INSERT INTO orders_annualuse (id, id_hash, year, used_minor, committed_minor, corrected_minor)"
    each = "SELECT gen_random_uuid(), sha256(n::text::bytea), 2026, 0, 0, 0 FROM generate_series(1, %s) n"
    sql.run(f"{of_others} {each}", (people_gone,))
    sql.run("DELETE FROM orders_annualuse")
    sql.run("ANALYZE orders_annualuse")  # the server believes in no rows, on few pages or many
    assert services.record_many(drafts=[draft()], lock_timeout_ms=1_234) == [Recorded.PLACED]
    assert sql.rows("SELECT current_setting('lock_timeout') AS t") == [{"t": "1234ms"}]


def test_the_address_is_masked_on_the_order_and_sealed_in_the_table() -> None:
    order = placed()
    assert (order.consignee, order.consignee_phone) == ("张**", "138****5678")
    assert order.consignee_place == "浙江省宁波市海曙区"
    row = OrderTable.objects.values_list("consignee_sealed", flat=True).get(id=order.id)
    assert "中山西路".encode() not in bytes(row)
    assert selectors.consignee(order_id=order.id, buyer_id=order.buyer_id) == CONSIGNEE
    other = placed(id_hash=b"o" * 32)
    OrderTable.objects.filter(id=other.id).update(consignee_sealed=row)
    with pytest.raises(CannotOpen):
        selectors.consignee(order_id=other.id, buyer_id=other.buyer_id)


def test_strangers_find_nothing() -> None:
    order, stranger = placed(), new_id()
    assert selectors.order(order_id=order.id, buyer_id=stranger) is None
    assert selectors.by_number(number=order.number, buyer_id=stranger) is None
    with pytest.raises(NotFound):
        selectors.consignee(order_id=order.id, buyer_id=stranger)
    with pytest.raises(NotFound):
        selectors.parcel(parcel_id=order.parcels[0].id, buyer_id=stranger)
    assert not services.mark_paid(order_id=order.id, buyer_id=stranger, payment_id=new_id(), now=LATER)
    assert not services.cancel(order_id=order.id, buyer_id=stranger, reason="buyer", now=LATER)


def test_a_draft_that_does_not_add_up_is_not_written() -> None:
    good = draft()
    bad = replace(good, parcels=(replace(good.parcels[0], goods_minor=1),))
    with pytest.raises(ValueError, match="sums"):
        services.record(draft=bad)
    with pytest.raises(ValueError, match="parcels"):
        services.record(draft=replace(good, parcels=()))
    for wished, told_placed in ((1, 1), (1, 2), (2, 1)):  # it holds two; nobody gets more than was wished
        told = tuple(WishedLine(sku_id, "X", {}, None, wished, told_placed) for sku_id in good.units)
        with pytest.raises(ValueError, match="wishes"):
            services.record(draft=replace(good, wished=told))
    assert not OrderTable.objects.exists()


def test_what_was_wished_is_kept_with_a_partial_order_only() -> None:
    good = draft(place_key="a", request_hash=b"h" * 32)
    told = (
        *(WishedLine(sku_id, "X", {"en": "Hat"}, "hat.png", 5, n) for sku_id, n in good.units.items()),
        WishedLine(new_id(), "Y", {"en": "Coat"}, None, 1, 0),
    )
    order = services.record(draft=replace(good, wished=told))
    assert order is not None
    assert (order.wished, order.left_out, read(order).wished) == (told, told, told)
    key = (good.buyer_id, "a")
    assert selectors.by_keys(keys=[key])[key].wished == told
    assert placed(used_minor=20_000).wished == ()
    assert [row.wished for row in OrderTable.objects.order_by("id")][1] is None


def test_paying_happens_once() -> None:
    order = placed(parcels=2)
    payments = [new_id() for _ in range(3)]
    key = {"order_id": order.id, "buyer_id": order.buyer_id}
    assert [services.mark_paid(**key, payment_id=one, now=LATER) for one in payments] == [True, False, False]
    after = read(order)
    assert after.payment_id == payments[0]
    assert after.state is OrderState.PAID
    assert {parcel.state for parcel in after.parcels} == {ParcelState.PAID}
    assert [(event.sequence, event.kind) for event in after.events] == [(1, "placed"), (2, "paid")]
    assert not services.cancel(order_id=order.id, buyer_id=order.buyer_id, reason="buyer", now=LATER)


def test_each_step_is_told_once_and_the_last_parcel_ends_the_order() -> None:
    order = paid(parcels=2)
    for parcel in order.parcels:
        for state in WAY:
            assert mark(order, parcel.id, state)
            assert not mark(order, parcel.id, state)
    after = read(order)
    assert after.state is OrderState.DELIVERED
    told = [(event.sequence, event.parcel_id, event.kind) for event in after.events]
    first, second = (parcel.id for parcel in order.parcels)
    assert told == [
        (1, None, "placed"),
        (2, None, "paid"),
        *[(3 + i, first, state.value) for i, state in enumerate(WAY)],
        *[(7 + i, second, state.value) for i, state in enumerate(WAY)],
        (11, None, "delivered"),
    ]


def test_late_and_early_news_never_turn_a_parcel_back() -> None:
    order = paid()
    (parcel,) = order.parcels
    assert mark(order, parcel.id, ParcelState.RELEASED)  # the news of the declaration is still on its way
    assert not mark(order, parcel.id, ParcelState.DECLARED)
    assert not mark(order, parcel.id, ParcelState.HELD)
    assert mark(order, parcel.id, ParcelState.DELIVERED)
    assert not mark(order, parcel.id, ParcelState.SHIPPED)


def test_a_held_parcel_is_declared_again_or_called_off() -> None:
    order = paid(parcels=2)
    first, second = (parcel.id for parcel in order.parcels)
    assert mark(order, first, ParcelState.HELD, "-621005")
    assert mark(order, first, ParcelState.DECLARED)
    assert mark(order, second, ParcelState.HELD, "match")
    assert mark(order, second, ParcelState.CANCELLED, "called_off")
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=NOW).get(ID_HASH, 0) == 20_000
    assert read(order).state is OrderState.PAID
    mark(order, first, ParcelState.RELEASED)
    mark(order, first, ParcelState.DELIVERED)
    assert read(order).state is OrderState.DELIVERED


def test_an_order_all_of_whose_parcels_are_called_off_is_cancelled() -> None:
    order = paid()
    assert mark(order, order.parcels[0].id, ParcelState.CANCELLED)
    assert read(order).state is OrderState.CANCELLED
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=NOW).get(ID_HASH, 0) == 0


def test_an_unpaid_parcel_goes_nowhere() -> None:
    order = placed()
    assert not any(mark(order, order.parcels[0].id, state) for state in (*WAY, ParcelState.HELD, ParcelState.CANCELLED))


def test_cancelling_gives_the_allowance_back_and_a_late_payment_takes_it_again() -> None:
    order = placed()
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=NOW).get(ID_HASH, 0) == 20_000
    assert services.cancel(order_id=order.id, buyer_id=order.buyer_id, reason="unpaid", now=LATER)
    assert not services.cancel(order_id=order.id, buyer_id=order.buyer_id, reason="unpaid", now=LATER)
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=NOW).get(ID_HASH, 0) == 0
    back = {"order_id": order.id, "buyer_id": order.buyer_id, "payment_id": new_id(), "note": "late_payment"}
    assert services.reinstate(**back, now=LATER)
    assert not services.reinstate(**back, now=LATER)
    after = read(order)
    assert (after.state, after.parcels[0].state) == (OrderState.PAID, ParcelState.PAID)
    assert [event.note for event in after.events] == ["", "unpaid", "late_payment"]
    assert "恢复" in note_text(after.events[-1].note, "zh-hans")
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=NOW).get(ID_HASH, 0) == 20_000


def test_a_late_payment_is_refused_once_and_for_good() -> None:
    order = placed()
    key = {"order_id": order.id, "buyer_id": order.buyer_id}
    late = {**key, "note": "late_payment_refunded", "now": LATER}
    assert not services.refuse_payment(**late)
    services.cancel(**key, reason="unpaid", now=LATER)
    assert services.refuse_payment(**late)
    assert not services.refuse_payment(**late)
    assert not services.reinstate(**key, payment_id=new_id(), note="late_payment", now=LATER)
    assert [event.sequence for event in read(order).events] == [1, 2, 3]


def test_an_order_that_was_paid_and_called_off_does_not_stand_again() -> None:
    order = paid()
    mark(order, order.parcels[0].id, ParcelState.CANCELLED)
    key = {"order_id": order.id, "buyer_id": order.buyer_id}
    assert not services.reinstate(**key, payment_id=new_id(), note="late_payment", now=LATER)
    assert not services.refuse_payment(**key, note="late_payment_refunded", now=LATER)


def test_an_order_quoted_on_an_old_allowance_is_refused() -> None:
    placed()
    with pytest.raises(services.AllowanceMoved), transaction.atomic():
        placed()
    placed(used_minor=20_000)
    placed(id_hash=b"o" * 32)


def year() -> Allowance:
    return selectors.allowances(id_hashes=[ID_HASH], at=NOW)[ID_HASH]


def test_an_allowance_is_reserved_committed_and_given_back() -> None:
    order = paid(parcels=2)
    first, second = order.parcels
    each = first.allowance_minor
    assert year() == Allowance(2 * each, 0)
    key = {"order_id": order.id, "buyer_id": order.buyer_id}
    assert services.release_parcel(**key, parcel_id=first.id, now=LATER) is not None
    assert services.release_parcel(**key, parcel_id=first.id, now=LATER) is None
    assert year() == Allowance(each, each)
    mark(order, second.id, ParcelState.CANCELLED)
    assert year() == Allowance(0, each)
    assert selectors.discrepancies() == []


def test_what_comes_back_is_restored_once_and_never_more_than_it_was() -> None:
    order = paid()
    (parcel,) = order.parcels
    key = {"order_id": order.id, "buyer_id": order.buyer_id, "parcel_id": parcel.id}
    assert not services.restore_allowance(**key, restored_minor=5_000)  # customs has not released it: cancel instead
    services.release_parcel(**key, now=LATER)
    for restored, done, left in [
        (5_000, True, parcel.allowance_minor - 5_000),
        (5_000, False, parcel.allowance_minor - 5_000),
        (4_000, False, parcel.allowance_minor - 5_000),
        (parcel.allowance_minor + 1, False, parcel.allowance_minor - 5_000),
        (parcel.allowance_minor, True, 0),
    ]:
        assert services.restore_allowance(**key, restored_minor=restored) is done
        assert year() == Allowance(0, left)
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=NOW).get(ID_HASH, 0) == 0
    assert selectors.discrepancies() == []


@pytest.mark.django_db(transaction=True)
def test_returns_at_the_same_moment_give_back_once() -> None:
    order = paid()
    (parcel,) = order.parcels
    key = {"order_id": order.id, "buyer_id": order.buyer_id, "parcel_id": parcel.id}
    services.release_parcel(**key, now=LATER)

    give_back = partial(services.restore_allowance, **key, restored_minor=7_000)
    assert sorted(at_once([give_back] * 8)) == [False] * 7 + [True]
    assert year() == Allowance(0, parcel.allowance_minor - 7_000)


def test_the_year_turns_at_midnight_in_china() -> None:
    last = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    placed(placed_at=last, pay_until=last + timedelta(minutes=30))
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=last).get(ID_HASH, 0) == 20_000
    assert selectors.used_this_year(id_hashes=[ID_HASH], at=last + timedelta(minutes=1)).get(ID_HASH, 0) == 0


def test_a_buyer_sees_orders_newest_first_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PAGE", 2)
    buyer = new_id()
    numbers = [placed(buyer_id=buyer, id_hash=bytes([i]) * 32).number for i in range(5)]
    placed(id_hash=b"z" * 32)
    pages = [[order.number for order in selectors.of_buyer(buyer_id=buyer, page=page)] for page in (1, 2, 3, 4)]
    assert pages == [numbers[:2:-1], numbers[2:0:-1], numbers[:1], []]
    assert selectors.count_of_buyer(buyer_id=buyer) == 5


def test_staff_find_orders_by_number_and_state() -> None:
    one, other = paid(), placed(id_hash=b"o" * 32)
    mark(one, one.parcels[0].id, ParcelState.HELD)
    assert [row.id for row in selectors.search().orders] == [other.id, one.id]
    assert [row.id for row in selectors.search(text=one.number.lower()).orders] == [one.id]
    assert [row.id for row in selectors.search(text=other.parcels[0].number).orders] == [other.id]
    assert [row.id for row in selectors.search(state="held").orders] == [one.id]
    assert selectors.search(text="100%_'").orders == ()
    (row,) = selectors.search(state="placed").orders
    assert (row.consignee, row.parcels) == ("张**", ((other.parcels[0].number, ParcelState.PLACED),))


def test_overdue_orders_are_handed_out_once() -> None:
    order = placed()
    paid(id_hash=b"o" * 32)
    assert services.take_overdue(before=order.pay_until, batch=10, now=LATER) == []
    over = order.pay_until + timedelta(seconds=1)
    assert services.take_overdue(before=over, batch=10, now=LATER) == [(order.id, order.buyer_id)]
    assert services.take_overdue(before=over, batch=10, now=LATER) == []


@pytest.mark.django_db(transaction=True)
def test_two_last_parcels_delivered_at_the_same_moment_end_the_order() -> None:
    for _ in range(5):
        order = paid(parcels=8, id_hash=new_id().bytes * 2)
        for parcel in order.parcels:
            mark(order, parcel.id, ParcelState.RELEASED)
        assert all(at_once([partial(mark, order, parcel.id, ParcelState.DELIVERED) for parcel in order.parcels]))
        after = read(order)
        assert after.state is OrderState.DELIVERED
        assert [event.sequence for event in after.events] == list(range(1, len(after.events) + 1))


@pytest.mark.django_db(transaction=True)
def test_paying_and_cancelling_at_the_same_moment_have_one_winner() -> None:
    for _ in range(5):
        order = placed(id_hash=new_id().bytes * 2)
        key: dict[str, Any] = {"order_id": order.id, "buyer_id": order.buyer_id, "now": LATER}
        turns = [
            partial(services.mark_paid, **key, payment_id=new_id()),
            partial(services.cancel, **key, reason="unpaid"),
        ]
        assert at_once(turns * 4).count(True) == 1
