"""Import runs and their rows, for the pages and the command."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from uuid import UUID

from entrepot.catalogue.importing import fields
from entrepot.catalogue.importing.judging import flat
from entrepot.catalogue.models import AttributeDefinition
from entrepot.catalogue.models import ImportRow as RowModel
from entrepot.catalogue.models import ImportRun as RunModel
from entrepot.catalogue.types import ImportRow, ImportRun, ImportState, Problem, Verdict

RUNS_PER_PAGE = 25
ROWS_PER_PAGE = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _run(row: RunModel) -> ImportRun:
    return ImportRun(
        id=row.id,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        kind=row.kind,
        encoding=row.encoding,
        delimiter=row.delimiter,
        sheet=row.sheet,
        headings=tuple(row.headings),
        mapping=row.mapping,
        defaults=row.defaults,
        language=row.language,
        state=ImportState(row.state),
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        counts=row.counts,
        created_by=row.created_by,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _row(row: RowModel) -> ImportRow:
    return ImportRow(
        line=row.line,
        cells=tuple(row.cells),
        code=row.code,
        product_slug=row.product_slug,
        verdict=Verdict(row.verdict) if row.verdict else None,
        problems=tuple(Problem(**problem) for problem in row.problems),
        said={
            k: v for part in row.parsed.values() for name, value in part.items() for k, v in flat(name, value).items()
        },
        diff={name: (before, after) for name, (before, after) in row.diff.items()},
        written=row.written,
    )


def import_run(*, run_id: UUID) -> ImportRun | None:
    found = RunModel.objects.filter(id=run_id).first()
    return _run(found) if found else None


def import_runs(*, page: int = 1) -> tuple[list[ImportRun], int]:
    """One page of runs, the latest first, and how many pages there are."""
    page = max(page, 1)
    found = RunModel.objects.order_by("-created_at", "-id")[(page - 1) * RUNS_PER_PAGE : page * RUNS_PER_PAGE]
    return [_run(row) for row in found], max(-(-RunModel.objects.count() // RUNS_PER_PAGE), 1)


def unfinished_import(*, digest: str) -> ImportRun | None:
    """The run of the same file that was being committed when its process ended."""
    found = RunModel.objects.filter(digest=digest, state=ImportState.COMMITTING).order_by("-created_at").first()
    return _run(found) if found else None


def import_rows(*, run_id: UUID, verdict: Verdict | None = None, page: int = 1) -> tuple[list[ImportRow], int]:
    """One page of staged rows in the order of the file, and how many pages there are."""
    page = max(page, 1)
    rows = RowModel.objects.filter(run_id=run_id, **({"verdict": verdict} if verdict else {}))
    found = rows.order_by("line")[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    return [_row(row) for row in found], max(-(-rows.count() // ROWS_PER_PAGE), 1)


def import_fields(*, language: str) -> list[tuple[str, str]]:
    """What a column can mean: (field, label)."""
    return fields.choices(AttributeDefinition.objects.values_list("code", flat=True).distinct(), language)


def import_template(*, language: str) -> str:
    """The headings of a file to begin with, as CSV with a UTF-8 mark."""
    return "\ufeff" + _line(fields.template(language))


def field_label(*, name: str, language: str) -> str:
    """What a problem's or a difference's field is called on a page."""
    return fields.label(name, language)


def problem_counts(*, run_id: UUID) -> list[tuple[Problem, int, int]]:
    """What is wrong in a file, by kind: (a first example, how many rows, its line), the most frequent first."""
    kinds: dict[tuple[str, str], tuple[Problem, int, int]] = {}
    bad = RowModel.objects.filter(run_id=run_id, verdict=Verdict.BAD).order_by("line")
    for problems, line in bad.values_list("problems", "line").iterator(chunk_size=2_000):
        for problem in (Problem(**raw) for raw in problems):
            first, count, first_line = kinds.get((problem.code, problem.field), (problem, 0, line))
            kinds[problem.code, problem.field] = (first, count + 1, first_line)
    return sorted(kinds.values(), key=lambda kind: -kind[1])


def harmless(cell: str) -> str:
    """The cell as a spreadsheet shows it, never as a formula that it runs (OWASP: CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def error_report(*, run_id: UUID, language: str) -> Iterator[str]:
    """The bad rows as CSV, line by line: where, what is wrong, and the cells as they were. Begins with a UTF-8 mark."""
    run = RunModel.objects.filter(id=run_id).first()
    zh = language.startswith("zh")
    heads = ["行号", "字段", "代码", "原因"] if zh else ["line", "field", "code", "reason"]
    yield "\ufeff" + _line([*heads, *(run.headings if run else [])])
    bad = RowModel.objects.filter(run_id=run_id, verdict=Verdict.BAD).order_by("line")
    for row in bad.iterator(chunk_size=2_000):
        for problem in (Problem(**raw) for raw in row.problems):
            yield _line([str(row.line), problem.field, problem.code, problem.message(language), *row.cells])
