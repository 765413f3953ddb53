"""How much to order: until the next order can arrive, with safety stock, in whole packs and full containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import ceil, sqrt
from statistics import NormalDist

from entrepot.kit.money import allocate
from entrepot.replenishment.types import Container, Lead, Load, ProposedLine, Source

DAYS = 7
TOP_UP_WEEKS = 8  # nobody wants more than two months on top of what is needed, however much room there is
# Inner room and greatest load of dry containers (ISO 668 sizes as carriers publish them), of the room 85 % used.
CONTAINERS = {
    "20": Container("20", 28_200_000, 21_700_000),
    "40": Container("40", 57_500_000, 26_700_000),
    "40HC": Container("40HC", 64_900_000, 26_500_000),
}


@dataclass(frozen=True, slots=True)
class Need:
    """An article before limits: mean and deviation of its demand a week, and what is free here and on the way."""

    source: Source
    weekly: float
    deviation: float
    stock: int


def normal_factor(service: Decimal) -> float:
    return NormalDist().inv_cdf(Fraction(service))  # type: ignore[arg-type] # any number will do


def cover(need: Need, lead: Lead, review_days: int, factor: float | Fraction) -> tuple[float, float]:
    """Demand until what the next order brings, and safety stock on top of it.

    k * sqrt(P * s^2 + d^2 * sL^2), with P the time covered in weeks, s the deviation of a week's error, d the demand of
    a week and sL the deviation of the lead time: E. A. Silver, D. F. Pyke and D. J. Thomas, "Inventory and Production
    Management in Supply Chains", 4th edition 2017, on lead times that vary. Weeks' errors count as independent.
    """
    weeks, spread = Fraction(lead.days + review_days) / DAYS, Fraction(lead.spread_days) / DAYS
    return need.weekly * weeks, factor * sqrt(weeks * need.deviation**2 + need.weekly**2 * spread**2)


def line(need: Need, covered: tuple[float, float]) -> ProposedLine | None:
    """The article's line in whole packs, not less than the minimum; None where nothing is needed."""
    forecast, safety = covered[0], ceil(max(covered[1], 0))
    source, stock = need.source, need.stock + need.source.on_order
    needed = ceil(forecast) + safety - stock
    if needed <= 0:
        return None
    reasons = ["minimum"] if source.minimum > needed else []
    units = -(-max(needed, source.minimum) // source.pack) * source.pack
    if units > max(needed, source.minimum):
        reasons.append("pack")
    return ProposedLine(
        source.article, units, source.pack, needed, Decimal(str(round(forecast, 2))), safety, stock,
        units * source.volume_cm3, units * source.weight_g, tuple(reasons), source.unit_price,
    )  # fmt: skip


def fits(source: Source, container: Container) -> bool:
    """Whether one pack goes into it."""
    return (
        source.pack * source.volume_cm3 <= container.volume_cm3 and source.pack * source.weight_g <= container.weight_g
    )


def raise_to(lines: Sequence[ProposedLine], needs: Sequence[Need], units_min: int) -> list[ProposedLine]:
    """What is missing to the least order goes to the lines by their demand, in whole packs."""
    missing = units_min - sum(one.units for one in lines)
    if missing <= 0 or not lines:
        return list(lines)
    by_article = {need.source.article: need for need in needs}
    weights = [Fraction(by_article[one.article].weekly) for one in lines]
    shares = allocate(missing, weights if any(weights) else [1] * len(lines))
    return [
        _with(one, -(-share // one.pack) * one.pack, by_article[one.article].source, "order")
        for one, share in zip(lines, shares, strict=True)
    ]


def load(lines: Sequence[ProposedLine], container: Container) -> Load:
    """How many containers the goods take, as if they could be poured, and how full they are all in all."""
    volume, weight = sum(one.volume_cm3 for one in lines), sum(one.weight_g for one in lines)
    number = max(-(-volume // container.volume_cm3), -(-weight // container.weight_g), 1)
    return Load(
        container.code, number, 100 * volume // (number * container.volume_cm3),
        100 * weight // (number * container.weight_g),
    )  # fmt: skip


def top_up(lines: Sequence[ProposedLine], needs: Sequence[Need], container: Container) -> list[ProposedLine]:
    """Fill the last container, pack by pack, with what would run out first; never a container more."""
    number = load(lines, container).number
    room = number * container.volume_cm3 - sum(one.volume_cm3 for one in lines)
    lift = number * container.weight_g - sum(one.weight_g for one in lines)
    by_article = {need.source.article: need for need in needs}
    extra = [0] * len(lines)
    queue = []
    for n, one in enumerate(lines):
        need = by_article[one.article]
        if need.weekly > 0:
            queue.append(((one.units + one.stock) / need.weekly, n))
    heapify(queue)
    while queue:
        _weeks, n = heappop(queue)
        one, need = lines[n], by_article[lines[n].article]
        volume, weight = one.pack * need.source.volume_cm3, one.pack * need.source.weight_g
        more = extra[n] + one.pack
        if volume > room or weight > lift or more > TOP_UP_WEEKS * need.weekly:
            continue
        room, lift, extra[n] = room - volume, lift - weight, more
        heappush(queue, ((one.units + one.stock + more) / need.weekly, n))
    return [
        _with(one, more, by_article[one.article].source, "container") for one, more in zip(lines, extra, strict=True)
    ]


def _with(one: ProposedLine, more: int, source: Source, why: str) -> ProposedLine:
    units = one.units + more
    if not more:
        return one
    return replace(
        one, units=units, volume_cm3=units * source.volume_cm3, weight_g=units * source.weight_g,
        reasons=(*one.reasons, why),
    )  # fmt: skip
