from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.orders.tests.makers import line as order_line
from entrepot.orders.types import OrderLine
from entrepot.returns.rules import judging, sums
from entrepot.returns.rules.sums import Units
from entrepot.returns.types import (
    Amounts,
    CustomsAnswer,
    Decision,
    NoTax,
    Reason,
    ReturnLine,
    Window,
)

WINDOW = Window(date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 16), "GAC 45/2020")


@pytest.mark.parametrize(
    ("customs", "day", "why"),
    [
        (CustomsAnswer.ACCEPTED, -1, None),
        (CustomsAnswer.ACCEPTED, 0, None),
        (CustomsAnswer.ACCEPTED, 1, NoTax.LATE),
        (CustomsAnswer.REFUSED, 0, NoTax.REFUSED),
        (CustomsAnswer.ASKED, 0, NoTax.NOT_ANSWERED),
        (CustomsAnswer.NONE, 0, NoTax.NOT_DECLARED),
    ],
)
def test_tax_is_lifted_when_customs_agrees_and_the_goods_are_in_time(
    customs: CustomsAnswer, day: int, why: NoTax | None
) -> None:
    arrived_on = WINDOW.back_by + timedelta(days=day)
    assert judging.no_tax(customs=customs, arrived_on=arrived_on, window=WINDOW) is why


def counted(sound: int, spoiled: int) -> ReturnLine:
    return ReturnLine(new_id(), 1, new_id(), sound + spoiled, sound, spoiled, Amounts())


@pytest.mark.parametrize(
    ("reason", "decision", "why", "expected"),
    [
        (Reason.UNWANTED, Decision(), None, Units(3, 0, 3)),
        (Reason.UNWANTED, Decision(pay_spoiled=True), None, Units(5, 0, 3)),
        (Reason.FAULTY, Decision(pay_spoiled=True), None, Units(5, 5, 3)),
        (Reason.FAULTY, Decision(), NoTax.LATE, Units(3, 3, 0)),
    ],
)
def test_what_cannot_be_sold_again_keeps_its_tax(
    reason: Reason, decision: Decision, why: NoTax | None, expected: Units
) -> None:
    assert judging.units_of(counted(3, 2), reason=reason, decision=decision, why_not=why) == expected


lines = st.builds(
    lambda quantity, price, discount, freight, vat, excise: order_line(
        new_id(),
        quantity=quantity,
        unit_price_minor=price,
        goods_minor=price * quantity,
        discount_minor=min(discount, price * quantity),
        freight_minor=freight,
        vat_minor=vat,
        excise_minor=excise,
    ),
    st.integers(1, 99),
    st.integers(1, 10**6),
    st.integers(0, 10**5),
    st.integers(0, 10**4),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)


def whole(line: OrderLine) -> Amounts:
    return Amounts(line.goods_minor - line.discount_minor, line.freight_minor, line.tax_minor)


@given(line=lines, data=st.data())
def test_parts_of_a_line_add_up_to_the_whole_however_it_comes_back(line: OrderLine, data: st.DataObject) -> None:
    done, given_back = Units(), Amounts()
    while done.priced < line.quantity:
        n = data.draw(st.integers(1, line.quantity - done.priced))
        part = sums.part(line, done, Units(n, n, n))
        assert min(part.goods_minor, part.freight_minor, part.tax_minor) >= 0
        done, given_back = done.plus(Units(n, n, n)), given_back + part
    assert given_back == whole(line)


@given(line=lines, data=st.data())
def test_a_part_is_its_share_to_the_unit(line: OrderLine, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, line.quantity))
    got, all_of_it = sums.due(line, Units(n, n, n)), whole(line)
    for mine, total in ((got.goods_minor, all_of_it.goods_minor), (got.tax_minor, all_of_it.tax_minor)):
        assert abs(mine * line.quantity - total * n) * 2 <= line.quantity


@given(st.lists(lines, min_size=1, max_size=5))
def test_the_allowance_of_everything_is_the_parcels_own(all_lines: list[OrderLine]) -> None:
    value = sum(one.goods_minor - one.discount_minor + one.freight_minor for one in all_lines)
    everything = [(one, Units(one.quantity, 0, one.quantity)) for one in all_lines]
    assert sums.allowance(everything, most=value) == value
    assert sums.allowance(everything, most=0) == 0  # what never used the allowance restores none
    assert sums.allowance([(one, Units(one.quantity)) for one in all_lines], most=value) == 0
