"""Numbers, names and masks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.identity import rules
from entrepot.identity.tests.makers import id_number
from entrepot.identity.types import Role

TODAY = date(2026, 11, 21)
REGIONS = st.sampled_from(["110105", "330106", "310101", "440305", "510104", "650102"])
NUMBERS = st.builds(
    lambda region, born, sequence: id_number(region=region, born=born, sequence=sequence),
    REGIONS,
    st.dates(date(1985, 1, 1), date(2012, 12, 31)),
    st.integers(1, 999),
)


@given(NUMBERS)
def test_a_number_with_its_check_digit_is_right_however_it_is_typed(number: str) -> None:
    wide = number.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))
    for typed in (number, number.lower(), f" {number[:6]} {number[6:14]} {number[14:]} ", wide):
        found = rules.id_number(typed, today=TODAY)
        assert found is not None
        assert found[0] == number
        assert f"{found[1]:%Y%m%d}" == number[6:14]


@given(NUMBERS, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: str, position: int, shift: int) -> None:
    wrong = str((int(number[position]) + shift) % 10)
    assert rules.id_number(number[:position] + wrong + number[position + 1 :], today=TODAY) is None


@given(NUMBERS, st.integers(0, 15))
def test_two_digits_in_the_wrong_order_are_noticed(number: str, position: int) -> None:
    swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
    if swapped != number:
        assert rules.id_number(swapped, today=TODAY) is None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "123",
        "11010519491231002",  # one short
        "110105194912310021",  # wrong check digit
        "11010519491331002X",  # month 13
        "990105194912310029",  # no such region
        "abcdefghijklmnopqr",
        "１１",
        "9" * 400,
    ],
)
def test_what_cannot_be_a_number(typed: str) -> None:
    assert rules.id_number(typed, today=TODAY) is None


@pytest.mark.parametrize(
    ("region", "born", "right"),
    [
        ("310115", date(1980, 5, 1), True),  # 浦东新区 was founded in 1992: the number came later than the person
        ("500112", date(1985, 5, 1), True),  # 渝北 in Chongqing: since 1997, merged in 2025
        ("330103", date(1990, 5, 1), True),  # 下城区 in Hangzhou: until 2021
        ("330103", date(2023, 5, 1), False),
        ("330120", date(1984, 5, 1), False),  # ended in 1983
        ("330199", date(1990, 5, 1), False),  # never
    ],
)
def test_a_region_counts_unless_it_ended_before_the_birth(region: str, born: date, right: bool) -> None:
    assert (rules.id_number(id_number(region=region, born=born), today=TODAY) is not None) == right


def test_nobody_is_born_tomorrow() -> None:
    tomorrow = id_number(born=TODAY + timedelta(days=1))
    assert rules.id_number(tomorrow, today=TODAY) is None
    assert rules.id_number(tomorrow, today=TODAY + timedelta(days=1)) is not None


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2008, 11, 21), date(2026, 11, 21), 18),
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_is_counted_in_full_years(born: date, today: date, age: int) -> None:
    assert rules.age_years(born, today) == age


@given(NUMBERS)
def test_a_masked_number_keeps_the_birth_date_to_itself(number: str) -> None:
    masked = rules.masked_id_number(number)
    assert len(masked) == 18
    assert masked[3:14] == "*" * 11


@pytest.mark.parametrize(
    ("clear", "masked"),
    [("张三", "张*"), ("张三丰", "张**"), ("欧阳娜娜", "欧***"), ("O", "O*"), ("艾则孜·买买提", "艾******")],
)
def test_masked_names(clear: str, masked: str) -> None:
    assert rules.masked_name(clear) == masked


def test_masked_phones_and_mails() -> None:
    assert rules.masked_phone("+8613800135678") == "138****5678"
    assert rules.masked_phone("+14155552671") == "+1******2671"
    assert rules.masked_email("anna@example.com") == "a***@example.com"
    assert rules.masked_email("") == ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800135678", "+8613800135678"),
        ("138 0013 5678", "+8613800135678"),
        ("+86 138-0013-5678", "+8613800135678"),
        ("008613800135678", "+8613800135678"),
        ("１３８００１３５６７８", "+8613800135678"),
        ("010-65051234", "+861065051234"),
        ("12345", None),
        ("anna@example.com", None),
        ("", None),
        ("1" * 300, None),
    ],
)
def test_phone_numbers(typed: str, number: str | None) -> None:
    assert rules.phone_number(typed) == number


def test_a_foreign_phone_logs_in_but_takes_no_delivery() -> None:
    assert rules.phone_number("+44 20 7946 0018") == "+442079460018"
    assert rules.phone_number("+44 20 7946 0018", chinese_only=True) is None


@pytest.mark.parametrize("name", ["张三", "艾则孜·买买提", "John Smith", "欧阳 娜娜", "𠮷田"])
def test_names_on_cards(name: str) -> None:
    assert rules.person_name(f"  {name} ") == name


@pytest.mark.parametrize("name", ["", "张", "张3", "·张", "张三<script>", "张" * 61, "张\u0000三", "先生!"])
def test_what_is_not_a_name(name: str) -> None:
    assert rules.person_name(name) is None


@given(st.text(max_size=40))
def test_plain_text_has_no_control_characters_and_no_double_spaces(text: str) -> None:
    line = rules.plain_text(text, length_max=30)
    assert line is None or (0 < len(line) <= 30 and "  " not in line)
    assert line is None or not any(ord(letter) < 32 for letter in line)


def test_roles_see_and_change_what_their_work_needs() -> None:
    def may(role: Role, app_label: str, action: str) -> bool:
        return rules.permits(roles={role}, app_label=app_label, action=action)

    assert may(Role.CATALOGUE, "catalogue", "change")
    assert may(Role.OPERATOR, "payments", "view")
    assert not may(Role.OPERATOR, "payments", "change")
    assert not may(Role.WAREHOUSE, "identity", "view")
    assert not may(Role.SERVICE, "identity", "change")
    assert not rules.permits(roles=[], app_label="catalogue", action="view")
