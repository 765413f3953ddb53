"""What receipts mean: pure rules, under every order and repetition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.customs.rules import standing as rules
from entrepot.customs.rules.info import masked_info
from entrepot.customs.rules.standing import Standing, Verdict, mark, outcome, verdict
from entrepot.customs.rules.words import CODES, MATCH, Again, words
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit.ids import new_id

T = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ORDER, LIST, CANCEL = DocumentKind.ORDER, DocumentKind.LIST, DocumentKind.CANCEL

NOTES = [
    -301010, -301011, -401007, -504015, -621004, -621005, -621013, -621014, -621018, -621027, -621028, -621029,
    -621030, -623003, -623005, -625006, -625012, -625014, -625015, -625024, -625025, -625026, -625209,
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "meaning"),
    {
        1: Verdict.WAITING, 2: Verdict.WAITING, 3: Verdict.WAITING, 4: Verdict.REFUSED, 100: Verdict.REFUSED,
        120: Verdict.TAKEN, 300: Verdict.TAKEN, 399: Verdict.TAKEN, 500: Verdict.STOPPED, 501: Verdict.STOPPED,
        502: Verdict.STOPPED, 503: Verdict.STOPPED, 599: Verdict.STOPPED, 700: Verdict.REFUSED, 800: Verdict.DONE,
        899: Verdict.DONE, -621005: Verdict.REFUSED, 119: Verdict.WAITING, 650: Verdict.WAITING, 0: Verdict.WAITING,
    }.items(),
)  # fmt: skip
def test_each_status_has_a_meaning(status: int, meaning: Verdict) -> None:
    assert verdict(LIST, status) is meaning


def test_an_approved_withdrawal_is_done() -> None:
    assert verdict(CANCEL, 399) is Verdict.DONE
    assert verdict(CANCEL, 120) is Verdict.TAKEN


@pytest.mark.parametrize("status", [*NOTES, 4, 100, 500, 501, 502, 503, 599, 700])
def test_every_code_of_the_notes_has_words_and_a_way_on(status: int) -> None:
    assert str(status) in CODES
    told = words(str(status))
    assert told.zh
    assert told.en.isascii()
    assert told.zh_way
    assert told.en_way.isascii()
    assert set(told.note) == {"zh-hans", "en"}


def test_limits_name_lawful_ways_on() -> None:
    assert "退款" in words("-621005").zh_way
    assert "refund" in words("-621005").en_way
    assert "下一公历年度" in words("-621018").zh_way
    assert "never under somebody else's name" in words("-621018").en_way


def test_an_unknown_code_still_says_what_to_do() -> None:
    assert "-999999" in words("-999999").en
    assert words("-999999").again is Again.NEW


receipts = st.lists(
    st.tuples(st.sampled_from([2, 3, 100, 120, 300, 399, 500, 700, 800, 899, -621004, -621005]), st.integers(0, 5)),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(receipts, st.randoms())
def test_any_order_and_repetition_ends_the_same(told: list[tuple[int, int]], chance: object) -> None:
    def last(order: list[tuple[int, int]]) -> int:
        best = ("", 0)
        for status, minute in order:
            best = max(best, (mark(status, T + timedelta(minutes=minute)), status))
        return best[1]

    again = told + told[: len(told) // 2]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert last(told) == last(again)


def test_marks_sort_by_customs_time_then_status() -> None:
    later = T + timedelta(milliseconds=1)
    assert mark(120, later) > mark(800, T)
    assert mark(800, T) > mark(120, T) > mark(2, T)
    assert mark(2, T) > mark(-621005, T)


def test_you_sent_that_before_is_the_weakest_news() -> None:
    later = T + timedelta(days=30)
    for status in (-301010, -401007, -504015, -621004):
        assert mark(status, later) < mark(2, T)
        assert mark(status, later) < mark(-621005, T)


def _standings(**verdicts: Verdict | None) -> dict[DocumentKind, Standing]:
    kinds = {"order": ORDER, "payment": DocumentKind.PAYMENT, "waybill": DocumentKind.WAYBILL, "listed": LIST}
    kinds["cancel"] = CANCEL
    return {
        kinds[name]: Standing(new_id(), True, "m", 1, one, "100" if one is Verdict.REFUSED else "")
        for name, one in verdicts.items()
    }


TAKEN3 = {"order": Verdict.TAKEN, "payment": Verdict.TAKEN, "waybill": Verdict.TAKEN}


def test_the_state_follows_from_the_standings() -> None:
    def state(differing: bool = False, cancelled: bool = False, **verdicts: Verdict | None) -> tuple[str, str]:
        found, code = outcome(_standings(**verdicts), differing=differing, cancelled=cancelled)
        return found.value, code

    assert state() == ("draft", "")
    assert state(order=None, payment=None) == ("draft", "")
    assert state(order=None, payment=None, waybill=None) == ("matching", "")
    assert state(**TAKEN3, listed=None) == ("listed", "")
    assert state(**TAKEN3, listed=Verdict.TAKEN) == ("listed", "")
    assert state(**TAKEN3, listed=Verdict.DONE) == ("released", "")
    assert state(**{**TAKEN3, "order": Verdict.REFUSED}, listed=Verdict.DONE) == ("released", "")
    assert state(**{**TAKEN3, "payment": Verdict.REFUSED}) == ("held", "100")
    assert state(differing=True, **TAKEN3) == ("held", MATCH)
    assert state(cancelled=True, **TAKEN3, listed=Verdict.TAKEN) == ("cancelled", "")
    assert state(cancelled=True, **TAKEN3, listed=Verdict.DONE) == ("released", "")
    assert state(**TAKEN3, listed=Verdict.DONE, cancel=Verdict.DONE) == ("cancelled", "")
    assert state(**TAKEN3, listed=Verdict.TAKEN, cancel=Verdict.TAKEN) == ("listed", "")
    assert state(**TAKEN3, listed=Verdict.TAKEN, cancel=Verdict.REFUSED) == ("listed", "")
    assert state(**TAKEN3, listed=Verdict.TAKEN, cancel=Verdict.DONE) == ("cancelled", "")


def _prepared(**verdicts: Verdict | None) -> dict[DocumentKind, Standing]:
    return {**_standings(**verdicts), LIST: Standing(new_id())}


def test_the_list_is_due_when_all_three_are_taken_in() -> None:
    assert rules.list_is_due(_prepared(**TAKEN3))
    for missing in TAKEN3:
        assert not rules.list_is_due(_prepared(**{**TAKEN3, missing: Verdict.WAITING}))
        assert not rules.list_is_due(_prepared(**{**TAKEN3, missing: None}))
    assert not rules.list_is_due(_standings(**TAKEN3, listed=None))


def test_nothing_leaves_while_documents_differ_or_after_a_cancellation() -> None:
    fresh = {kind: Standing(new_id()) for kind in (*rules.THREE, LIST)}
    assert rules.unsent(fresh, differing=False, cancelled=False) == rules.THREE
    assert rules.unsent(fresh, differing=True, cancelled=False) == ()
    assert rules.unsent(fresh, differing=False, cancelled=True) == ()
    assert rules.unsent(_prepared(**TAKEN3), differing=False, cancelled=False) == (LIST,)


def test_only_what_is_refused_or_changed_is_sent_again() -> None:
    standings = _standings(**{**TAKEN3, "order": Verdict.REFUSED}, listed=None)
    assert rules.to_renew(standings, ()) == {ORDER: Again.NEW}
    assert rules.to_renew(standings, (DocumentKind.WAYBILL,)) == {ORDER: Again.NEW, DocumentKind.WAYBILL: Again.NEW}


def test_free_text_of_customs_is_shown_without_personal_numbers() -> None:
    told = "订购人110105194912310021身份信息不符，电话13800005678，订单2611210123456789012345"
    shown = masked_info(told)
    assert "110105194912310021" not in shown
    assert "13800005678" not in shown
    assert "2611210123456789012345" in shown
    assert masked_info("11010519491231002X") == "1****************X"


def test_states_are_those_of_the_rules() -> None:
    assert {state.value for state in DeclarationState} == {
        "draft", "matching", "listed", "released", "held", "cancelled"
    }  # fmt: skip
