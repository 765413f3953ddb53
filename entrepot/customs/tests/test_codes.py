from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from entrepot.customs.ceb import codes

ON = date(2026, 11, 21)
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "cn-customs-codes"


def test_the_same_number_means_different_things() -> None:
    assert codes.country("CN", ON) == codes.currency("CNY", ON) == codes.unit("142", ON) == "142"
    assert codes.country("JP", ON) == codes.currency("JPY", ON) == "116"
    assert codes.currency("EUR", ON) == "300"


@pytest.mark.parametrize(
    ("country", "code"),
    {
        "HK": "110", "JP": "116", "SG": "132", "KR": "133", "TH": "136", "CN": "142", "TW": "143", "GB": "303",
        "DE": "304", "FR": "305", "IE": "306", "IT": "307", "NL": "309", "CA": "501", "US": "502", "AU": "601",
        "NZ": "609",
    }.items(),
)  # fmt: skip
def test_the_notes_countries_have_the_notes_codes(country: str, code: str) -> None:
    assert codes.country(country, ON) == code


def test_what_customs_lacks_is_refused_by_name_in_both_languages() -> None:
    for look in (
        lambda: codes.country("XX", ON),
        lambda: codes.currency("BTC", ON),
        lambda: codes.unit("999", ON),
        lambda: codes.transport("Q", ON),
    ):
        with pytest.raises(codes.UnknownCode) as caught:
            look()
        assert caught.value.field
        assert caught.value.message("zh") != caught.value.message("en")


def test_a_code_counts_inside_its_period_only() -> None:
    with pytest.raises(codes.UnknownCode):
        codes.country("CN", date(2020, 1, 1))


def test_there_are_enough_countries() -> None:
    assert len(codes.COUNTRIES) >= 40
    assert all(row.source for table in (codes.COUNTRIES, codes.CURRENCIES, codes.UNITS) for row in table.values())


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the customs code tables are not beside the checkout")
def test_our_codes_are_those_of_the_published_tables() -> None:
    def rows(name: str) -> dict[str, dict[str, str]]:
        with (DATA / name).open(encoding="utf-8") as file:
            return {row["code"]: row for row in csv.DictReader(file)}

    countries, units = rows("countries_ceb_numeric.csv"), rows("units_ceb.csv")
    currencies, modes = rows("currencies_ceb_numeric.csv"), rows("transport_modes_ceb.csv")
    assert {c.code: c.name for c in codes.COUNTRIES.values()}.items() <= {
        code: row["name_cn"] for code, row in countries.items()
    }.items()
    assert all(units[c.code]["name_cn"] == c.name for c in codes.UNITS.values())
    assert all(currencies[c.code]["iso4217"] == key for key, c in codes.CURRENCIES.items())
    assert all(modes[c.code]["name_cn"] == c.name for c in codes.TRANSPORT.values())
