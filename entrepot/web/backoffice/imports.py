"""Import runs: upload a file, say what its columns mean, look at what would change, write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from entrepot.catalogue import selectors, services
from entrepot.catalogue.types import ImportRow, ImportRun, ImportState, Verdict
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.backoffice.fields import text
from entrepot.web.backoffice.page import existing, form_of, office_page, page_number
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language, language_name

SAMPLES = 3
STALLED_AFTER = timedelta(seconds=30)
LANGUAGES = ["zh-hans", "en", "de", "es", "fr", "hr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "vi"]
DEFAULTS = ["brand", "origin", "type", "category", "active"]


@access(Role.CATALOGUE)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The runs, and the form that begins one."""
    refusal = None
    if request.method == "POST":
        try:
            return redirect("office_import", run_id=_upload(request))
        except Refusal as refused:
            refusal = refused
    runs, pages = selectors.import_runs(page=page_number(request))
    context = {
        "runs": runs,
        "page": page_number(request),
        "pages": pages,
        "encodings": services.ENCODINGS,
        "size_max_mb": services.FILE_MAX_BYTES // 2**20,
        "refusal": refusal.message(language()) if refusal else "",
    }
    answer = office_page(request, "imports/list", _("Product imports"), **context)
    answer.status_code = refusal.status if refusal else 200
    return answer


def _upload(request: HttpRequest) -> UUID:
    """Refuses what `open_import` does, and no file at all."""
    file = request.FILES.get("file")
    if file is None or file.size is None:
        raise services.EmptyFile(field="file")
    if file.size > services.FILE_MAX_BYTES:
        raise services.FileTooLarge(field="file", size_max_mb=services.FILE_MAX_BYTES // 2**20)
    return services.open_import(
        name=file.name or "",
        content=file.read(),
        actor=caller(request).name,
        now=now(),
        encoding=request.POST.get("encoding", ""),
    )


def _label(name: str) -> str:
    return selectors.field_label(name=name, language=language()) if name else ""


def _title(run: ImportRun) -> str:
    return _("Import %(file)s") % {"file": run.file_name}


def _run(run_id: UUID) -> ImportRun:
    return existing(selectors.import_run(run_id=run_id), run_id)


@access(Role.CATALOGUE)
@require_GET
def import_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What the run's state asks for: columns, progress, or what would change."""
    run = _run(run_id)
    if run.state is ImportState.UPLOADED or (run.state is ImportState.COMPARED and "columns" in request.GET):
        return _columns(request, run)
    if run.state.working:
        return office_page(request, "imports/progress", _title(run), **_progress(run))
    return _rows(request, run)


@dataclass(frozen=True, slots=True)
class Posted:
    """The form of the columns, as it was sent."""

    columns: list[str]
    defaults: dict[str, str]
    language: str


def _columns(
    request: HttpRequest, run: ImportRun, posted: Posted | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    names = {column: name for name, column in run.mapping.items()}
    chosen = posted.columns if posted else [names.get(column, "") for column in range(len(run.headings))]
    samples = [row.cells for row in selectors.import_rows(run_id=run.id)[0][:SAMPLES]]
    columns = [
        {"heading": heading, "chosen": chosen[n], "samples": [cells[n] for cells in samples if n < len(cells)]}
        for n, heading in enumerate(run.headings)
    ]
    defaults = posted.defaults if posted else run.defaults
    context = {
        "run": run,
        "columns": columns,
        "fields": selectors.import_fields(language=language()),
        "languages": [(code, language_name(code)) for code in LANGUAGES],
        "chosen_language": posted.language if posted else run.language,
        "defaults": [(name, _label(name), defaults.get(name, "")) for name in DEFAULTS],
        "refusal": refusal.message(language()) if refusal else "",
    }
    answer = office_page(request, "imports/columns", _title(run), **context)
    answer.status_code = refusal.status if refusal else 200
    return answer


@access(Role.CATALOGUE)
@form_of("office_import")
def import_columns(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Say what the columns mean; the worker reads and compares."""
    run = _run(run_id)
    posted = Posted(
        columns=[request.POST.get(f"column-{n}", "") for n in range(len(run.headings))],
        defaults={name: words for name in DEFAULTS if (words := text(request, f"default-{name}"))},
        language=request.POST.get("language", ""),
    )
    try:
        mapping = services.mapping_of(run_id=run_id, columns=posted.columns)
        services.map_import(
            run_id=run_id,
            mapping=mapping,
            defaults=posted.defaults,
            language=posted.language,
            now=now(),
            background=True,
        )
    except Refusal as refused:
        return _columns(request, run, posted, refused)
    return redirect("office_import", run_id=run_id)


def _progress(run: ImportRun) -> dict[str, Any]:
    whole = run.rows_total
    if run.state is ImportState.COMMITTING:
        whole = run.counts.get(Verdict.NEW, 0) + run.counts.get(Verdict.CHANGED, 0)
    return {"run": run, "whole": whole, "stalled": now() - run.changed_at > STALLED_AFTER}


@access(Role.CATALOGUE)
@require_GET
def import_progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The moving part of the page, asked for every second; when the run rests the whole page is asked for."""
    run = _run(run_id)
    if not run.state.working:
        return HttpResponseClientRefresh()
    return office_page(request, "imports/progress_part", _title(run), **_progress(run))


def _rows(request: HttpRequest, run: ImportRun) -> HttpResponse:
    wanted = request.GET.get("verdict", "")
    verdict = Verdict(wanted) if wanted in set(Verdict) else None
    rows, pages = selectors.import_rows(run_id=run.id, verdict=verdict, page=page_number(request))
    problems = [
        (_label(problem.field), problem.message(language()), count, line)
        for problem, count, line in selectors.problem_counts(run_id=run.id)
    ]
    context = {
        "run": run,
        "rows": [_row(row) for row in rows],
        "tabs": [("", _("all"), run.rows_total), *((v.value, word(v), run.counts.get(v, 0)) for v in Verdict)],
        "verdict": wanted if verdict else "",
        "page": page_number(request),
        "pages": pages,
        "problems": problems,
        "changes": run.counts.get(Verdict.NEW, 0) + run.counts.get(Verdict.CHANGED, 0),
        "may_commit": run.state is ImportState.COMPARED,
    }
    return office_page(request, "imports/rows", _title(run), **context)


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "row": row,
        "said": [(_label(name), words) for name, words in row.said.items()],
        "diff": [(_label(name), before, after) for name, (before, after) in row.diff.items()],
        "problems": [(_label(problem.field), problem.message(language()), problem.code) for problem in row.problems],
    }


@access(Role.CATALOGUE)
@require_POST
def import_act(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Write what is new and changed, or give the run up."""
    try:
        if request.POST.get("act") == "commit":
            services.commit_import(run_id=run_id, actor=caller(request).name, now=now(), background=True)
        elif request.POST.get("act") == "discard":
            services.discard_import(run_id=run_id, now=now())
    except Refusal as refused:
        messages.error(request, refused.message(language()))
    return redirect("office_import", run_id=run_id)


@access(Role.CATALOGUE)
@require_GET
def import_errors(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    """The bad rows as CSV."""
    run = _run(run_id)
    report = selectors.error_report(run_id=run.id, language=language())
    answer = StreamingHttpResponse(report, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-errors-{run.id}.csv"'
    return answer


@access(Role.CATALOGUE)
@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """The headings of a file to begin with."""
    answer = HttpResponse(selectors.import_template(language=language()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="products.csv"'
    return answer


urlpatterns = [
    path("", imports, name="office_imports"),
    path("template.csv", import_template, name="office_import_template"),
    path("<uuid:run_id>/", import_page, name="office_import"),
    path("<uuid:run_id>/columns/", import_columns, name="office_import_columns"),
    path("<uuid:run_id>/progress/", import_progress, name="office_import_progress"),
    path("<uuid:run_id>/act/", import_act, name="office_import_act"),
    path("<uuid:run_id>/errors.csv", import_errors, name="office_import_errors"),
]
