"""Books in the database: versions, dry runs, faults, and quotes against them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from entrepot.kit.kept import forget_all
from entrepot.tariff import models, regimes, selectors
from entrepot.tariff.services import COLUMNS, BadBook, found_books, import_book, read
from entrepot.tariff.tests.makers import a_line, a_request, founding_book
from entrepot.tariff.types.refusals import NoBook

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AS_OF = date(2026, 11, 21)
HEADER = ",".join(COLUMNS)
LIMIT = (
    ',,CN,cbec_limit,"{""single"":""5000"",""annual"":""26000"",""single_item"":""full_tax""}",2019-01-01,,yes,here,'
)
RELIEF = ',,CN,cbec_relief,"{""duty"":""0"",""factor"":""0.7""}",2016-04-08,,yes,here,'
VAT = ',,CN,vat,"{""rate"":""0.13""}",2019-04-01,,yes,here,'
EXCISE = ',,CN,excise,"{""form"":""ad_valorem"",""rate"":""0""}",2016-04-08,,yes,here,'
DUTY = '6109,,CN,duty,"{""rate"":""0.06""}",2019-01-01,,yes,here,'
DUTY_PT = '6109,PT,CN,duty,"{""rate"":""0.03""}",2019-01-01,,yes,here,'


def csv(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


def put(*rows: str, dry_run: bool = False) -> object:
    return import_book(name="cn-cbec", content=csv(*rows), as_of=AS_OF, actor="test", now=NOW, dry_run=dry_run)


@pytest.mark.django_db
def test_the_founding_book_is_imported_once() -> None:
    assert founding_book().code == "cn-cbec/1"
    assert found_books(now=NOW) == ()
    rows = models.Row.objects.all()
    assert rows.count() > 25 and not rows.filter(source="").exists()
    shipped = {f"{regimes.book_name(folder)}/1" for folder in regimes.FOLDERS}
    assert {version.code for version in selectors.book_versions()} == shipped
    assert "cn-cbec/1" not in {version.code for version in selectors.book_versions(on=date(2016, 4, 7))}


@pytest.mark.django_db
def test_a_quote_names_its_book_and_can_be_asked_again(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    founding_book()
    request = a_request(a_line("1000", "6109100021"))
    first = selectors.quote(request=request)
    assert ("cn-cbec/1" in first.books, first.vat) == (True, Decimal("91.00"))
    with django_assert_num_queries(0):
        assert selectors.quote(request=request) == first
    forget_all()
    with django_assert_num_queries(1):
        assert selectors.quote(request=request) == first
    put(LIMIT, RELIEF, VAT.replace("0.13", "0.10"), EXCISE)
    newer = selectors.quote(request=request)
    assert ("cn-cbec/2" in newer.books, newer.vat) == (True, Decimal("70.00"))
    assert selectors.quote(request=request, book_codes=first.books) == first
    with django_assert_num_queries(0):
        assert selectors.quotes(requests=[request] * 50) == [newer] * 50
    for unknown in ("cn-cbec/3", "cn-cbec/x", "nothing", "cn-cbec/９"):
        with pytest.raises(NoBook):
            selectors.quote(request=request, book_codes=[unknown])


@pytest.mark.django_db
def test_without_a_book_there_is_no_quote() -> None:
    with pytest.raises(NoBook):
        selectors.quote(request=a_request(a_line("1")))


@pytest.mark.django_db
def test_duty_of_the_book_lets_the_single_item_be_taxed_in_full() -> None:
    put(LIMIT, RELIEF, VAT, EXCISE, DUTY, DUTY_PT)
    got = selectors.quote(request=a_request(a_line("6000", origin="FR")))
    # 6,000 × (0.06 + 0.13 + 0.06 × 0.13)
    assert (got.decision, got.duty, got.vat) == ("full_tax_single_item", Decimal("360.00"), Decimal("826.80"))
    assert selectors.quote(request=a_request(a_line("6000", origin="PT"))).duty == Decimal("180.00")
    unknown = selectors.quote(request=a_request(a_line("6000", "6110200090")))
    assert unknown.decision == "rates_not_verified"


@pytest.mark.django_db
def test_a_dry_run_shows_the_difference_and_writes_nothing() -> None:
    put(LIMIT, RELIEF, VAT, EXCISE)
    dry = put(LIMIT, RELIEF, VAT.replace("0.13", "0.12"), EXCISE, "bad", dry_run=True)
    assert dry.version is None and dry.kept == 3  # type: ignore[attr-defined]
    assert [key.split(":")[0] for key in dry.added] == ["vat CN * * 2019-04-01"]  # type: ignore[attr-defined]
    assert len(dry.removed) == 1 and len(dry.faults) == 1  # type: ignore[attr-defined]
    assert models.Book.objects.count() == 1


@pytest.mark.django_db
def test_the_same_content_makes_no_new_version() -> None:
    assert put(LIMIT).version == put(LIMIT).version  # type: ignore[attr-defined]
    assert models.Book.objects.count() == 1


@pytest.mark.django_db
def test_a_book_with_a_fault_is_refused_whole() -> None:
    with pytest.raises(BadBook) as caught:
        put(LIMIT, VAT.replace("0.13", "13"))
    assert (caught.value.faults[0].row, caught.value.faults[0].column) == (3, "params")
    assert "13" in caught.value.message("zh") and not models.Book.objects.exists()


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        (["a,b"], 2, "-"),
        ([LIMIT.replace(",,CN", "33A4,,CN")], 2, "hs_prefix"),
        ([LIMIT.replace(",,CN", ",,cn")], 2, "destination"),
        ([LIMIT.replace(",,CN", ",FRA,CN")], 2, "origin"),
        ([LIMIT.replace("cbec_limit", "limit")], 2, "measure"),
        ([LIMIT.replace("yes,here", "yes,")], 2, "source"),
        ([LIMIT.replace("yes,here", "true,here")], 2, "confirmed"),
        ([LIMIT.replace("2019-01-01,", "1.1.2019,")], 2, "valid_from"),
        ([LIMIT.replace("2019-01-01,,", "2019-01-01,2019-01-01,")], 2, "valid_to"),
        ([LIMIT.replace('""5000""', "5000")], 2, "params"),
        ([LIMIT.replace('""full_tax""', '""free""')], 2, "params"),
        ([LIMIT.replace('{""single""', '[""single""')], 2, "params"),
        ([RELIEF.replace("0.7", "1.7")], 2, "params"),
        ([VAT.replace("rate", "rat")], 2, "params"),
        ([EXCISE.replace("ad_valorem", "by_unit_value")], 2, "params"),
        ([EXCISE.replace("ad_valorem", "magic")], 2, "params"),
        ([VAT, LIMIT, VAT.replace("2019-04-01", "2025-01-01")], 4, "valid_from"),
        ([], 2, "-"),
    ],
)
def test_each_fault_names_row_and_column(rows: list[str], row: int, column: str) -> None:
    _, faults = read(content=csv(*rows))
    assert [(fault.row, fault.column) for fault in faults] == [(row, column)]
    assert faults[0].zh and faults[0].en


@pytest.mark.parametrize("content", [b"", b"a,b\n", "税".encode("gb18030"), b"x" * (20 * 1024 * 1024 + 1)])
def test_files_that_are_no_book(content: bytes) -> None:
    rates, faults = read(content=content)
    assert rates == () and faults[0].row == 1


def test_faults_are_limited() -> None:
    assert len(read(content=csv(*["bad"] * 500))[1]) == 100


@pytest.mark.django_db
def test_the_database_refuses_a_second_version_of_the_same_number() -> None:
    founding_book()
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Book.objects.create(name="cn-cbec", number=1, as_of=AS_OF, digest="", actor="x", imported_at=NOW)


@pytest.mark.django_db
def test_the_command(tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("import_rates", "--founding", stdout=out)
    assert "cn-cbec/1" in out.getvalue()
    file = tmp_path / "book.csv"
    file.write_bytes(csv(LIMIT, RELIEF, VAT))
    call_command("import_rates", str(file), "--as-of", "2026-11-21", "--dry-run", stdout=out)
    assert "dry run, nothing written" in out.getvalue() and not models.Book.objects.filter(number=2).exists()
    call_command("import_rates", str(file), "--as-of", "2026-11-21", stdout=out)
    assert "cn-cbec/2" in out.getvalue()
    file.write_bytes(csv("bad"))
    for arguments in ([str(file), "--as-of", "2026-11-21"], [str(tmp_path / "no"), "--as-of", "2026-11-21"], []):
        with pytest.raises(CommandError):
            call_command("import_rates", *arguments, stdout=out, stderr=out)
