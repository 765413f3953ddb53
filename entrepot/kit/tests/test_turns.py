"""Turns: one at a time, in the order they came, also where somebody's work fails."""

from threading import Thread

import pytest

from entrepot.kit.turns import Turns


def test_whoever_waits_longest_is_next_and_no_two_work_at_once() -> None:
    turns, order, inside = Turns(), [], []

    def work(number: int) -> None:
        with turns:
            inside.append(number)
            order.append((number, len(inside)))
            inside.remove(number)

    threads = [Thread(target=work, args=(number,)) for number in range(20)]
    with turns:
        for came, thread in enumerate(threads):
            thread.start()
            while len(turns._waiting) <= came:  # until it stands in line
                thread.join(0.001)
        assert order == []
    for thread in threads:
        thread.join()
    assert order == [(number, 1) for number in range(20)]


def test_work_that_fails_gives_the_turn_on() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns:
        _ = 1 / 0
    with turns:
        assert turns._taken
    assert not turns._taken
