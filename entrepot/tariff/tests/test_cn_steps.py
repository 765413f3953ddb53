"""China's tariff in dated steps: the converter on small files, and every line, origin and day of the real one."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from entrepot.tariff import engine, models, regimes
from entrepot.tariff.book import Book, Books
from entrepot.tariff.importing.cn_steps import EQUIVALENT, convert
from entrepot.tariff.importing.converted import BadSource
from entrepot.tariff.services import read
from entrepot.tariff.tests.makers import a_line, a_request, shipped_book

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
FOLDER = DATA / "cn-tariff-2018-2019"
AS_OF = date(2019, 6, 12)
with_data = pytest.mark.skipif(not FOLDER.exists(), reason=f"the data set cn-tariff-2018-2019 is not at {DATA}")
HEADER = (
    'hs10,description,"January 1, 2018 | MFN Tariff Rates","April 2, 2018 | Retaliation to US Section 232 tariffs",'
    '"July 1, 2018 | Change of MFN tariffs","January 1, 2019 | Change of temporary MFN rates",'
    '"January 1, 2019 | Suspension of retaliation"'
)


def converted(*lines: str, as_of: date = AS_OF) -> tuple[list[list[str]], list[tuple[str, str, str]]]:
    made = convert("\n".join((HEADER, *lines)).encode(), as_of)
    rows = [
        [row[0], row[1], row[3], row[4], row[5], row[6], row[7]]
        for row in csv.reader(io.StringIO(made.content.decode()))
    ]
    return rows[1:], [(left.code, left.reason, left.en) for left in made.left_out]


def test_changes_are_summed_and_a_day_without_a_change_makes_no_row() -> None:
    rows, left_out = converted("8703234110,Cars,25,25,-10,0,-25")
    assert rows == [
        ["8703234110", "", "duty", '{"rate":"0.25"}', "2018-01-01", "2018-07-01", "yes"],
        ["8703234110", "", "duty", '{"rate":"0.15"}', "2018-07-01", "2019-06-13", "yes"],
        ["8703234110", "US", "additional.retaliation", '{"rate":"0.25"}', "2018-04-02", "2019-01-01", "yes"],
    ]
    assert left_out == []


def test_what_floating_point_left_is_cleaned_and_a_duty_of_nothing_is_a_rate() -> None:
    rows, _ = converted("0101210010,Horses,14.000000000000002,0,-3.9999996185302734,-9.99999999,0")
    assert [row[3] for row in rows] == ['{"rate":"0.14"}', '{"rate":"0.1"}', '{"rate":"0"}']


def test_two_changes_of_one_day_are_one_step() -> None:
    header = 'hs10,description,"January 1, 2018 | MFN","July 1, 2018 | Change of MFN","July 1, 2018 | Temporary MFN"'
    for cells, wanted in (("8,-2,-1", ["0.08 2018-07-01", "0.05 2019-06-13"]), ("8,-2,2", ["0.08 2019-06-13"])):
        rates, faults = read(content=convert(f"{header}\n0101210010,Horses,{cells}".encode(), AS_OF).content)
        assert faults == () and [f"{rate.params['rate']} {rate.valid_to}" for rate in rates] == wanted


def test_a_rate_finer_than_the_law_prints_is_not_confirmed() -> None:
    rows, _ = converted("0207120000,Chickens,11.032,0,-4.1198731537406275e-07,0,0")
    assert [(row[3], row[6]) for row in rows] == [('{"rate":"0.11032"}', "no")]
    made = convert(f"{HEADER}\n0207120000,Chickens,11.032,0,0,0,0".encode(), AS_OF)
    rates, faults = read(content=made.content)
    assert faults == () and rates[0].note == EQUIVALENT and "January 1, 2018 | MFN Tariff Rates" in rates[0].source


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("3702520000,Film,,5,,,0", "no number under 'January 1, 2018 | MFN Tariff Rates'"),
        ("3702520000,Film,5,5,x,0,0", "no number under 'July 1, 2018 | Change of MFN tariffs'"),
        ("3702520000,Film,NaN,5,0,0,0", "no number under 'January 1, 2018 | MFN Tariff Rates'"),
        ("3702520000,Film,1e9,5,0,0,0", "no number under 'January 1, 2018 | MFN Tariff Rates'"),
        ("3702520000,Film,5,5,-6,0,0", "-1 on 2018-07-01 is no rate"),
        ("3702520000,Film,5,5,-0.0002,0,0", "4.9998 on 2018-07-01 is no rate"),
    ],
)
def test_a_line_without_its_rates_is_left_out_and_its_retaliation_is_not(line: str, why: str) -> None:
    rows, left_out = converted(line)
    assert [row[2] for row in rows] == ["additional.retaliation"]
    assert left_out == [("3702520000", "no_rate", f"duty: {why}")]


@pytest.mark.parametrize(
    "line", ["37025200,Film,5,5,0,0,0", "3702520000AB,F,5,5,0,0,0", "3702520000,F,5,5,0,0", "３702520000,F,5,5,0,0,0"]
)
def test_what_is_no_line_is_listed(line: str) -> None:
    rows, left_out = converted(line)
    assert rows == [] and [left[1] for left in left_out] == ["form"]


def test_classes_by_value_are_taken_where_they_agree_and_left_out_where_not() -> None:
    rows, left_out = converted(
        "8525802200A,Cameras to 5000,0,10,0,0,0", "8525802200B,Cameras above,0,10,0,0,0",
        "8521101100A,Recorders to 2000,15,5,0,0,0", "8521101100B,Recorders above,,5,,,0",
        "8521102000A,Recorders alone,15,5,0,0,0",
    )  # fmt: skip
    assert [(row[0], row[2]) for row in rows] == [
        ("8521101100", "additional.retaliation"), ("8525802200", "duty"), ("8525802200", "additional.retaliation"),
    ]  # fmt: skip
    classes = "its code has classes by value with other or unknown rates"
    assert left_out == [
        ("8521101100A", "classes", f"duty: {classes}"),
        ("8521101100B", "no_rate", "duty: no number under 'January 1, 2018 | MFN Tariff Rates'"),
        ("8521102000A", "classes", f"duty: {classes}"),
        ("8521102000A", "classes", f"additional.retaliation: {classes}"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "", "hs10,description", "hs8,description,\"May 1, 2018 | MFN\"", 'hs10,description,"1.5.2018 | MFN"',
        'hs10,description,"Mai 1, 2018 | MFN"', 'hs10,description,"May 32, 2018 | MFN"',
        'hs10,description,"May 1, 2018 | Retaliation"', 'hs10,description,"May 1, 2018 | Quota"',
        'hs10,description,"May 1, 2018 | MFN","May 1, 2017 | MFN"',
    ],
)  # fmt: skip
def test_another_file_is_refused(header: str) -> None:
    with pytest.raises(BadSource):
        convert(f"{header}\n0101210010,Horses,0".encode(), AS_OF)


def test_the_rows_end_with_what_is_known() -> None:
    with pytest.raises(BadSource):
        converted("0101210010,Horses,5,0,0,0,0", as_of=date(2018, 12, 31))
    rows, _ = converted("0101210010,Horses,5,0,0,0,0", as_of=date(2019, 1, 1))
    assert [row[5] for row in rows] == ["2019-01-02"]


@pytest.mark.django_db
def test_the_command_converts_imports_and_lists_what_it_left_out(tmp_path: Path) -> None:
    out = io.StringIO()
    file = tmp_path / "steps.csv.gz"
    file.write_bytes(gzip.compress(f"{HEADER}\n8703234110,Cars,25,25,-10,0,-25\n3702520000,Film,,5,,,0\n".encode()))
    arguments = [str(file), "--from", "cn-steps", "--name", "cn-duty", "--as-of", "2019-06-12"]
    call_command("import_rates", *arguments, "--dry-run", stdout=out)
    assert not models.Book.objects.exists()
    call_command("import_rates", *arguments, stdout=out)
    assert "left out, row 3 3702520000: duty: no number" in out.getvalue()
    assert "cn-duty/1: 4 added" in out.getvalue()
    assert models.Row.objects.filter(measure="duty").count() == 2
    bad = {"plain": b"hs10\n", "cut.gz": gzip.compress(b"x" * 1000)[:40], "latin": "é".encode("latin-1")}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CommandError, match="cannot be converted"):
            call_command("import_rates", str(tmp_path / name), *arguments[1:], stdout=out)


# The real file -------------------------------------------------------------------------------------------------------


@cache
def real_lines() -> tuple[list[tuple[date, str]], list[list[str]]]:
    """Days and titles of the dated columns, and the lines; read here once more, by other means than the converter's."""
    with gzip.open(FOLDER / "cn_tariff_steps_hs10.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    days = [datetime.strptime(title.split(" | ")[0], "%B %d, %Y").date() for title in header[2:]]  # noqa: DTZ007
    return list(zip(days, header[2:], strict=True)), lines


@cache
def real_books() -> Books:
    made = convert((FOLDER / "cn_tariff_steps_hs10.csv.gz").read_bytes(), AS_OF)
    assert len(made.left_out) == 21
    rates, faults = read(content=made.content)
    assert faults == ()
    shipped = [shipped_book(folder) for folder in ("cn_cbec", "cn_general")]
    return Books("CN", [*shipped, Book("cn-duty/1", AS_OF, rates)])


@cache
def days_asked() -> list[date]:
    """Days of steps, their eves, the last day known and the first not known."""
    steps = {day for day, _ in real_lines()[0]}
    return sorted({*steps, *(day - timedelta(days=1) for day in steps), AS_OF, AS_OF + timedelta(days=1)})


def sums(cells: list[str], days: list[date]) -> list[tuple[int | None, int]]:
    """MFN rate and retaliation on each day, in thousandths of a per cent: the sum of the columns up to the day."""
    steps: list[tuple[date, int | None, int]] = []
    mfn, added, known = Fraction(0), 0, True
    for (on, title), cell in zip(real_lines()[0], cells, strict=True):
        if "etaliation" in title:
            added += int(cell) * 1000
        elif cell:
            mfn += Fraction(cell) * 1000
        else:
            known = False
        assert abs(mfn - round(mfn)) < Fraction(1, 100)
        steps.append((on, round(mfn) if known else None, added))
    found: list[tuple[int | None, int]] = []
    for day in days:
        until = [step for step in steps if step[0] <= day]
        found.append(until[-1][1:] if until else (None, 0))
    return found


@cache
def thousandths(rate: Fraction) -> int:
    whole = rate * 100_000
    assert whole.denominator == 1
    return whole.numerator


def booked(books: Books, code: str, origin: str, day: date) -> tuple[int | None, int]:
    at = (code, origin)
    duty = books.find("duty", day, *at)
    added = sum(thousandths(row.formula.rate) for row in books.every("additional", day, *at))
    return (None if duty is None else thousandths(duty.formula.rate)), added


def by_value() -> dict[str, set[tuple[str, ...]]]:
    classes: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for line in real_lines()[1]:
        classes[line[0][:10]].add(tuple(line[2:]))
    return classes


@pytest.mark.data
@with_data
def test_every_line_both_origins_every_day_of_a_step_and_the_day_before() -> None:
    books, (columns, lines), classes, days = real_books(), real_lines(), by_value(), days_asked()
    first = columns[0][0]
    compared = unknown = 0
    for line in lines:
        code, cells = line[0][:10], line[2:]
        for day, (mfn, added) in zip(days, sums(cells, days), strict=True):
            if not first <= day <= AS_OF:
                mfn, added = None, 0
            elif len(classes[code]) > 1:
                mfn = None  # classes by value that differ: no rate of the ten digits
            unknown += mfn is None
            for origin, wanted in (("US", added), ("DE", 0)):
                assert booked(books, code, origin, day) == (mfn, wanted), (line[0], origin, day)
                compared += 1
    # 11,790 lines, 2 origins, 10 days of steps, their eves, the last day known and the first day not known
    assert (len(lines), len(days), compared) == (11_790, 22, 11_790 * 2 * 22)
    # 21 lines have no rate on the 20 days known, and no line has one on the eve of the first and after the last
    assert unknown == 21 * 20 + 11_790 * 2


@pytest.mark.data
@with_data
def test_what_is_left_out_are_the_lines_without_a_rate_and_their_classes() -> None:
    made = convert((FOLDER / "cn_tariff_steps_hs10.csv.gz").read_bytes(), AS_OF)
    lines = real_lines()[1]
    without = {line[0] for line in lines if not line[2]}
    letters = {line[0] for line in lines if not line[0].isdigit()}
    assert (len(without), len(letters)) == (14, 28)
    differ = {code for code, ways in by_value().items() if len(ways) > 1}
    assert {left.code for left in made.left_out} == without | {code for code in letters if code[:10] in differ}
    assert all(left.en.startswith("duty: ") for left in made.left_out)


@pytest.mark.data
@with_data
def test_the_engine_computes_with_them() -> None:
    """Every 97th line through the regime of general trade: duty on 10,000.00 is the running sum."""
    asked = 0
    for line in real_lines()[1][::97]:
        for origin, day in (("US", date(2018, 10, 31)), ("DE", date(2018, 10, 31)), ("US", date(2019, 6, 1))):
            [(mfn, added)] = sums(line[2:], [day])
            article = a_line("10000", line[0][:10], origin=origin, rates={"excise": "0"})
            got = engine.quote(a_request(article, channel="general", day=day), real_books(), regimes.REGIMES.values())
            if mfn is None:
                assert got.decision == "rates_not_verified"
                continue
            whole = mfn + (added if origin == "US" else 0)
            assert (got.decision, got.duty * 10) == ("clear", whole), line[0]  # thousandths of a per cent on 10,000.00
            asked += 1
    assert asked > 350


def hs6_rows() -> Iterator[tuple[str, date, str]]:
    with gzip.open(FOLDER / "cn_tariff_on_us_hs6_to_2019-12-26.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["hs6"], date.fromisoformat(row["time_of_tariff"]), row["tariff"]


@pytest.mark.data
@with_data
def test_against_the_series_by_subheading() -> None:
    """That series holds the HIGHEST rate on US goods of the lines of a subheading. It agrees on ten days but for 39
    subheadings on 1 November 2018, where it is higher for that one day; its last two days are after our steps."""
    books = real_books()
    codes: dict[str, set[str]] = defaultdict(set)
    partly: set[str] = set()
    for line in real_lines()[1]:
        codes[line[0][:6]].add(line[0][:10])
        if booked(books, line[0][:10], "US", AS_OF)[0] is None:
            partly.add(line[0][:6])
    same, higher, lower, blank, later = 0, set(), set(), set(), set()
    for hs6, day, tariff in hs6_rows():
        if day > AS_OF:
            later.add(day)
        elif not tariff:
            blank.add(hs6)
        elif hs6 not in partly:
            rates = [booked(books, code, "US", day) for code in codes[hs6]]
            highest = max(mfn + added for mfn, added in rates if mfn is not None)
            off = round(Decimal(tariff) * 1000) - highest
            same += not off
            higher |= {(hs6, day)} if off > 0 else set()
            lower |= {(hs6, day)} if off < 0 else set()
    assert partly == {"370252", "370253", "370254", "370297", "480441", "480451", "852110", "852580"}
    assert blank == {"370252", "370253", "370254", "370297"}
    assert {day for _, day in higher} == {date(2018, 11, 1)} and len(higher) == 39 and not lower
    assert same == (len(codes) - len(partly)) * 10 - 39
    assert later == {date(2019, 9, 1), date(2019, 12, 26)}


@pytest.mark.data
@with_data
def test_duties_finer_than_the_law_prints_are_told() -> None:
    """29 lines of frozen chicken, gizzards and film, where a duty by quantity was turned into a percentage."""
    fine = {rate.hs_prefix for rate in real_books().books[-1].rates if not rate.confirmed}
    assert len(fine) == 29 and {code[:4] for code in fine} == {"0207", "0504", "3702"}
    article = a_line("10000", "0207120000", origin="BR")
    got = engine.quote(a_request(article, channel="general", day=AS_OF), real_books(), regimes.REGIMES.values())
    assert got.duty == Decimal("1103.20")
