"""A proposal becomes the draft of a purchase order, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db import transaction

from entrepot.audit import services as audit
from entrepot.catalogue import selectors as catalogue
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.outbox.services import emit
from entrepot.procurement import services as procurement
from entrepot.procurement.types import LineDraft, OrderDraft
from entrepot.replenishment import selectors
from entrepot.replenishment.models import Proposal as Row
from entrepot.replenishment.services.proposals import APPROVED, AlreadyDecided
from entrepot.replenishment.types import Proposal, ProposalState


class NoTerms(Refusal):
    code = "proposal_without_contract"
    status = 422
    zh = "该建议不来自供应商合同：没有价格，不能生成采购订单"
    en = "This proposal does not come from a supplier's contract: without prices no purchase order can be written"


class ArticleGone(Refusal):
    code = "proposed_article_gone"
    zh = "商品目录中已没有货号 {sku}：请等待下一次建议"
    en = "The catalogue has no SKU {sku} any more: wait for the next proposal"


def order(*, proposal_id: UUID, actor: str, now: datetime) -> UUID:
    """Write the proposal as a draft of a purchase order under its contract; the order of a proposal that has one.

    The proposal is taken by one conditional write in the transaction that writes the order: of two at once the second
    waits and finds the first one's order. Refuses NotFound, AlreadyDecided, NoTerms, ArticleGone, and what
    `procurement.draft` refuses; then it stays as it was.
    """
    with transaction.atomic():
        if not _take(proposal_id, actor, now):
            return _ordered(proposal_id)
        found = selectors.proposal(proposal_id=proposal_id)
        assert found is not None
        order_id = procurement.draft(wish=_wish(found, now), actor=actor, now=now)
        Row.objects.filter(id=proposal_id).update(order_id=order_id)
        audit.record(
            actor=actor, action="replenishment.ordered", subject_kind="proposal", subject_id=proposal_id, buyer_id=None,
            reason="", at=now,
        )  # fmt: skip
        told = {"proposal_id": str(proposal_id), "order_id": str(order_id)}
        emit(topic=APPROVED, aggregate_id=proposal_id, buyer_id=None, payload=told)
    return order_id


def _take(proposal_id: UUID, actor: str, now: datetime) -> bool:
    """Decide it for an order, unless somebody did before."""
    free = Row.objects.filter(
        id=proposal_id, order=None, contract__isnull=False, state__in=[ProposalState.PROPOSED, ProposalState.APPROVED]
    )
    return bool(free.update(state=ProposalState.APPROVED, decided_at=now, decided_by=actor))


def _ordered(proposal_id: UUID) -> UUID:
    """The order it has already. Refuses NotFound, NoTerms, AlreadyDecided."""
    row = Row.objects.filter(id=proposal_id).first()
    if row is None:
        raise NotFound(what="proposal")
    if row.order_id is not None:
        return row.order_id
    raise NoTerms if row.contract_id is None else AlreadyDecided


def _wish(found: Proposal, now: datetime) -> OrderDraft:
    """Refuses ArticleGone."""
    assert found.contract_id is not None
    skus = catalogue.sku_by_code(codes=[line.article for line in found.lines])
    lines = []
    for line in found.lines:
        if line.article not in skus or line.unit_price is None:
            raise ArticleGone(sku=line.article)
        lines.append(LineDraft(skus[line.article].id, line.units, line.unit_price))
    there = day_in(CHINA, now) + timedelta(days=ceil(found.lead.days))
    return OrderDraft(found.contract_id, there, tuple(lines))
