from __future__ import annotations

import datetime
import gzip
import io
import os
import zipfile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.catalogue.importing import reading
from entrepot.kit.refusals import Refusal
from tests.examples import many

TABLE = "条码,名称\n9008700124195,苹果汁\n"


def workbook(*rows: list[object], sheets: tuple[str, ...] = ("Data",)) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for name in sheets[1:]:
        book.create_sheet(name)
    for row in rows:
        book[sheets[-1]].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings_are_told_and_stated(encoding: str, stated: str) -> None:
    table = reading.read(TABLE.encode(encoding))
    assert (table.kind, table.encoding) == ("csv", stated)
    assert table.headings == ("条码", "名称")
    assert table.rows == ((2, ("9008700124195", "苹果汁")),)


def test_an_encoding_given_is_used() -> None:
    content = "barcode,name\n1,Ožujsko šampanjac\n".encode("cp1250")
    assert reading.read(content, encoding="cp1250").rows[0][1][1] == "Ožujsko šampanjac"
    with pytest.raises(reading.UnknownEncoding):
        reading.read(content, encoding="utf-8")
    with pytest.raises(reading.UnknownEncoding):
        reading.read(content, encoding="rot13")


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_delimiters_are_told(delimiter: str) -> None:
    content = f'a{delimiter}b\n"x{delimiter}\ny"{delimiter}2\n\n3\n'.encode()
    table = reading.read(content)
    assert table.delimiter == delimiter
    assert table.rows == ((2, (f"x{delimiter}\ny", "2")), (5, ("3", "")))


def test_packed_files_are_unpacked() -> None:
    assert reading.read(gzip.compress(TABLE.encode())).rows == reading.read(TABLE.encode()).rows


def test_workbooks_read_as_people_typed_them() -> None:
    content = workbook(
        ["条码", "价", "日期", "时", "是", "空", "文"], [9008700124195, 1.5, datetime.date(2026, 1, 2),
        datetime.datetime(2026, 1, 2, 3, 4), True,  # noqa: DTZ001 spreadsheets have no zones
        None, " 字 "], [], [None, 12.0],
    )  # fmt: skip
    table = reading.read(content)
    assert (table.kind, table.sheet) == ("xlsx", "Data")
    assert table.rows[0] == (2, ("9008700124195", "1.5", "2026-01-02", "2026-01-02T03:04:00", "TRUE", "", "字"))
    assert table.rows[1][0] == 4
    assert table.rows[1][1][1] == "12"


def test_the_first_filled_sheet_counts() -> None:
    assert reading.read(workbook(["sku"], ["A1"], sheets=("Empty", "Goods"))).sheet == "Goods"


def far_cell() -> bytes:
    book = openpyxl.Workbook()
    book.active.cell(1, 1, "a")
    book.active.cell(1_048_576, 16_384, "x")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zip_bomb() -> bytes:
    """A workbook of 1 MB whose one sheet unpacks to more than a gigabyte."""
    source, out = io.BytesIO(workbook(["sku"], ["A1"])), io.BytesIO()
    with zipfile.ZipFile(source) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            if not name.startswith("xl/worksheets/"):
                bad.writestr(name, good.read(name))
        with bad.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            sheet.write(b'<row r="1"><c r="A1" t="inlineStr"><is><t>')
            for _ in range(1_200):
                sheet.write(b"x" * 2**20)
            sheet.write(b"</t></is></c></row></sheetData></worksheet>")
    return out.getvalue()


@pytest.mark.parametrize("make", [far_cell, zip_bomb])
def test_a_workbook_that_asks_for_gigabytes_is_refused(make: object) -> None:
    content = make()  # type: ignore[operator]
    assert len(content) < 3 * 2**20
    with pytest.raises((reading.BrokenWorkbook, reading.TooManyCells)):
        reading.read(content)


def packed_bomb() -> bytes:
    return gzip.compress(b"a,b\n" * 20_000_000, compresslevel=1)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", reading.EmptyFile), (b" \n\n", reading.EmptyFile), (b"sku,name\n", reading.EmptyFile),
        (b"\n,,\n", reading.EmptyFile), (b"x" * (20 * 2**20 + 1), reading.FileTooLarge),
        (packed_bomb(), reading.FileTooLarge), (b"\x1f\x8bnot gzip", reading.UnknownFormat),
        (gzip.compress(TABLE.encode(), mtime=0)[:-9], reading.UnknownFormat),
        (b"%PDF-1.7\n\x00\x01", reading.UnknownFormat),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 99, reading.UnknownEncoding), (b"a,b\n\xff\xff\xff", reading.UnknownEncoding),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, reading.OldWorkbook),
        (b"PK\x03\x04" + b"\0" * 99, reading.BrokenWorkbook), (workbook([]), reading.EmptyFile),
        (workbook(["sku"], ["A1"])[:-200], reading.BrokenWorkbook), (b"sku,SKU\n1,2\n", reading.BadHeadings),
        (b'a,b\n"x\n', reading.BrokenCsv), (b'a,b\n"x"y,2\n', reading.BrokenCsv),
        (b"a\n" + b"x" * 10_001 + b"\n", reading.BrokenCsv), (b"a\n" + b"x" * 140_000 + b"\n", reading.BrokenCsv),
        (b"," * 201 + b"a\n1\n", reading.TooManyCells), (b"a\n" + b"1\n" * 100_001, reading.TooManyCells),
        (b"a\n" + b"1" + b",1" * 200 + b"\n", reading.TooManyCells),
        (b"a" * 201 + b"\n1\n", reading.BadHeadings), (workbook(*[["x"] * 201] * 2), reading.TooManyCells),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(content: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        reading.read(content)
    assert refused.value.field == "file"
    assert refused.value.message("zh") != refused.value.message("en")


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"a,b\n" + tail)))
@example(os.urandom(100_000))
@example(bytes(range(256)) * 10)
def test_random_bytes_are_a_table_or_a_named_refusal(content: bytes) -> None:
    try:
        table = reading.read(content)
    except Refusal as refused:
        assert refused.field == "file"
    else:
        assert table.rows
        assert all(len(cells) >= len(table.headings) for _, cells in table.rows)


@settings(deadline=None, max_examples=many(10))
@given(st.data())
def test_broken_workbooks_are_tables_or_refused(data: st.DataObject) -> None:
    content = bytearray(workbook(["sku", "name"], ["A1", "x"]))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        reading.read(bytes(content))
    except Refusal as refused:
        assert refused.field == "file"


CELL = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=12).map(str.strip)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=8))
def test_what_is_written_as_csv_is_read_again(cells: list[list[str]]) -> None:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([["one", "two"], *cells])
    filled = [tuple(row) for row in cells if any(row)]
    if filled:
        assert [row for _, row in reading.read(out.getvalue().encode()).rows] == filled
