"""Goods called back: which recalls there are, a new one, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.recalls import selectors, services
from entrepot.recalls.types import AffectedState, Coverage, Recall, RecallDraft, RecallState, Remedy
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.exports import Form, paged, table
from entrepot.web.backoffice.fields import said
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
from entrepot.web.backoffice.persons import by_whom
from entrepot.web.backoffice.recall_words import RELIEFS, REMEDIES, REMEDY_HINTS, STATES, STEPS
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import text

READERS = (Role.OPERATOR, Role.SERVICE, Role.WAREHOUSE, Role.CUSTOMS)
TEXTS = ("reason_zh", "reason_en", "instruction_zh", "instruction_en")
COLUMNS = (
    "recall", "order", "customs_order", "line", "article", "lot", "units", "state", "became", "coming", "back", "kept",
    "refunded",
)  # fmt: skip
CODES_MAX = 20


@access(*READERS)
def listed(request: HttpRequest) -> HttpResponseBase:
    """A page of recalls, or all of a state as a file."""
    state, page = choice(request, "state", RecallState), page_number(request)
    if form := choice(request, "form", Form):
        return table(rows=_listed_rows(state), name="recalls", form=Form(form))
    rows = selectors.recalls(state=state, page=page)
    return office_page(
        request, "recalls/list", _("Recalls"), rows=[(one, STATES[one.state], REMEDIES[one.remedy]) for one in rows],
        state=state, states=[(one.value, STATES[one]) for one in RecallState], page=page,
        more=len(rows) == selectors.PAGE, may_open=Role.OPERATOR in caller(request).roles,
    )  # fmt: skip


def _listed_rows(state: str) -> Iterator[Sequence[Any]]:
    yield [
        _("Recall"), _("State"), _("Why"), _("Lots"), _("Units"), _("Buyers get"), _("Opened"), _("Opened by"),
        pgettext("recall", "Closed"), _("Why closed"), _("Sold again"),
    ]  # fmt: skip
    for one in paged(lambda page: selectors.recalls(state=state, page=page), size=selectors.PAGE):
        lots, received = " ".join(lot.code for lot in one.lots), sum(lot.received for lot in one.lots)
        yield [
            one.number, str(STATES[one.state]), text(one.reason), lots, received, str(REMEDIES[one.remedy]),
            one.opened_at, by_whom(one.opened_by), one.closed_at or "", one.close_reason, one.lifted_at or "",
        ]  # fmt: skip


@access(Role.OPERATOR)
def new(request: HttpRequest) -> HttpResponse:
    """Which articles, then which lots of them, why, and what buyers are to do."""
    posted, refusal = request.POST, None
    if request.method == "POST":
        try:
            made = services.open_recall(draft=_draft(request), actor=caller(request).name, now=now())
        except Refusal as no:
            refusal = no
        else:
            messages.success(request, _("The recall is open; free units of its lots are in quarantine"))
            return redirect("office_recall", recall_id=made)
    text = posted.get("q", "")[:500] if request.method == "POST" else search_text(request)
    codes = text.replace(",", " ").split()[:CODES_MAX]
    skus = {one.id: one for one in catalogue.sku_by_code(codes={*codes, *(one.upper() for one in codes)}).values()}
    lots = stock.lots_of(sku_ids=skus) if skus else []
    units = stock.units_of_lots(lots=[(one.sku_id, one.id) for one in lots]) if lots else {}
    taken = selectors.open_lots(lot_ids=[one.id for one in lots]) if lots else {}
    return office_page(
        request, "recalls/new", _("New recall"), q=text, crumbs=[(_("Recalls"), reverse("office_recalls"))],
        lots=[(one, skus[one.sku_id], units.get(one.id), taken.get(one.id, "")) for one in lots],
        chosen=posted.getlist("lot"), told={name: posted.get(name, "") for name in TEXTS},
        remedies=[(one.value, REMEDIES[one], REMEDY_HINTS[one]) for one in Remedy],
        remedy=posted.get("remedy") or Remedy.RETURN.value, key=posted.get("key") or new_id(),
        refusal=said(refusal) if refusal else "", refused=refusal.field if refusal else "",
    )  # fmt: skip


def _draft(request: HttpRequest) -> RecallDraft:
    posted = request.POST
    try:
        lots = tuple((UUID(sku), UUID(lot)) for sku, lot in (one.split("/") for one in posted.getlist("lot")))
    except ValueError:
        raise services.RecallInvalid(field="lots", what="lots") from None
    # A break in a line is one character, as browsers count it: they send two.
    texts = {name: posted.get(name, "").replace("\r\n", "\n").strip() for name in TEXTS}
    if posted.get("remedy") not in set(Remedy):
        raise services.RecallInvalid(field="remedy", what="remedy")
    return RecallDraft(
        lots=lots,
        reason=(texts["reason_zh"], texts["reason_en"]),
        instruction=(texts["instruction_zh"], texts["instruction_en"]),
        remedy=Remedy(posted["remedy"]),
        key=posted.get("key", "")[:100],
    )


@access(*READERS)
def one_recall(request: HttpRequest, recall_id: UUID) -> HttpResponse:
    found = existing(selectors.recall(recall_id=recall_id), recall_id)
    state = AffectedState(choice(request, "state", AffectedState) or AffectedState.HELD)
    page = page_number(request)
    rows = selectors.affected(recall_id=recall_id, state=state, page=page)
    skus = catalogue.skus(ids={one.sku_id for one in found.lots})
    return office_page(
        request, "recalls/one", _("Recall %(number)s") % {"number": found.number}, **_progress(found),
        crumbs=[(_("Recalls"), reverse("office_recalls"))], page=page,
        rows=[(one, RELIEFS.get(one.relief, "—")) for one in rows], more=len(rows) == selectors.PAGE,
        lots=[(one, skus.get(one.sku_id)) for one in found.lots], forms=list(Form), state=state.value,
        tabs=[(one.value, STATES[one]) for one in AffectedState],
        operator=Role.OPERATOR in caller(request).roles,
        running=found.state is RecallState.OPEN, state_word=STATES[found.state], remedy=REMEDIES[found.remedy],
    )  # fmt: skip


@access(*READERS)
def progress(request: HttpRequest, recall_id: UUID) -> HttpResponse:
    """The part that moves while the job works, for htmx; it says itself when to ask again."""
    found = existing(selectors.recall(recall_id=recall_id), recall_id)
    return office_page(request, "recalls/coverage", found.number, **_progress(found))


def _progress(found: Recall) -> dict[str, Any]:
    told: Coverage = selectors.coverage(found=found)
    working = found.state is RecallState.OPEN and (found.gathering or told.told < told.buyers)
    return {
        "found": found,
        "told": told,
        "working": working,
        "unstarted": found.counted_at is None,
        "steps": [(STEPS[name], *figures) for name, *figures in selectors.steps(told=told)],
    }


@access(*READERS)
def export(request: HttpRequest, recall_id: UUID) -> HttpResponseBase:
    found = existing(selectors.recall(recall_id=recall_id), recall_id)
    form = Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_table(found), name=f"recall-{found.number}", form=form)


def _table(found: Recall) -> Iterator[Sequence[Any]]:
    yield COLUMNS
    for one in selectors.all_affected(recall_id=found.id):
        yield (
            found.number, one.order_number, one.parcel_number, one.line_number, one.sku_code, one.lot_code,
            one.quantity, one.state.value, one.relief.value, one.coming, one.back, one.kept, one.paid,
        )  # fmt: skip


@access(Role.OPERATOR)
@require_POST
def act(request: HttpRequest, recall_id: UUID) -> HttpResponse:
    """Look again, close, or let the lots be sold again."""
    wanted = request.POST.get("act", "")
    with refusals_told(request):
        if wanted == "look":
            services.look_again(recall_id=recall_id)
            messages.success(request, _("All orders of the lots are read anew"))
        elif wanted == "close":
            why = reason(request)
            services.close_recall(recall_id=recall_id, reason=why, actor=caller(request).name, now=now())
            messages.success(request, _("The recall is closed; what was set aside stays in quarantine"))
        elif wanted == "lift":
            why = reason(request)
            services.lift_stop(recall_id=recall_id, reason=why, actor=caller(request).name, now=now())
            messages.success(request, _("The lots may be sold again; quarantined units wait on the page of disposal"))
        else:
            raise UnknownAct(field="act")
    return redirect("office_recall", recall_id=recall_id)
