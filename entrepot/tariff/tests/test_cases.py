"""Each regime's worked cases (regimes/*/cases.json), and what every regime's folder must hold.

A case is a question as it goes over the wire, and the part of the answer that is known from the law or worked by hand.
`rows` are further lines of a rate book (CSV without header) where the case needs a rate that does not ship.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest

from entrepot.kit.refusals import Refusal
from entrepot.tariff import regimes
from entrepot.tariff.tests.makers import a_book, quoted
from entrepot.tariff.types import wire


def cases() -> list[Any]:
    found = []
    for folder in regimes.FOLDERS:
        text = files("entrepot.tariff.regimes").joinpath(folder, "cases.json").read_text(encoding="utf-8")
        found += [pytest.param(case, id=f"{folder}: {case['title']}") for case in json.loads(text)]
    return found


@pytest.mark.parametrize("case", cases())
def test_case(case: Mapping[str, Any]) -> None:
    extra = [a_book(*case["rows"])] if "rows" in case else []
    if "refusal" in case:
        with pytest.raises(Refusal) as refused:
            quoted(wire.parse(case["request"]), *extra)
        assert refused.value.code == case["refusal"]
        assert refused.value.message("zh") and refused.value.message("en")
        return
    answer = wire.render(quoted(wire.parse(case["request"]), *extra))
    assert part_of(case["answer"], answer) == case["answer"]
    assert all(step["zh"] and step["en"] for line in answer["lines"] for step in line["explanation"])
    assert all(step["zh"] and step["en"] for step in (*answer["explanation"], *answer["warnings"], *answer["demands"]))


def part_of(wanted: Any, found: Any) -> Any:
    """What of `found` is asked for. Of reasons (warnings, explanation, demands) a list of texts asks for the codes."""
    if isinstance(wanted, Mapping):
        return {
            key: part_of(value, found.get(key) if isinstance(found, Mapping) else None) for key, value in wanted.items()
        }
    if isinstance(wanted, list) and isinstance(found, list):
        if wanted and all(isinstance(one, str) for one in wanted) and found and isinstance(found[0], Mapping):
            return [step["code"] for step in found]
        if len(wanted) == len(found):
            return [part_of(a, b) for a, b in zip(wanted, found, strict=True)]
    return found


@pytest.mark.parametrize("folder", regimes.FOLDERS)
def test_a_regime_is_whole(folder: str) -> None:
    """README, cases that say where they come from, and a book whose every row has a source and only known measures."""
    there = {path.name for path in files("entrepot.tariff.regimes").joinpath(folder).iterdir()}
    assert {"README.md", "rules.py", "rates.csv", "cases.json"} <= there
    text = files("entrepot.tariff.regimes").joinpath(folder, "cases.json").read_text(encoding="utf-8")
    assert all(case["title"] and case["law"] for case in json.loads(text))
