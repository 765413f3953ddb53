"""How methods would have done: forecasts from rolling origins, and the stock that their orders would have kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, sqrt

from entrepot.replenishment.rules.methods import Method, deviations
from entrepot.replenishment.rules.reorder import normal_factor
from entrepot.replenishment.types import Score, Weeks

HISTORY_MIN = 8  # weeks before the first origin, and of an article's own before it is forecast at all
SERVICE_SLACK = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class Setup:
    """`weeks` of history; orders are placed every week and arrive `lead` weeks later, so one covers lead + 1 weeks.

    Origins before the middle teach the factor of the safety stock, those from it on are judged.
    """

    weeks: int
    lead: int
    service: Decimal

    @property
    def horizon(self) -> int:
        return self.lead + 1

    @property
    def middle(self) -> int:
        return HISTORY_MIN + (self.weeks - HISTORY_MIN) // 2

    @property
    def taught(self) -> range:
        return range(HISTORY_MIN, self.middle - self.horizon + 1)

    @property
    def judged(self) -> range:
        return range(self.middle, self.weeks - self.horizon + 1)


@dataclass(slots=True)
class _Sums:
    missed: float = 0.0
    over: float = 0.0
    demand: int = 0
    cycles: int = 0
    safe: list[int] = field(default_factory=lambda: [0, 0])  # by factor: normal, learnt
    wanted: int = 0
    served: list[int] = field(default_factory=lambda: [0, 0])
    held: list[float] = field(default_factory=lambda: [0.0, 0.0])


@dataclass(frozen=True, slots=True)
class _Path:
    """An article's demand from its first sale on (`since`), what was expected of it, and how far that missed."""

    since: int
    demand: Sequence[int]
    expected: Sequence[float]
    deviation: Sequence[float]

    def at(self, origin: int) -> tuple[float, float] | None:
        """Expected demand and deviation of a week, where the article is known long enough."""
        own = origin - self.since
        return (self.expected[own], self.deviation[own]) if own >= HISTORY_MIN // 2 else None

    def units(self, since: int, until: int) -> int:
        return sum(self.demand[since - self.since : until - self.since])


def score(
    name: str, method: Method, articles: Sequence[Weeks], setup: Setup, clock: Callable[[], float]
) -> tuple[Score, list[tuple[int, int]]]:
    """One method's figures, and (demand, forecast) of all articles by origin."""
    began = clock()
    paths = [path for one in articles if (path := _path(one, method)) is not None]
    factors = (normal_factor(setup.service), _learnt(paths, setup))
    sums, by_origin = _Sums(), {origin: [0, 0.0] for origin in setup.judged}
    for path in paths:
        _judge(path, setup, factors, sums, by_origin)
    demand, cycles, wanted = max(sums.demand, 1), max(sums.cycles, 1), max(sums.wanted, 1)
    weeks = max(setup.weeks - setup.middle, 1)
    both = [
        (_round(sums.safe[i] / cycles), _round(sums.served[i] / wanted), _round(sums.held[i] / weeks)) for i in (0, 1)
    ]
    made = Score(
        name, _round(sums.missed / demand), _round(sums.over / demand), _round(factors[1]), both[0], both[1],
        _round(clock() - began),
    )  # fmt: skip
    return made, [(int(there), round(told)) for there, told in by_origin.values()]


def best(scores: Sequence[Score], service: Decimal) -> str:
    """Who keeps the least stock among those that serve as wished; else who serves best."""
    good = [one for one in scores if one.learnt[0] >= service - SERVICE_SLACK]
    return (
        min(good, key=lambda one: one.learnt[2]).method if good else max(scores, key=lambda one: one.learnt[0]).method
    )


def _path(one: Weeks, method: Method) -> _Path | None:
    since = next((n for n, units in enumerate(one.units) if units), None)
    if since is None:
        return None
    demand = one.units[since:]
    expected = method(demand)
    return _Path(since, demand, expected, deviations(demand, expected))


def _learnt(paths: Sequence[_Path], setup: Setup) -> float:
    """The quantile of earlier errors, each in its article's own deviations, that the service level asks for."""
    errors = []
    for path in paths:
        for origin in setup.taught:
            told = path.at(origin)
            if told and told[1] > 0:
                missed = path.units(origin, origin + setup.horizon) - told[0] * setup.horizon
                errors.append(missed / (told[1] * sqrt(setup.horizon)))
    errors.sort()
    return errors[min(ceil(len(errors) * setup.service), len(errors)) - 1] if errors else normal_factor(setup.service)


def target(told: tuple[float, float], horizon: int, factor: float) -> int:
    """Units to have here and on the way."""
    return max(0, ceil(told[0] * horizon + factor * told[1] * sqrt(horizon)))


def _judge(
    path: _Path, setup: Setup, factors: tuple[float, float], sums: _Sums, by_origin: dict[int, list[float]]
) -> None:
    for origin in setup.judged:
        told = path.at(origin)
        if told is None:
            continue
        there, forecast = path.units(origin, origin + setup.horizon), told[0] * setup.horizon
        sums.missed += abs(there - forecast)
        sums.over += forecast - there
        sums.demand += there
        sums.cycles += 1
        by_origin[origin][0] += there
        by_origin[origin][1] += forecast
        for i in (0, 1):
            sums.safe[i] += there <= target(told, setup.horizon, factors[i])
    for i in (0, 1):
        wanted, served, held = simulate(path, setup, factors[i])
        sums.served[i] += served
        sums.held[i] += held
    sums.wanted += wanted


def simulate(path: _Path, setup: Setup, factor: float) -> tuple[int, int, int]:
    """Units wanted, units served and the sum of stock at the end of each week, from the middle to the end.

    Each week stock is filled up to its target; what is ordered arrives `lead` weeks later; who finds nothing goes away.
    It begins as it would stand after a while: a week's demand on its way for each week of the lead time.
    """
    told = path.at(setup.middle)
    if told is None:
        return 0, 0, 0
    arriving = [round(told[0])] * setup.lead
    here = max(0, target(told, setup.horizon, factor) - sum(arriving) - round(told[0]))  # before this week's order
    wanted = served = held = 0
    for week in range(setup.middle, setup.weeks):
        told = path.at(week) or told
        order = max(0, target(told, setup.horizon, factor) - here - sum(arriving))
        arriving.append(order)
        here += arriving.pop(0)
        demand = path.units(week, week + 1)
        sold = min(here, demand)
        here -= sold
        wanted, served, held = wanted + demand, served + sold, held + here
    return wanted, served, held


def _round(number: float) -> Decimal:
    return Decimal(str(round(number, 4)))
