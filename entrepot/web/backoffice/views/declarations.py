"""The customs queue: what is held and why, what waits, and each document with its receipts."""

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
from entrepot.customs.types import Declaration, DeclarationState
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.payments import selectors as payments
from entrepot.payments.types import DeclaredShare
from entrepot.web.backoffice.page import (
    UnknownAct,
    choice,
    existing,
    office_page,
    page_number,
    reason,
    refusals_told,
    search_text,
)
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

TABS = (DeclarationState.HELD, *(one for one in DeclarationState if one is not DeclarationState.HELD))
MAY_BE_GIVEN_UP = (DeclarationState.DRAFT, DeclarationState.MATCHING, DeclarationState.LISTED, DeclarationState.HELD)


@access(Role.CUSTOMS, Role.SERVICE)
def queue(request: HttpRequest) -> HttpResponse:
    state = choice(request, "state", DeclarationState)
    text = search_text(request)
    found = customs.queue(state=state, text=text, page=page_number(request))
    told = customs.counts()
    counts = [(one, told[one]) for one in TABS if told[one] or one in (DeclarationState.HELD, state)]
    template = "declarations_rows" if request.headers.get("HX-Target") == "rows" else "declarations"
    return office_page(request, template, _("Declarations"), found=found, state=state, q=text, counts=counts)


@access(Role.CUSTOMS, Role.SERVICE)
def declaration(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    clerk = Role.CUSTOMS in caller(request).roles
    crumbs = [(_("Declarations"), reverse("office_declarations"))]
    may = {"may_read": clerk, "may_redeclare": clerk and one.state == DeclarationState.HELD}
    may["may_give_up"] = clerk and one.state in MAY_BE_GIVEN_UP
    title = _("Declaration %(number)s") % {"number": one.order_number}
    return office_page(request, "declaration", title, crumbs=crumbs, one=one, share=_share(one), **may)


def _share(one: Declaration) -> DeclaredShare | None:
    """What the provider told of the parcel's payment, where he declares it himself."""
    if one.provider_payment is None:
        return None
    shares = payments.declared_shares(payment_id=one.provider_payment, buyer_id=one.buyer_id)
    return next((share for share in shares if share.number == one.order_number), None)


@access(Role.CUSTOMS)
@require_POST
def act(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    """Declare a held parcel again, or give it up."""
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    actor, at = caller(request).name, now()
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted == "cancel":
            done = services.cancel(
                declaration_id=one.id, buyer_id=buyer_id, actor=actor, reason=reason(request), now=at
            )
            messages.success(
                request, _("The declaration is given up") if done else _("Customs was asked to take the list back")
            )
        elif wanted == "redeclare":
            state = services.redeclare(declaration_id=one.id, buyer_id=buyer_id, actor=actor, now=at)
            if state == DeclarationState.HELD:
                messages.warning(request, _("The documents still do not agree: see the differences"))
            else:
                messages.success(request, _("Declared again"))
        else:
            raise UnknownAct(field="act")
    return redirect("office_declaration", buyer_id=buyer_id, parcel_id=parcel_id)


@access(Role.CUSTOMS)
@require_POST
def document(request: HttpRequest, buyer_id: UUID, parcel_id: UUID, document_id: UUID) -> HttpResponse:
    """A document in the clear, as it was sent, on a page or as a file. It holds an ID number: the reading is logged."""
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    address = reverse("office_declaration", args=[buyer_id, parcel_id])
    with refusals_told(request):
        xml = customs.document_xml(
            document_id=document_id,
            buyer_id=buyer_id,
            reader=caller(request).name,
            reason=reason(request),
            now=now(),
        )
        if request.POST.get("as") == "file":
            answer = HttpResponse(xml, content_type="application/xml")
            answer["Content-Disposition"] = f'attachment; filename="{document_id}.xml"'
        else:
            crumbs = [(_("Declarations"), reverse("office_declarations")), (one.order_number, address)]
            texts = [(_("As it was sent"), xml.decode())]
            answer = office_page(request, "opened", _("Document in the clear"), crumbs=crumbs, texts=texts)
        answer["Cache-Control"] = "no-store"
        return answer
    return redirect(address)
