"""The queue: what is being done, and what was parked: read the error, try again, or give up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.identity.types import Role
from entrepot.outbox import selectors, services
from entrepot.web.backoffice.page import UnknownAct, office_page, page_number, refusals_told
from entrepot.web.common.access import access

job_id_max = 2**63 - 1  # what the queue's table holds


@access(Role.OPERATOR)
def jobs(request: HttpRequest) -> HttpResponse:
    page = page_number(request)
    parked = selectors.parked(page=page)
    context = {"queue": selectors.queue_state(), "running": selectors.running(), "parked": parked, "page": page}
    return office_page(request, "jobs", _("Jobs and parked events"), **context, more=len(parked) == selectors.page_size)


@access(Role.OPERATOR)
@require_POST
def decide(request: HttpRequest, job_id: int) -> HttpResponse:
    """Try a parked job again, or drop it."""
    with refusals_told(request):
        if job_id > job_id_max:
            raise services.NoSuchParkedJob(job_id=job_id)
        wanted = request.POST.get("act", "")
        if wanted == "dismiss":
            services.dismiss(job_id=job_id)
            messages.success(request, _("The job is dropped"))
        elif wanted == "unpark":
            services.unpark(job_id=job_id)
            messages.success(request, _("The job runs again"))
        else:
            raise UnknownAct(field="act")
    return redirect("office_jobs")
