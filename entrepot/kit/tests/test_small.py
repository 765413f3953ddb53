"""Ids, clock, quantities, refusals, statements."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.quantity import Quantity
from entrepot.kit.refusals import NotFound


def test_ids_grow_with_time_and_are_version_seven() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert {one.version for one in made} == {7}


def test_numbers_for_people_carry_the_day_in_china() -> None:
    just_after_midnight_there = datetime(2026, 11, 20, 16, 0, 1, tzinfo=UTC)
    number = human_number("KL", just_after_midnight_there)
    assert number.startswith("KL261121") and len(number) == 18 and number[2:].isdigit()
    assert len(human_number("KL", just_after_midnight_there, 14)) == 22


def test_days_begin_in_their_own_zone() -> None:
    assert day_in(CHINA, datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == date(2027, 1, 1)
    assert day_in(CHINA, datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == date(2026, 12, 31)
    with pytest.raises(ValueError, match="naive"):
        day_in(CHINA, datetime(2026, 1, 1))  # noqa: DTZ001
    assert now().tzinfo is UTC


@given(st.decimals(0, 10**6, places=3))
def test_quantities_convert_there_and_back(amount: Decimal) -> None:
    assert Quantity(amount, "036").to("035").to("036").amount == amount
    assert Quantity(amount, "095").to("096").amount == amount * 1000
    assert (Quantity(amount, "036") * 3).amount == amount * 3


def test_mass_is_not_volume() -> None:
    with pytest.raises(ValueError, match="no conversion"):
        Quantity(Decimal(1), "036").to("096")
    with pytest.raises(ValueError, match="not negative"):
        Quantity(Decimal(-1), "036")
    with pytest.raises(ValueError, match="customs unit"):
        Quantity(Decimal(1), "kg")


def test_refusals_speak_both_languages() -> None:
    refusal = NotFound(field="sku", what="A-1")
    assert refusal.message("zh-hans") == "没有找到：A-1"
    assert refusal.message("en") == "Not found: A-1"
    assert (refusal.code, refusal.status, refusal.field) == ("not_found", 404, "sku")


@pytest.mark.django_db
def test_statements_answer_rows_and_counts() -> None:
    assert sql.rows("SELECT %(n)s::int AS n, '{\"a\": 1}'::jsonb AS j", {"n": 3}) == [{"n": 3, "j": '{"a": 1}'}]
    assert sql.json_value('{"a": 1}') == {"a": 1}
    assert sql.run("UPDATE outbox_event SET topic = topic WHERE false") == 0
    with pytest.raises(FileNotFoundError):
        sql.load("outbox", "no_such_verb")
