"""Deliveries of other systems: files are uploaded and looked at, then made ours by the job, with a bar that moves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from entrepot.histories import selectors, services
from entrepot.histories.types import TakeOver, TakeOverState
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.stock import selectors as stock
from entrepot.stock.types import WarehouseKind
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.page import UnknownAct, existing, office_page, refusals_told
from entrepot.web.backoffice.replenishment_words import DIRT, FREIGHT, LEFT_OUT, REMARKS, told
from entrepot.web.common import formats
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.WAREHOUSE, Role.FINANCE, Role.PURCHASING)
TAKERS = (Role.PURCHASING,)


@access(*READERS)
@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """What was taken over so far, and the form that begins the next."""
    may, refusal = bool(caller(request).roles & set(TAKERS)), None
    if request.method == "POST" and may:
        try:
            return redirect("office_take_over", take_over_id=_look(request))
        except Refusal as refused:
            refusal = refused
    places = sorted(stock.warehouses().values(), key=lambda one: one.code)
    answer = office_page(
        request, "histories/list", _("Deliveries taken over"), rows=selectors.take_overs(), may=may,
        places=[one for one in places if one.kind is not WarehouseKind.BONDED], files_max=services.FILES_MAX,
        mb_max=services.BYTES_MAX // 2**20, source=request.POST.get("source", ""),
        chosen=request.POST.get("warehouse", ""), refusal=refusal.message(formats.language()) if refusal else "",
        crumbs=_above(),
    )  # fmt: skip
    answer.status_code = refusal.status if refusal else 200
    return answer


def _look(request: HttpRequest) -> UUID:
    """Refuses NoFiles, NotThere, and what `look` refuses."""
    files = request.FILES.getlist("files")
    if not 0 < sum(file.size or 0 for file in files) <= services.BYTES_MAX:
        raise services.NoFiles(field="files", most=services.FILES_MAX, mb=services.BYTES_MAX // 2**20)
    places = {str(one.id): one.id for one in stock.warehouses().values()}
    place = places.get(request.POST.get("warehouse", ""))
    if place is None:
        raise services.NotThere(field="warehouse")
    upload = services.Upload(
        fields.text(request, "source", 60), place, [(file.name or "", file.read()) for file in files]
    )
    return services.look(upload=upload, actor=caller(request).name, now=now())


@access(*READERS)
@require_GET
def one(request: HttpRequest, take_over_id: UUID) -> HttpResponse:
    """What is in the files, by kind of dirt; what would be left out and why; then how far it is."""
    found = existing(selectors.take_over(take_over_id=take_over_id), take_over_id)
    report, place = found.report, stock.warehouses().get(found.warehouse_id)
    currency = report["currency"]
    return office_page(
        request, "histories/one", _("Deliveries of %(source)s") % {"source": found.source}, **_drawn(found),
        place=place, may=found.state is TakeOverState.LOOKED and bool(caller(request).roles & set(TAKERS)),
        kinds=told(FREIGHT, report["kinds"]), bases=told(FREIGHT, report["bases"]),
        dirt=[(words, n, report["samples"].get(code, [])) for words, n, code in told(DIRT, report["dirt"])],
        remarks=told(REMARKS, found.remarks), left_out=told(LEFT_OUT, found.left_out),
        unresolved=[
            (words, n, report["examples"].get(code, [])) for words, n, code in told(FREIGHT, report["unresolved"])
        ],
        stated=formats.money(report["stated_minor"], currency), borne=formats.money(report["borne_minor"], currency),
        crumbs=[*_above(), (_("Deliveries taken over"), reverse("office_take_overs"))],
    )  # fmt: skip


@access(*READERS)
@require_GET
def progress(request: HttpRequest, take_over_id: UUID) -> HttpResponse:
    """The moving part of the page, asked for every second; when it is over the whole page is asked for."""
    found = existing(selectors.take_over(take_over_id=take_over_id), take_over_id)
    if found.state is not TakeOverState.WORKING:
        return HttpResponseClientRefresh()
    return office_page(request, "histories/progress", "", **_drawn(found))


def _drawn(found: TakeOver) -> dict[str, Any]:
    return {"found": found, "percent": 100 * found.done // found.whole if found.whole else 0}


@access(*TAKERS)
@require_POST
def act(request: HttpRequest, take_over_id: UUID) -> HttpResponse:
    who: dict[str, Any] = {"take_over_id": take_over_id, "actor": caller(request).name, "now": now()}
    with refusals_told(request):
        if request.POST.get("act") == "begin":
            services.begin(**who)
        elif request.POST.get("act") == "drop":
            services.drop(**who)
            messages.success(request, _("Dropped: nothing of it was written"))
        else:
            raise UnknownAct(field="act")
    return redirect("office_take_over", take_over_id=take_over_id)


def _above() -> list[tuple[str, str]]:
    return [(_("Consignments"), reverse("office_consignments"))]
