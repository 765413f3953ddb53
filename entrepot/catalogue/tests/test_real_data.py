"""Real products of Croatian shops: the whole way of the staged import, bad rows and all. Every fifth; in a long
search all 29,684 with 3,390 brands."""

from __future__ import annotations

import gzip
import itertools
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from entrepot.catalogue import selectors, services
from entrepot.catalogue.importing import reading
from entrepot.catalogue.models import Brand, Sku
from entrepot.catalogue.tests.makers import NOW, TODAY
from entrepot.catalogue.types import ImportState
from tests.examples import LONG

DATA = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
GOODS = DATA / "products-ean-croatia" / "products.csv.gz"

pytestmark = [
    pytest.mark.data,
    pytest.mark.django_db,
    pytest.mark.skipif(not GOODS.exists(), reason=f"the data set products-ean-croatia is not at {DATA}"),
]


# Rows, barcodes of odd lengths, bad check digits, rows without a brand, bad rows (of one with two faults the first
# counts), brands: 3,390 spellings in all, but "Happy Day" and "HAPPY DAY" are one.
ROWS, LENGTHS, DIGITS, UNBRANDED, BAD, BRANDS = (
    (29_684, 154, 1, 42, 197, 3_282) if LONG else (5_937, 37, 0, 7, 44, 1_705)
)


def content() -> bytes:
    if LONG:
        return GOODS.read_bytes()
    with gzip.open(GOODS) as lines:
        return gzip.compress(b"".join([next(lines), *itertools.islice(lines, 0, None, 5)]), 1)


def test_real_products_are_imported_and_their_bad_rows_named() -> None:
    began = time.perf_counter()
    run_id = services.open_import(name=GOODS.name, content=content(), actor="tests", now=NOW)
    run = selectors.import_run(run_id=run_id)
    assert run is not None
    assert run.mapping == {"gtin": 0, "brand": 1, "title": 2, "content_unit": 3, "content_quantity": 4}
    services.map_import(run_id=run_id, mapping=run.mapping, defaults={}, language="hr", now=NOW)
    while services.step_import(run_id=run_id, now=NOW):
        pass
    services.commit_import(run_id=run_id, actor="tests", now=NOW)
    while services.step_import(run_id=run_id, now=NOW):
        pass
    print(f"imported in {time.perf_counter() - began:.1f} s")
    run = selectors.import_run(run_id=run_id)
    assert run is not None
    assert (run.state, run.rows_total) == (ImportState.DONE, ROWS)
    assert run.counts == {"new": ROWS - BAD, "bad": BAD, "written": ROWS - BAD, "new_brands": BRANDS}
    problems = {(problem.code, problem.field): count for problem, count, _ in selectors.problem_counts(run_id=run_id)}
    expected = {("bad_gtin", "gtin"): LENGTHS, ("bad_check_digit", "gtin"): DIGITS, ("missing", "brand"): UNBRANDED}
    assert problems == {what: count for what, count in expected.items() if count}
    assert sum(1 for _ in selectors.error_report(run_id=run_id, language="en")) == BAD + 1
    assert Sku.objects.count() == ROWS - BAD
    assert Brand.objects.count() == BRANDS

    sku = selectors.sku_by_code(codes=["9008700124195"])["9008700124195"]
    assert sku.titles == {"hr": "Bravo Nektar Jabuka 2 L"}
    assert sku.gtin == "9008700124195"
    # 900 was issued in Austria: that says nothing of where the juice was made.
    assert sku.origin == ""
    ids = list(Sku.objects.values_list("id", flat=True))
    why = selectors.sellability(sku_ids=ids, jurisdiction="CN", on=TODAY)
    reasons = Counter(reason.code for found in why.values() for reason in found)
    assert reasons["origin_unknown"] == reasons["not_classified"] == len(ids)


def test_the_file_is_read_as_it_is_packed() -> None:
    table = reading.read(GOODS.read_bytes())
    assert (table.encoding, table.delimiter, len(table.rows)) == ("utf-8", ",", 29_684)
    assert len({cells[1] for _, cells in table.rows}) == 3_390
