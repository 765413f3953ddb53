"""The pieces of an import's work: read some rows, judge some products, write some products.

Each works on a locked run inside the caller's transaction and moves the run's position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count

from entrepot.catalogue import rules
from entrepot.catalogue.importing import judging, parsing
from entrepot.catalogue.models import Brand, ImportRow, ImportRun
from entrepot.catalogue.services.known import holders, homes, load_known
from entrepot.catalogue.services.writing import write
from entrepot.catalogue.types import ImportState, Problem, Verdict
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.refusals import Invalid
from entrepot.kit.sql import load, run

ROWS_PER_READING = 2_000
PRODUCTS_PER_COMPARING = 1_000
PRODUCTS_PER_COMMITTING = 500
ROWS_PER_STEP_MAX = 5_000
TO_WRITE = (Verdict.NEW, Verdict.CHANGED)

ROWS = "catalogue_importrow"
Judged = dict[str, tuple[list[judging.Row], judging.Outcome]]


class DuplicateRow(Invalid):
    code = "duplicate_row"
    zh = "与第 {line} 行重复：{value}"
    en = "It repeats line {line}: {value}"


def look_again(*tables: str) -> None:
    """Let the planner see what was just written: within a minute's work the server's own round does not come by."""
    for table in tables:
        run(f"ANALYZE {table}")


def encoded(rows: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()


def move(found: ImportRun, state: ImportState, now: datetime) -> None:
    found.state, found.rows_done, found.changed_at = state, 0, now
    found.save()


def read(found: ImportRun, now: datetime) -> None:
    rows = list(ImportRow.objects.filter(run=found, line__gt=found.position_line).order_by("line")[:ROWS_PER_READING])
    options = {"mapping": found.mapping, "defaults": found.defaults, "language": found.language}
    width = len(found.headings)
    said = [parsing.parse(row.cells, **options, width=width) for row in rows]
    nameless = [parsed["sku"]["gtin"].zfill(14) for parsed, _ in said if _needs_code(parsed)]
    held = holders(nameless) if nameless else {}
    for row, (parsed, problems) in zip(rows, said, strict=True):
        gtin = parsed["sku"].get("gtin", "")
        row.number = gtin.zfill(14) if gtin else ""
        row.code = str(parsed["sku"].get("code") or held.get(row.number, gtin))
        row.parsed, row.problems = parsed, problems
        if not row.code and not problems:
            problems.append(
                rules.problem(judging.Missing(field="code", what_zh="编码或条码", what_en="a code or barcode"))
            )
    home = homes(row.code for row in rows)
    for row in rows:
        key = row.parsed["product"].get("key", "")
        derived = home.get(row.code) or (judging.derived_slug(row.parsed, row.code) if row.code else "")
        row.product_slug = judging.key_slug(key) if key else derived
        row.verdict = "" if row.product_slug else Verdict.BAD
    _mark_repeats(found, rows)
    run(load("catalogue", "read_rows"), {"run_id": found.id, "rows": encoded([_read_row(row) for row in rows])})
    if len(rows) < ROWS_PER_READING:
        look_again(ROWS)
        move(found, ImportState.COMPARING, now)
    else:
        found.position_line, found.rows_done, found.changed_at = rows[-1].line, found.rows_done + len(rows), now
        found.save()


def _needs_code(parsed: parsing.Parsed) -> bool:
    return "gtin" in parsed["sku"] and "code" not in parsed["sku"]


def _read_row(row: ImportRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "parsed": row.parsed,
        "code": row.code,
        "number": row.number,
        "product_slug": row.product_slug,
        "verdict": row.verdict,
        "problems": [asdict(problem) for problem in row.problems],
    }


def _mark_repeats(found: ImportRun, rows: Sequence[ImportRow]) -> None:
    """A code or a barcode that an earlier line of the file has is a problem of the later one."""
    earlier = ImportRow.objects.filter(run=found, line__lte=found.position_line)
    codes = dict(earlier.filter(code__in=[row.code for row in rows if row.code]).values_list("code", "line"))
    numbers = dict(earlier.filter(number__in=[row.number for row in rows if row.number]).values_list("number", "line"))
    for row in rows:
        for field, value, seen in (("code", row.code, codes), ("gtin", row.number, numbers)):
            line = seen.setdefault(value, row.line) if value else row.line
            if line != row.line:
                row.problems.append(rules.problem(DuplicateRow(field=field, line=line, value=value)))
                break


def _groups(found: ImportRun, products_max: int, **conditions: Any) -> dict[str, list[ImportRow]]:
    """The staged rows of the next products, whole products only."""
    ahead = ImportRow.objects.filter(run=found, product_slug__gt=found.position_slug, **conditions)
    sizes = ahead.values_list("product_slug").annotate(Count("id")).order_by("product_slug")[:products_max]
    slugs: list[str] = []
    total = 0
    for slug, size in sizes:
        total += size
        if slugs and total > ROWS_PER_STEP_MAX:
            break
        slugs.append(slug)
    groups: dict[str, list[ImportRow]] = {}
    staged = ImportRow.objects.filter(run=found, product_slug__in=slugs).defer("cells", "diff")
    for row in staged.order_by("product_slug", "line"):
        groups.setdefault(row.product_slug, []).append(row)
    return groups


def _judge(groups: Mapping[str, Sequence[ImportRow]], now: datetime, *, differences: bool) -> Judged:
    known = load_known(groups=groups, on=day_in(CHINA, now))
    judged: Judged = {}
    for slug, group in groups.items():
        staged = [
            judging.Row(row.line, row.code, row.parsed, [Problem(**problem) for problem in row.problems])
            for row in group
        ]
        judged[slug] = (staged, judging.judge(slug, staged, known, differences=differences))
    return judged


def _judged_row(row: ImportRow, staged: judging.Row) -> dict[str, Any]:
    problems = [asdict(problem) for problem in staged.problems]
    return {"id": row.id, "verdict": staged.verdict, "problems": problems, "diff": staged.diff}


def compare(found: ImportRun, now: datetime) -> None:
    groups = _groups(found, PRODUCTS_PER_COMPARING)
    judged = _judge(groups, now, differences=True)
    rows = [
        _judged_row(row, staged)
        for slug, group in groups.items()
        for row, staged in zip(group, judged[slug][0], strict=True)
    ]
    run(load("catalogue", "judge_rows"), {"run_id": found.id, "rows": encoded(rows)})
    if not groups:
        look_again(ROWS)
        found.counts, found.position_slug = _counts(found), ""
        move(found, ImportState.COMPARED, now)
        return
    found.position_slug, found.changed_at = list(groups)[-1], now
    found.rows_done += len(rows)
    found.save()


def _counts(found: ImportRun) -> dict[str, int]:
    rows = ImportRow.objects.filter(run=found)
    counts = dict(rows.values_list("verdict").annotate(Count("id")))
    said = rows.filter(verdict__in=TO_WRITE).values_list("parsed__product__brand_names", flat=True).distinct()
    names = {rules.brand_key(next(iter(texts.values()))) for texts in said if texts}
    there = Brand.objects.filter(keys__overlap=sorted(names)).values_list("keys", flat=True)
    new = names.difference(*there)
    return {
        **counts,
        "written": rows.filter(written=True).count(),
        "new_brands": len(new),
    }


def commit(found: ImportRun, now: datetime) -> None:
    """One chunk of products: judged again against the catalogue as it is now, written, and marked as written."""
    groups = _groups(found, PRODUCTS_PER_COMMITTING, verdict__in=TO_WRITE, written=False)
    if not groups:
        found.counts = {**found.counts, **_counts(found), "new_brands": found.counts.get("new_brands", 0)}
        move(found, ImportState.DONE, now)
        return
    judged = _judge(groups, now, differences=False)
    ready = {slug: outcome for slug, (_, outcome) in judged.items() if outcome.product}
    refused = write(ready, actor=found.created_by, reason=f"import {found.file_name}"[:500], now=now)
    wrote, bad = [], []
    for slug, group in groups.items():
        if slug in ready and slug not in refused:
            wrote += [row.id for row in group if row.verdict in TO_WRITE]
            continue
        for row, staged in zip(group, judged[slug][0], strict=True):
            if slug in refused:
                staged.verdict, staged.diff, staged.problems = Verdict.BAD, {}, [refused[slug]]
            bad.append(_judged_row(row, staged))
    ImportRow.objects.filter(id__in=wrote).update(written=True)
    run(load("catalogue", "judge_rows"), {"run_id": found.id, "rows": encoded(bad)})
    before, found.rows_done = found.rows_done, found.rows_done + len(wrote)
    if before.bit_length() != found.rows_done.bit_length():  # at each doubling
        look_again("catalogue_brand", "catalogue_product", "catalogue_sku")
    found.position_slug, found.changed_at = list(groups)[-1], now
    found.save()
