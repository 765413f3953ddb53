"""Who makes a value where many ask at once, and what they get meanwhile. Events say who goes when; nobody sleeps."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Event, get_ident

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit import behind as behind_module
from entrepot.kit import kept as module
from entrepot.kit.behind import Behind
from entrepot.kit.kept import Kept
from entrepot.kit.tests.clocks import Clock

wait_s = 60
A_LOCK = 7_340_021
KEEP_S, AGED_S = 3, 2


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    ours = Behind()
    monkeypatch.setattr(module, "behind", ours)
    yield ours
    ours.end()


@pytest.fixture
def askers(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadPoolExecutor]:
    """Who asks; nobody is tired of waiting because the machine is slow."""
    monkeypatch.setattr(module, "wait_max_s", wait_s)
    with ThreadPoolExecutor(8) as pool:
        yield pool


class Held:
    """A `make` that says when it began and waits until it may go on."""

    def __init__(self, value: str, fails: bool = False) -> None:
        self.value, self.fails = value, fails
        self.began, self.may_end = Event(), Event()
        self.threads: list[int] = []

    def __call__(self) -> str:
        self.threads.append(get_ident())
        self.began.set()
        assert self.may_end.wait(wait_s)
        if self.fails:
            raise ZeroDivisionError
        return self.value


def never() -> str:
    raise AssertionError("it was not to be made here")


def aged(clock: Clock, waited_s: float, value: str = "old") -> Kept[str]:
    kept: Kept[str] = Kept(keep_s=KEEP_S, aged_s=AGED_S, redrawn_behind=True, entries_max=10)
    kept.get("a", lambda: value)
    clock.at += waited_s
    return kept


def test_all_get_the_aged_value_while_one_thread_behind_makes_a_new_one(clock, behind, askers) -> None:
    kept, new = aged(clock, KEEP_S), Held("new")
    assert kept.get("a", new) == "old"
    assert new.began.wait(wait_s)
    assert [each.result(wait_s) for each in [askers.submit(kept.get, "a", never) for _ in range(8)]] == ["old"] * 8
    new.may_end.set()
    behind.end()
    assert kept.get("a", never) == "new"
    assert len(new.threads) == 1
    assert new.threads[0] != get_ident()


def test_a_value_whose_time_is_over_is_made_by_who_asks_and_once_for_all_who_ask(clock, behind, askers) -> None:
    kept, new = aged(clock, KEEP_S + AGED_S), Held("new")
    first = askers.submit(kept.get, "a", new)
    assert new.began.wait(wait_s)
    others = _waiting(kept, askers, 7, never)
    new.may_end.set()
    assert [each.result(wait_s) for each in [first, *others]] == ["new"] * 8
    assert len(new.threads) == 1


def _waiting(kept: Kept[str], askers: ThreadPoolExecutor, count: int, make: Callable[[], str]) -> list[Future[str]]:
    """Askers that have begun to wait for a value in the making."""
    making = kept._making["a"]
    all_here, wait = Barrier(count + 1), making.done.wait

    def waiting(limit_s: float) -> bool:
        all_here.wait(wait_s)
        return wait(limit_s)

    making.done.wait = waiting
    asked = [askers.submit(kept.get, "a", make) for _ in range(count)]
    all_here.wait(wait_s)
    return asked


@pytest.mark.parametrize("redrawn_behind", [True, False])
def test_what_is_missing_is_made_once_and_where_that_fails_one_who_waits_goes_on(askers, redrawn_behind) -> None:
    kept: Kept[str] = Kept(keep_s=KEEP_S, redrawn_behind=redrawn_behind)
    bad, good = Held("", fails=True), Held("good")
    first = askers.submit(kept.get, "a", bad)
    assert bad.began.wait(wait_s)
    others = _waiting(kept, askers, 5, good)
    bad.may_end.set()
    with pytest.raises(ZeroDivisionError):
        first.result(wait_s)
    good.may_end.set()
    assert [each.result(wait_s) for each in others] == ["good"] * 5
    assert len(good.threads) == 1


def test_who_waits_too_long_makes_it_beside(monkeypatch, askers) -> None:
    monkeypatch.setattr(module, "wait_max_s", 0)
    kept: Kept[str] = Kept(keep_s=KEEP_S)
    slow = Held("slow")
    first = askers.submit(kept.get, "a", slow)
    assert slow.began.wait(wait_s)
    assert kept.get("a", lambda: "beside") == "beside"
    slow.may_end.set()
    assert first.result(wait_s) == "slow"
    assert kept.get("a", never) == "slow"


def test_what_was_forgotten_while_it_was_drawn_behind_is_not_kept(clock, behind) -> None:
    kept, before = aged(clock, KEEP_S), Held("read before the change")
    assert kept.get("a", before) == "old"
    assert before.began.wait(wait_s)
    kept.forget()
    assert kept.get("a", lambda: "after") == "after"
    before.may_end.set()
    behind.end()
    assert kept.get("a", never) == "after"


def test_where_drawing_behind_fails_it_is_told_once_and_the_old_value_ends_with_its_time(clock, behind, caplog) -> None:
    kept, bad = aged(clock, KEEP_S), Held("", fails=True)
    bad.may_end.set()
    with caplog.at_level(logging.ERROR, "entrepot.behind"):
        assert [kept.get("a", bad) for _ in range(3)] == ["old"] * 3
        behind.end()
        assert [kept.get("a", bad) for _ in range(3)] == ["old"] * 3
        behind.end()
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]
    clock.at += AGED_S
    with pytest.raises(ZeroDivisionError):
        kept.get("a", bad)
    assert kept.get("a", lambda: "new") == "new"


def test_a_redrawing_that_comes_too_late_is_left_to_who_asks_next(clock, behind) -> None:
    kept, other = aged(clock, KEEP_S), Held("other")
    assert behind.do(other)
    assert kept.get("a", never) == "old"
    clock.at += AGED_S
    other.may_end.set()
    behind.end()
    assert kept.get("a", lambda: "new") == "new"


def test_no_more_jobs_wait_than_allowed_and_the_aged_value_is_lent_all_the_same(clock, monkeypatch, caplog) -> None:
    monkeypatch.setattr(behind_module, "jobs_max", 1)
    ours, other = Behind(), Held("other")
    monkeypatch.setattr(module, "behind", ours)
    kept = aged(clock, KEEP_S)
    assert ours.do(other)
    assert not ours.do(never)
    assert kept.get("a", never) == "old"
    other.may_end.set()
    ours.end()
    assert kept.get("a", lambda: "new") == "old"
    ours.end()
    assert kept.get("a", never) == "new"
    assert not caplog.records


@pytest.mark.django_db
def test_in_a_transaction_the_asker_draws(clock, behind) -> None:
    kept = aged(clock, KEEP_S)
    assert connection.in_atomic_block
    assert kept.get("a", lambda: str(get_ident())) == str(get_ident())


@pytest.mark.django_db(transaction=True)
def test_the_thread_behind_sees_what_is_committed_and_keeps_no_connection_once_ended(clock, behind) -> None:
    kept = aged(clock, KEEP_S)
    seen: list[int] = []

    def make() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), pg_advisory_lock(%s)", [A_LOCK])
            seen.append(cursor.fetchone()[0])
        return "new"

    assert kept.get("a", make) == "old"
    behind.end()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{wait_s}s"])
        # A lock of a session is free once its connection is gone, which PostgreSQL sees a moment after it was closed.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [A_LOCK])
        cursor.execute("SELECT pg_backend_pid()")
        assert seen != [cursor.fetchone()[0]]


def test_a_fork_begins_with_a_thread_of_its_own_and_waits_for_none_of_its_parents(clock, behind, askers) -> None:
    kept, parents, missing = aged(clock, KEEP_S), Held("parent's"), Held("parent's")
    assert kept.get("a", parents) == "old"
    askers.submit(kept.get, "b", missing)
    assert parents.began.wait(wait_s)
    assert missing.began.wait(wait_s)
    with kept._change:  # as if another thread held it at that moment
        pid = os.fork()
    if pid == 0:
        _in_the_child(kept, behind)
    assert os.waitpid(pid, 0)[1] == 0
    parents.may_end.set()
    missing.may_end.set()
    behind.end()
    assert kept.get("a", never) == "parent's"


def _in_the_child(kept: Kept[str], behind: Behind) -> None:
    """Ends with 0 if the child has drawn for itself."""
    code = 1
    try:
        lent = kept.get("a", lambda: "child's")
        behind.end()
        code = 0 if (lent, kept.get("a", never), kept.get("b", lambda: "own")) == ("old", "child's", "own") else 2
    finally:
        os._exit(code)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 6.0]), st.booleans())))
def test_no_value_is_older_than_both_times_together(steps: list[tuple[str, float, bool]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock, ours = Clock(patch), Behind()
        patch.setattr(module, "behind", ours)
        kept: Kept[float] = Kept(keep_s=KEEP_S, aged_s=AGED_S, redrawn_behind=True, entries_max=2)
        for key, pause_s, finished in steps:
            clock.at += pause_s
            read = kept.get(key, lambda clock=clock: clock.at)
            assert 0 <= clock.at - read < KEEP_S + AGED_S
            if finished:
                ours.end()
        ours.end()
        assert len(kept._values) <= 2
        assert set(kept._asked) <= set(kept._values)
