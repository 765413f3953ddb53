"""The queue: what is being done, and what was parked: read the error, try again, or give up."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later
from django.views.decorators.http import require_POST

from entrepot.audit.services import record
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.outbox import selectors, services
from entrepot.web.backoffice.page import UnknownAct, office_page, page_number, refusals_told
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

job_id_max = 2**63 - 1  # what the queue's table holds
_ACTS = {
    "dismiss": (services.dismiss, _later("The job is dropped")),
    "unpark": (services.unpark, _later("The job runs again")),
}


@access(Role.OPERATOR)
def jobs(request: HttpRequest) -> HttpResponse:
    page = page_number(request)
    parked = selectors.parked(page=page)
    context = {"queue": selectors.queue_state(), "running": selectors.running(), "parked": parked, "page": page}
    return office_page(request, "jobs", _("Jobs and parked events"), **context, more=len(parked) == selectors.page_size)


@access(Role.OPERATOR)
@require_POST
def decide(request: HttpRequest, job_id: int) -> HttpResponse:
    """Try a parked job again, or drop it; who did is kept, for a dropped one may be a parcel never declared."""
    with refusals_told(request):
        if job_id > job_id_max:
            raise services.NoSuchParkedJob(job_id=job_id)
        wanted = request.POST.get("act", "")
        if wanted not in _ACTS:
            raise UnknownAct(field="act")
        decided, said = _ACTS[wanted]
        with transaction.atomic():
            job = decided(job_id=job_id)
            record(
                actor=caller(request).name,
                action=f"outbox.{wanted}",
                subject_kind="job",
                subject_id=UUID(int=job_id),
                buyer_id=job.buyer_id,
                reason=f"{job.name} #{job_id}",
                at=now(),
            )
        messages.success(request, said)
    return redirect("office_jobs")
