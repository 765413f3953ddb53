"""Properties of chains, sums and shares, beside plain ways of finding the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from entrepot.procurement.rules import chains, sums
from entrepot.procurement.types import Authorisation, Tier

DAY = date(2026, 11, 21)
BRAND = UUID(int=99)
SUPPLIERS = [UUID(int=n) for n in range(1, 4)]
parties = st.sampled_from([None, *SUPPLIERS])
days = st.integers(-5, 30).map(lambda n: DAY + timedelta(days=n))


@st.composite
def links(draw: st.DrawFn) -> list[Authorisation]:
    found = []
    for n in range(draw(st.integers(0, 7))):
        grantor = draw(parties)
        grantee = draw(parties.filter(lambda one, grantor=grantor: one is None or one != grantor))
        since, length = draw(days), draw(st.integers(1, 20))
        territory = draw(st.sampled_from([frozenset(), frozenset({"CN"}), frozenset({"SG"})]))
        revoked = draw(st.none() | days)
        end = since + timedelta(days=length)
        found.append(Authorisation(UUID(int=n), BRAND, grantor, grantee, territory, since, end, None, revoked))
    return found


def every_chain(held: list[Authorisation], through: UUID | None) -> Iterator[date]:
    """The end of the weakest link of every chain from the owner to us, found by trying all orders of suppliers."""
    for n in range(len(SUPPLIERS) + 1):
        for way in permutations(SUPPLIERS, n):
            if through is not None and through not in way:
                continue
            steps = list(zip((None, *way), (*way, None), strict=True))
            ends = [[one.ends_on for one in held if (one.grantor_id, one.grantee_id) == step] for step in steps]
            if all(ends):
                yield min(max(of) for of in ends)


@given(links(), st.sampled_from(["CN", "SG", ""]), parties)
def test_a_chain_is_as_long_as_the_best_of_all_chains(found: list[Authorisation], where: str, through: UUID) -> None:
    now = chains.held(found, DAY, where)
    assert chains.best(now, through) == max(every_chain(now, through), default=None)


@given(links())
def test_until_the_end_of_a_chain_every_day_has_one_and_the_end_has_none(found: list[Authorisation]) -> None:
    until = chains.chain_until(found, DAY, "CN")
    if until is None:
        assert chains.best(chains.held(found, DAY, "CN")) is None
        return
    for n in range((until - DAY).days):
        assert chains.best(chains.held(found, DAY + timedelta(days=n), "CN")) is not None
    assert chains.best(chains.held(found, until, "CN")) is None


@given(links(), st.sampled_from(SUPPLIERS))
def test_who_may_sell_is_on_a_chain_or_the_owner_himself(found: list[Authorisation], supplier: UUID) -> None:
    now = chains.held(found, DAY, "CN")
    on_chain = any(True for _ in every_chain(now, supplier))
    direct = any(one.grantor_id is None and one.grantee_id is None for one in now)
    assert chains.may_buy(found, DAY, "CN", supplier, own=False) is on_chain
    assert chains.may_buy(found, DAY, "CN", supplier, own=True) is (on_chain or direct)


@given(links(), st.sampled_from(SUPPLIERS), st.booleans())
def test_what_a_purchase_relies_on_is_a_chain_that_holds(found: list[Authorisation], supplier: UUID, own: bool) -> None:
    relied = chains.relied_on(found, DAY, "CN", supplier, own=own)
    assert bool(relied) is chains.may_buy(found, DAY, "CN", supplier, own=own)
    if not relied:
        return
    assert set(relied) <= set(chains.held(found, DAY, "CN"))
    assert (relied[0].grantor_id, relied[-1].grantee_id) == (None, None)
    assert all(a.grantee_id == b.grantor_id for a, b in itertools.pairwise(relied))
    until = chains.best(chains.held(found, DAY, "CN"), supplier)
    assert until is None or (min(one.ends_on for one in relied), len(relied) > 1) == (until, True)


@given(links(), days)
def test_a_notice_is_due_from_its_day_to_the_end(found: list[Authorisation], day: date) -> None:
    for link in found:
        due, left = chains.due_notice(link, day), (link.ends_on - day).days
        if due is None:
            assert left <= 0 or left > 60 or day < link.valid_from
        else:
            assert 0 < left <= due
            assert not any(left <= less for less in chains.WARN_DAYS if less < due)


prices = st.decimals("0", "100000", places=4)


@given(st.lists(st.tuples(st.integers(1, 10_000), prices), min_size=1, max_size=12), st.decimals("0", "0.9", places=4))
def test_a_discount_is_shared_to_the_fen_and_never_above_its_line(
    lines: list[tuple[int, Decimal]], discount: Decimal
) -> None:
    goods = [sums.goods_minor(units, price, "EUR") for units, price in lines]
    shares = sums.discounted(goods, discount)
    assert abs(sum(shares) - Fraction(sum(goods)) * Fraction(discount)) <= Fraction(1, 2)
    assert all(0 <= share <= gross for share, gross in zip(shares, goods, strict=True))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=10), st.integers(0, 10**9))
def test_parts_of_a_line_are_worth_the_line(parts: list[int], minor: int) -> None:
    units, before, worth = sum(parts), 0, 0
    for part in parts:
        value = sums.value_of(part, units, minor, before)
        assert value >= 0
        worth, before = worth + value, before + part
    assert worth == minor


@given(st.integers(1, 10**12), st.decimals("0.0001", "1000", places=4))
def test_yuan_and_back_is_off_by_less_than_a_minor_unit_of_either(minor: int, rate: Decimal) -> None:
    there = sums.in_house(minor, "USD", rate)
    again = sums.from_house(there, "USD", rate)
    assert abs(again - minor) <= Fraction(1, 2) / Fraction(rate) + 1


@given(st.integers(1, 10_000))
def test_the_highest_tier_that_is_reached_counts(units: int) -> None:
    tiers = [Tier(100, Decimal("0.05")), Tier(1_000, Decimal("0.1"))]
    wanted = "0.1" if units >= 1_000 else "0.05" if units >= 100 else "0"
    assert sums.discount_for(tiers, units) == Decimal(wanted)


@given(st.integers(0, 10**7), st.decimals("0", "0.1", places=3))
def test_a_tolerance_is_rounded_down(units: int, tolerance: Decimal) -> None:
    over = sums.over_units(units, tolerance)
    assert over <= units * tolerance < over + 1
