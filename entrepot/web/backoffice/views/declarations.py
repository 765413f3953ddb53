"""The customs queue: what is held and why, what waits, and each document with its receipts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from entrepot.checkout import selectors as flow
from entrepot.checkout import services as checkout
from entrepot.checkout.types import LimitAsked
from entrepot.customs import selectors as customs
from entrepot.customs import services
from entrepot.customs.selectors import staying, taxes
from entrepot.customs.types import Compared, Declaration, DeclarationState, DocumentKind, Listed
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.payments.types import DeclaredShare
from entrepot.web.backoffice import fields
from entrepot.web.backoffice.exports import Form, table
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
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

compared_kinds = (DocumentKind.ORDER, DocumentKind.PAYMENT, DocumentKind.WAYBILL, DocumentKind.LIST)
TABS = (DeclarationState.HELD, *(one for one in DeclarationState if one is not DeclarationState.HELD))
MAY_BE_GIVEN_UP = (DeclarationState.DRAFT, DeclarationState.MATCHING, DeclarationState.LISTED, DeclarationState.HELD)


class Age(StrEnum):
    """How old a declaration is at least."""

    HOUR = "1h"
    SIX_HOURS = "6h"
    DAY = "1d"
    THREE_DAYS = "3d"


AGES = {
    Age.HOUR: timedelta(hours=1),
    Age.SIX_HOURS: timedelta(hours=6),
    Age.DAY: timedelta(days=1),
    Age.THREE_DAYS: timedelta(days=3),
}
AGE_WORDS = {
    Age.HOUR: _lazy("over 1 hour"),
    Age.SIX_HOURS: _lazy("over 6 hours"),
    Age.DAY: _lazy("over 1 day"),
    Age.THREE_DAYS: _lazy("over 3 days"),
}


@access(Role.CUSTOMS, Role.SERVICE)
def queue(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request)
    found = customs.queue(**wanted, oldest_first="oldest" in request.GET, page=page_number(request))
    template = "declarations_rows" if request.headers.get("HX-Target") == "rows" else "declarations"
    stuck = sum(customs.escalation_counts().values())
    parcels = [(row.buyer_id, row.parcel_id) for row in found.declarations]
    levels = customs.escalation_levels(parcels=parcels) if stuck else {}
    shown = {"found": found, "state": wanted["state"], "q": wanted["text"], "age": choice(request, "age", Age)}
    shown["rows"] = [(row, levels.get(row.parcel_id)) for row in found.declarations]
    if template == "declarations":
        told = customs.counts()
        shown["counts"] = [
            (one, told[one]) for one in TABS if told[one] or one in (DeclarationState.HELD, shown["state"])
        ]
        shown |= {"stuck": stuck, "ages": AGE_WORDS.items(), "count_max": customs.COUNT_MAX}
    return office_page(request, template, _("Declarations"), **shown)


@access(Role.CUSTOMS, Role.SERVICE)
def export(request: HttpRequest) -> HttpResponseBase:
    """What the queue finds, as a file: numbers, states and codes, nothing personal."""
    form = Form(choice(request, "form", Form) or Form.CSV)
    name = f"declarations-{day_in(CHINA, now()).isoformat()}"
    return table(rows=_rows(customs.exported(**_wanted(request))), name=name, form=form)


def _rows(found: Iterable[Listed]) -> Iterator[list[Any]]:
    """The headings, then a row for each; in the reader's language, though the file is sent when that is forgotten."""
    kinds, states = list(DocumentKind), {state: str(word(state)) for state in DeclarationState}
    heads = [_("Customs order"), _("State"), _("Supervision mode"), _("Held code"), _("List number"), _("Made")]
    return chain([[*heads, _("Changed"), *(f"CEB{kind.value}" for kind in kinds)]], _each(found, kinds, states))


def _each(
    found: Iterable[Listed], kinds: Sequence[DocumentKind], states: Mapping[DeclarationState, str]
) -> Iterator[list[Any]]:
    for one in found:
        own = (one.order_number, states[one.state], one.trade_mode, one.held_code, one.list_number)
        yield [*own, one.created_at, one.changed_at, *(one.statuses.get(kind, "") for kind in kinds)]


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """Which declarations the address asks for."""
    age = choice(request, "age", Age)
    made_before = now() - AGES[Age(age)] if age else None
    return {
        "state": choice(request, "state", DeclarationState),
        "text": search_text(request),
        "made_before": made_before,
    }


@access(Role.CUSTOMS, Role.SERVICE)
def declaration(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    clerk = Role.CUSTOMS in caller(request).roles
    crumbs = [(_("Declarations"), reverse("office_declarations"))]
    may: dict[str, Any] = {"may_read": clerk, "case": (case := _case(one))}
    may["may_redeclare"] = clerk and one.state == DeclarationState.HELD and not (case and case.to_declare)
    may["may_give_up"] = clerk and one.state in MAY_BE_GIVEN_UP
    title = pgettext("parcel", "Declaration %(number)s") % {"number": one.order_number}
    told, lines = customs.compared(parcel_id=parcel_id, buyer_id=buyer_id)
    kinds = [kind for kind in compared_kinds if any(kind in row.values for row in told)]
    by_line = [(line, _sides(line.rows, kinds)) for line in lines]
    sides = {"share": _share(one), "told": _sides(told, kinds), "lines": by_line, "kinds": kinds}
    stuck = customs.escalations_of(parcel_id=parcel_id, buyer_id=buyer_id)
    stay = staying.stay(parcel_id=parcel_id, buyer_id=buyer_id)
    may |= {"stuck": stuck, "stay": stay, "may_ask": stay is not None and stay.may_ask(day_in(CHINA, now()))}
    differ = sum(not row.agrees for rows in (told, *(line.rows for line in lines)) for row in rows)
    bills = taxes.of_parcel(parcel_id=parcel_id, buyer_id=buyer_id)
    shown = {"crumbs": crumbs, "one": one, "differ": differ, "bills": bills}
    return office_page(request, "declaration", title, **shown, **sides, **may)


def _case(one: Declaration) -> LimitAsked | None:
    """What the buyer was asked where customs stopped the parcel at a limit, and what was chosen."""
    if not flow.met_limit(declaration=one):
        return None
    order = orders.order(order_id=one.order_id, buyer_id=one.buyer_id)
    return flow.limit_cases(order=order, now=now()).get(one.parcel_id) if order else None


def _sides(rows: Iterable[Compared], kinds: Sequence[DocumentKind]) -> list[tuple[Compared, list[str]]]:
    """Each row with what each document says, in the order of the columns."""
    return [(row, [row.values.get(kind, "") for kind in kinds]) for row in rows]


def _share(one: Declaration) -> DeclaredShare | None:
    """What the provider told of the parcel's payment, where he declares it himself."""
    if one.provider_payment is None:
        return None
    shares = payments.declared_shares(payment_id=one.provider_payment, buyer_id=one.buyer_id)
    return next((share for share in shares if share.number == one.order_number), None)


@access(Role.CUSTOMS)
@require_POST
def act(request: HttpRequest, buyer_id: UUID, parcel_id: UUID) -> HttpResponse:
    """Declare a held parcel again, say that it was released as general trade, give it up, or see to a released list
    whose goods stay."""
    one = existing(customs.declaration(parcel_id=parcel_id, buyer_id=buyer_id), parcel_id)
    actor, at = caller(request).name, now()
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted in _STAYING:
            messages.success(request, _STAYING[wanted](request, one))
            return redirect("office_declaration", buyer_id=buyer_id, parcel_id=parcel_id)
        if wanted == "cancel":
            done = services.cancel(
                declaration_id=one.id, buyer_id=buyer_id, actor=actor, reason=reason(request), now=at
            )
            messages.success(
                request, _("The declaration is given up") if done else _("Customs was asked to take the list back")
            )
        elif wanted == "general":
            number = request.POST.get("number", "")
            checkout.clear_general(parcel_id=parcel_id, buyer_id=buyer_id, number=number, actor=actor, now=at)
            messages.success(request, _("Released as general trade: the parcel goes on"))
        elif wanted == "redeclare":
            state = services.redeclare(declaration_id=one.id, buyer_id=buyer_id, actor=actor, now=at)
            if state == DeclarationState.HELD:
                messages.warning(request, _("The documents still do not agree: see the differences"))
            else:
                messages.success(request, _("Declared again"))
        else:
            raise UnknownAct(field="act")
    return redirect("office_declaration", buyer_id=buyer_id, parcel_id=parcel_id)


def _ask_again(request: HttpRequest, one: Declaration) -> str:
    done = services.ask_list_again(
        parcel_id=one.parcel_id, buyer_id=one.buyer_id, refused=fields.number(request, "refused") or 0,
        actor=caller(request).name, now=now(),
    )  # fmt: skip
    return _("Customs is asked once more") if done else _("This was asked before: nothing changed")


def _settle(request: HttpRequest, one: Declaration) -> str:
    done = services.settle_stay(
        parcel_id=one.parcel_id, buyer_id=one.buyer_id, paper=fields.text(request, "paper"),
        actor=caller(request).name, now=now(),
    )  # fmt: skip
    known = _("This paper was entered before: nothing changed")
    return _("Settled: the goods are in the book again") if done else known


_STAYING = {"ask_list_again": _ask_again, "settle_stay": _settle}


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
