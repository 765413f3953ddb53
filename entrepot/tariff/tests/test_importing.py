"""Tariffs in somebody else's shape become rate books; what cannot be taken is listed."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from entrepot.tariff import models
from entrepot.tariff.book import Book, Books
from entrepot.tariff.importing import us_hts
from entrepot.tariff.importing.converted import BadSource, Converted
from entrepot.tariff.reading import read
from tests.tidy import ROOT

DATA = Path(os.environ.get("ENTREPOT_DATA") or ROOT.parent / "shared" / "data") / "us-tariff"
here = pytest.mark.skipif(not DATA.exists(), reason="the tariff of the United States is not beside this checkout")
HEADER = (
    "hts8,mfn_text_rate,mfn_ad_val_rate,mfn_specific_rate,mfn_other_rate,quantity_1_code,begin_effect_date,"
    "end_effective_date"
)
SHIRT = "61091000,16.5%,0.165,0,0,DOZ,2012-02-03 00:00:00,2050-12-31 00:00:00"


def hts(*rows: str) -> Converted:
    return us_hts.general_duty("\n".join((HEADER, *rows)).encode())


def lists(*rows: str) -> Converted:
    return us_hts.section_301("\n".join(("list,hts8", *rows)).encode())


def taken(made: Converted) -> list[list[str]]:
    """Prefix, measure, parameters, period and whether it is confirmed, of each row; all of them make a sound book."""
    rates, faults = read(content=made.content)
    assert not faults and len(rates) == made.rows
    return [[row[i] for i in (0, 3, 4, 5, 6, 7)] for row in list(csv.reader(io.StringIO(made.content.decode())))[1:]]


def test_a_duty_is_confirmed_for_its_edition_alone() -> None:
    assert taken(hts(SHIRT)) == [
        ["61091000", "duty", '{"rate":"0.165","expression":"16.5%"}', "2012-02-03", "2018-01-01", "yes"],
        ["61091000", "duty", '{"rate":"0.165","expression":"16.5%"}', "2018-01-01", "", "no"],
    ]


def test_a_duty_that_ends_and_the_one_after_it() -> None:
    first = SHIRT.replace("2050-12-31", "2017-06-30")
    second = SHIRT.replace("2012-02-03", "2017-07-01").replace("16.5%,0.165", "16%,0.16")
    later = SHIRT.replace("61091000", "61099010").replace("2012-02-03", "2019-01-01")
    assert [row[3:] for row in taken(hts(first, second, later))] == [
        ["2012-02-03", "2017-07-01", "yes"],
        ["2017-07-01", "2018-01-01", "yes"],
        ["2018-01-01", "", "no"],
        ["2019-01-01", "", "no"],
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (SHIRT.replace("61091000", "6109100"), "code"),
        (SHIRT.replace("61091000", "98010011"), "special"),
        (SHIRT.replace("16.5%", "See additional U.S. note 1"), "reference"),
        (SHIRT.replace("16.5%", "0.165"), "form"),
        (SHIRT.replace("0.165", "0.16"), "disagreement"),
        (SHIRT.replace("0.165", ""), "disagreement"),
        (SHIRT.replace("16.5%,0.165,0", "14¢/liter,0,0.014"), "disagreement"),
    ],
)
def test_what_is_left_out_is_listed(row: str, reason: str) -> None:
    made = hts(SHIRT, row)
    assert made.rows == 2
    assert [(left.row, left.reason) for left in made.left_out] == [(3, reason)]
    assert made.left_out[0].zh and made.left_out[0].en


@pytest.mark.parametrize(
    "content",
    [
        b"", b"a,b\n1,2\n", "税".encode("gb18030"), b"\x1f\x8bno gzip",
        f"{HEADER}\n{SHIRT.replace('2012-02-03', '3 Feb 2012')}\n".encode(),
    ],
)  # fmt: skip
def test_files_of_another_shape(content: bytes) -> None:
    with pytest.raises(BadSource) as refused:
        us_hts.general_duty(content)
    assert refused.value.message("zh") and refused.value.message("en")


def test_a_packed_file_is_unpacked_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = f"{HEADER}\n{SHIRT}\n".encode()
    assert us_hts.general_duty(gzip.compress(content)) == us_hts.general_duty(content)
    monkeypatch.setattr("entrepot.tariff.importing.converted.SOURCE_BYTES_MAX", len(content) - 1)
    with pytest.raises(BadSource):
        us_hts.general_duty(gzip.compress(content))


def test_section_301_by_list() -> None:
    made = lists("34b,84119910", "200b,42022100", "300b_a,61091000")
    assert [(row[0], row[2], *row[3:]) for row in taken(made)] == [
        ("42022100", '{"rate":"0.10"}', "2018-09-24", "2019-06-01", "yes"),
        ("42022100", '{"rate":"0.25"}', "2019-06-01", "2020-02-14", "yes"),
        ("42022100", '{"rate":"0.25"}', "2020-02-14", "", "no"),
        ("61091000", '{"rate":"0.15"}', "2019-09-01", "2020-02-14", "yes"),
        ("61091000", '{"rate":"0.075"}', "2020-02-14", "", "no"),
        ("84119910", '{"rate":"0.25"}', "2018-07-06", "2020-02-14", "yes"),
        ("84119910", '{"rate":"0.25"}', "2020-02-14", "", "no"),
    ]


def test_a_code_on_two_lists_is_not_verified_and_strays_are_listed() -> None:
    made = lists("34b,99038801", "34b,90314940", "200b,90314940", "300b_c,85171200", "34b,8411", "34b,84119910")
    assert [(left.row, left.reason) for left in made.left_out] == [(2, "special"), (6, "code"), (5, "list")]
    rows = taken(made)
    assert [row[1] for row in rows] == ["additional.section_301"] * 2 + ["not_verified.section_301"]
    assert rows[2][3:] == ["2018-07-06", "", "no"]


@pytest.mark.django_db
def test_the_command_converts_first(tmp_path: Path) -> None:
    out = io.StringIO()
    file = tmp_path / "tariff.csv"
    file.write_text("\n".join((HEADER, SHIRT, SHIRT.replace("61091000", "98010011"))))
    call_command("import_rates", str(file), "--from", "us-hts", "--name", "us-hts", "--as-of", "2017-12-31", stdout=out)
    assert "left out, row 3 98010011" in out.getvalue() and "us-hts/1: 2 added" in out.getvalue()
    assert models.Row.objects.filter(book__name="us-hts", measure="duty").count() == 2
    file.write_text("nothing\n")
    with pytest.raises(CommandError, match="columns are missing"):
        call_command(
            "import_rates", str(file), "--from", "us-section-301", "--name", "x", "--as-of", "2026-11-21", stdout=out
        )


@pytest.mark.data
@here
def test_the_whole_tariff() -> None:
    made = us_hts.general_duty((DATA / "usitc_tariff_database_2017_hts8.csv.gz").read_bytes())
    assert Counter(left.reason for left in made.left_out) == {
        "special": 1_650, "part": 102, "content": 66, "reference": 45, "unit": 25, "degree": 12, "disagreement": 1,
        "form": 1,
    }  # fmt: skip
    assert [(left.code, left.reason) for left in made.left_out if left.reason in {"form", "disagreement"}] == [
        ("22042260", "disagreement"),
        ("84564090", "form"),
    ]
    rates, faults = read(content=made.content)
    assert not faults
    assert len({rate.hs_prefix for rate in rates}) == 10_834


@pytest.mark.data
@here
def test_section_301_against_the_tariff_by_date() -> None:
    """Where all lines of a subheading are on the same list, what it rose by since 1 January 2018 is the list's rate.

    In 51 of 4,654 subheadings the other source rose by more, almost always by twice the rate: it adds up two lines.
    """
    made = us_hts.section_301((DATA / "section301_lists_hts8.csv").read_bytes())
    assert Counter(left.reason for left in made.left_out) == {"list": 542, "special": 11}
    rates, faults = read(content=made.content)
    assert not faults and Counter(rate.measure for rate in rates)["not_verified.section_301"] == 3
    books = Books("US", [Book("us-section-301/1", date(2020, 2, 14), rates)])
    agreed = Counter(_agrees(books, code, risen) for code, risen in _comparable())
    assert agreed == {True: 4_603, False: 51}


def _comparable() -> list[tuple[str, Mapping[date, Fraction]]]:
    """One HTS8 of each subheading whose lines are all on one list, and what its tariff rose by, by date."""
    with (DATA / "section301_lists_hts8.csv").open() as source:
        named: dict[str, set[str]] = defaultdict(set)
        for row in csv.DictReader(source):
            named[row["hts8"]].add(row["list"])
    with gzip.open(DATA / "usitc_tariff_database_2017_hts8.csv.gz", "rt") as source:
        lines: dict[str, set[str]] = defaultdict(set)
        for row in csv.DictReader(source):
            lines[row["hts8"][:6]].add(row["hts8"])
    with gzip.open(DATA / "us_tariff_on_china_hs6_2018_2020.csv.gz", "rt") as source:
        tariff: dict[str, dict[date, Fraction]] = defaultdict(dict)
        for row in csv.DictReader(source):
            if row["tariff"]:
                tariff[row["hs6"]][date.fromisoformat(row["time_of_tariff"])] = Fraction(Decimal(row["tariff"]))
    found = []
    for heading, codes in lines.items():
        on = {tuple(sorted(named.get(code, ()))) for code in codes}
        steps = tariff.get(heading, {})
        first = steps.get(date(2018, 1, 1))
        if len(on) == 1 and on != {()} and first is not None:
            found.append((min(codes), {day: rate - first for day, rate in steps.items()}))
    return found


def _agrees(books: Books, code: str, risen: Mapping[date, Fraction]) -> bool:
    for day, percent in risen.items():
        row = books.find("additional.section_301", day, code, "CN")
        expected = row.formula.rate * 100 if row is not None else Fraction(0)
        if abs(expected - percent) > Fraction(1, 100):
            return False
    return True
