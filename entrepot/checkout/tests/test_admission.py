"""The door's rules: the line moves with the clock, the draw is fair, looking is bounded, a pass is one account's."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.checkout.rules import admission
from entrepot.checkout.rules.admission import Door, Pass, Standing, Ticket
from entrepot.kit.ids import new_id

START = datetime(2026, 11, 11, 12, tzinfo=UTC)
SALE = new_id()
DOOR = Door(SALE, START, START + timedelta(hours=2), 10, 100, b"s" * 32, 500, closed=False)
UNDRAWN = replace(DOOR, early=None, seed=b"")


def ticket(number: int | None, who: UUID | None = None, at: datetime = START) -> Ticket:
    return Ticket(SALE, who or new_id(), number, at)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("number", "second", "standing", "place", "wait_s"),
    [
        (0, 0, Standing.WAITING, 1, 1),
        (0, 0.1, Standing.ADMITTED, 0, 0),
        (9, 0.9, Standing.WAITING, 1, 1),
        (9, 1, Standing.ADMITTED, 0, 0),
        (450, 0, Standing.WAITING, 451, 46),
        (450, 30, Standing.WAITING, 151, 16),
        (450, 45, Standing.WAITING, 1, 1),
        (450, 45.1, Standing.ADMITTED, 0, 0),
        (450, 7_199, Standing.ADMITTED, 0, 0),
        (450, 7_200, Standing.OVER, 0, 0),
    ],
)
def test_the_place_is_the_number_less_those_who_are_in(
    number: int, second: float, standing: Standing, place: int, wait_s: int
) -> None:
    answer = admission.stand(ticket(number), DOOR, at(second))
    assert (answer.standing, answer.place, answer.wait_s) == (standing, place, wait_s)


@given(st.integers(0, 10**7), st.integers(1, 5_000), st.integers(0, 7_199_000))
def test_whoever_waits_as_long_as_told_is_in_and_not_much_sooner(number: int, rate: int, milliseconds: int) -> None:
    door = replace(DOOR, admit_per_s=rate, ends_at=START + timedelta(days=365))
    now = START + timedelta(milliseconds=milliseconds)
    answer = admission.stand(ticket(number), door, now)
    if answer.standing is Standing.ADMITTED:
        assert number < admission.admitted_upto(door, now)
        return
    assert answer.place == number - admission.admitted_upto(door, now) + 1
    assert admission.stand(ticket(number), door, now + timedelta(seconds=answer.wait_s)).standing is Standing.ADMITTED
    sooner = now + timedelta(seconds=answer.wait_s - 1)
    assert admission.stand(ticket(number), door, sooner).standing is Standing.WAITING
    assert admission.POLL_MIN_S <= answer.poll_after_s <= max(admission.POLL_MIN_S, answer.wait_s)


def test_who_came_weeks_before_the_start_is_not_told_to_wait_longer_than_a_timer_of_a_page_runs() -> None:
    now = START - timedelta(days=40)
    answer = admission.stand(ticket(None, at=now), UNDRAWN, now)
    assert (answer.standing, answer.wait_s) == (Standing.EARLY, 40 * 86_400)
    assert answer.poll_after_s * 1_100 < 2**31  # ms in 32 bits, and rush.js adds up to a tenth: beyond it, at once


def test_a_line_moves_only_forward() -> None:
    places = [admission.stand(ticket(450), DOOR, at(second / 10)).place for second in range(500)]
    assert places == sorted(places, reverse=True)
    assert places[-1] == 0


@pytest.mark.parametrize("rate", [1, 3, 8, 16, 100, 500])
def test_a_whole_line_looks_no_oftener_than_it_may(rate: int) -> None:
    """20,000 people from the start until each is in, everybody looking when told: looks in each second."""
    looks: Counter[int] = Counter()
    for first in range(1, 20_001):
        second, place = 0, first
        while place > 0:
            second += admission.poll_after_s(place, -(-place // rate))
            looks[second] += 1
            place = first - rate * second
    assert max(looks.values()) <= max(admission.POLLS_PER_S_MAX, 2 * rate)


def test_before_the_start_tickets_are_early() -> None:
    early = admission.stand(ticket(None), UNDRAWN, at(-90))
    assert (early.standing, early.place, early.wait_s) == (Standing.EARLY, 0, 90)
    assert admission.stand(ticket(None), UNDRAWN, at(1)).standing is Standing.EARLY  # nobody has drawn yet


@pytest.mark.parametrize(
    ("came_s", "now_s", "first", "place"), [(-60, 0, 451, 451), (0, 20, 451, 251), (20, 20, 251, 251)]
)
def test_where_one_began_is_remembered(came_s: int, now_s: int, first: int, place: int) -> None:
    answer = admission.stand(ticket(450, at=at(came_s)), DOOR, at(now_s))
    assert (answer.first, answer.place) == (first, place)


def test_those_who_wait_for_the_start_ask_what_they_drew_spread_over_time() -> None:
    crowd = replace(UNDRAWN, drawn=100_000)
    asked = Counter(admission.stand(ticket(None), crowd, at(-60)).poll_after_s for _ in range(5_000))
    assert min(asked) >= 60 and max(asked) < 60 + 500
    assert max(asked.values()) < 40  # of 10 on average
    assert {admission.stand(ticket(None), UNDRAWN, at(-60)).poll_after_s for _ in range(50)} <= {60, 61, 62}


def test_the_draw_is_by_chance_the_same_for_many_tickets_and_unknown_before() -> None:
    people = [new_id() for _ in range(4_000)]
    drawn = [admission.draw(b"s" * 32, who, 4_000) for who in people]
    assert min(drawn) >= 0 and max(drawn) < 4_000
    quarters = Counter(number // 1_000 for number in drawn)
    assert all(850 < quarters[n] < 1_150 for n in range(4))
    early_birds = sum(drawn[:2_000]) / 2_000
    assert 1_850 < early_birds < 2_150  # who came first stands no better
    me = people[0]
    assert len({admission.number_of(ticket(None, me), DOOR) for _ in range(20)}) == 1
    others = {admission.draw(hashlib.sha256(bytes([n])).digest(), me, 4_000) for n in range(50)}
    assert len(others) > 40


def test_those_who_came_before_the_start_stand_before_all_who_came_after() -> None:
    assert all(admission.number_of(ticket(None), DOOR) < DOOR.early for _ in range(500))


@pytest.mark.parametrize("closed", [{"closed": True}, {"ends_at": START + timedelta(seconds=1)}])
def test_what_is_sold_out_or_over_says_so_to_everybody(closed: dict[str, object]) -> None:
    door = replace(DOOR, **closed)
    for one in (ticket(0), ticket(450), ticket(None)):
        assert admission.stand(one, door, at(2)).standing is Standing.OVER


@pytest.mark.parametrize(
    ("change", "late_s", "fits"),
    [({}, 599, True), ({}, 600, False), ({"buyer_id": new_id()}, 0, False), ({"sale_id": new_id()}, 0, False)],
)
def test_a_pass_is_for_one_account_one_sale_and_ten_minutes(change: dict[str, UUID], late_s: int, fits: bool) -> None:
    me = new_id()
    shown = Pass(SALE, me, START + admission.PASS_FOR)
    asked = {"sale_id": SALE, "buyer_id": me, **change}
    assert admission.fits(shown, now=at(late_s), **asked) is fits
