"""Forecasts of weekly demand. A method looks at a history once and says what it expected of every week before it came.

All of them are flat: what is expected of next week is expected of each week after it. Sources: J. D. Croston,
"Forecasting and stock control for intermittent demands", Operational Research Quarterly 23 (1972); A. A. Syntetos and
J. E. Boylan, "The accuracy of intermittent demand estimates", International Journal of Forecasting 21 (2005): SBA;
R. H. Teunter, A. A. Syntetos and M. Z. Babai, "Intermittent demand: linking forecasting to inventory obsolescence",
European Journal of Operational Research 214 (2011): TSB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt

# Expected before week t from weeks before it, for t = 0 … n: one more than there are weeks.
Method = Callable[[Sequence[int]], list[float]]
ALPHA = 0.2  # of simple smoothing
ALPHA_RARE = 0.1  # of sizes, intervals and chances: rare demand says little at a time
MEAN_WEEKS = 4


def naive(weeks: Sequence[int]) -> list[float]:
    """Next week is as last week: the yardstick."""
    return [0.0, *(week * 1.0 for week in weeks)]


def mean(weeks: Sequence[int]) -> list[float]:
    """The mean of the last weeks."""
    return [sum(weeks[max(0, t - MEAN_WEEKS) : t]) / min(max(t, 1), MEAN_WEEKS) for t in range(len(weeks) + 1)]


def ses(weeks: Sequence[int], alpha: float = ALPHA) -> list[float]:
    """Simple exponential smoothing, begun with the first week."""
    level, found = 0.0, [0.0]
    for t, week in enumerate(weeks):
        level = week if t == 0 else level + alpha * (week - level)
        found.append(level * 1.0)
    return found


def croston(weeks: Sequence[int], alpha: float = ALPHA_RARE, share: float = 1.0) -> list[float]:
    """Croston: size of a demand over the interval between demands, each smoothed when there is one."""
    size, interval, since, found = 0.0, 0.0, 0, [0.0]
    for week in weeks:
        since += 1
        if week:
            size, interval = (week, since) if not interval else (
                size + alpha * (week - size), interval + alpha * (since - interval))  # fmt: skip
            since = 0
        found.append(share * size / interval if interval else 0.0)
    return found


def sba(weeks: Sequence[int], alpha: float = ALPHA_RARE) -> list[float]:
    """Croston without his bias (Syntetos and Boylan)."""
    return croston(weeks, alpha, 1 - alpha / 2)


def tsb(weeks: Sequence[int], alpha: float = ALPHA_RARE, beta: float = ALPHA_RARE) -> list[float]:
    """Size of a demand times its chance, which falls while there is none: what nobody buys any more fades."""
    size, chance, found = 0.0, 0.0, [0.0]
    for t, week in enumerate(weeks):
        occurs = 1 if week else 0
        chance = occurs if t == 0 else chance + beta * (occurs - chance)
        if week:
            size = week if not size else size + alpha * (week - size)
        found.append(size * chance)
    return found


METHODS: Mapping[str, Method] = {"naive": naive, "mean": mean, "ses": ses, "croston": croston, "sba": sba, "tsb": tsb}


def deviations(weeks: Sequence[int], expected: Sequence[float]) -> list[float]:
    """The root mean square of what a method missed by, one week ahead, before each week; the first week counts not."""
    squares, found = 0.0, [0.0]
    for t, week in enumerate(weeks):
        if t:
            squares += (week - expected[t]) ** 2
        found.append(sqrt(squares / t) if t else 0.0)
    return found
