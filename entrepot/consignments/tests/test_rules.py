"""Check digits, Incoterms on legs, and what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.consignments import rules
from entrepot.consignments.tests.makers import LEGS
from entrepot.consignments.types import Bearer, Leg, LegDraft, Mode, Stage
from entrepot.procurement.types import Incoterm

SELLER, US = Bearer.SELLER, Bearer.US
TEN = st.from_regex(r"[A-Z]{3}[UJZ][0-9]{6}", fullmatch=True)


def leg(n: int, draft: LegDraft, **done: date | None) -> Leg:
    none = {"estimated_on": None, "departed_on": None, "arrived_on": None}
    names = ("stage", "mode", "from_place", "to_place", "carrier", "conveyance", "departs_on", "arrives_on")
    return Leg(n, **{name: getattr(draft, name) for name in names}, **{**none, **done})


def legs(**last: date | None) -> list[Leg]:
    return [leg(n, one, **(last if n == len(LEGS) else {})) for n, one in enumerate(LEGS, 1)]


@pytest.mark.parametrize("number", ["CSQU3054383", "MSKU9070323", "TEMU0000011"])
def test_containers_as_they_are_painted(number: str) -> None:
    digit = rules.container_digit(number[:10])
    assert rules.is_container(f"{number[:10]}{digit}")


def test_the_standard_example_and_its_neighbours() -> None:
    assert rules.is_container("CSQU3054383")
    assert not any(rules.is_container(f"CSQU305438{n}") for n in range(10) if n != 3)
    for wrong in ("CSQX3054383", "CSQU305438", "csqu3054383", "CSQU30543８3", ""):
        assert not rules.is_container(wrong)


@given(TEN, st.integers(4, 9), st.integers(1, 9))
def test_one_wrong_digit_of_a_container_is_seen(ten: str, at: int, more: int) -> None:
    """Except for what ISO 6346 itself cannot see: remainder 10 is written as 0."""
    other = f"{ten[:at]}{(int(ten[at]) + more) % 10}{ten[at + 1 :]}"
    sums = [sum(rules._VALUES[sign] << i for i, sign in enumerate(text)) % 11 for text in (ten, other)]
    assert sums[0] != sums[1]
    if set(sums) != {0, 10}:
        assert rules.container_digit(ten) != rules.container_digit(other)


@given(st.integers(0, 999), st.integers(0, 9_999_999))
def test_an_air_waybill_is_checked_by_seven(airline: int, serial: int) -> None:
    right = [n for n in range(10) if rules.is_air_waybill(f"{airline:03}{serial:07}{n}")]
    assert right == [serial % 7]


def test_numbers_are_kept_without_what_readers_put_between() -> None:
    assert rules.tidy_number(" csqu 305438-3 ") == "CSQU3054383"
    assert rules.is_air_waybill(rules.tidy_number("020-1234 5675"))


def test_every_term_of_2020_is_in_the_data_once() -> None:
    assert set(rules.terms()) == set(Incoterm)
    assert {one for one, term in rules.terms().items() if term.sea_only} == {
        Incoterm.FAS, Incoterm.FOB, Incoterm.CFR, Incoterm.CIF,
    }  # fmt: skip
    assert rules.terms()[Incoterm.DDP].import_by is SELLER
    assert [one for one, term in rules.terms().items() if term.export_by is US] == [Incoterm.EXW]
    assert {one.value: term.insurance for one, term in rules.terms().items() if term.insurance != "none"} == {
        "CIP": "all_risks", "CIF": "minimum",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("term", "place", "risk", "cost"),
    [
        ("EXW", "Grasse", "uuu", "uuu"),
        ("FCA", "Grasse", "uuu", "uuu"),
        ("FCA", "Le Havre", "suu", "suu"),
        ("FAS", "Le Havre", "suu", "suu"),
        ("FOB", "Le Havre", "suu", "suu"),
        ("CFR", "Ningbo", "suu", "ssu"),
        ("CIF", "ningbo ", "suu", "ssu"),
        ("CPT", "NGB1", "suu", "sss"),
        ("CIP", "elsewhere", "suu", "ssu"),
        ("DAP", "Ningbo", "ssu", "ssu"),
        ("DPU", "elsewhere", "sss", "sss"),
        ("DDP", "NGB1", "sss", "sss"),
    ],
)
def test_who_bears_what_when(term: str, place: str, risk: str, cost: str) -> None:
    who = {"s": SELLER, "u": US}
    borne = rules.borne(Incoterm(term), place, LEGS)
    assert [one.risk for one in borne] == [who[sign] for sign in risk]
    assert [one.cost for one in borne] == [who[sign] for sign in cost]


@given(st.sampled_from(Incoterm), st.sampled_from(["Grasse", "Le Havre", "Ningbo", "NGB1", "?"]))
def test_what_is_ours_once_stays_ours_and_cost_never_passes_before_risk(term: Incoterm, place: str) -> None:
    borne = rules.borne(term, place, LEGS)
    for side in ([one.risk for one in borne], [one.cost for one in borne]):
        assert side == sorted(side, key=[SELLER, US].index)
    assert all(one.cost is SELLER or one.risk is US for one in borne)


def test_a_way_whose_legs_do_not_meet_is_seen() -> None:
    assert rules.legs_fault(LEGS) is None
    assert rules.legs_fault([]) == 0
    assert rules.legs_fault(LEGS[::-1]) == 2
    assert rules.legs_fault((LEGS[0], replace(LEGS[1], from_place="Antwerp"), LEGS[2])) == 2
    assert rules.legs_fault((LEGS[0], LEGS[1], replace(LEGS[2], departs_on=date(2026, 12, 9)))) == 3
    assert rules.legs_fault((replace(LEGS[0], arrives_on=date(2026, 10, 1)),)) == 1
    assert rules.mode_of(LEGS) is Mode.SEA
    assert rules.mode_of(LEGS[:1]) is Mode.ROAD
    assert [one.stage for one in LEGS] == list(Stage)


@given(st.integers(-3, 40), st.integers(-3, 40))
def test_a_delay_moves_what_follows(first: int, second: int) -> None:
    day = timedelta(days=1)
    found = [
        leg(1, LEGS[0], departed_on=LEGS[0].departs_on, arrived_on=LEGS[0].arrives_on + max(first, 0) * day),
        leg(2, LEGS[1], estimated_on=LEGS[1].arrives_on + second * day),
        leg(3, LEGS[2]),
    ]
    assert rules.expected(found) == LEGS[2].arrives_on + max(second, 0) * day or second < 0
    if second >= 0:
        assert rules.expected(found) - LEGS[2].arrives_on == second * day
    without = [found[0], leg(2, LEGS[1]), leg(3, LEGS[2])]
    assert rules.expected(without) - LEGS[2].arrives_on == max(first, 0) * day


def test_what_nobody_reported_is_late_from_its_day_on() -> None:
    plan = legs()
    due = rules.next_due(plan)
    assert due == LEGS[0].departs_on
    told = {"planned_on": LEGS[2].arrives_on, "expected_on": rules.expected(plan), "due_on": due}
    assert rules.late_days(**told, today=date(2026, 11, 1)) == 0
    assert rules.late_days(**told, today=date(2026, 11, 4)) == 3
    done = legs(departed_on=date(2026, 12, 11), arrived_on=date(2026, 12, 15))
    assert rules.expected(done) == date(2026, 12, 15)
