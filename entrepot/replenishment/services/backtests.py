"""Try the methods on what was really sold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from entrepot.kit.refusals import Invalid
from entrepot.replenishment import library, selectors
from entrepot.replenishment.models import Backtest
from entrepot.replenishment.reading import Progress, nothing
from entrepot.replenishment.rules import backtesting as rules
from entrepot.replenishment.selectors import Wanted
from entrepot.replenishment.types import Report

LEAD_WEEKS_MAX = 52


class TooLittleHistory(Invalid):
    code = "too_little_history"
    zh = "销售历史只有 {weeks} 个整周，回测至少需要 {needed} 周"
    en = "The history has {weeks} whole weeks; a back-test needs {needed}"


def backtest(
    *, wanted: Wanted, setup: tuple[int, Decimal], methods: Sequence[str], clock: Callable[[], float], now: datetime,
    progress: Progress = nothing,
) -> Report:  # fmt: skip
    """Run and keep a back-test. `setup`: lead time in weeks and service level.

    Refuses MethodUnknown, TooLittleHistory.
    """
    lead, service = setup
    if not 0 <= lead <= LEAD_WEEKS_MAX or not Decimal("0.5") <= service < 1:
        raise ValueError("a lead time of at most a year and a service level from 0.5 to below 1")
    chosen = {name: library.method(name) for name in methods}
    first, articles = selectors.weekly(wanted=wanted)
    weeks = len(articles[0].units) if articles else 0
    made = rules.Setup(weeks, lead, service)
    if first is None or not made.judged or not made.taught:
        raise TooLittleHistory(weeks=weeks, needed=rules.HISTORY_MIN + 2 * (lead + 2))
    scores, by_week = [], {}
    for done, (name, method) in enumerate(chosen.items(), start=1):
        one, by_week[name] = rules.score(name, method, articles, made, clock)
        scores.append(one)
        progress(done, len(chosen))
    report: dict[str, Any] = {
        "articles": len(articles),
        "weeks": weeks,
        "origins": len(made.judged),
        "horizon": made.horizon,
        "service": str(service),
        "first": first.isoformat(),
        "scores": [_plain(asdict(one)) for one in scores],
        "best": rules.best(scores, service),
        "by_week": by_week,
    }
    plan = {"lead_weeks": lead, "service": str(service), "methods": list(chosen), "sources": list(wanted.sources)}
    Backtest.objects.create(name=", ".join(wanted.sources)[:200], plan=plan, report=report, at=now)
    found = selectors.last_backtest()
    if found is None:
        raise LookupError("the back-test just kept is not there")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Decimal) else value
