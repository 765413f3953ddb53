"""The customs queue: what is held and why, what waits, and each document with its receipts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from entrepot.customs import selectors as customs
from entrepot.customs import services
from entrepot.customs.types import DeclarationState
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal
from entrepot.web.backoffice.page import choice, existing, office_page, page_number
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language


@access(Role.CUSTOMS, Role.SERVICE)
def queue(request: HttpRequest) -> HttpResponse:
    state = choice(request, "state", DeclarationState)
    text = request.GET.get("q", "")[:60]
    found = customs.queue(state=state, text=text, page=page_number(request))
    context = {"found": found, "state": state, "q": text, "counts": customs.counts()}
    return office_page(request, "declarations", "报关 · Declarations", **context)


@access(Role.CUSTOMS, Role.SERVICE)
def declaration(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    may_act = Role.CUSTOMS in caller(request).roles
    return office_page(request, "declaration", f"报关 · Declaration {one.order_number}", one=one, may_act=may_act)


@access(Role.CUSTOMS)
@require_POST
def act(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    """Declare a held parcel again, or give it up."""
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    actor, at = caller(request).name, now()
    try:
        if request.POST.get("act") == "cancel":
            reason = request.POST.get("reason", "").strip()[:200]
            services.cancel(declaration_id=one.id, buyer_id=buyer_id, actor=actor, reason=reason, now=at)
        else:
            services.redeclare(declaration_id=one.id, buyer_id=buyer_id, actor=actor, now=at)
    except Refusal as refusal:
        messages.error(request, refusal.message(language()))
    return redirect("office_declaration", buyer_id=buyer_id, parcel_id=parcel_id)


@access(Role.CUSTOMS)
@require_POST
def document(request: HttpRequest, buyer_id: UUID, document_id: UUID) -> HttpResponse:
    """A document in the clear, as it was sent. It holds an ID number: the reading is logged with its reason."""
    reason = request.POST.get("reason", "").strip()[:200]
    xml = customs.document_xml(
        document_id=document_id, buyer_id=buyer_id, reader=caller(request).name, reason=reason, now=now()
    )
    response = HttpResponse(xml, content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{document_id}.xml"'
    response["Cache-Control"] = "no-store"
    return response
