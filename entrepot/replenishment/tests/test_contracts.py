"""From contracts, sales and receipts to drafts of purchase orders: reckoned each night, written once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from entrepot.catalogue.types import Sku
from entrepot.kit import sql
from entrepot.kit.refusals import NotFound
from entrepot.kit.tests.racing import racing
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying
from entrepot.procurement.tests import makers
from entrepot.procurement.types import ArticleTerms, Contract, OrderState, Received
from entrepot.replenishment import selectors, services, tasks
from entrepot.replenishment.models import DayOfSales, LeadTime, Proposal
from entrepot.replenishment.rules.reorder import Need, raise_to
from entrepot.replenishment.services import ordering
from entrepot.replenishment.services.ordering import NoTerms
from entrepot.replenishment.services.proposals import AlreadyDecided
from entrepot.replenishment.tests.makers import NOW
from entrepot.replenishment.tests.test_proposals import TODAY, history, source
from entrepot.replenishment.types import Plan, ProposalState, ProposedLine
from entrepot.stock.tests.makers import warehouse

PLAN = Plan(lead_spread_days=0)  # steady demand and times: no safety stock


@pytest.fixture
def sold(db: None) -> tuple[Sku, Contract]:
    """An article that NGB1 sells twenty of a week, and the contract that names it."""
    makers.rates()
    warehouse("NGB1")
    (sku,) = makers.articles()
    history(sku.code, 20)
    terms = ArticleTerms(sku.id, Decimal("10.5"), units_min=24, pack=12, volume_cm3=900)
    return sku, makers.contract(makers.supplier("MAKER"), articles=(terms,), line_units_min=30)


def proposed() -> list[UUID]:
    return services.propose_from_contracts(now=NOW, plan=PLAN)


def test_a_night_takes_source_price_and_amounts_from_the_contract(sold: tuple[Sku, Contract]) -> None:
    sku, of = sold
    (made,) = proposed()
    one = selectors.proposal(proposal_id=made)
    assert one is not None
    assert (one.supplier, one.place, one.contract_id, one.currency) == ("MAKER", "NGB1", of.id, "EUR")
    # Five weeks at twenty are a hundred, in cartons of twelve.
    assert [(line.article, line.units, line.pack, line.unit_price) for line in one.lines] == [
        (sku.code, 108, 12, Decimal("10.5"))
    ]
    assert (one.sums.goods_minor, one.orderable) == (113_400, True)
    (again,) = proposed()
    assert Proposal.objects.get(id=made).state == ProposalState.REPLACED
    DayOfSales.objects.all().delete()
    assert proposed() == []
    assert Proposal.objects.get(id=again).state == ProposalState.REPLACED  # what nobody sells any more is not asked for


def test_the_least_order_of_the_contract_is_reached_in_whole_cartons(sold: tuple[Sku, Contract]) -> None:
    sku, _of = sold
    cheaper = (ArticleTerms(sku.id, Decimal(5), pack=50),)
    makers.contract(makers.supplier("SECOND"), articles=cheaper, order_units_min=400)
    (made,) = proposed()
    one = selectors.proposal(proposal_id=made)
    assert one is not None
    assert (one.supplier, one.units_min, [line.units for line in one.lines]) == ("SECOND", 400, [400])
    assert one.lines[0].reasons == ("order",)


def test_what_is_missing_to_the_least_order_goes_by_demand() -> None:
    needs = [Need(source("A", pack=10), 30.0, 0.0, 0), Need(source("B", pack=4), 10.0, 0.0, 0)]
    lines = [ProposedLine(need.source.article, 20, need.source.pack, 20, Decimal(20), 0, 0, 0, 0, ()) for need in needs]
    raised = raise_to(lines, needs, 120)
    assert [(one.units, one.reasons) for one in raised] == [(80, ("order",)), (40, ("order",))]
    assert raise_to(lines, needs, 40) == lines


def test_lead_times_come_from_receipts_by_place_else_of_the_supplier(sold: tuple[Sku, Contract]) -> None:
    _sku, of = sold
    for n in range(5):
        order = makers.sent((36,), of=of)
        later = NOW + timedelta(days=10 + n)
        buying.receive_against(
            receipts=[Received(order.lines[0].id, 36)], reference="DN", actor="dock", now=later,
            place="NGB1" if n else "",
        )  # fmt: skip
    today = TODAY + timedelta(days=20)
    assert services.reckon_lead_times(today=today) == 5
    assert services.reckon_lead_times(today=today) == 5
    assert LeadTime.objects.count() == 5
    leads = selectors.lead_times(suppliers=["MAKER"])
    assert {key: (one.days, one.deliveries) for key, one in leads.items()} == {("MAKER", ""): (Decimal("12.0"), 5)}
    (made,) = services.propose_from_contracts(now=NOW)
    one = selectors.proposal(proposal_id=made)
    assert one is not None
    assert one.lead.deliveries == 5
    order = makers.sent((36,), of=of)
    buying.receive_against(
        receipts=[Received(order.lines[0].id, 36)], reference="DN", actor="dock", now=later, place="NGB1"
    )
    services.reckon_lead_times(today=today)
    assert selectors.lead_times(suppliers=["MAKER"])["MAKER", "NGB1"].deliveries == 5


def test_an_order_is_written_once_and_counts_as_coming(sold: tuple[Sku, Contract]) -> None:
    _sku, of = sold
    (made,) = proposed()
    order_id = services.order(proposal_id=made, actor="anna", now=NOW)
    assert services.order(proposal_id=made, actor="bert", now=NOW) == order_id
    order = makers.read(order_id)
    assert (order.state, order.contract_id, order.latest.author) == (OrderState.DRAFT, of.id, "anna")
    assert [(line.units, line.unit_price) for line in order.latest.document.lines] == [(108, Decimal("10.5000"))]
    assert order.latest.document.expected_on == TODAY + timedelta(days=28)
    (told,) = makers.told("replenishment.approved")
    assert sql.json_value(told["payload"]) == {"proposal_id": str(made), "order_id": str(order_id)}
    one = selectors.proposal(proposal_id=made)
    assert one is not None
    assert (one.state, one.order_id, one.decided_by, one.orderable) == (
        ProposalState.APPROVED, order_id, "anna", False,
    )  # fmt: skip
    assert proposed() == []
    buying.cancel(order_id=order_id, reason="no", actor="anna", now=NOW)
    assert len(proposed()) == 1


def test_what_cannot_be_ordered_says_why_and_stays(sold: tuple[Sku, Contract]) -> None:
    _sku, of = sold
    (made,) = proposed()
    assert procurement.suppliers(ids=[of.supplier_id])[of.supplier_id].active
    makers.supplier("MAKER", active=False)
    with pytest.raises(buying.SupplierRests):
        services.order(proposal_id=made, actor="anna", now=NOW)
    assert Proposal.objects.get(id=made).state == ProposalState.PROPOSED
    assert procurement.orders()[0] == []


def test_proposals_without_contract_dismissed_or_unknown_are_refused(sold: tuple[Sku, Contract]) -> None:
    sku, _of = sold
    (told,) = services.propose(sources=[source(sku.code)], plan=Plan(), today=TODAY, now=NOW)
    with pytest.raises(NoTerms):
        services.order(proposal_id=told, actor="anna", now=NOW)
    (made,) = proposed()
    services.decide(proposal_id=made, approve=False, actor="anna", now=NOW)
    with pytest.raises(AlreadyDecided):
        services.order(proposal_id=made, actor="anna", now=NOW)
    with pytest.raises(NotFound):
        services.order(proposal_id=sku.id, actor="anna", now=NOW)


def test_the_job_of_the_night_does_both(sold: tuple[Sku, Contract], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "now", lambda: NOW)
    tasks.propose_orders()
    tasks.propose_orders()
    states = [one.state for one in selectors.proposals()]
    assert sorted(states) == [ProposalState.PROPOSED, ProposalState.REPLACED]


def _at_once(proposal_id: UUID) -> list[str]:
    works: list[Callable[[], object]] = [
        lambda who=who: services.order(proposal_id=proposal_id, actor=who, now=NOW)  # type: ignore[misc]
        for who in ("anna", "bert", "carl", "dora")
    ]
    return racing(works)


@pytest.mark.django_db(transaction=True)
def test_clicks_at_once_write_one_order(sold: tuple[Sku, Contract]) -> None:
    (made,) = proposed()
    answers = _at_once(made)
    assert len(set(answers)) == 1
    assert [str(row.id) for row in procurement.orders()[0]] == [answers[0]]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_condition_each_click_writes_one(
    sold: tuple[Sku, Contract], monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = proposed()
    looked = threading.Barrier(4, timeout=60)

    def look_then_write(proposal_id: UUID, actor: str, now: object) -> bool:
        assert Proposal.objects.filter(id=proposal_id, order=None).exists()
        looked.wait()
        return True

    monkeypatch.setattr(ordering, "_take", look_then_write)
    Proposal.objects.filter(id=made).update(state=ProposalState.APPROVED, decided_at=NOW, decided_by="x")
    assert len(set(_at_once(made))) == 4
    assert len(procurement.orders()[0]) == 4


def test_a_plan_is_told_with_the_proposal(sold: tuple[Sku, Contract]) -> None:
    (made,) = services.propose_from_contracts(now=NOW)
    one = selectors.proposal(proposal_id=made)
    assert one is not None
    assert one.load is not None
    assert (one.load.code, one.load.number, one.sums.room_known) == ("20", 1, True)
    assert replace(one, lines=(replace(one.lines[0], volume_cm3=0),)).sums.room_known is False
