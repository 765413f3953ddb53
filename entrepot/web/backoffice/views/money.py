"""The provider's statements against our books: what does not meet waits here for a person."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.refusals import Invalid
from entrepot.payments import selectors, services
from entrepot.web.backoffice.page import office_page, page_number, reason, refusals_told
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

days_shown = 14
statement_late = timedelta(days=2)  # yesterday's may still come
PROVIDER = "sandbox"  # the one provider there is; a choice comes with the second


class NoSuchDay(Invalid):
    code = "no_such_day"
    zh = "请选择今天或之前的日期"
    en = "Choose a day up to today"


@access(Role.FINANCE, Role.OPERATOR)
def statements(request: HttpRequest) -> HttpResponse:
    page = page_number(request)
    parked = selectors.parked_differences(page=page)
    at = now()
    today = day_in(CHINA, at)
    late = selectors.late_refunds(now=at, page=page)
    return office_page(
        request,
        "statements",
        _("Provider's statements"),
        parked=parked,
        waiting=selectors.waiting(now=at),
        late=late,
        wrong=selectors.discrepancies(),
        days=selectors.compared_days(provider=PROVIDER, since=today - timedelta(days=days_shown)),
        missing=selectors.days_to_compare(provider=PROVIDER, until=today - statement_late),
        today=today,
        may_decide=Role.FINANCE in caller(request).roles,
        page=page,
        more=selectors.differences_page in (len(parked), len(late)),
    )


@access(Role.FINANCE)
@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Fetch a day's statement now and compare it; what we had missed is taken over."""
    with refusals_told(request):
        found = services.reconcile(provider=PROVIDER, day=_day(request), now=now())
        told = {"matched": found.matched, "healed": found.healed, "differences": len(found.differences)}
        messages.success(request, _("%(matched)d match, %(healed)d were taken over, %(differences)d differ") % told)
    return redirect("office_statements")


@access(Role.FINANCE)
@require_POST
def close(request: HttpRequest, difference_id: UUID) -> HttpResponse:
    """Somebody has looked into a difference and says what it was."""
    with refusals_told(request):
        services.close_difference(
            difference_id=difference_id, actor=caller(request).name, note=reason(request), now=now()
        )
        messages.success(request, _("The difference is closed"))
    return redirect("office_statements")


def _day(request: HttpRequest) -> date:
    try:
        wanted = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as wrong:
        raise NoSuchDay(field="day") from wrong
    if not date(2000, 1, 1) <= wanted <= day_in(CHINA, now()):
        raise NoSuchDay(field="day")
    return wanted
