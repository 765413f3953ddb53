from __future__ import annotations

import csv
import importlib
import io
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from entrepot.catalogue import selectors
from entrepot.catalogue.models import Brand, Product, Sku
from entrepot.catalogue.types import ImportState

command = importlib.import_module("entrepot.catalogue.management.commands.import")  # "import" is a word of the language

GOODS = "货号,名称,品牌,原产国,备注\nA1,果汁,Bravo,HR,x\nA2,梨汁,Bravo,克罗地亚,y\nA 3,坏,Bravo,HR,z\n"


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_bytes(GOODS.encode("gb18030"))
    return path


def entrepot_import(*words: str | Path, yes: bool = True) -> str:
    out = io.StringIO()
    call_command("import", "products", *map(str, words), *(["--yes"] if yes else []), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_file_is_read_compared_and_written(goods: Path, tmp_path: Path) -> None:
    said = entrepot_import(goods, "--errors", tmp_path / "bad.csv")
    assert "goods.csv: CSV, gb18030, columns split by ',', 3 rows" in said
    assert "货号" in said
    assert "→ code" in said
    assert "备注                       → (not used)" in said
    assert "2 new, 0 changed, 0 unchanged, 1 bad; 1 new brands" in said
    assert "1 × bad_code, first in line 4" in said
    assert "2 rows written." in said
    assert (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("4,code,bad_code")
    assert set(selectors.sku_by_code(codes=["A1", "A2"])) == {"A1", "A2"}
    assert "Nothing to write." in entrepot_import(goods)


@pytest.mark.django_db
def test_a_dry_run_writes_nothing(goods: Path) -> None:
    assert "Nothing was written." in entrepot_import(goods, "--dry-run", yes=False)
    assert not Product.objects.exists()
    assert not Brand.objects.exists()
    assert selectors.import_runs()[0][0].state is ImportState.DISCARDED


@pytest.mark.django_db
def test_columns_and_defaults_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("ref,what,name\nA1,Sok,zzz\n")
    entrepot_import(
        path, "--mapping", "code=REF", "--mapping", "title=what", "--set", "brand=无品牌", "--language", "hr"
    )
    assert selectors.sku_by_code(codes=["A1"])["A1"].titles == {"hr": "无品牌 Sok"}
    path.write_text("code,name\nA1,zzz\n")
    entrepot_import(path, "--mapping", "title=", "--set", "origin=HR")
    sku = selectors.sku_by_code(codes=["A1"])["A1"]
    assert (sku.titles, sku.origin) == ({"hr": "无品牌 Sok"}, "HR")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mapping", "code=none"], "unknown_column [code]"), (["--mapping", "price=名称"], "unknown_field [mapping]"),
        (["--mapping", "code"], "FIELD=VALUE"), (["--set", "origin=Atlantis"], "bad_default [origin]"),
        (["--mapping", "code="], "missing_columns [mapping]"), (["--encoding", "utf-8"], "unknown_encoding [file]"),
        (["--language", "?"], "bad_text [language]"), (["--errors", "/nowhere/x.csv"], "No such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(goods: Path, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said.replace("[", r"\[")):
        entrepot_import(goods, *words)
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        entrepot_import(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"%PDF\x00\x01")
    with pytest.raises(CommandError, match=r"unknown_format \[file\]"):
        entrepot_import(tmp_path / "x.csv")


@pytest.mark.django_db
def test_it_asks_before_it_writes(goods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(CommandError, match="--yes"):
        entrepot_import(goods, yes=False)
    monkeypatch.setattr(command.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    with pytest.raises(CommandError, match="Nothing was written"):
        entrepot_import(goods, yes=False)
    assert not Product.objects.exists()
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert "2 rows written." in entrepot_import(goods, yes=False)


def test_the_bar_moves_on_a_terminal_and_tells_tenths_elsewhere() -> None:
    run: Any = type("Run", (), {"state": ImportState.COMMITTING, "rows_total": 9, "rows_done": 2, "counts": {"new": 4}})
    plain = io.StringIO()
    progress = command.Progress(plain)
    progress.show(run)
    progress.show(run)
    assert plain.getvalue() == "writing 50%\n"
    live = io.StringIO()
    live.isatty = lambda: True  # type: ignore[method-assign]
    bar = command.Progress(live)
    bar.show(run)
    bar.end()
    assert "writing ████████████████████░░░░░░░░░░░░░░░░░░░░  50% 2/4" in live.getvalue()


# -- killed ------------------------------------------------------------------------------------------------------------

PRODUCTS = 1_800


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Two variants a product, the second one far behind the first; one product has a bad row."""
    path = tmp_path / "many.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["code", "product", "brand", "title", "size", "gtin"])
        for size in ("S", "L"):
            for n in range(PRODUCTS):
                gtin = "123" if (n, size) == (7, "L") else ""
                writer.writerow([f"{n}-{size}", f"p-{n}", f"Brand {n % 50}", f"Shirt {n}", size, gtin])
    return path


def started(path: Path) -> subprocess.Popen[str]:
    database = connection.settings_dict
    address = f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{database['NAME']}"
    address += f"?host={quote(database['HOST'])}&port={database['PORT']}"
    return subprocess.Popen(
        [sys.executable, "-m", "entrepot", "import", "products", str(path), "--yes"],
        env={**os.environ, "DATABASE_URL": address.removesuffix("&port=")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stages(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stderr is not None
    yield from process.stderr


def now_there() -> tuple[int, int, int]:
    """SKUs, rows marked as written, products without both their SKUs: in one look, the killed commit may still land."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT (SELECT count(*) FROM catalogue_sku), (SELECT count(*) FROM catalogue_importrow WHERE written),
                   (SELECT count(*) FROM catalogue_product AS p
                    WHERE (SELECT count(*) FROM catalogue_sku AS s WHERE s.product_id = p.id) <> 2)
        """)
        return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_the_same_command_goes_on_and_no_product_is_half_there(many: Path) -> None:
    seen = []
    for stage in ("reading", "comparing", "writing", "writing"):
        with transaction.atomic(), connection.cursor() as cursor:
            if stage == "reading":  # however late it is killed, it has written nothing
                cursor.execute("LOCK TABLE catalogue_sku IN SHARE MODE")
            process = started(many)
            for line in stages(process):
                if line.startswith(stage):
                    break
            try:
                process.wait(timeout=random.uniform(0, 0.4))
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
        skus, written, halves = now_there()
        assert (skus, halves) == (written, 0)
        seen.append(skus)
    out, errors = started(many).communicate()
    assert "rows written." in out or "Nothing to write." in out, errors
    print(f"killed with {seen} of {2 * (PRODUCTS - 1)} SKUs there")
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert Sku.objects.count() == 2 * (PRODUCTS - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT jsonb_array_elements_text(payload->'product_ids') FROM outbox_event")
        told = [row[0] for row in cursor.fetchall()]
    assert sorted(told) == sorted(map(str, selectors.product_ids(limit=9_999)))
