"""What stands still at customs and was raised; and what customs said of a person's year, with a way to lift it."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.checkout import services as checkout
from entrepot.customs import selectors as customs
from entrepot.customs import services
from entrepot.customs.selectors import undeclared
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.web.backoffice.page import choice, existing, office_page, page_number, reason, refusals_told
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller


class Level(StrEnum):
    """To whom it was raised."""

    DESK = "1"
    HEAD = "2"


@access(Role.CUSTOMS, Role.SERVICE, Role.OPERATOR)
def stuck(request: HttpRequest) -> HttpResponse:
    level = choice(request, "level", Level)
    page = page_number(request)
    unanswered = "unanswered" in request.GET
    rows, more = customs.escalations(level=int(level or 0), unanswered=unanswered, page=page)
    counts = customs.escalation_counts()
    context = {"rows": rows, "page": page, "more": more, "level": level, "unanswered": unanswered}
    words = {Level.DESK: _("called the desk"), Level.HEAD: _("called who is in charge")}
    context["levels"] = [(one.value, told, counts.get(int(one), 0)) for one, told in words.items()]
    roles = caller(request).roles
    context["may_answer"] = bool(roles & {Role.CUSTOMS, Role.OPERATOR})
    context["may_open"], context["may_pass"] = bool(roles & {Role.CUSTOMS, Role.SERVICE}), Role.CUSTOMS in roles
    left = undeclared.put_off() if page == 1 and not level else []
    numbers = orders.parcel_numbers(keys=[(one.buyer_id, one.parcel_id) for one in left]) if left else {}
    context["put_off"] = [(one, numbers.get(one.parcel_id, "")) for one in left]
    crumbs = [(_("Declarations"), reverse("office_declarations"))] if context["may_open"] else []
    return office_page(request, "stuck", _("Standing still"), crumbs=crumbs, **context)


@access(Role.CUSTOMS, Role.OPERATOR)
@require_POST
def acknowledge(request: HttpRequest, buyer_id: UUID, escalation_id: UUID) -> HttpResponse:
    with refusals_told(request):
        services.acknowledge(
            escalation_id=escalation_id,
            buyer_id=buyer_id,
            actor=caller(request).name,
            note=request.POST.get("note", ""),
            now=now(),
        )
        messages.success(request, _("Noted: nobody is reminded of it any more"))
    return redirect("office_stuck")


@access(Role.CUSTOMS, Role.OPERATOR)
@require_POST
def try_again(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    """What kept a parcel from being declared was put right."""
    with refusals_told(request):
        services.try_again(parcel_id=parcel_id, buyer_id=buyer_id, actor=caller(request).name, now=now())
        checkout.start_working_off(now=now())
        messages.success(request, _("It is declared with the next parcels"))
    return redirect("office_stuck")


@access(Role.CUSTOMS)
@require_POST
def year(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    """What customs said of the person's year. It tells what somebody bought: the reading is logged."""
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    address = reverse("office_declaration", args=[buyer_id, parcel_id])
    with refusals_told(request):
        found = orders.corrections(
            order_id=one.order_id,
            buyer_id=buyer_id,
            reader=caller(request).name,
            reason=reason(request),
            now=now(),
        )
        crumbs = [(_("Declarations"), reverse("office_declarations")), (one.order_number, address)]
        title = _("What customs said of the year")
        answer = office_page(request, "corrections", title, crumbs=crumbs, one=one, rows=found)
        answer["Cache-Control"] = "no-store"
        return answer
    return redirect(address)


@access(Role.CUSTOMS)
@require_POST
def lift(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    """A clerk knows better than customs' answer: it counts no more."""
    with refusals_told(request):
        correction_id = _uuid(request.POST.get("correction", ""))
        order_verbs.lift_correction(
            correction_id=correction_id, actor=caller(request).name, reason=reason(request), now=now()
        )
        messages.success(request, _("The correction counts no more"))
    return redirect("office_declaration", buyer_id=buyer_id, parcel_id=parcel_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise order_verbs.NoCorrection() from wrong
