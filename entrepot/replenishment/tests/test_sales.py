"""Sales of another system: every kind of dirt, cancellations, the same file twice, and 320,705 real lines."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.tests.makers import make_sku
from entrepot.replenishment import services
from entrepot.replenishment.models import DayOfSales, HistoryFile
from entrepot.replenishment.reading import CannotRead, HeadingsMissing
from entrepot.replenishment.rules.sales import Trade, match
from entrepot.replenishment.services.sales import SourceTaken
from entrepot.replenishment.tests.makers import NOW, ORIGIN, sale, sales_file

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
UCI = DATA / "orders-uci-online-retail" / "online_retail_2010-12-01_2011-08-31.csv.gz"

pytestmark = pytest.mark.django_db


def days() -> list[tuple[object, ...]]:
    rows = DayOfSales.objects.order_by("article", "day")
    return list(rows.values_list("article", "place", "day", "units", "cancelled", "returned"))


def test_every_kind_of_dirt_is_named_and_only_sales_are_kept(tmp_path: Path) -> None:
    lines = [
        sale("a1", 6),
        sale("a1", 6),
        sale("POST", 1),
        sale("gift_0001_20", 1),
        sale("B2", -4),
        sale("B2", 4, price="0.0"),
        sale("B2", 5, customer=""),
        sale("C3", 9, at="2011-01-03 09:00:00"),
        sale("C3", -9, at="2011-01-03 09:05:00", invoice="C500002"),
        sale("D4", -2, invoice="C500003"),
        sale("E5", 1, price="free"),
        "short,line",
    ]
    done = services.import_sales(file=sales_file(tmp_path, lines), origin=ORIGIN, now=NOW)
    assert done.report["kinds"] == {
        "cancellation": 1, "cancellation_alone": 1, "duplicate": 1, "negative": 1, "no_customer": 1, "not_goods": 2,
        "price": 1, "unreadable": 2,
    }  # fmt: skip
    assert (done.lines, done.report["taken"], done.report["left_out"]) == (12, 5, 7)
    day = date(2011, 1, 3)
    assert days() == [
        ("A1", "MAIN", day, 6, 0, 0),
        ("B2", "MAIN", day, 5, 0, 0),
        ("C3", "MAIN", day, 9, 9, 0),
        ("D4", "MAIN", day, 0, 0, 2),
    ]


def test_a_cancellation_counts_on_the_day_of_its_sale_and_the_rest_on_its_own(tmp_path: Path) -> None:
    lines = [
        sale("A1", 3, at="2011-01-03 10:00:00"),
        sale("A1", 4, at="2011-01-10 10:00:00", price="9.99"),
        sale("A1", -5, at="2011-02-01 10:00:00", invoice="C1"),
    ]
    services.import_sales(file=sales_file(tmp_path, lines, packed=False), origin=ORIGIN, now=NOW)
    assert [row[2:] for row in days()] == [
        (date(2011, 1, 3), 3, 3, 0),
        (date(2011, 1, 10), 4, 0, 0),
        (date(2011, 2, 1), 0, 0, 2),
    ]


def test_the_same_file_again_changes_nothing_and_a_newer_one_replaces_its_days(tmp_path: Path) -> None:
    lines = [sale("A1", 6), sale("A1", 1, at="2011-03-01 10:00:00")]
    first = services.import_sales(file=sales_file(tmp_path, lines), origin=ORIGIN, now=NOW)
    ids = set(DayOfSales.objects.values_list("id", flat=True))
    again = services.import_sales(file=sales_file(tmp_path, lines), origin=ORIGIN, now=NOW)
    assert (again.known, again.id, again.report) == (True, first.id, first.report)
    assert set(DayOfSales.objects.values_list("id", flat=True)) == ids
    services.import_sales(file=sales_file(tmp_path, [sale("A1", 8)]), origin=ORIGIN, now=NOW)
    assert [row[3] for row in days()] == [8, 1]
    elsewhere = replace(ORIGIN, place="SHOP")
    services.import_sales(file=sales_file(tmp_path, [sale("A1", 2)]), origin=elsewhere, now=NOW)
    assert sorted(row[3] for row in days()) == [1, 2, 8]
    assert HistoryFile.objects.count() == 3


def test_codes_of_the_catalogue_are_found_and_others_kept_as_they_are(tmp_path: Path) -> None:
    sku = make_sku()
    lines = [sale(sku.code, 1), sale("STRANGE", 1)]
    done = services.import_sales(file=sales_file(tmp_path, lines), origin=ORIGIN, now=NOW)
    found = dict(DayOfSales.objects.values_list("article", "sku_id"))
    assert found == {sku.code: sku.id, "STRANGE": None}
    assert (done.report["articles"], done.report["in_catalogue"]) == (2, 1)


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadingsMissing, match="quantity"):
        services.import_sales(file=sales_file(tmp_path, [], head="InvoiceNo,StockCode"), origin=ORIGIN, now=NOW)
    broken = tmp_path / "broken.gz"
    broken.write_bytes(sales_file(tmp_path, [sale("A1", 1)] * 9).read_bytes()[:60])
    for file in (broken, tmp_path / "none.csv"):
        with pytest.raises(CannotRead):
            services.import_sales(file=file, origin=ORIGIN, now=NOW)
    with pytest.raises(SourceTaken):
        services.import_sales(
            file=sales_file(tmp_path, [sale("A1", 1)]), origin=replace(ORIGIN, source="orders"), now=NOW
        )
    assert not HistoryFile.objects.exists()
    assert not DayOfSales.objects.exists()


@given(st.lists(st.tuples(st.integers(-30, 30).filter(bool), st.sampled_from(["1.00", "2.50"])), max_size=30))
def test_never_more_is_taken_back_than_was_sold_before(moves: list[tuple[int, str]]) -> None:
    trades = [Trade(n, units, Decimal(price)) for n, (units, price) in enumerate(moves)]
    by_line = {trade.line: trade for trade in trades}
    found = match(trades)
    for line, trade in by_line.items():
        taken = sum(one.units for one in found if line in (one.sale, one.cancel))
        assert taken <= abs(trade.units)
    assert all(one.sale < one.cancel and one.units > 0 for one in found)
    assert all(by_line[one.sale].price == by_line[one.cancel].price for one in found)
    # What stays open finds nothing left at its price among the sales before it.
    for trade in trades:
        open_units = -trade.units - sum(one.units for one in found if one.cancel == trade.line)
        before = [one for one in trades[: trade.line] if one.units > 0 and one.price == trade.price]
        if trade.units < 0 and open_units:
            used = {one.line: sum(f.units for f in found if f.sale == one.line) for one in before}
            assert all(used[one.line] == one.units for one in before)


@pytest.mark.data
@pytest.mark.skipif(not UCI.exists(), reason=f"the data set orders-uci-online-retail is not at {DATA}")
def test_all_real_lines_are_taken_in_with_their_dirt_by_kind() -> None:
    seen: list[int] = []
    before = getrusage(RUSAGE_SELF).ru_maxrss
    done = services.import_sales(
        file=UCI, origin=replace(ORIGIN, source="uci"), now=NOW, progress=lambda at, _whole: seen.append(at)
    )
    report = done.report
    assert done.lines == 320_705 == report["taken"] + report["left_out"]
    assert report["kinds"] == {
        "cancellation": 4_244, "cancellation_alone": 1_188, "duplicate": 2_483, "negative": 925, "no_customer": 85_929,
        "not_goods": 1_948, "price": 859,
    }  # fmt: skip
    assert len(report["countries"]) == 37  # of the 38 of the whole year
    assert (report["articles"], report["days"]) == (3_536, 175_815)
    # 74,215 jars were ordered by mistake and cancelled within the quarter of an hour: no demand.
    jars = DayOfSales.objects.get(article="23166", day="2011-01-18")
    assert (jars.units, jars.cancelled) == (74_215, 74_215)
    assert len(seen) > 60
    assert seen == sorted(seen)
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 120 * 1024  # kB; the lines as objects would take three times it
