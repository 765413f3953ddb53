"""Splits against every way there is: minimal, proven where it must be, and never below what the bound says."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.tariff import splitting
from entrepot.tariff.splitting import lower_bound, split
from entrepot.tariff.tests.makers import a_line
from entrepot.tariff.types import Part, Value
from tests.examples import many

LIMIT = 1_000
small = st.lists(st.integers(0, LIMIT), min_size=1, max_size=8)


def pieces(values: list[int], limit: int = LIMIT) -> tuple[tuple[Part, ...], bool]:
    """A split of one line of one piece for each value."""
    lines = [a_line(str(Decimal(value) / 100), id=str(i)) for i, value in enumerate(values)]
    return split(lines, [Value(value, 0, 0, 0) for value in values], limit)


def partitions(count: int) -> Iterator[list[int]]:
    """All ways to put `count` things into groups: the group of each, numbered as they first appear."""

    def grow(groups: list[int], used: int) -> Iterator[list[int]]:
        if len(groups) == count:
            yield groups
            return
        for group in range(used + 1):
            yield from grow([*groups, group], max(used, group + 1))

    yield from grow([], 0)


def fewest(values: list[int], limit: int) -> int:
    """Over every partition: the fewest groups none of which passes the limit."""
    best = len(values)
    for groups in partitions(len(values)):
        sums = [0] * (max(groups) + 1)
        for value, group in zip(values, groups, strict=True):
            sums[group] += value
        if max(sums) <= limit:
            best = min(best, len(sums))
    return best


def fewest_of_many(values: list[int], limit: int) -> int:
    """The same for up to a dozen: over all subsets, the fewest orders and the least in the last one of them."""
    best = [(1, 0)] + [(len(values) + 1, 0)] * ((1 << len(values)) - 1)
    for chosen in range(1, 1 << len(values)):
        for i, value in enumerate(values):
            if chosen >> i & 1:
                orders, last = best[chosen ^ (1 << i)]
                way = (orders, last + value) if last + value <= limit else (orders + 1, value)
                best[chosen] = min(best[chosen], way)
    return best[-1][0]


def test_there_are_as_many_partitions_as_bell_says() -> None:
    assert [sum(1 for _ in partitions(count)) for count in (1, 2, 3, 4, 5, 8)] == [1, 2, 5, 15, 52, 4_140]


@settings(max_examples=many(60))
@given(small)
@example([492, 510, 299, 391, 101, 178])  # first fit takes three, two do
@example([0, 0])
@example([LIMIT] * 8)
@example([334] * 6)
def test_a_split_has_the_fewest_orders(values: list[int]) -> None:
    parts, proven = pieces(values)
    least = fewest(values, LIMIT)
    assert (len(parts), proven) == (least, True)
    assert fewest_of_many(values, LIMIT) == least
    assert lower_bound(values, LIMIT) <= least
    _is_sound(parts, values)


def _is_sound(parts: tuple[Part, ...], values: list[int]) -> None:
    """Every piece is in one order, and orders are worth what is in them."""
    assert sorted(name for part in parts for name in part.units) == sorted(str(i) for i in range(len(values)))
    for part in parts:
        assert part.customs_value * 100 == sum(values[int(name)] for name in part.units)
        assert part.fits == (part.customs_value * 100 <= LIMIT)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 4)), min_size=1, max_size=4))
def test_pieces_of_a_line_are_split_and_the_line_is_whole(rows: list[tuple[int, int]]) -> None:
    """Lines of several pieces: the fewest orders for the pieces, and all of each line's pieces are somewhere."""
    rows = [row for i, row in enumerate(rows) if sum(count for _, count in rows[: i + 1]) <= 8] or [rows[0]]
    lines = [a_line(str(Decimal(each) / 100), id=str(i), quantity=str(n)) for i, (each, n) in enumerate(rows)]
    parts, proven = split(lines, [Value(each * n, 0, 0, 0) for each, n in rows], LIMIT)
    values = [each for each, n in rows for _ in range(n)]
    assert (len(parts), proven) == (fewest(values, LIMIT), True)
    for line, (each, n) in zip(lines, rows, strict=True):
        assert sum(part.units.get(line.id, Decimal(0)) for part in parts) == n
        assert all(part.units.get(line.id, 0) * each <= part.customs_value * 100 for part in parts)


@given(small, st.lists(st.integers(LIMIT + 1, 3 * LIMIT), max_size=3))
def test_a_piece_above_the_limit_is_alone_and_does_not_fit(values: list[int], over: list[int]) -> None:
    parts, _ = pieces([*over, *values])
    alone = [part for part in parts if not part.fits]
    assert sorted(part.customs_value * 100 for part in alone) == sorted(over)
    assert all(len(part.units) == 1 for part in alone)
    _is_sound(parts, [*over, *values])
    assert len(parts) == len(over) + fewest_of_many(values, LIMIT)


@st.composite
def hard(draw: st.DrawFn) -> list[int]:
    """Twelve pieces of the kinds that make bin packing hard: triplets that just fill an order, sizes about a third or a
    quarter, halves and a bit, and orders that fit but for one."""
    kind = draw(st.integers(0, 4))
    if kind == 0:  # four triplets that fill their orders, so that waste is nowhere allowed
        made = []
        for _ in range(4):
            a = draw(st.integers(251, 499))
            b = draw(st.integers(251, min(499, LIMIT - a - 1)))
            made += [a, b, LIMIT - a - b]
        made[draw(st.integers(0, 11))] += draw(st.integers(0, 1))
        return made
    low, high = ((251, 499), (180, 350), (330, 520), (1, LIMIT))[kind - 1]
    return draw(st.lists(st.integers(low, high), min_size=12, max_size=12))


@settings(max_examples=many(60))
@given(hard())
@example([500, 500, 333, 333, 334, 250, 250, 250, 251, 499, 400, 600])
@example([251] * 12)
@example([334] * 12)
@example([278, 283, 478, 356, 261, 392, 273, 274, 279, 396, 268, 310])  # the longest search of 20,000: 4,393 places
@example([499, 498, 497, 496, 495, 494, 260, 261, 262, 263, 264, 265])
def test_a_dozen_lines_of_one_piece_are_always_proven(values: list[int]) -> None:
    parts, proven = pieces(values)
    least = fewest_of_many(values, LIMIT)
    assert proven and len(parts) == least
    assert lower_bound(values, LIMIT) <= least


@given(st.lists(st.integers(0, LIMIT), min_size=1, max_size=12), st.integers(0, 60))
def test_the_bound_never_passes_the_truth(values: list[int], above: int) -> None:
    limit = max(values) + above  # tight limits: the largest piece just fits
    if limit:
        assert lower_bound(values, limit) <= fewest_of_many(values, limit)


def test_the_bound_is_better_than_the_sum() -> None:
    """Three pieces above the half need three orders, whatever they sum to."""
    assert lower_bound([501, 501, 501], LIMIT) == 3 > -(-1503 // LIMIT)


def test_what_is_too_much_to_search_is_split_and_not_called_proven() -> None:
    """320 pieces about a third: there is no search, and where the bound does not settle it nothing is claimed."""
    values = [334 + i % 7 for i in range(300)] + [300, 350] * 10
    parts, proven = pieces(values)
    least = lower_bound(values, LIMIT)
    assert len(parts) >= least and proven == (len(parts) == least)
    _is_sound(parts, values)


def test_a_search_that_gives_up_keeps_its_best_and_says_so(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    values = [492, 510, 299, 391, 101, 178]  # in falling value they take three orders; two do
    assert (len(pieces(values)[0]), pieces(values)[1]) == (2, True)
    monkeypatch.setattr(splitting, "SEARCHED_MAX", 2)
    parts, proven = pieces(values)
    assert (len(parts), proven) == (3, False)
    _is_sound(parts, values)
