"""Sealed fields open only with their key and in their row; equal texts meet by their index, nothing more is learned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.sealing import CannotOpen, Sealer, mask

OLD, NEW, INDEX = b"o" * 32, b"n" * 32, b"i" * 32
sealer = Sealer({1: OLD, 2: NEW}, INDEX)


@given(st.text(max_size=200), st.text(max_size=60))
def test_what_is_sealed_opens_in_its_place(text: str, place: str) -> None:
    assert sealer.open(sealer.seal(text, place), place) == text


@given(st.text(min_size=4, max_size=50))
def test_two_seals_of_a_text_differ_and_do_not_show_it(text: str) -> None:
    one, two = sealer.seal(text, "row"), sealer.seal(text, "row")
    assert one != two
    assert text.encode() not in one


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        sealer.open(sealer.seal("110101199003070038", "real_name:1"), "real_name:2")


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_changed_byte_does_not_open(position: int, flip: int) -> None:
    sealed = bytearray(sealer.seal("some text that is long enough here", "row"))
    position %= len(sealed)
    sealed[position] ^= flip
    with pytest.raises(CannotOpen):
        sealer.open(bytes(sealed), "row")


@given(st.binary(max_size=60))
def test_random_bytes_do_not_open(raw: bytes) -> None:
    with pytest.raises(CannotOpen):
        sealer.open(raw, "row")


def test_the_newest_key_seals_and_old_ones_still_open() -> None:
    before = Sealer({1: OLD}, INDEX).seal("text", "row")
    assert sealer.open(before, "row") == "text"
    assert sealer.key_id(sealer.seal("text", "row")) == 2
    with pytest.raises(CannotOpen, match="unknown key"):
        Sealer({2: NEW}, INDEX).open(before, "row")


def test_the_index_depends_on_text_purpose_and_key() -> None:
    known = sealer.blind_index("110101199003070038", "id_number")
    assert known == Sealer({9: OLD}, INDEX).blind_index("110101199003070038", "id_number")
    others = {
        sealer.blind_index("110101199003070039", "id_number"),
        sealer.blind_index("110101199003070038", "phone"),
        Sealer({1: OLD}, b"j" * 32).blind_index("110101199003070038", "id_number"),
    }
    assert len(known) == 32 and known not in others and len(others) == 3


@pytest.mark.parametrize(
    ("keys", "index"), [({}, INDEX), ({0: OLD}, INDEX), ({1: b"short"}, INDEX), ({1: OLD}, b"short")]
)
def test_weak_keys_are_refused(keys: dict[int, bytes], index: bytes) -> None:
    with pytest.raises(ValueError):
        Sealer(keys, index)


@given(st.text(min_size=1, max_size=30), st.integers(0, 6), st.integers(0, 6))
def test_a_mask_keeps_the_ends_at_most(text: str, head: int, tail: int) -> None:
    masked = mask(text, head, tail)
    if len(text) > head + tail:
        assert len(masked) == len(text)
        assert masked[:head] == text[:head]
        assert set(masked[head : len(text) - tail]) == {"*"}
    else:
        assert set(masked[1:]) == {"*"}


def test_masks_people_know() -> None:
    assert mask("110101199003070038", 3, 4) == "110***********0038"
    assert mask("13812345678", 3, 4) == "138****5678"
    assert mask("李", 1, 0) == "李*"
