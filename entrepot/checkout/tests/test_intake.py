"""How orders gather while a batch is written: who writes, in which order, and who is told what when it fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import cast

import pytest
from django.db import connection, transaction

from entrepot.checkout.services.intake import WAITING_BATCHES_MAX, Busy, Intake
from entrepot.checkout.services.write import Agreed, Answer
from entrepot.checkout.types import Placed
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import WAIT_S
from entrepot.orders.tests.makers import draft


def order() -> Agreed:
    return Agreed(draft(), cast("object", None), from_basket=False)  # type: ignore[arg-type] # the desk reads ids only


def answered(batch: Sequence[Agreed]) -> dict[object, Answer]:
    return {one.draft.id: Placed(one.draft.id, one.draft.number, new_id(), 1, replayed=False) for one in batch}


class Desk:
    """Agrees at once and writes what it is handed when it is let; keeps the batches and who worked for them."""

    def __init__(self) -> None:
        self.batches: list[list[Agreed]] = []
        self.written: list[list[Agreed]] = []
        self.workers: list[int] = []
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.fails, self.disagrees = False, False
        self.poison: list[Agreed] = []  # with one of these a batch cannot be agreed on, or written

    def begin(self, batch: Sequence[Agreed]) -> Callable[[], Mapping[object, Answer]]:
        self.batches.append(list(batch))
        self.workers.append(threading.get_ident())
        if self.disagrees:
            self.disagrees = False
            raise KeyboardInterrupt
        if any(one in batch for one in self.poison[:1]):
            raise LookupError
        return lambda: self.write(batch)

    def write(self, batch: Sequence[Agreed]) -> Mapping[object, Answer]:
        self.written.append(list(batch))
        self.begun.release()
        assert self.go.acquire(timeout=WAIT_S)
        if self.fails:
            self.fails = False
            raise KeyboardInterrupt
        if any(one in batch for one in self.poison[1:]):
            raise LookupError
        return answered(batch)

    def wait_until_it_writes(self) -> None:
        assert self.begun.acquire(timeout=WAIT_S)


@contextmanager
def buyers(intake: Intake, count: int) -> Iterator[Callable[[Agreed], Future[Answer]]]:
    """Each order in a thread of its own; returns once it is worked for, or sits while one batch is written and the next
    is agreed on: then nobody calls it before the desk is let write."""
    with ThreadPoolExecutor(count) as pool:

        def send(one: Agreed) -> Future[Answer]:
            sent, until = pool.submit(lambda: intake.place(one)), monotonic() + WAIT_S
            while not has_begun(intake, one) and not (len(intake_desk(intake).batches) == 2 and sits(intake, one)):
                assert monotonic() < until
            return sent

        yield send


def sits(intake: Intake, one: Agreed) -> bool:
    return any(seat.one is one for seat in list(intake._waiting))


def has_begun(intake: Intake, one: Agreed) -> bool:
    return any(one in batch for batch in intake_desk(intake).batches)


def intake_desk(intake: Intake) -> Desk:
    return cast("Desk", intake._begin.__self__)  # type: ignore[attr-defined]


def test_while_one_batch_is_written_one_is_agreed_on_and_the_next_gathers_in_the_order_it_came() -> None:
    desk, orders = Desk(), [order() for _ in range(6)]
    intake = Intake(desk.begin, batch_max=3)  # type: ignore[arg-type]
    with buyers(intake, 6) as send:
        sent = [send(one) for one in orders]
        assert desk.batches == [orders[:1], orders[1:2]]
        desk.go.release(4)
        found = [one.result(WAIT_S) for one in sent]
    assert desk.batches == desk.written == [orders[:1], orders[1:2], orders[2:5], orders[5:]]
    assert [one.order_id for one in found if isinstance(one, Placed)] == [one.draft.id for one in orders]
    assert len(set(desk.workers)) == 4  # each batch by the first of those it is for
    desk.go.release()
    assert isinstance(intake.place(order()), Placed)  # nobody was left behind
    assert desk.workers[-1] == threading.get_ident()


def test_beyond_its_limit_the_queue_says_so_at_once_and_forgets_nobody() -> None:
    desk = Desk()
    intake = Intake(desk.begin, batch_max=1)  # type: ignore[arg-type]
    with buyers(intake, 2 + WAITING_BATCHES_MAX) as send:
        sent = [send(order()) for _ in range(2 + WAITING_BATCHES_MAX)]
        with pytest.raises(Busy) as refusal:
            intake.place(order())
        assert (refusal.value.status, refusal.value.retry_after_s) == (429, 1)
        desk.go.release(len(sent))
        assert all(isinstance(one.result(WAIT_S), Placed) for one in sent)


def test_whoever_waits_too_long_is_told_so_and_leaves_and_the_line_goes_on() -> None:
    desk = Desk()
    intake = Intake(desk.begin)  # type: ignore[arg-type]
    with buyers(intake, 3) as send:
        sent = [send(order()) for _ in range(2)]
        intake.wait_s = 0.01
        with pytest.raises(Busy):
            intake.place(order())
        assert not intake._waiting
        intake.wait_s = None
        sent.append(send(order()))
        desk.go.release(3)
        assert all(isinstance(one.result(WAIT_S), Placed) for one in sent)
    assert sorted(len(batch) for batch in desk.batches) == [1, 1, 1]


def test_where_there_is_nothing_to_work_with_whoever_comes_next_is_called_all_the_same() -> None:
    desk, broken = Desk(), [True]

    @contextmanager
    def connection_of_ours() -> Iterator[None]:
        if broken.pop():
            raise OSError
        yield

    intake = Intake(desk.begin)  # type: ignore[arg-type]
    intake.at_work, intake.wait_s = connection_of_ours, WAIT_S
    desk.go.release()
    with pytest.raises(OSError):
        intake.place(order())
    broken.append(False)
    assert isinstance(intake.place(order()), Placed)


@pytest.mark.parametrize("early", [True, False])
def test_where_one_breaks_off_the_others_work_for_themselves_and_the_line_goes_on(early: bool) -> None:
    desk = Desk()
    intake = Intake(desk.begin, batch_max=2)  # type: ignore[arg-type]
    with buyers(intake, 5) as send:
        sent = [send(order()) for _ in range(5)]  # one is written, one agreed on, two and one wait
        desk.disagrees = early
        for _ in range(1 if early else 2):
            desk.wait_until_it_writes()
            desk.go.release()
        if not early:
            desk.wait_until_it_writes()
        desk.fails = not early
        desk.go.release(4)
        with pytest.raises(KeyboardInterrupt):
            sent[2].result(WAIT_S)
        assert all(isinstance(one.result(WAIT_S), Placed) for one in (*sent[:2], *sent[3:]))
    assert sorted(len(batch) for batch in desk.batches) == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("late", [False, True])
def test_a_fault_of_one_is_told_to_him_alone_and_not_to_whoever_works_for_him(late: bool) -> None:
    desk, orders = Desk(), [order() for _ in range(5)]
    intake = Intake(desk.begin, batch_max=3)  # type: ignore[arg-type]
    with buyers(intake, 5) as send:
        sent = [send(one) for one in orders]  # one is written, one agreed on, three wait
        desk.poison = [order(), orders[3]] if late else [orders[3]]
        desk.go.release(7)
        with pytest.raises(LookupError):
            sent[3].result(WAIT_S)
        assert all(isinstance(one.result(WAIT_S), Placed) for one in (*sent[:3], *sent[4:]))
    assert desk.batches[2] == orders[2:]
    assert sorted(len(batch) for batch in desk.batches) == [1, 1, 1, 1, 1, 3]


def test_a_forked_process_begins_with_an_empty_room() -> None:
    desk = Desk()
    intake = Intake(desk.begin)  # type: ignore[arg-type]
    with buyers(intake, 2) as send:
        sent = [send(order()) for _ in range(2)]
        os.register_at_fork(after_in_child=intake.reset)
        child = os.fork()
        if child == 0:
            desk.go.release(100)
            os._exit(0 if isinstance(intake.place(order()), Placed) else 1)
        assert os.waitpid(child, 0)[1] == 0
        desk.go.release(2)
        assert all(isinstance(one.result(WAIT_S), Placed) for one in sent)


@pytest.mark.django_db
def test_inside_a_transaction_an_order_is_written_there_and_alone() -> None:
    desk = Desk()
    intake = Intake(desk.begin)  # type: ignore[arg-type]
    desk.go.release(2)
    with transaction.atomic():
        assert connection.in_atomic_block
        intake.place(order())
    assert desk.workers == [threading.get_ident()]
    assert not intake._waiting
