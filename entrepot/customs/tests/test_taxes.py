"""The rules of tax bills: statements merge in any order, differences add up to the cent, days come from the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from entrepot.customs.ceb import message
from entrepot.customs.rules import tax_days
from entrepot.customs.rules.bills import Told, merged, told
from entrepot.customs.rules.taxes import Sold, Standing, minor, reckoned, share
from entrepot.customs.tests.bills import bill, head, turn
from entrepot.customs.tests.receipts import minutes, signed
from entrepot.customs.types.taxes import BilledLine, BillState, Taxes, TaxKind, TaxLine
from tests.examples import many

LIST = "31052026I000000001"
CODE = "1901101000"
ONE = Sold(1, CODE, 3, 30_000, Taxes(0, 2_730, 0))


def read(body: bytes) -> Told:
    answer, (one,) = message.read_answer(etree.fromstring(body))
    return told(answer.root, one.head, one.lines)


def billed(gnum: int = 1, vat: str = "27.3", **more: Any) -> BilledLine:
    given = {"code": CODE, "value": Decimal(300), "duty": Decimal(0), "excise": Decimal(0), **more}
    return BilledLine(gnum, vat=Decimal(vat), **given)


def standing(*lines: BilledLine, **heads: str) -> Standing:
    sums = {name: sum((getattr(one, name) for one in lines), Decimal(0)) for name in ("duty", "vat", "excise")}
    return Standing(**sums | {name: Decimal(text) for name, text in heads.items()}, lines=lines)


def kinds(*lines: TaxLine) -> list[tuple[int, TaxKind | None, int]]:
    return [(one.gnum, one.kind, one.difference) for one in lines]


# What customs says.


def test_the_same_said_again_under_another_identifier_is_the_same() -> None:
    assert read(bill(LIST, "37.31")) == read(bill(LIST, "37.310"))
    assert read(bill(LIST, "37.31")).id != read(bill(LIST, "37.32")).id
    assert read(turn(LIST, 2)).id != read(turn(LIST, 3)).id


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        (head(LIST, status="4"), "status: not allowed"),
        (head(LIST, "9" * 14), "valueAddedTax: too large"),
        (
            head(LIST).replace("<ceb:returnTime>202611", "<ceb:returnTime>202602").replace("0221", "0230"),
            "returnTime: not allowed",
        ),
    ],
)
def test_what_no_bill_can_say_is_refused(inside: str, fault: str) -> None:
    with pytest.raises(message.NotWellMade) as caught:
        read(signed(f"<ceb:Tax>{inside}</ceb:Tax>", "816"))
    assert caught.value.faults == (fault,)


def test_a_line_twice_is_refused_and_personal_numbers_in_a_note_are_masked() -> None:
    one = "<ceb:TaxListRd><ceb:gnum>1</ceb:gnum>{}</ceb:TaxListRd>".format(
        "".join(f"<ceb:{name}>1</ceb:{name}>" for name in ("customsTax", "valueAddedTax", "consumptionTax"))
    )
    with pytest.raises(message.NotWellMade):
        read(bill(LIST, "2", lines=[one, one]))
    assert "11010519491231002X" not in read(bill(LIST, note="11010519491231002X")).content["note"]


BILLS = [(1, "1", "1"), (9, "2", "1"), (9, "3", "2")]
TURNS = [(2, 2, "S1"), (2, 3, ""), (5, 2, "S2"), (7, 3, "")]
STATEMENTS = [
    *(read(bill(LIST, vat, minutes(n), status=status)) for n, vat, status in BILLS),
    *(read(turn(LIST, status, minutes(n), summed=number)) for n, status, number in TURNS),
]


@settings(max_examples=many(300), deadline=None)
@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=12), st.data())
def test_any_order_repetition_and_grouping_merges_to_the_same(said: list[Told], data: Any) -> None:
    again = data.draw(st.permutations(said + data.draw(st.lists(st.sampled_from(said), max_size=4))))
    assert merged(again) == merged(said)
    cut = data.draw(st.integers(0, len(said)))
    parts = [merged(part) for part in (said[:cut], said[cut:]) if part]
    whole = merged(said)
    assert whole.mark == max(part.mark for part in parts)
    assert whole.summed == max(parts, key=lambda part: part.summed_mark).summed
    newest = max(said, key=lambda one: one.returned_at)
    assert whole.state >= BillState(newest.content["state"])


# What was collected and what is billed.

CASES: dict[str, tuple[dict[int, int], list[Standing], list[tuple[int, TaxKind | None, int]]]] = {
    "agrees": ({}, [standing(billed())], [(1, None, 0)]),
    "a cent more": ({}, [standing(billed(vat="27.31"))], [(1, TaxKind.ROUNDING, 1)]),
    "half a cent rounds up": ({}, [standing(billed(vat="27.295"))], [(1, None, 0)]),
    "two cents": ({}, [standing(billed(vat="27.28"))], [(1, TaxKind.RATE, -2)]),
    "another tax": ({}, [standing(billed(duty=Decimal(3)))], [(1, TaxKind.RATE, 300)]),
    "another value": ({}, [standing(billed(vat="28.21", value=Decimal(310)))], [(1, TaxKind.VALUE, 91)]),
    "a value that is not said": ({}, [standing(billed(value=None))], [(1, None, 0)]),
    "another code": ({}, [standing(billed(code="3304990099"))], [(1, TaxKind.CODE, 0)]),
    "a line too many": ({}, [standing(billed(), billed(2, "1"))], [(1, None, 0), (2, TaxKind.FOREIGN_LINE, 100)]),
    "no line": ({}, [standing()], [(1, TaxKind.MISSING_LINE, -2730)]),
    "every bill void": ({}, [], [(1, TaxKind.UNBILLED, -2730)]),
    "all came back": ({1: 3}, [], [(1, None, 0)]),
    "one came back, billed anew": ({1: 1}, [standing(billed(vat="18.2", value=Decimal(200)))], [(1, None, 0)]),
    "one came back, billed as before": ({1: 1}, [standing(billed())], [(1, TaxKind.NOT_LIFTED, 910)]),
    "a head that is no sum": ({}, [standing(billed(), vat="30")], [(0, TaxKind.HEAD, 270), (1, None, 0)]),
    "two bills": ({}, [standing(billed(vat="10", value=None)), standing(billed(vat="17.3"))], [(1, None, 0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_differences_have_a_kind_and_a_sum(name: str) -> None:
    gone, bills, expected = CASES[name]
    assert kinds(*reckoned([ONE], gone, bills)) == expected


def test_lines_with_parts_of_a_cent_round_away_from_their_head() -> None:
    """The bill of the format's own sample: two lines of 18.655, a head of 37.31."""
    sold = [Sold(n, CODE, 1, 41_000, Taxes(0, 1_866, 0)) for n in (1, 2)]
    whole = standing(billed(1, "18.655", value=Decimal(410)), billed(2, "18.655", value=Decimal(410)))
    assert kinds(*reckoned(sold, {}, [whole])) == [(0, TaxKind.ROUNDING, -1), (1, None, 0), (2, None, 0)]


cents = st.integers(0, 10**7)
taxed = st.builds(Taxes, cents, cents, cents)
places = st.decimals(0, 10**5, places=5)
a_line = st.builds(
    BilledLine, st.integers(1, 5), st.sampled_from(["", CODE, "3304990099"]), st.none() | places, places, places, places
)
a_bill = st.builds(
    Standing, places, places, places, st.lists(a_line, max_size=4, unique_by=lambda one: one.gnum).map(tuple)
)
a_list = st.lists(
    st.builds(Sold, st.integers(1, 5), st.just(CODE), st.integers(1, 9), cents, taxed),
    max_size=4,
    unique_by=lambda one: one.gnum,
)


@settings(max_examples=many(400), deadline=None)
@given(a_list, st.dictionaries(st.integers(1, 5), st.integers(0, 9), max_size=3), st.lists(a_bill, max_size=3))
def test_all_differences_add_up_to_billed_less_collected(
    sold: list[Sold], gone: dict[int, int], bills: list[Standing]
) -> None:
    found = reckoned(sold, gone, bills)
    left = sum(one.taxes.total - share(one.taxes.total, gone.get(one.gnum, 0), one.quantity) for one in sold)
    assert sum(one.difference for one in found) == sum(minor(one).total for one in bills) - left
    assert all(one.kind is not None for one in found if one.difference)
    assert [one.gnum for one in found] == sorted({one.gnum for one in found})
    backwards = [replace(one, lines=one.lines[::-1]) for one in bills[::-1]]
    assert reckoned(sold[::-1], gone, backwards) == found


@given(cents, st.integers(1, 50), st.data())
def test_what_goes_back_in_parts_is_what_goes_back_at_once(total: int, quantity: int, data: Any) -> None:
    units = data.draw(st.integers(0, quantity))
    rest = share(total, quantity, quantity) - share(total, units, quantity)
    assert share(total, units, quantity) + rest == total
    assert 0 <= share(total, units, quantity) <= total


# Days.


def test_the_days_are_dated_and_a_table_that_contradicts_itself_is_none() -> None:
    days = tax_days.table()
    assert tax_days.due_on(days, date(2026, 11, 1)) == date(2026, 12, 16)
    assert tax_days.due_on(days, date(2016, 4, 7)) is None
    assert all(one.source and one.unconfirmed for one in days)
    row = {"valid_from": "2026-01-01", "valid_to": "", "lift_days": "30", "pay_from_days": "31", "pay_by_days": "45",
           "unconfirmed": "0", "source": "x"}  # fmt: skip
    changed = tax_days.parse(
        [row | {"valid_to": "2026-07-01"}, row | {"valid_from": "2026-07-01", "pay_by_days": "60"}]
    )
    for day, later in ((date(2026, 6, 30), 45), (date(2026, 7, 1), 60)):
        assert tax_days.due_on(changed, day) == day + timedelta(days=later)
    for wrong in ([row, row], [row | {"pay_by_days": "20"}], [row | {"source": ""}]):
        with pytest.raises(ValueError, match=r"2026-01-01|two rows"):
            tax_days.parse(wrong)


def test_every_kind_has_a_case() -> None:
    told = {kind for _, _, rows in CASES.values() for _, kind, _ in rows}
    assert told == {None, *TaxKind} - {TaxKind.FOREIGN_ORDER}
