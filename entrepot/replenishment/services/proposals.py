"""Propose orders, and decide on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.audit import services as audit
from entrepot.catalogue import selectors as catalogue
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.replenishment import library, selectors
from entrepot.replenishment.models import Proposal, ProposalLine
from entrepot.replenishment.rules import reorder
from entrepot.replenishment.rules.methods import Method, deviations
from entrepot.replenishment.selectors import Wanted
from entrepot.replenishment.services.days import once
from entrepot.replenishment.types import OWN, Container, Lead, Plan, ProposalState, ProposedLine, Source, Terms, Weeks
from entrepot.stock import selectors as stock

SOURCES_MAX = 20_000
LINES_MAX = 500  # of one purchase order
HISTORY_WEEKS = 104
APPROVED = "replenishment.approved"


class TooManySources(Invalid):
    code = "too_many_sources"
    zh = "一次最多 {sources_max} 个货源"
    en = "At most {sources_max} sources at once"


class PackTooLarge(Invalid):
    code = "pack_too_large"
    zh = "{article} 的一箱装不进集装箱 {container}"
    en = "One pack of {article} does not fit into container {container}"


class SourceTwice(Invalid):
    code = "source_twice"
    zh = "{article} 在 {place} 有两个货源"
    en = "{article} has two sources for {place}"


class ProposedMeanwhile(Refusal):
    code = "proposed_meanwhile"
    zh = "同一供应商和地点的建议正在由他人生成，请稍后再看"
    en = "Somebody else is proposing for the same supplier and place: look again in a moment"


class AlreadyDecided(Refusal):
    code = "already_decided"
    zh = "该建议已被处理"
    en = "This proposal has been decided already"


def propose(
    *, sources: Sequence[Source], plan: Plan, today: date, now: datetime, history: Sequence[str] = (OWN,)
) -> list[UUID]:
    """Propose one order for each supplier, contract and place that needs anything; open ones of them are replaced.

    Refuses TooManySources, SourceTwice, PackTooLarge, MethodUnknown, ProposedMeanwhile; then nothing of it is written.
    """
    _check(sources, plan.container)
    method = library.method(plan.method)
    factor = _factor(plan)
    leads = selectors.lead_times(suppliers={one.supplier for one in sources})
    made = []
    with once(ProposedMeanwhile()), transaction.atomic():
        for (supplier, place, _contract), group in groupby(sorted(sources, key=_order), key=_order):
            of = list(group)
            lead = leads.get((supplier, place)) or leads.get((supplier, "")) or selectors.stated_lead(plan=plan)
            needs = _needs(of, method, Wanted(history, today, HISTORY_WEEKS, place))
            lines = _lines(needs, lead, plan, factor, of[0].terms)
            contract_id = of[0].terms.contract_id if of[0].terms else None
            open_ones = Proposal.objects.filter(supplier=supplier, place=place, state=ProposalState.PROPOSED)
            open_ones.filter(contract=contract_id).update(state=ProposalState.REPLACED)
            if lines:
                made.append(_write(of[0], lines, lead, plan, now))
    return made


def _order(one: Source) -> tuple[str, str, str]:
    """Whose order it goes into."""
    return one.supplier, one.place, str(one.terms.contract_id) if one.terms else ""


def _lines(
    needs: Sequence[reorder.Need], lead: Lead, plan: Plan, factor: float | Fraction, terms: Terms | None
) -> list[ProposedLine]:
    """At most as many as an order takes, what runs out first before the rest, which the next night proposes."""
    covered = [(need, reorder.cover(need, lead, plan.review_days, factor)) for need in needs]
    lines = [one for need, both in covered if (one := reorder.line(need, both)) is not None]
    if len(lines) > LINES_MAX:
        weekly = {need.source.article: need.weekly for need in needs}
        lines = sorted(lines, key=lambda one: (one.stock / (weekly[one.article] or 1), one.article))[:LINES_MAX]
    lines = reorder.raise_to(lines, needs, terms.units_min if terms else 0)
    if plan.container is not None and plan.top_up and lines:
        lines = reorder.top_up(lines, needs, plan.container)
    return lines


def _check(sources: Sequence[Source], container: Container | None) -> None:
    if len(sources) > SOURCES_MAX:
        raise TooManySources(field="sources", sources_max=SOURCES_MAX)
    seen = set()
    for one in sources:
        if (one.article, one.place) in seen:
            raise SourceTwice(field="sources", article=one.article, place=one.place)
        seen.add((one.article, one.place))
        if container is not None and not reorder.fits(one, container):
            raise PackTooLarge(field="sources", article=one.article, container=container.code)


def _factor(plan: Plan) -> float | Fraction:
    """What the last back-test learnt for this method and service level, else what the normal distribution says."""
    report = selectors.last_backtest()
    if report is not None and report.service == plan.service:
        for score in report.scores:
            if score.method == plan.method:
                return Fraction(score.factor)
    return reorder.normal_factor(plan.service)


def _needs(sources: Sequence[Source], method: Method, wanted: Wanted) -> list[reorder.Need]:
    articles = {one.article for one in sources}
    _first, sold = selectors.weekly(wanted=Wanted(wanted.sources, wanted.until, wanted.weeks, wanted.place, articles))
    weeks = {one.article: one for one in sold}
    free = _free(articles, wanted.place, wanted.until)
    return [_need(one, weeks.get(one.article), method, free.get(one.article, 0)) for one in sources]


def _need(source: Source, sold: Weeks | None, method: Method, free: int) -> reorder.Need:
    if sold is None:
        return reorder.Need(source, 0.0, 0.0, free)
    since = next(n for n, units in enumerate(sold.units) if units)
    demand = sold.units[since:]
    expected = method(demand)
    return reorder.Need(source, expected[-1], deviations(demand, expected)[-1], free)


def _free(articles: Collection[str], place: str | None, today: date | None) -> dict[str, int]:
    """Free units in the warehouse of that code that have not expired, and those in transit to it, by article; none of
    what the catalogue does not know."""
    warehouse = next((one.id for one in stock.warehouses().values() if one.code == place), None)
    skus = list(catalogue.sku_by_code(codes=articles).values())
    found: dict[str, int] = {}
    for start in range(0, len(skus), stock.IDS_MAX):
        some = skus[start : start + stock.IDS_MAX]
        there = stock.available(sku_ids=[sku.id for sku in some], on=today)
        coming = stock.under_way(warehouse_id=warehouse, sku_ids=[sku.id for sku in some]) if warehouse else {}
        for sku in some:
            free = sum(one.quantity for one in there.get(sku.id, ()) if one.warehouse_id == warehouse)
            found[sku.code] = free + coming.get(sku.id, 0)
    return found


def _write(of: Source, lines: Sequence[ProposedLine], lead: Lead, plan: Plan, now: datetime) -> UUID:
    containers = asdict(reorder.load(lines, plan.container)) if plan.container else {}
    terms = of.terms
    row = Proposal.objects.create(
        supplier=of.supplier, place=of.place, state=ProposalState.PROPOSED, plan=_told(plan), at=now,
        containers=containers, contract_id=terms.contract_id if terms else None,
        currency=terms.currency if terms else "", units_min=terms.units_min if terms else 0,
        lead_time={"days": str(lead.days), "spread_days": str(lead.spread_days), "deliveries": lead.deliveries},
    )  # fmt: skip
    ProposalLine.objects.bulk_create(
        ProposalLine(proposal=row, position=n, **{**asdict(one), "reasons": list(one.reasons)})
        for n, one in enumerate(sorted(lines, key=lambda one: one.article), start=1)
    )
    return row.id


def _told(plan: Plan) -> Mapping[str, Any]:
    return {
        "service": str(plan.service), "method": plan.method, "review_days": plan.review_days,
        "container": plan.container.code if plan.container else "", "top_up": plan.top_up,
    }  # fmt: skip


def decide(*, proposal_id: UUID, approve: bool, actor: str, now: datetime) -> None:
    """Approve or dismiss, once. An approved one is told as `replenishment.approved` {proposal_id}: procurement orders.

    Refuses NotFound, AlreadyDecided.
    """
    state = ProposalState.APPROVED if approve else ProposalState.DISMISSED
    with transaction.atomic():
        won = Proposal.objects.filter(id=proposal_id, state=ProposalState.PROPOSED).update(
            state=state, decided_at=now, decided_by=actor
        )
        if not won:
            raise AlreadyDecided if Proposal.objects.filter(id=proposal_id).exists() else NotFound(what="proposal")
        audit.record(
            actor=actor, action=f"replenishment.{state.value}", subject_kind="proposal", subject_id=proposal_id,
            buyer_id=None, reason="", at=now,
        )  # fmt: skip
        if approve:
            emit(topic=APPROVED, aggregate_id=proposal_id, buyer_id=None, payload={"proposal_id": str(proposal_id)})
