"""Rate books: what is in force, and a new version compared before it becomes law."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.tariff import selectors, services
from entrepot.web.backoffice.page import office_page
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language

file_bytes_max = 20 * 1024 * 1024
shown_max = 500


class BadDay(Invalid):
    code = "bad_day"
    zh = "日期应写作 2026-01-31"
    en = "A day is written like 2026-01-31"


class BookFileMissing(Invalid):
    code = "book_file_missing"
    zh = "请选择不超过 20 MB 的 CSV 文件"
    en = "Choose a CSV file of at most 20 MB"


@access(Role.CUSTOMS, Role.FINANCE)
@require_http_methods(["GET", "POST"])
def books(request: HttpRequest) -> HttpResponse:
    """Every book in its newest version, and the form that lays a new one down for comparison."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return redirect("office_rates_draft", draft_id=_upload(request))
        except Refusal as refused:
            refusal = refused
    answer = office_page(
        request,
        "rates",
        _("Rate books"),
        books=selectors.books_shown(),
        today=day_in(CHINA, now()),
        name=request.POST.get("name", "")[:40],
        refusal=refusal.message(language()) if refusal else "",
        field=refusal.field if refusal else "",
    )
    answer.status_code = refusal.status if refusal else 200
    return answer


def _upload(request: HttpRequest) -> UUID:
    file = request.FILES.get("file")
    if file is None or file.size is None or file.size > file_bytes_max:
        raise BookFileMissing(field="file")
    try:
        as_of = date.fromisoformat(request.POST.get("as_of", ""))
    except ValueError as error:
        raise BadDay(field="as_of") from error
    return services.draft_book(
        name=request.POST.get("name", "").strip(),
        content=file.read(),
        as_of=as_of,
        actor=caller(request).name,
        now=now(),
    )


@access(Role.CUSTOMS, Role.FINANCE)
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """What would change, row by row; a second decision makes it the next version."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            before = {version.code for version in selectors.book_versions()}
            done = services.commit_draft(draft_id=draft_id, actor=caller(request).name, now=now())
            code = done.version.code if done.version else ""
            said = _("Nothing was written: %(book)s says the same")
            if code not in before:
                said = _("%(book)s is written: quotes use it from now on")
            messages.success(request, said % {"book": code})
            return redirect("office_rates")
        except (services.BadBook, services.BookMoved) as refused:
            refusal = refused
    found, change = services.compared(draft_id=draft_id, now=now())
    answer = office_page(
        request,
        "rates_draft",
        found.name,
        crumbs=[(_("Rate books"), "/office/rates/")],
        draft=found,
        change=change,
        added=change.added[:shown_max],
        removed=change.removed[:shown_max],
        shown_max=shown_max,
        left_out=sum(max(len(rows) - shown_max, 0) for rows in (change.added, change.removed)),
        refusal=refusal.message(language()) if refusal else "",
    )
    answer.status_code = refusal.status if refusal else 200
    return answer
