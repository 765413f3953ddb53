"""The tree of divisions, and how it stands against the statistics office's list."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from stdnum import numdb

from entrepot.identity import divisions, selectors
from entrepot.identity.types import Division

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "cn-divisions" / "areas.csv"


def every() -> dict[str, tuple[str, str, str]]:
    """district code: (name, city code, province code)"""
    return {
        district.code: (district.name, city.code, province.code)
        for province in selectors.provinces()
        for city in selectors.cities(province=province.code)
        for district in selectors.districts(city=city.code)
    }


def test_mainland_china_has_31_provinces_and_every_place_lies_in_one() -> None:
    assert len(selectors.provinces()) == 31
    districts = every()
    assert 2_800 < len(districts) < 3_000
    assert all(code[:2] == province[:2] == city[:2] for code, (_, city, province) in districts.items())
    assert {"71", "81", "82"}.isdisjoint(code[:2] for code in districts)


@pytest.mark.parametrize(
    ("district", "name", "city", "city_name"),
    [
        ("330106", "西湖区", "330100", "杭州市"),
        ("110105", "朝阳区", "110100", "北京市"),
        ("500229", "城口县", "500100", "重庆市"),
        ("419001", "济源市", "419001", "济源市"),
        ("441900", "东莞市", "441900", "东莞市"),
        ("330113", "临平区", "330100", "杭州市"),
    ],
)
def test_places_of_every_kind(district: str, name: str, city: str, city_name: str) -> None:
    assert every()[district][:2] == (name, city)
    assert Division(city, city_name) in selectors.cities(province=f"{city[:2]}0000")


@pytest.mark.parametrize("code", ["", "990000", "330000", "xx", "110105"])
def test_no_districts_where_there_is_no_city(code: str) -> None:
    assert selectors.districts(city=code) == ()


def test_no_cities_where_there_is_no_province() -> None:
    assert selectors.cities(province="330100") == ()
    assert selectors.cities(province="") == ()


def test_corrections_are_still_needed() -> None:
    """When the package has caught up with one, it is time to take it out."""
    table = dict(divisions._counties())
    corrections = divisions._CORRECTIONS
    assert [code for code, name in corrections.items() if table.get(code) == name] == []


def test_a_province_without_counties_is_left_out() -> None:
    tree = divisions.build({"33": "浙江省", "71": "台湾省"}, [("330100", "杭州市"), ("330106", "西湖区")])
    assert [province.name for province in tree.children[""]] == ["浙江省"]
    assert tree.named("330100", "330106") == "西湖区"
    assert tree.named("330100", "110105") is None


def test_the_table_still_has_the_shape_we_read() -> None:
    length, low, high, properties, counties = numdb.get("cn/loc").prefixes[0]
    assert (length, low, high, properties["province"]) == (2, "11", "11", "北京市")
    assert counties[0][3].keys() == {"county"}


# The list of 2023 counts units that are no divisions, and is older than ours in two provinces.
NOT_DIVISIONS = {"460321", "460322", "460323", "632857"}
MERGED_2025 = {"500105", "500112"}
NEW_SINCE = {"500157", "653228", "653229", "460302", "460303"}


@pytest.mark.data
@pytest.mark.skipif(not REAL.exists(), reason="the statistics office's list is not beside this checkout")
def test_it_agrees_with_the_statistics_office() -> None:
    with REAL.open(encoding="utf-8-sig") as source:
        theirs = {row["code"]: row["name"] for row in csv.DictReader(source) if not "71" <= row["code"][4:] <= "79"}
    ours = {code: name for code, (name, _, _) in every().items()}
    theirs["620200"] = theirs.pop("620201")  # 嘉峪关 has no districts; their 620201 is a placeholder for the city
    assert theirs.keys() - ours.keys() == NOT_DIVISIONS | MERGED_2025
    assert ours.keys() - theirs.keys() == NEW_SINCE
    assert [code for code in ours.keys() & theirs.keys() if ours[code] != theirs[code]] == []
