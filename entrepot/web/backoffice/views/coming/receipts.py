"""At the dock: scans from a scanner, a camera or a form; the count against the notice; closing; what it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import text as in_language
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.receiving import selectors, services
from entrepot.receiving.types import (
    Answer,
    Condition,
    Found,
    Gap,
    GapState,
    OpenDifference,
    ReceiptState,
    Scan,
    Standing,
)
from entrepot.web.backoffice.exports import Form, table
from entrepot.web.backoffice.page import UnknownAct, choice, existing, form_of, office_page, page_number, refusals_told
from entrepot.web.backoffice.views.buying import asked
from entrepot.web.backoffice.words import word
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller
from entrepot.web.common.formats import language

SEE = (Role.WAREHOUSE, Role.PURCHASING, Role.FINANCE, Role.CUSTOMS)
ARTICLES_READ = 500  # at once, for a file
YEAR_MIN = 2000  # no scanner is older; the database has times that no page can tell
body_bytes_max = 400_000


class BadScanText(Invalid):
    code = "bad_scan_text"
    zh = "无法读取这条扫描"
    en = "The scan cannot be read"


@access(Role.WAREHOUSE)
@require_GET
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    found = existing(selectors.standing(receipt_id=receipt_id), receipt_id)
    return _shown(request, found, None)


def _shown(request: HttpRequest, found: Standing, refusal: Refusal | None) -> HttpResponse:
    consignment = found.consignment
    ids = {line.sku_id for line in consignment.lines} | {one.sku_id for one in found.found}
    ids |= {one.sku_id for one in found.weighed.differences} | {one.sku_id for one in found.recent}
    skus = catalogue.skus(ids=ids)
    counted: dict[tuple[UUID, str], list[Found]] = {}
    for one in found.found:
        counted.setdefault((one.sku_id, one.lot), []).append(one)
    lines = [(line, skus.get(line.sku_id), counted.pop((line.sku_id, line.lot), [])) for line in consignment.lines]
    reasons = {one.key: request.POST.get(f"why:{one.key}", "") for one in found.weighed.differences}
    kept = found.receipt.state is ReceiptState.OPEN
    left = [] if kept else selectors.differences(receipt_id=found.receipt.id)[0]
    context = {
        "crumbs": [
            (_("Consignments"), reverse("office_consignments")),
            (consignment.number, reverse("office_consignment", args=[consignment.id])),
        ],
        "found": found,
        "receipt": found.receipt,
        "consignment": consignment,
        "lines": lines,
        "strange": [(one, skus.get(one.sku_id)) for group in counted.values() for one in group],
        "gaps": [(one, skus.get(one.sku_id), reasons[one.key]) for one in found.weighed.differences] if kept else [],
        "left": [(one, skus.get(one.sku_id)) for one in left],
        "recent": [(one, skus.get(one.sku_id)) for one in found.recent],
        "me": caller(request).name,
        "conditions": list(Condition),
        "scan_id": new_id(),
    }
    title = _("Receipt %(number)s") % {"number": found.receipt.number}
    page = asked.answered(request, "coming/receipt", title, refusal, context)
    page.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
    return page


@access(Role.WAREHOUSE)
@require_POST
def scans(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """Scans as JSON from the page's queue, each answered for itself; or one from the form of a page without scripts."""
    who: dict[str, Any] = {"receipt_id": receipt_id, "actor": caller(request).name, "now": now()}
    if request.content_type == "application/json":
        readable, answers = _sent(request)
        answers += services.take_scans(**who, scans=readable) if readable else []
        return JsonResponse({"answers": [_told(one) for one in answers]})
    with refusals_told(request):
        (one,) = services.take_scans(**who, scans=[_scan(request.POST)])
        if one.refusal is not None:
            raise one.refusal
        messages.success(request, _("Counted: %(sku)s %(lot)s") % {"sku": one.sku_code, "lot": one.lot})
    return redirect("office_receipt", receipt_id=receipt_id)


def _sent(request: HttpRequest) -> tuple[list[Scan], list[Answer]]:
    """The scans that can be read, and answers to the others: one of them must not hold up a queue. Refuses BadScanText
    for what is no list of scans with ids."""
    if len(request.body) > body_bytes_max:
        raise BadScanText(field="scans")
    try:
        told = json.loads(request.body)
    except ValueError as wrong:
        raise BadScanText(field="scans") from wrong
    rows = told.get("scans") if isinstance(told, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadScanText(field="scans")
    readable: list[Scan] = []
    answers: list[Answer] = []
    for row in rows:
        try:
            readable.append(_scan(row))
        except BadScanText as no:
            answers.append(Answer(_id_of(row), refusal=no))
    return readable, answers


def _id_of(row: Mapping[str, Any]) -> UUID:
    """Refuses BadScanText."""
    try:
        return UUID(str(row["id"]))
    except (KeyError, ValueError) as wrong:
        raise BadScanText(field="scans") from wrong


def _scan(row: Mapping[str, Any]) -> Scan:
    """One scan as a client tells it. Refuses BadScanText."""
    try:
        at = datetime.fromisoformat(row["scanned_at"]) if row.get("scanned_at") else None
        if at is not None and (at.tzinfo is None or at.year < YEAR_MIN):
            raise BadScanText(field="scanned_at")
        return Scan(
            id=UUID(str(row["id"])),
            code=_word(row, "code"),
            units=int(str(row.get("units") or "1")[:10]),
            condition=Condition(row.get("condition") or Condition.SOUND),
            lot=_word(row, "lot"),
            produced_on=_day(row, "produced_on"),
            expires_on=_day(row, "expires_on"),
            origin=_word(row, "origin"),
            pallet=_word(row, "pallet"),
            scanned_at=at,
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise BadScanText(field="scans") from wrong


def _word(row: Mapping[str, Any], name: str) -> str:
    said = str(row.get(name) or "").replace("\0", "").strip()[:200]
    said.encode()  # halves of surrogate pairs are no text: a ValueError
    return said


def _day(row: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(str(row[name])) if row.get(name) else None


def _told(one: Answer) -> dict[str, str]:
    if one.refusal is not None:
        return {
            "id": str(one.id),
            "state": "refused",
            "code": one.refusal.code,
            "said": one.refusal.message(language()),
        }
    title = in_language(one.titles or {}, language())
    return {"id": str(one.id), "state": "known" if one.known else "taken", "said": f"{title} {one.lot}".strip()}


@access(Role.WAREHOUSE)
@form_of("office_receipt")
def act(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """Close it, all of the consignment or this part; give it up; take a pallet over."""
    who: dict[str, Any] = {"actor": caller(request).name, "now": now()}
    wanted = request.POST.get("act", "")
    if wanted in ("close", "part"):
        return _close(request, receipt_id, final=wanted == "close")
    with refusals_told(request):
        if wanted == "pallet":
            pallet = request.POST.get("pallet", "")[:30]
            services.hand_over_pallet(receipt_id=receipt_id, pallet=pallet, **who)
            messages.success(request, _("The pallet is yours to count"))
        elif wanted == "give_up":
            services.give_up(receipt_id=receipt_id, **who)
            messages.success(request, _("The receipt is given up"))
        else:
            raise UnknownAct(field="act")
    return redirect("office_receipt", receipt_id=receipt_id)


def _close(request: HttpRequest, receipt_id: UUID, *, final: bool) -> HttpResponse:
    found = existing(selectors.standing(receipt_id=receipt_id, final=final), receipt_id)
    given = {one.key: request.POST.get(f"why:{one.key}", "") for one in found.weighed.differences}
    try:
        closing = services.Closing(receipt_id, final, given)
        services.close(closing=closing, actor=caller(request).name, now=now())
    except Refusal as no:
        return _shown(request, found, no)
    messages.success(request, _("Closed: the goods are in stock and off the order"))
    return redirect("office_receipt", receipt_id=receipt_id)


@access(*SEE)
@require_GET
def differences(request: HttpRequest) -> HttpResponse:
    state, kind = choice(request, "state", GapState) or GapState.OPEN.value, choice(request, "kind", Gap)
    rows, more = selectors.differences(state=state, kind=kind, page=page_number(request))
    skus = catalogue.skus(ids={row.sku_id for row in rows})
    return office_page(
        request,
        "coming/differences",
        _("Differences of deliveries"),
        rows=[(row, skus.get(row.sku_id)) for row in rows],
        page=page_number(request),
        more=more,
        state=state,
        states=list(GapState),
        kind=kind,
        kinds=list(Gap),
        may_settle=bool(caller(request).roles & {Role.PURCHASING, Role.FINANCE}),
    )


@access(*SEE)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list finds, as a file: the paper for a claim."""
    form = Form(choice(request, "form", Form) or Form.CSV)
    found = selectors.exported_differences(state=choice(request, "state", GapState), kind=choice(request, "kind", Gap))
    return table(rows=_rows(found), name=f"differences-{day_in(CHINA, now()).isoformat()}", form=form)


def _rows(found: Iterator[OpenDifference]) -> Iterator[list[Any]]:
    kinds, states = {one: str(word(one)) for one in Gap}, {one: str(word(one)) for one in GapState}
    yield [
        _("Receipt"), _("Kind"), _("State"), "SKU", _("Lot"), _("Announced"), _("Found"), _("Reason"), _("Outcome"),
        pgettext("purchase", "Closed"),
    ]  # fmt: skip
    while part := list(islice(found, ARTICLES_READ)):
        skus = catalogue.skus(ids={one.sku_id for one in part})
        for one in part:
            figures = [skus[one.sku_id].code if one.sku_id in skus else "", one.lot, one.expected, one.found]
            yield [one.receipt_number, kinds[one.kind], states[one.state], *figures, one.reason, one.outcome, one.at]


@access(Role.PURCHASING, Role.FINANCE)
@require_POST
def settle(request: HttpRequest, difference_id: UUID) -> HttpResponse:
    with refusals_told(request):
        outcome = request.POST.get("outcome", "")
        services.settle(difference_id=difference_id, outcome=outcome, actor=caller(request).name, now=now())
        messages.success(request, _("The difference is settled"))
    return redirect("office_differences")
