from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entrepot.payments.rules import Booked, compare, first_ask, is_forgotten, last_pause, next_ask
from entrepot.payments.types import DifferenceKind

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)

booked = st.builds(
    Booked,
    movement=st.sampled_from(["capture", "refund"]),
    request_id=st.sampled_from(["a", "b", "c", "d"]),
    currency=st.sampled_from(["CNY", "EUR"]),
    amount_minor=st.integers(1, 3),
)
books = st.lists(booked, unique_by=lambda entry: (entry.movement, entry.request_id))


def test_the_pause_doubles_from_two_minutes_to_an_hour() -> None:
    asked, at = [], START + first_ask
    for _ in range(8):
        asked.append(int((at - START).total_seconds() // 60))
        at = next_ask(since=START, now=at)
    assert asked == [2, 4, 8, 16, 32, 64, 124, 184]


@given(st.integers(0, 10**6))
def test_asking_again_is_never_now_and_never_far(waited_s: int) -> None:
    at = START + timedelta(seconds=waited_s)
    assert first_ask <= next_ask(since=START, now=at) - at <= last_pause


def test_an_unknown_payment_is_given_up_when_its_time_is_over() -> None:
    until = START + timedelta(minutes=30)
    assert not is_forgotten(created_at=START, pay_until=until, now=until)
    assert is_forgotten(created_at=START, pay_until=until, now=until + timedelta(seconds=1))
    assert not is_forgotten(created_at=START, pay_until=None, now=START + timedelta(hours=23))
    assert is_forgotten(created_at=START, pay_until=None, now=START + timedelta(hours=25))


@given(books)
def test_equal_books_have_no_difference(entries: list[Booked]) -> None:
    assert compare(ours=entries, theirs=entries, known=frozenset()) == (len(entries), ())


@given(books, st.lists(booked))
def test_every_movement_is_matched_or_named(ours: list[Booked], theirs: list[Booked]) -> None:
    matched, differences = compare(ours=ours, theirs=theirs, known=frozenset({"a"}))
    kinds = Counter(difference.kind for difference in differences)
    assert len(theirs) == matched + sum(kinds.values()) - kinds[DifferenceKind.UNKNOWN_THERE]
    assert len(ours) == matched + kinds[DifferenceKind.AMOUNT] + kinds[DifferenceKind.UNKNOWN_THERE]


@given(books, books)
def test_differences_mirror(ours: list[Booked], theirs: list[Booked]) -> None:
    one = compare(ours=ours, theirs=theirs, known=frozenset())
    other = compare(ours=theirs, theirs=ours, known=frozenset())
    assert one[0] == other[0]
    assert {(d.movement, d.request_id, d.ours_minor, d.theirs_minor) for d in one[1]} == {
        (d.movement, d.request_id, d.theirs_minor, d.ours_minor) for d in other[1]
    }


def test_each_kind_of_difference() -> None:
    def entry(request_id: str, amount_minor: int = 100, movement: str = "capture") -> Booked:
        return Booked(movement, request_id, "CNY", amount_minor)

    ours = [entry("same"), entry("amount", 100), entry("only-ours")]
    theirs = [entry("same"), entry("same"), entry("amount", 101), entry("strange"), entry("open")]
    matched, differences = compare(ours=ours, theirs=theirs, known=frozenset({"same", "amount", "only-ours", "open"}))
    assert matched == 1
    assert {(d.request_id, d.kind.value, d.ours_minor, d.theirs_minor) for d in differences} == {
        ("same", "not_captured_here", None, 100),  # named twice: once too many
        ("amount", "amount", 100, 101),
        ("only-ours", "unknown_there", 100, None),
        ("strange", "unknown_here", None, 100),
        ("open", "not_captured_here", None, 100),
    }
