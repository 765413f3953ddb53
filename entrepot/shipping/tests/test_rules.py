from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.shipping.rules import first_ask, last_pause, mask_address, mask_name, mask_phone, next_ask

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "masked"), [("张三丰", "张**"), ("李四", "李*"), ("Anna Li", "A******"), ("王", "*"), (" 王五 ", "王*")]
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name=name) == masked


@given(st.text(min_size=1, max_size=30))
def test_a_name_never_shows_whole(name: str) -> None:
    masked = mask_name(name=name)
    assert masked != name or set(name) <= {"*"}
    assert len(masked.rstrip("*")) <= 1


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+8613812345678", "138******78"),
        ("13812345678", "138******78"),
        ("+852 9123 4567", "852******67"),
        ("0574-87654321", "057*******21"),
        ("12345", "*****"),
        ("1234567", "******7"),
    ],
)
def test_phones(phone: str, masked: str) -> None:
    assert mask_phone(phone=phone) == masked


@given(st.text(alphabet="0123456789+- ", max_size=20))
def test_six_digits_are_hidden(phone: str) -> None:
    digits = sum(mark.isdigit() for mark in phone)
    masked = mask_phone(phone=phone)
    assert masked.count("*") >= min(digits, 6) - 2 * (phone.startswith("+86") and digits == 13)
    assert masked.count("*") >= 6 or not any(mark.isdigit() for mark in masked)


@pytest.mark.parametrize(
    ("detail", "masked"),
    [
        ("幸福路88号3幢2单元1502室", "幸福路88号*幢*单元*室"),
        ("幸福路88号", "幸福路**号"),  # nothing inside is named: all digits go
        ("中山东路100弄5号楼801", "中山东路100弄*号楼*"),
        ("科技园B座12层1203", "科技园*座*层*"),
        ("阳光花园十二栋三单元四〇二室", "阳光花园*栋*单元*室"),
        ("人民路12号 3-2-1502", "人民路12号 *"),
        ("Renmin Road 12, Room 1502", "Renmin Road 12, Room *"),
        ("88 Xingfu Rd, Apt 3B", "88 Xingfu Rd, Apt *"),
        ("某某村", "某某村"),
        ("和平里三区5号院甲2楼3门402", "和平里三区*号院*楼*门*"),
    ],
)
def test_addresses(detail: str, masked: str) -> None:
    assert mask_address(place="浙江省宁波市鄞州区", detail=detail) == f"浙江省宁波市鄞州区{masked}"


@given(st.integers(1, 9999), st.sampled_from(["室", "号楼", "单元", "房", ""]))
def test_the_flat_number_never_shows(flat: int, word: str) -> None:
    masked = mask_address(place="", detail=f"幸福路号{flat}{word}")
    assert str(flat) not in masked


@given(st.text(max_size=60))
def test_any_text_can_be_masked(detail: str) -> None:
    mask_address(place="", detail=detail)


@given(st.integers(0, 10**6))
def test_a_silent_carrier_is_asked_again(waited_s: int) -> None:
    at = START + timedelta(seconds=waited_s)
    assert first_ask <= next_ask(since=START, now=at) - at <= last_pause
