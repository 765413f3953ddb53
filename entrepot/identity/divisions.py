"""Provinces, cities and districts of mainland China (GB/T 2260), built from the tables that python-stdnum carries.

python-stdnum keeps every county code with the years in which each name was valid, to check resident ID numbers.
What is valid today and has no end makes the tree that addresses choose from; docs/adr/0010-divisions.md tells why,
and what the corrections below are. Hong Kong, Macao and Taiwan are other customs territories: not in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from stdnum import numdb

from entrepot.identity.types import Division

_NAME = re.compile(r"^(?:\[(\d*)-(\d*)\])?(.+)$")

# Beijing, Tianjin, Shanghai, Chongqing: the "city" between municipality and district is a placeholder (市辖区, 县).
_MUNICIPALITIES = ("11", "12", "31", "50")
# Counties under the province itself (济源, 仙桃, 石河子, 文昌 …) are written 90xx: each counts as a city of its own.
_UNDER_PROVINCE = "90"

# Where the table is behind or wrong (code: name, None takes it out). Sources: Ministry of Civil Affairs, changes to
# divisions above county level of 2021 (临平, 钱塘) and the GB/T 2260 names and codes of the others.
_CORRECTIONS: dict[str, str | None] = {
    "330113": "临平区",
    "330114": "钱塘区",
    "422900": None,  # prefecture dissolved in 1976
    "422921": None,  # 神农架林区 is 429021
    "429001": None,  # 随州 became the prefecture 421300
    "232761": "加格达奇区",
    "232762": "松岭区",
    "232763": "新林区",
    "232764": "呼中区",
}


@dataclass(frozen=True, slots=True)
class Tree:
    """Children by parent code, in code order; `""` holds the provinces."""

    children: dict[str, tuple[Division, ...]]

    def named(self, parent: str, code: str) -> str | None:
        """The name of `code` if it lies directly under `parent`."""
        return next((division.name for division in self.children.get(parent, ()) if division.code == code), None)


def _counties() -> Iterator[tuple[str, str]]:
    """(six-digit code, name valid today) of everything below the provinces, as the table has it."""
    for _, province, _, _, counties in numdb.get("cn/loc").prefixes:
        for _, low, _, properties, _ in counties:
            names = (_NAME.match(entry) for entry in properties.get("county", "").split(","))
            yield from ((province + low, name[3]) for name in names if name and not name[2])


def _corrected(table: Iterable[tuple[str, str]]) -> dict[str, str]:
    merged: dict[str, str | None] = {**dict(table), **_CORRECTIONS}
    return {code: name for code, name in sorted(merged.items()) if name is not None}


def build(provinces: dict[str, str], table: Iterable[tuple[str, str]]) -> Tree:
    """The tree of `table` (code, name) under `provinces` (two digits: name); those without counties are left out."""
    names = _corrected(table)
    cities: dict[str, dict[str, str]] = {}
    districts: dict[str, list[Division]] = {}
    for code, name in names.items():
        province, city = code[:2], code[2:4]
        if city == "00" or code[4:] == "01" and name == "市辖区":
            continue  # the province itself, and the placeholder that stands for all districts of a city
        if province in _MUNICIPALITIES:
            if code[4:] != "00":
                cities.setdefault(province, {})[f"{province}0100"] = provinces[province]
                districts.setdefault(f"{province}0100", []).append(Division(code, name))
        elif city == _UNDER_PROVINCE:
            if code[4:] != "00":
                cities.setdefault(province, {})[code] = name
                districts[code] = [Division(code, name)]
        elif code[4:] == "00":
            cities.setdefault(province, {})[code] = name
        else:
            districts.setdefault(f"{province}{city}00", []).append(Division(code, name))
    children: dict[str, tuple[Division, ...]] = {
        "": tuple(Division(f"{province}0000", provinces[province]) for province in sorted(cities))
    }
    for province, below in cities.items():
        children[f"{province}0000"] = tuple(Division(code, name) for code, name in below.items())
        for code, name in below.items():
            # Four cities (东莞, 中山, 儋州, 嘉峪关) have no districts: they are their own.
            children[code] = tuple(districts.get(code, [Division(code, name)]))
    return Tree(children)


@cache
def tree() -> Tree:
    """Today's tree, built once per process (about 20 ms)."""
    provinces = {code: properties["province"] for _, code, _, properties, _ in numdb.get("cn/loc").prefixes}
    return build(provinces, _counties())
