"""The queue and what was parked: read the error, try again, or give up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from entrepot.identity.types import Role
from entrepot.kit.refusals import Refusal
from entrepot.outbox import selectors, services
from entrepot.web.backoffice.page import office_page, page_number
from entrepot.web.common.access import access
from entrepot.web.common.formats import language


@access(Role.OPERATOR)
def jobs(request: HttpRequest) -> HttpResponse:
    parked = selectors.parked(page=page_number(request))
    context = {"queue": selectors.queue_state(), "parked": parked, "page": page_number(request)}
    return office_page(request, "jobs", "任务 · Jobs and parked events", **context)


@access(Role.OPERATOR)
@require_POST
def decide(request: HttpRequest, job_id: int) -> HttpResponse:
    verb = services.dismiss if request.POST.get("act") == "dismiss" else services.unpark
    try:
        verb(job_id=job_id)
    except Refusal as refusal:
        messages.error(request, refusal.message(language()))
    return redirect("office_jobs")
