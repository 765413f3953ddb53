"""Which row of a book is heard, beside a search through all of them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from entrepot.tariff.book import Book, Books, Rate
from entrepot.tariff.measures import Levy

DAYS = [date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1)]
CODES = ["6109100000", "6109900000", "6110200000", "33"]
MEMBERS = {"@NEAR": {"VN", "JP"}, "@FAR": {"JP"}}


def a_rate(prefix: str, origin: str, measure: str, begin: int, formula: object) -> Rate:
    end = DAYS[begin + 1] if begin + 1 < len(DAYS) else None
    return Rate(prefix, origin, "CN", measure, {}, DAYS[begin], end, True, "here", "", formula)


GROUPS = tuple(
    a_rate("", country, f"origin_group.{group[1:].lower()}", 0, group[1:])
    for group, countries in MEMBERS.items()
    for country in countries
)
PLACES = st.tuples(
    st.sampled_from(["", "61", "6109", "610910", "33"]), st.sampled_from(["", "VN", "JP", *MEMBERS]), st.integers(0, 2)
)
BOOKS = st.lists(st.lists(PLACES, max_size=12, unique=True), min_size=1, max_size=3)


@given(BOOKS, st.sampled_from(CODES), st.sampled_from(["", "VN", "JP", "FR"]), st.sampled_from(DAYS))
def test_the_longest_prefix_then_the_origin_then_the_later_book(
    places: list[list[tuple[str, str, int]]], code: str, origin: str, day: date
) -> None:
    # The groups hold in the first year only, so that what a country belongs to depends on the day too.
    rows = [
        [a_rate(prefix, of, "duty", begin, Levy(Fraction(n, 100))) for n, (prefix, of, begin) in enumerate(book)]
        for book in places
    ]
    books = Books("CN", [Book(f"b/{i}", day, (*book, *(GROUPS if not i else ()))) for i, book in enumerate(rows)])
    groups = sorted(group for group, countries in MEMBERS.items() if origin in countries and day < DAYS[1])
    ranks = [one for one in (origin, *groups) if one] + [""]
    fit = [
        (-len(rate.hs_prefix), ranks.index(rate.origin), -i, rate)
        for i, book in enumerate(rows)
        for rate in book
        if code.startswith(rate.hs_prefix) and rate.origin in ranks and rate.on(day)
    ]
    wanted = min(fit, key=lambda one: one[:3])[3] if fit else None
    assert books.find("duty", day, code, origin) is wanted
