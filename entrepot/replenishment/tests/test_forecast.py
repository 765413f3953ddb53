"""Forecasts: worked tables, the library beside our own, the back-test on made-up and on 39 weeks of real sales."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.replenishment import library, selectors, services
from entrepot.replenishment.rules import backtesting, methods
from entrepot.replenishment.rules.backtesting import Setup, score, simulate
from entrepot.replenishment.selectors import Wanted
from entrepot.replenishment.services.backtests import TooLittleHistory
from entrepot.replenishment.tests.makers import NOW, ORIGIN, sale, sales_file
from entrepot.replenishment.types import Weeks

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
UCI = DATA / "orders-uci-online-retail" / "online_retail_2010-12-01_2011-08-31.csv.gz"
SERVICE = Decimal("0.9")


def clock() -> float:
    return 0.0


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("naive", [0, 4, 0, 8, 0]),
        ("mean", [0, 4, 2, 4, 3]),
        ("ses", [0, 4, 3.2, 4.16, 3.328]),
        ("croston", [0, 4, 4, 4.4 / 1.1, 4.4 / 1.1]),
        ("sba", [0, 3.8, 3.8, 0.95 * 4.4 / 1.1, 0.95 * 4.4 / 1.1]),
        ("tsb", [0, 4, 3.6, 4.4 * 0.91, 4.4 * 0.819]),
    ],
)
def test_methods_say_what_their_papers_say(method: str, expected: list[float]) -> None:
    assert methods.METHODS[method]([4, 0, 8, 0]) == pytest.approx(expected)


def test_deviations_are_those_of_the_errors_so_far() -> None:
    found = methods.deviations([4, 0, 8], methods.naive([4, 0, 8]))
    assert found == pytest.approx([0, 0, 4, sqrt(40)])


@given(st.sampled_from(sorted(methods.METHODS)), st.lists(st.integers(0, 500), max_size=30), st.integers(0, 30))
def test_no_method_knows_the_future(name: str, weeks: list[int], cut: int) -> None:
    whole = methods.METHODS[name](weeks)
    assert len(whole) == len(weeks) + 1
    assert min(whole) >= 0
    assert methods.METHODS[name](weeks[:cut]) == whole[: min(cut, len(weeks)) + 1]


def test_our_methods_agree_with_the_library() -> None:
    models = pytest.importorskip("statsforecast.models", reason="the library statsforecast is not installed")
    import numpy

    weeks = [3, 0, 0, 7, 2, 0, 0, 0, 5, 1, 0, 4, 9, 0, 2, 0, 0, 6, 0, 1]
    series = numpy.array(weeks, dtype="float64")
    theirs = {
        "ses": models.SimpleExponentialSmoothing(methods.ALPHA),
        "croston": models.CrostonClassic(),
        "sba": models.CrostonSBA(),
        "tsb": models.TSB(methods.ALPHA_RARE, methods.ALPHA_RARE),
    }
    for name, model in theirs.items():
        told = model.forecast(y=series, h=1)["mean"][0].item()
        assert methods.METHODS[name](weeks)[-1] == pytest.approx(told, rel=1e-6), name
    for name in library.NAMES:
        found = library.method(name)(weeks)
        assert len(found) == len(weeks) + 1
        assert library.method(name)(weeks[:12]) == pytest.approx(found[:13])


def test_a_method_that_is_not_there_is_refused() -> None:
    with pytest.raises(library.MethodUnknown, match="crystal"):
        library.method("crystal-ball")


def test_steady_demand_needs_no_safety_stock_and_serves_everybody() -> None:
    steady = [Weeks("A", "MAIN", (10,) * 30)]
    one, by_origin = score("ses", methods.ses, steady, Setup(30, 2, SERVICE), clock)
    assert (one.wape, one.bias, one.normal) == (0, 0, (1, 1, 0))
    assert set(by_origin) == {(30, 30)}


def test_stock_that_is_too_small_is_seen() -> None:
    """Demand doubles after what was learnt: a forecast that stays is short by half of it."""
    weeks = [Weeks("A", "MAIN", (10,) * 19 + (20,) * 11)]
    one, _ = score("flat", lambda demand: [10.0] * (len(demand) + 1), weeks, Setup(30, 2, SERVICE), clock)
    assert (one.wape, one.bias) == (Decimal("0.5"), Decimal("-0.5"))
    assert one.normal[0] < Decimal("0.6")
    assert one.normal[1] < 1


@given(st.lists(st.integers(0, 60), min_size=26, max_size=26), st.floats(0, 3), st.integers(0, 5))
def test_more_safety_never_serves_less(units: list[int], factor: float, lead: int) -> None:
    units[0] = 5
    setup = Setup(26, lead, SERVICE)
    path = backtesting._path(Weeks("A", "MAIN", tuple(units)), methods.ses)
    assert path is not None
    wanted, served, held = simulate(path, setup, factor)
    more = simulate(path, setup, factor + 1)
    assert wanted == sum(units[setup.middle :]) == more[0]
    assert 0 <= served <= wanted
    assert held >= 0
    assert more[1] >= served


@pytest.mark.django_db
def test_weeks_are_whole_and_cancelled_units_are_no_demand(tmp_path: Path) -> None:
    lines = [
        sale("A1", 3, at="2011-01-01 10:00:00"),  # a Saturday: before the first whole week
        sale("A1", 5, at="2011-01-03 10:00:00"),
        sale("A1", 4, at="2011-01-12 10:00:00"),
        sale("A1", -4, at="2011-01-12 11:00:00", invoice="C1"),
        sale("A1", 2, at="2011-01-23 10:00:00"),
        sale("B2", 9, at="2011-01-25 10:00:00"),  # in the week that is not over
    ]
    services.import_sales(file=sales_file(tmp_path, lines), origin=ORIGIN, now=NOW)
    first, found = selectors.weekly(wanted=Wanted([ORIGIN.source]))
    assert (first, found) == (date(2011, 1, 3), [Weeks("A1", "MAIN", (5, 0, 2))])
    with pytest.raises(TooLittleHistory):
        services.backtest(wanted=Wanted([ORIGIN.source]), setup=(4, SERVICE), methods=["ses"], clock=clock, now=NOW)


@pytest.mark.data
@pytest.mark.django_db
@pytest.mark.skipif(not UCI.exists(), reason=f"the data set orders-uci-online-retail is not at {DATA}")
def test_real_sales_are_forecast_better_than_by_the_yardstick() -> None:
    services.import_sales(file=UCI, origin=replace(ORIGIN, source="uci"), now=NOW)
    ticks = count()
    found = services.backtest(
        wanted=Wanted(["uci"]), setup=(4, Decimal("0.95")), methods=list(methods.METHODS),
        clock=lambda: next(ticks) * 1.0, now=NOW,
    )  # fmt: skip
    assert (found.weeks, found.horizon, found.first) == (38, 5, date(2010, 12, 6))
    scores = {one.method: one for one in found.scores}
    assert all(scores[name].wape < scores["naive"].wape for name in ("mean", "ses", "sba", "tsb"))
    for one in found.scores:
        # Demand in lumps breaks the normal distribution's promise; what earlier errors taught comes nearer.
        assert abs(one.learnt[0] - found.service) < abs(one.normal[0] - found.service) < Decimal("0.2")
        assert one.learnt[1] >= one.normal[1]
    assert scores[found.best].learnt[2] <= scores["naive"].learnt[2]
    assert sum(there for there, _ in found.by_week["ses"]) == sum(there for there, _ in found.by_week["naive"])
