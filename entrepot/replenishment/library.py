"""Methods of the library statsforecast, where it is installed (`pip install entrepot[forecast]`).

It brings half a gigabyte and five seconds of loading, so only the back-test and the job that proposes orders load it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from entrepot.kit.refusals import Invalid
from entrepot.replenishment.rules.methods import METHODS, Method

# Those that take less than a third of a millisecond an article and are flat.
NAMES: Mapping[str, str] = {
    "sf_ses": "SimpleExponentialSmoothingOptimized",
    "sf_croston": "CrostonOptimized",
    "sf_imapa": "IMAPA",
}
HISTORY_MIN = 4


class MethodUnknown(Invalid):
    code = "method_unknown"
    zh = "没有预测方法“{method}”，或未安装其程序库（entrepot[forecast]）"
    en = "There is no method {method}, or its library is not installed (entrepot[forecast])"


def names() -> list[str]:
    """The methods there are here."""
    return [*METHODS, *(NAMES if find_spec("statsforecast") else ())]


def method(name: str) -> Method:
    """Refuses MethodUnknown."""
    if name in METHODS:
        return METHODS[name]
    if name not in NAMES or find_spec("statsforecast") is None:
        raise MethodUnknown(field="method", method=name)
    return _wrapped(getattr(import_module("statsforecast.models"), NAMES[name])())


def _wrapped(model: Any) -> Method:
    array = import_module("numpy").array

    def expected(weeks: Sequence[int]) -> list[float]:
        """Fitted anew for each week, since it may know nothing of those after it; 0 while there are too few."""
        known = array(weeks, dtype="float64")
        found = [0.0] * min(HISTORY_MIN, len(weeks) + 1)
        for t in range(HISTORY_MIN, len(weeks) + 1):
            told = model.forecast(y=known[:t], h=1)["mean"][0].item() if known[:t].any() else 0.0
            found.append(max(told, 0.0) if told == told else 0.0)
        return found

    return expected
