"""What codes say, and that no unit is lost or made between the count and the books."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.consignments.types import Line
from entrepot.receiving import rules
from entrepot.receiving.tests.makers import gtin
from entrepot.receiving.types import Found, Gap, Read

BEST = date(2028, 6, 30)
SKUS = [UUID(int=n) for n in range(1, 4)]
ORDERS = [UUID(int=n) for n in range(11, 14)]
lots = st.sampled_from(["A", "B", "C"])
units = st.integers(0, 50)


def line(n: int, sku: int, lot: str, announced: int, received: int, order: int) -> Line:
    return Line(UUID(int=100 + n), n, ORDERS[order], SKUS[sku], announced, received, lot, None, None, "IT")


@st.composite
def docks(draw: st.DrawFn) -> tuple[list[Line], dict[UUID, int], list[Found]]:
    """Announced lines of two articles, the room of their orders, and a count with a third article among it."""
    keys = draw(st.lists(st.tuples(st.integers(0, 1), lots), unique=True, min_size=1, max_size=5))
    lines = [
        line(n, sku, lot, draw(st.integers(1, 50)), draw(units), draw(st.sampled_from([sku, 2])))
        for n, (sku, lot) in enumerate(keys, 1)
    ]
    rooms = {order: draw(st.integers(-5, 80)) for order in ORDERS}
    counted = draw(st.lists(st.tuples(st.integers(0, 2), lots), unique=True, max_size=8))
    found = [Found(SKUS[sku], lot, None, None, "IT", draw(units), draw(units), draw(units)) for sku, lot in counted]
    return lines, rooms, [one for one in found if one.units]


@given(docks(), st.booleans(), st.booleans())
def test_every_unit_found_is_booked_or_told_once(dock: tuple, final: bool, declared_only: bool) -> None:
    lines, rooms, found = dock
    weighed = rules.weigh(lines, rooms, found, final=final, declared_only=declared_only)
    booked = sum(one.sellable + one.aside for one in weighed.bookings)
    strange = [one for one in weighed.differences if one.kind is Gap.WRONG]
    if declared_only:
        strange += [one for one in weighed.differences if one.kind is Gap.OTHER_LOT]
    assert booked + sum(one.found for one in strange) == sum(one.units for one in found)
    assert booked == sum(weighed.counted.values())
    assert len({one.key for one in weighed.differences}) == len(weighed.differences)


@given(docks())
def test_orders_get_no_more_than_they_take_and_only_sound_goods_are_sold(dock: tuple) -> None:
    lines, rooms, found = dock
    weighed = rules.weigh(lines, rooms, found, final=True, declared_only=False)
    for order, (came, spoiled) in weighed.orders.items():
        assert 0 <= spoiled <= came <= rooms[order]
    for one in weighed.bookings:
        assert 0 <= one.sellable <= one.found.sound
        assert one.aside >= one.found.damaged + one.found.held
    sold = sum(one.sellable for one in weighed.bookings)
    assert sold <= sum(came for came, _spoiled in weighed.orders.values())


@given(docks())
def test_a_last_receipt_tells_each_line_that_is_not_as_announced(dock: tuple) -> None:
    lines, rooms, found = dock
    weighed = rules.weigh(lines, rooms, found, final=True, declared_only=False)
    told = {(one.sku_id, one.lot): one.kind for one in weighed.differences if one.kind in (Gap.SHORT, Gap.OVER)}
    for one in lines:
        total = one.received + weighed.counted.get(one.id, 0)
        wanted = Gap.SHORT if total < one.units else Gap.OVER if total > one.units else None
        if wanted is Gap.OVER and not weighed.counted.get(one.id):
            wanted = None  # told by the receipt that counted it
        assert told.get((one.sku_id, one.lot)) is wanted


groups = st.builds(
    Found, st.sampled_from(SKUS), lots, st.just(None), st.sampled_from([None, BEST]), st.sampled_from(["", "IT"]),
    st.integers(-3, 9), st.integers(-3, 9), st.integers(-3, 9),
)  # fmt: skip


@given(st.lists(groups, max_size=5))
def test_counts_do_not_depend_on_their_order(told: list[Found]) -> None:
    first = rules.merge(told)
    assert all(rules.merge(other) == first for other in permutations(told))
    assert sum(one.units for one in first[0] + first[1]) == sum(one.units for one in told)
    assert all(min(one.sound, one.damaged, one.held) >= 0 for one in first[0])


def test_a_lot_with_two_days_does_not_hold_and_one_taken_back_is_none() -> None:
    one = Found(SKUS[0], "A", None, BEST, "IT", 3, 0, 0)
    other = Found(SKUS[0], "A", None, date(2029, 1, 1), "IT", 2, 0, 0)
    assert rules.merge([one, other])[1]
    assert rules.merge([one, Found(SKUS[0], "A", None, date(2029, 1, 1), "IT", 0, 0, 0)]) == ([one], [])
    assert rules.merge([Found(SKUS[0], "A", None, BEST, "IT", -1, 0, 0)])[1]


def test_codes_are_read_as_scanners_type_them() -> None:
    code, gs = gtin(7), "\x1d"
    fourteen = f"0{code}"
    assert rules.read_code(f" {code} ") == Read(code)
    whole = Read(fourteen, "AB12", date(2026, 6, 1), BEST)
    assert rules.read_code(f"01{fourteen}112606011728063010AB12") == whole
    assert rules.read_code(f"]C101{fourteen}10AB12{gs}11260601{gs}17280630") == whole
    assert rules.read_code(f"(01){fourteen}(11)260601(17)280630(10)AB12") == whole
    assert rules.read_code(f"(01){fourteen}(17)280600") == Read(fourteen, "", None, BEST)
    for wrong in (code[:-1] + str((int(code[-1]) + 1) % 10), "x", "", "(10)A", f"01{fourteen}99", "4" * 200, "１" * 13):
        assert rules.read_code(wrong) is None, wrong


@pytest.mark.parametrize("text", ["261301", "260231", "26060", "２６0601"])
def test_days_that_are_none(text: str) -> None:
    read = rules.read_code(f"(01)0{gtin(1)}(17){text}")
    assert read is None or read.expires_on is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    rules.read_code(text)
    rules.read_code(f"01{text}")
