"""The history of euro reference rates as rows of a rate book."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from entrepot.tariff import reading
from entrepot.tariff.book import Book, Books
from entrepot.tariff.importing import fx
from entrepot.tariff.importing.converted import BadSource
from entrepot.tariff.regime import exchange
from entrepot.tariff.selectors import newest, quote
from entrepot.tariff.tests.makers import a_line, a_request, founding_book
from entrepot.tariff.types.refusals import NoExchangeRate

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
HISTORY = DATA / "fx-ecb" / "eurofxref-hist.csv.gz"
LIMITS = {"rows_max": reading.ROWS_MAX - 1, "bytes_max": reading.CONTENT_BYTES_MAX}
KOREA = fx.Wanted("KR", "KRW")
# Friday, then Monday and Tuesday; the kuna ends with the year.
SMALL = b"""Date,USD,HRK,KRW,
2023-01-03,1.0545,N/A,1343.22,
2023-01-02,1.0683,N/A,1358.75,
2022-12-30,1.0666,7.5365,1344.09,
2022-12-29,1.0649,7.5365,1351.32,
"""
Found = Mapping[str, list[tuple[date, date, str]]]


def rows(content: bytes, wanted: fx.Wanted = KOREA) -> Found:
    """Periods and rates by measure, as the CSV has them."""
    found: dict[str, list[tuple[date, date, str]]] = defaultdict(list)
    made = fx.convert(content, wanted, **LIMITS)
    for row in csv.DictReader(io.StringIO(made.content.decode())):
        assert row["destination"] == wanted.destination and row["source"]
        period = date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_to"])
        found[row["measure"]].append((*period, json.loads(row["params"])["rate"]))
    assert sum(len(periods) for periods in found.values()) == made.rows
    return found


def books(content: bytes, wanted: fx.Wanted = KOREA) -> Books:
    rates, faults = reading.read(content=fx.convert(content, wanted, **LIMITS).content)
    assert not faults, faults
    return Books(wanted.destination, [Book("fx/1", date(2026, 1, 1), rates)])


def test_a_rate_holds_until_the_next_working_day() -> None:
    found = rows(SMALL)
    assert found["fx.EUR"] == [
        (date(2022, 12, 29), date(2022, 12, 30), "1351.32"),
        (date(2022, 12, 30), date(2023, 1, 2), "1344.09"),
        (date(2023, 1, 2), date(2023, 1, 3), "1358.75"),
        (date(2023, 1, 3), date(2023, 1, 8), "1343.22"),
    ]
    # 1344.09 / 1.0666 = 1260.163135196…
    assert found["fx.USD"][1] == (date(2022, 12, 30), date(2023, 1, 2), "1260.16313520")
    assert found["fx.HRK"][-1] == (date(2022, 12, 30), date(2023, 1, 2), "178.344058913")
    assert "fx.KRW" not in found


def test_what_the_books_answer() -> None:
    found = books(SMALL)
    for day, rate in ((date(2022, 12, 31), "1260.16313520"), (date(2023, 1, 1), "1260.16313520"),
                      (date(2023, 1, 7), "1273.79800853")):  # fmt: skip
        request = a_request(a_line("100"), day=day, destination="KR", currency="USD", channel="direct")
        assert exchange(request, found, "KRW")[0] == Fraction(rate)
    for currency, day in (("HRK", date(2023, 1, 2)), ("USD", date(2023, 1, 8)), ("USD", date(2022, 12, 28))):
        request = a_request(a_line("100"), day=day, destination="KR", currency=currency, channel="direct")
        with pytest.raises(NoExchangeRate):
            exchange(request, found, "KRW")


def test_equal_rates_are_one_row_and_a_span_begins_with_the_rate_that_stands() -> None:
    found = rows(SMALL, fx.Wanted("DE", "EUR", since=date(2023, 1, 1)))
    # 1 / 7.5365 = 0.13268758707…; the kuna of Friday stands on Sunday the first.
    assert found["fx.HRK"] == [(date(2022, 12, 30), date(2023, 1, 2), "0.132687587076")]
    assert rows(SMALL, fx.Wanted("DE", "EUR", since=date(2022, 12, 29)))["fx.HRK"] == [
        (date(2022, 12, 29), date(2023, 1, 2), "0.132687587076")
    ]
    some = fx.Wanted("KR", "KRW", until=date(2022, 12, 30), only=frozenset({"USD"}))
    assert {name: periods[-1][1] for name, periods in rows(SMALL, some).items()} == {"fx.USD": date(2023, 1, 2)}


def test_a_hole_in_the_file_is_no_rate() -> None:
    found = rows(b"Date,KRW,\n2023-01-20,1300,\n2023-01-03,1343.22,\n")
    assert found["fx.EUR"][0][:2] == (date(2023, 1, 3), date(2023, 1, 8))


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"Day,USD\n2023-01-03,1\n", "bad_rate_history", "row 1"),
        (b"Date,USD\n", "bad_rate_history", "no row"),
        (b"Date,USD\n03.01.2023,1\n", "bad_rate_history", "row 2, Date"),
        (b"Date,USD\n2023-01-03,1\n2023-01-03,1\n", "bad_rate_history", "twice"),
        (b"Date,USD\n2023-01-03,one\n", "bad_rate_history", "row 2, USD"),
        (b"Date,USD\n2023-01-03,0\n", "bad_rate_history", "above 0"),
        (b"Date,USD\n2023-01-03,NaN\n", "bad_rate_history", "above 0"),
        (b"\xff\xfe", "bad_source", "UTF-8"),
        (gzip.compress(SMALL, mtime=0)[:40], "bad_source", "gzip"),
        (b"Date,USD\n2023-01-03,1.05\n", "no_such_rates", "KRW"),
    ],
)
def test_what_is_no_history_is_refused(content: bytes, code: str, told: str) -> None:
    with pytest.raises((BadSource, fx.BadHistory, fx.NoSuchRates)) as refused:
        fx.convert(content, KOREA, **LIMITS)
    assert refused.value.code == code
    assert told in refused.value.message("en")
    assert refused.value.message("zh") != refused.value.message("en")


def test_more_rows_than_one_import_takes_are_refused_with_a_day_that_fits() -> None:
    day = date(2023, 1, 2)
    lines = [f"{day + timedelta(days=i)},1.{i:02},{1300 + i}," for i in range(100)]
    content = "\n".join(("Date,USD,KRW,", *lines)).encode()
    for limits in ({"rows_max": 60, "bytes_max": 10**9}, {"rows_max": 10**9, "bytes_max": 6_000}):
        with pytest.raises(fx.TooManyRates) as refused:
            fx.convert(content, KOREA, **limits)
        since = date.fromisoformat(refused.value.data["since"])
        assert 0 < fx.convert(content, fx.Wanted("KR", "KRW", since=since), **limits).rows <= 60


@pytest.mark.django_db
def test_the_command_imports_a_book_that_korea_asks(tmp_path: Path) -> None:
    founding_book()
    file = tmp_path / "hist.csv.gz"
    file.write_bytes(gzip.compress(SMALL))
    out = io.StringIO()
    options = {"shape": "ecb", "destination": "KR", "as_of": date(2023, 1, 3), "stdout": out}
    with pytest.raises(CommandError, match="name"):
        call_command("import_rates", file, **options)
    with pytest.raises(CommandError, match="not ZZ"):
        call_command("import_rates", file, name="fx-zz", **{**options, "destination": "ZZ"})
    call_command("import_rates", file, name="fx-kr", **options)
    assert "fx-kr/1: 10 added" in out.getvalue()
    assert newest(destination="KR").codes == ("kr/1", "fx-kr/1")
    # 189,000 won at 1260.1631352 are 149.98 dollars, 189,100 are 150.06.
    line = a_line("189000", "9503002100", rates={"duty": "0.08"})
    inside = a_request(line, day=date(2023, 1, 1), destination="KR", currency="KRW", channel="direct")
    assert quote(request=inside).collector == "none"
    above = a_line("189100", "9503002100", rates={"duty": "0.08"})
    got = quote(request=a_request(above, day=date(2023, 1, 1), destination="KR", currency="KRW", channel="direct"))
    assert (got.collector, got.duty, got.vat) == ("importer", Decimal(15128), Decimal(20423))


needs_history = pytest.mark.skipif(not HISTORY.exists(), reason=f"the European Central Bank's history is not at {DATA}")


@pytest.mark.data
@needs_history
@pytest.mark.parametrize(("to", "money"), [("KR", "KRW"), ("DE", "EUR")])
def test_every_day_and_currency_of_the_history_agrees(to: str, money: str) -> None:
    """The whole file in spans that fit; each rate beside the quotient worked out here, each calendar day covered."""
    content = HISTORY.read_bytes()
    with gzip.open(HISTORY, "rt", encoding="utf-8") as text:
        lines = list(csv.reader(text))
    names, days = lines[0][1:-1], [(date.fromisoformat(line[0]), line[1:-1]) for line in reversed(lines[1:])]
    assert (len(names), len(days)) == (41, 6_913)
    standing: dict[tuple[str, date], str] = {}
    for year in range(1999, 2026, 9):
        span = fx.Wanted(to, money, since=date(year, 1, 1), until=date(year + 8, 12, 31))
        for measure, periods in rows(content, span).items():
            for start, end, rate in periods:
                for n in range((end - start).days):
                    day = start + timedelta(days=n)
                    assert standing.setdefault((measure[3:], day), rate) == rate
    seen, gaps = 0, []
    for (day, cells), following in zip(days, [day for day, _ in days[1:]] + [date(2026, 1, 5)], strict=True):
        rates = {"EUR": Decimal(1), **{n: Decimal(cell) for n, cell in zip(names, cells, strict=True) if cell != "N/A"}}
        wanted = [name for name in rates if name != money] if money in rates else []
        gaps.append((following - day).days)
        for name in wanted:
            # No division here: given × euro rate of the one is the euro rate of the other, but for half a unit in the
            # twelfth place; what is printed for the euro itself is exact.
            off = abs(Decimal(standing[name, day]) * rates[name] - rates[money])
            assert off <= (0 if name == "EUR" else rates[money] * Decimal("5e-12"))
            assert all(standing[name, day + timedelta(days=n)] == standing[name, day] for n in range(gaps[-1]))
            seen += 1
        missing = {name for name in (*names, "EUR") if name not in wanted}
        assert not any((name, day) in standing for name in missing)
    assert max(gaps) == 5 == fx.HELD_DAYS_MAX
    # A rate for each cell of a day on which the destination's own currency has one; that cell is the euro's rate.
    with_own = [cells for _, cells in days if money == "EUR" or cells[names.index(money)] != "N/A"]
    assert seen == sum(cell != "N/A" for cells in with_own for cell in cells) > 200_000


@pytest.mark.data
@needs_history
def test_the_whole_history_of_all_currencies_is_more_than_one_import() -> None:
    content = HISTORY.read_bytes()
    everything = fx.Wanted("KR", "KRW", since=date(1999, 1, 1))
    with pytest.raises(fx.TooManyRates) as refused:
        fx.convert(content, everything, **LIMITS)
    since = date.fromisoformat(refused.value.data["since"])
    made = fx.convert(content, fx.Wanted("KR", "KRW", since=since), **LIMITS)
    assert len(made.content) <= reading.CONTENT_BYTES_MAX and made.rows < reading.ROWS_MAX
    dollars = fx.convert(content, fx.Wanted("KR", "KRW", since=date(1999, 1, 1), only=frozenset({"USD"})), **LIMITS)
    assert dollars.rows > 6_900
    usual = books(content)
    assert len(usual.books[0].rates) < 20_000
    assert usual.find("fx.USD", date(2025, 12, 31)).formula == Fraction("1444.20425532")  # type: ignore[union-attr]
