"""The what-if page: rows in, sums and bars out, a table to take along; nothing typed is lost, nothing is written."""

from __future__ import annotations

import csv
import html
import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.identity.types import Role
from entrepot.procurement.tests.makers import rates
from entrepot.shelf.tests.makers import a_product, in_stock, opened_shop, sku_id_of
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.web.backoffice.tests.test_pages import staff

pytestmark = pytest.mark.django_db
ADDRESS = "/office/what-if/"
VAT_20 = '1806,,CN,vat,"{""rate"":""0.20""}",2026-01-01,,yes,what if,'
STATEMENTS_MAX = 16


@pytest.fixture(autouse=True)
def shop() -> None:
    """One chocolate at 100.00 with three bonded units, of prices that hold today."""
    opened_shop()
    a_product("swiss", prices=(10_000,))
    in_stock("swiss-1", 3)


def sent(client: Client, rows: str = "", status: int = 200, **fields: object) -> str:
    answer = client.post(ADDRESS, {"rows": rows, "day": "2026-11-21", "way": "bonded", **fields})
    assert answer.status_code == status, answer.content[-2000:]
    return html.unescape(answer.content.decode())


def test_rows_are_answered_in_both_languages() -> None:
    text = sent(staff(Role.FINANCE), VAT_20)
    assert "+¥4.90" in text and "+¥14.70" in text  # one on offer, three in stock
    assert "Lindt" in text and "Switzerland" in text
    assert "<rect" in text and "<script>" not in text
    chinese = sent(staff(Role.CUSTOMS, language="zh-hans"), VAT_20)
    assert "瑞士莲" in chinese and "库存：按原产国" in chinese and "假设测算" in chinese


def test_values_in_two_currencies_are_not_added_up() -> None:
    """What has no price counts at its cost, in the currency it was bought in."""
    rates()
    a_product("unpriced", prices=(None,))
    bought = {"lot": "L-EUR", "unit_cost": Decimal(10), "currency": "EUR", "item_record": "2"}
    stocked(sku_id_of("unpriced-1"), warehouse("WH-bonded"), 2, **bought)
    text = sent(staff(Role.FINANCE), VAT_20)
    assert '<td class="num">¥300.00 + €20.00</td>' in text or '<td class="num">€20.00 + ¥300.00</td>' in text


def test_no_rows_are_no_difference() -> None:
    assert "Nothing changes." in sent(staff(Role.CATALOGUE))


def test_a_file_is_read_and_its_rows_are_shown() -> None:
    file = SimpleUploadedFile("rows.csv", ("\ufeff" + VAT_20).encode())
    text = sent(staff(Role.FINANCE), file=file)
    assert "+¥4.90" in text
    assert VAT_20 in text.split("<textarea")[1]


def test_the_table_has_every_position() -> None:
    answer = staff(Role.FINANCE).post(ADDRESS, {"rows": VAT_20, "day": "2026-11-21", "way": "bonded", "csv": "1"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    table = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["kind"], row["quantity"], row["difference"]) for row in rows] == [
        ("stock", "3", "14.70"),
        ("catalogue", "1", "4.90"),
    ]


@pytest.mark.parametrize(
    ("rows", "day", "said"),
    [
        (VAT_20.replace("0.20", "2"), "2026-11-21", "Row 1, params"),
        ("nonsense", "2026-11-21", "10 columns wanted, 1 found"),
        (VAT_20, "soon", "Enter a date"),
        ("x" * (1024 * 1024 + 1), "2026-11-21", "At most 1048576 bytes"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(rows: str, day: str, said: str) -> None:
    text = sent(staff(Role.FINANCE), rows, status=422, day=day)
    assert said in text
    assert rows[:1000] in text.split("<textarea")[1]


def test_unknown_full_tax_is_told_and_not_added() -> None:
    text = sent(staff(Role.FINANCE), VAT_20, way="full")
    assert "2 positions are not computed and in no sum" in text
    assert "No position could be computed" in text


def test_the_page_costs_few_statements_whatever_is_on_offer() -> None:
    client = staff(Role.FINANCE)

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            sent(client, VAT_20)
        return len(seen.captured_queries)

    statements()
    few = statements()
    a_product("more", prices=(9_000,) * 30)
    assert statements() == few <= STATEMENTS_MAX


def test_others_do_not_get_in() -> None:
    for role in (Role.WAREHOUSE, Role.SERVICE, Role.OPERATOR):
        assert staff(role).get(ADDRESS).status_code == 403
