from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entrepot.provenance import rules
from entrepot.provenance.types import Happening, Link, Step

LOT = "0192a1b2-0000-7000-8000-000000000001"
steps = st.builds(
    Step,
    kind=st.sampled_from(Happening),
    key=st.text(min_size=1, max_size=20),
    at=st.datetimes(timezones=st.just(UTC)),
    country=st.sampled_from(["AU", "CN", "FR", ""]),
    facts=st.dictionaries(st.text(max_size=5), st.integers(0, 10**6) | st.text(max_size=5), max_size=3),
)
chains = st.lists(steps, min_size=1, max_size=6)


def chained(wished: list[Step]) -> list[Link]:
    links, before = [], rules.BEGIN
    for number, one in enumerate(wished, 1):
        mark = rules.hash_of(LOT, number, one, before)
        links.append(Link(number, one.kind, one.key, one.at, one.country, one.facts, before, mark))
        before = mark
    return links


def head(links: list[Link]) -> tuple[int, str]:
    return len(links), links[-1].hash


@given(chains)
def test_a_chain_fits_and_belongs_to_its_lot(wished: list[Step]) -> None:
    links = chained(wished)
    assert rules.first_broken(LOT, links, head=head(links)) is None
    other = rules.first_broken("another lot", links, head=head(links))
    assert other is not None and other.number == 1


@given(chains, st.data())
def test_any_single_change_breaks_it_where_it_was_made(wished: list[Step], data: st.DataObject) -> None:
    links = chained(wished)
    place = data.draw(st.integers(0, len(links) - 1))
    one = links[place]
    changed = data.draw(
        st.sampled_from(
            [
                replace(one, at=one.at + timedelta(microseconds=1)),
                replace(one, key=one.key + "x"),
                replace(one, country="NZ"),
                replace(one, facts={**one.facts, "units": -1}),
                replace(one, kind=next(kind for kind in Happening if kind is not one.kind)),
                replace(one, hash=one.hash[::-1] if one.hash != one.hash[::-1] else "0" * 64),
                replace(one, before="f" * 64),
                replace(one, number=one.number + 1),
            ]
        )
    )
    found = rules.first_broken(LOT, [*links[:place], changed, *links[place + 1 :]], head=head(links))
    assert found is not None and found.number == place + 1


@given(chains, st.data())
def test_a_link_taken_out_or_moved_is_noticed(wished: list[Step], data: st.DataObject) -> None:
    links = chained(wished)
    place = data.draw(st.integers(0, len(links) - 1))
    assert rules.first_broken(LOT, links[:place] + links[place + 1 :], head=head(links)) is not None
    if len(links) > 1:
        assert rules.first_broken(LOT, links[::-1], head=head(links)) is not None


@given(st.integers(0, 2**60 - 1), st.integers(0, 12), st.sampled_from(rules.ALPHABET))
def test_a_code_is_read_however_it_is_typed_and_no_single_wrong_letter_is(number: int, place: int, letter: str) -> None:
    code = rules.code_of(number)
    assert len(code) == 13
    assert rules.plain_code(code.lower()) == rules.plain_code(f"{code[:4]}-{code[4:8]}-{code[8:]}") == code
    wrong = code[:place] + letter + code[place + 1 :]
    assert rules.plain_code(wrong) == ("" if wrong != code else code)


@given(st.text(max_size=20))
def test_anything_else_is_no_code(text: str) -> None:
    plain = rules.plain_code(text)
    assert plain == "" or rules.check_char(plain[:-1]) == plain[-1]


def test_a_reader_is_another_one_tomorrow_and_at_another_code() -> None:
    today = rules.reader_hash(b"today", "203.0.113.7", "A")
    assert today == rules.reader_hash(b"today", "203.0.113.7", "A")
    assert (
        len(
            {today, rules.reader_hash(b"tomorrow", "203.0.113.7", "A"), rules.reader_hash(b"today", "203.0.113.7", "B")}
        )
        == 3
    )
