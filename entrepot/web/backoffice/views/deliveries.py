"""Inbound accounts (CEB711): which waybills came into a supervised site under a bill, and what customs answers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.customs import selectors as customs
from entrepot.customs import services
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.page import existing, office_page, page_number, refusals_told, search_text
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

PAGE = 50


@access(Role.CUSTOMS, Role.WAREHOUSE)
def listed(request: HttpRequest) -> HttpResponse:
    text, page = search_text(request), page_number(request)
    rows = customs.deliveries(text=text, page=page)
    return office_page(
        request,
        "deliveries",
        _("Inbound accounts"),
        rows=rows[:PAGE],
        q=text,
        page=page,
        more=len(rows) > PAGE,
        last=rows[0].said if rows else {},
    )


@access(Role.CUSTOMS, Role.WAREHOUSE)
@require_POST
def tell(request: HttpRequest) -> HttpResponse:
    """The waybills that were scanned, one a line, came in under this bill."""
    with refusals_told(request):
        said = {name: fields.text(request, name, 100) for name in _FIELDS}
        came = services.Came(
            customs_code=said["customsCode"],
            operator=(said["operatorCode"], said["operatorName"]),
            carrier=(said["logisticsCode"], said["logisticsName"]),
            transport=said["trafMode"],
            vessel=said["trafNo"],
            voyage=said["voyageNo"],
            bill=said["billNo"],
            waybills=tuple(word for _n, words in fields.lines(request, "waybills") for word in words),
        )
        made = services.tell_delivery(came=came, actor=caller(request).name, now=now())
        messages.success(request, _("On its way to customs"))
        return redirect("office_delivery", delivery_id=made)
    return redirect("office_deliveries")


_FIELDS = (
    "customsCode", "operatorCode", "operatorName", "logisticsCode", "logisticsName", "trafMode", "trafNo", "voyageNo",
    "billNo",
)  # fmt: skip


@access(Role.CUSTOMS, Role.WAREHOUSE)
def one_delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    found = existing(customs.delivery(delivery_id=delivery_id), delivery_id)
    return office_page(
        request,
        "delivery",
        _("Inbound account %(number)s") % {"number": found.number},
        crumbs=[(_("Inbound accounts"), reverse("office_deliveries"))],
        one=found,
        may_tell_anew=found.accepted is False and Role.CUSTOMS in caller(request).roles,
    )


@access(Role.CUSTOMS)
@require_POST
def anew(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    with refusals_told(request):
        services.tell_delivery_anew(delivery_id=delivery_id, actor=caller(request).name, now=now())
        messages.success(request, _("On its way to customs"))
    return redirect("office_delivery", delivery_id=delivery_id)
