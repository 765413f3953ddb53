"""Order proposals to decide on, histories that were taken in, and the last back-test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from math import ceil
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.money import to_decimal, to_minor
from entrepot.procurement import selectors as procurement
from entrepot.replenishment import selectors, services
from entrepot.replenishment.types import (
    Dirt,
    FileKind,
    Proposal,
    ProposalRow,
    ProposalState,
    ProposedLine,
    Report,
    Taken,
)
from entrepot.stock import selectors as stock
from entrepot.web.backoffice.exports import Form, paged, table
from entrepot.web.backoffice.navigation import may_open
from entrepot.web.backoffice.page import UnknownAct, choice, existing, office_page, page_number, refusals_told
from entrepot.web.backoffice.replenishment_words import DIRT, FREIGHT, METHODS, REASONS, told
from entrepot.web.backoffice.words import word
from entrepot.web.common import formats
from entrepot.web.common.access import access
from entrepot.web.common.callers import caller

READERS = (Role.OPERATOR, Role.WAREHOUSE, Role.FINANCE, Role.PURCHASING)
DECIDERS = (Role.OPERATOR, Role.PURCHASING)
COLUMNS = (
    "supplier", "place", "article", "units", "pack", "needed", "forecast", "safety", "stock", "volume_cm3", "weight_g",
    "unit_price", "currency",
)  # fmt: skip
chart_wide, chart_high = 700, 120


@access(*READERS)
def proposals(request: HttpRequest) -> HttpResponseBase:
    """Those to decide by supplier, to choose from; of another state the newest first. Or all of the state as a file."""
    state = ProposalState(choice(request, "state", ProposalState) or ProposalState.PROPOSED)
    page = page_number(request)
    if form := choice(request, "form", Form):
        return table(rows=_listed_rows(state), name=f"proposals-{state.value}", form=Form(form))
    rows = selectors.proposals(state=state, page=page)
    names = {one.code: one.name for one in procurement.suppliers().values()}
    places = {one.code: formats.text(one.names) for one in stock.warehouses().values()}
    shown = [_shown(one, places.get(one.place, "")) for one in rows]
    groups = [
        (names.get(code, code), list(of)) for code, of in groupby(shown, key=lambda row: row["one"].supplier)
    ]  # fmt: skip
    to_choose = state is ProposalState.PROPOSED and Role.PURCHASING in caller(request).roles
    return office_page(
        request, "replenishment/proposals", _("Order proposals"), groups=groups, states=list(ProposalState),
        state=state, page=page, more=len(rows) == selectors.PAGE,
        choosing=to_choose and any(one.contract_id for one in rows),
    )  # fmt: skip


def _listed_rows(state: ProposalState) -> Iterator[Sequence[Any]]:
    yield [
        _("Supplier"), _("Place"), _("State"), _("Number of articles"), _("Units"), _("Least order"),
        _("Containers"), _("Kind of container"), _("Full, %"), _("Goods before discount"), _("Currency"),
        _("Lead time, days"), _("Deliveries it follows from"), _("Ordered"), _("Made"),
    ]  # fmt: skip
    for one in paged(lambda page: selectors.proposals(state=state, page=page), size=selectors.PAGE):
        row = _shown(one)
        goods = "" if one.sums.goods_minor is None else str(to_decimal(one.sums.goods_minor, one.currency))
        load = [one.load.number, one.load.code] if one.load else ["", ""]
        full = "" if row["full"] is None else row["full"]
        yield [
            one.supplier, one.place, str(word(one.state)), one.sums.articles, one.sums.units, one.units_min, *load,
            full, goods, one.currency, f"{one.lead.days.normalize():f}", one.lead.deliveries,
            _("yes") if one.order_id else _("no"), one.at,
        ]  # fmt: skip


def _shown(one: Proposal | ProposalRow, where: str = "") -> dict[str, Any]:
    """A proposal with how full its containers are, and whether the contract's least order is reached. `where`: what its
    place is called."""
    sums = one.sums
    full = max(one.load.volume_percent, one.load.weight_percent) if one.load and sums.room_known else None
    short, lead_days = sums.units < one.units_min, ceil(one.lead.days)
    return {"one": one, "sums": sums, "full": full, "short": short, "where": where, "lead_days": lead_days}


def _existing(proposal_id: UUID) -> Proposal:
    return existing(selectors.proposal(proposal_id=proposal_id), proposal_id)


@access(*READERS)
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    one = _existing(proposal_id)
    lines = [(line, _amount(one, line), [REASONS.get(code, code) for code in line.reasons]) for line in one.lines]
    method, roles = str(one.plan["method"]), caller(request).roles
    contract = procurement.contract(contract_id=one.contract_id) if one.contract_id else None
    named = procurement.suppliers(ids=[contract.supplier_id]).get(contract.supplier_id) if contract else None
    open_now = one.state is ProposalState.PROPOSED
    return office_page(
        request, "replenishment/proposal", f"{named.name if named else one.supplier} → {one.place}",
        lines=lines, method=METHODS.get(method, method), contract=contract, **_shown(one),
        may_decide=open_now and not roles.isdisjoint(DECIDERS), may_order=Role.PURCHASING in roles and one.orderable,
        may_see_orders=may_open(request, "office_purchases"),
        crumbs=[(_("Order proposals"), reverse("office_replenishment"))],
    )  # fmt: skip


def _amount(one: Proposal, line: ProposedLine) -> int | None:
    return None if line.unit_price is None else to_minor(line.units * line.unit_price, one.currency)


@access(*READERS)
def proposal_file(request: HttpRequest, proposal_id: UUID) -> HttpResponseBase:
    one = _existing(proposal_id)
    form = Form(choice(request, "form", Form) or Form.CSV)
    return table(rows=_table(one), name=f"order-{one.id}", form=form)


def _table(one: Proposal) -> Iterator[Sequence[Any]]:
    yield COLUMNS
    for line in one.lines:
        yield (
            one.supplier, one.place, line.article, line.units, line.pack, line.needed, line.forecast, line.safety,
            line.stock, line.volume_cm3, line.weight_g, line.unit_price, one.currency,
        )  # fmt: skip


@access(Role.PURCHASING)
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Drafts of purchase orders for the chosen proposals, each once; what cannot be written says why and stays."""
    made: list[UUID] = []
    chosen = _chosen(request.POST.getlist("proposal"))
    for one in chosen:
        with refusals_told(request):
            made.append(services.order(proposal_id=one, actor=caller(request).name, now=now()))
    if not chosen:
        messages.error(request, _("Choose the proposals to order"))
    if made:
        said = ngettext("%(n)d draft order is written", "%(n)d draft orders are written", len(made))
        messages.success(request, said % {"n": len(made)})
    if len(made) == 1 == len(chosen):
        return redirect("office_purchase", order_id=made[0])
    whole = len(made) == len(chosen) and made
    return redirect(f"{reverse('office_purchases')}?state=draft" if whole else "office_replenishment")


def _chosen(texts: Sequence[str]) -> list[UUID]:
    """Ids that a form sent, each once, at most a page of them."""
    found = []
    for text in texts[: selectors.PAGE]:
        with suppress(ValueError):
            found.append(UUID(text))
    return list(dict.fromkeys(found))


@access(*DECIDERS)
@require_POST
def decide(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Approve or dismiss."""
    with refusals_told(request):
        act = request.POST.get("act", "")
        if act not in ("approve", "dismiss"):
            raise UnknownAct(field="act")
        services.decide(proposal_id=proposal_id, approve=act == "approve", actor=caller(request).name, now=now())
        messages.success(request, _("The order is approved") if act == "approve" else _("The proposal is dismissed"))
    return redirect("office_proposal", proposal_id=proposal_id)


@access(*READERS)
def histories(request: HttpRequest) -> HttpResponse:
    sales = [_sales(one) for one in selectors.files(kind=FileKind.SALES)]
    shipments = [_shipments(one) for one in selectors.files(kind=FileKind.SHIPMENTS)]
    return office_page(
        request,
        "replenishment/histories",
        _("Histories of other systems"),
        sales=sales,
        shipments=shipments,
        may_take_over=may_open(request, "office_take_overs"),
    )


def _sales(one: Taken) -> dict[str, Any]:
    report = one.report
    kinds = [
        {"words": words, "count": count, "left_out": Dirt(code).left_out, "samples": report["samples"].get(code, [])}
        for words, count, code in told(DIRT, report["kinds"])
    ]
    return {"file": one, "report": report, "kinds": kinds, "countries": report["countries"]}


def _shipments(one: Taken) -> dict[str, Any]:
    report = one.report
    unresolved, examples = told(FREIGHT, report["unresolved"]), report["examples"]
    return {
        "file": one,
        "report": report,
        "kinds": told(FREIGHT, report["kinds"]),
        "bases": told(FREIGHT, report["bases"]),
        "dirt": told(DIRT, report["dirt"]),
        "unresolved": [(words, count, examples.get(code, [])) for words, count, code in unresolved],
        "stated": to_decimal(report["stated_minor"], report["currency"]),
        "borne": to_decimal(report["borne_minor"], report["currency"]),
    }


@access(*READERS)
def backtest(request: HttpRequest) -> HttpResponse:
    found = selectors.last_backtest()
    drawn = (
        {} if found is None else {"scores": _scores(found), "chart": _chart(found), "wished": _percent(found.service)}
    )
    return office_page(request, "replenishment/backtest", _("Back-test of the forecast"), found=found, **drawn)


def _percent(share: Any) -> str:
    return f"{share * 100:.1f} %"


def _scores(found: Report) -> list[dict[str, Any]]:
    most = max((one.learnt[2] for one in found.scores), default=0) or 1
    return [
        {
            "words": METHODS.get(one.method, one.method),
            "best": one.method == found.best,
            "wape": _percent(one.wape),
            "bias": f"{one.bias * 100:+.1f} %",
            "factor": f"{one.factor:.2f}",
            "normal": [_percent(one.normal[0]), _percent(one.normal[1]), formats.amount(round(one.normal[2]))],
            "learnt": [_percent(one.learnt[0]), _percent(one.learnt[1]), formats.amount(round(one.learnt[2]))],
            "kept": round(one.learnt[2]),
            "width": max(1, round(100 * one.learnt[2] / most)),
        }
        for one in found.scores
    ]


def _chart(found: Report) -> dict[str, Any]:
    """Two lines over the origins: what was wanted, and what the best method said."""
    pairs = found.by_week[found.best]
    most = max(1, *(max(pair) for pair in pairs))
    step = chart_wide // max(len(pairs), 1)
    lines = [
        " ".join(f"{n * step + step // 2},{round(chart_high * (1 - pair[i] / most))}" for n, pair in enumerate(pairs))
        for i in (0, 1)
    ]
    points = [
        (
            n * step + step // 2,
            round(chart_high * (1 - there / most)),
            f"{formats.amount(there)} / {formats.amount(forecast)}",
        )
        for n, (there, forecast) in enumerate(pairs)
    ]
    return {
        "demand": lines[0], "forecast": lines[1], "points": points, "most": formats.amount(most),
        "method": METHODS.get(found.best, found.best), "since": formats.day(found.first),
    }  # fmt: skip
