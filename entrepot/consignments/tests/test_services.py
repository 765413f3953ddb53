"""A consignment from its notice to the dock, on the real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest

from entrepot.consignments import models, selectors, services
from entrepot.consignments.tests import makers
from entrepot.consignments.tests.makers import LEGS, announced, notice, read, told
from entrepot.consignments.types import ConsignmentState, Happened, LineDraft, Mode, PaperFiled, PaperKind, Stage
from entrepot.kit import sql
from entrepot.kit.refusals import Refusal
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying_verbs
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.makers import NOW
from entrepot.procurement.types import Incoterm, PaperDraft, PaymentTerms
from entrepot.stock import selectors as stock
from entrepot.stock.tests import makers as stocking
from entrepot.stock.types import WarehouseKind
from entrepot.stock.types.bonded import InboundState

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def books_agree(db: None) -> Iterator[None]:
    buying.rates()
    yield
    assert selectors.discrepancies() == []


def refused(draft: Any) -> str:
    with pytest.raises(Refusal) as no:
        services.announce(draft=draft, actor="t", now=NOW)
    assert no.value.message("zh") != no.value.message("en")
    return no.value.code


def test_a_notice_becomes_a_consignment_once() -> None:
    order = buying.sent((100, 50))
    draft = notice(order, (60, 50))
    made = services.announce(draft=draft, actor="t", now=NOW)
    assert services.announce(draft=draft, actor="t", now=NOW) == made
    found = read(made)
    assert (found.state, found.units, found.planned_on) == (ConsignmentState.ANNOUNCED, 110, date(2026, 12, 12))
    assert found.containers == ("CSQU3054383",)
    assert [line.origin for line in found.lines] == [line.origin for line in order.lines]
    assert [event.kind for event in found.events] == [Happened.ANNOUNCED]
    later = (*draft.legs[:2], replace(draft.legs[2], arrives_on=date(2026, 12, 20)))
    others: list[dict[str, Any]] = [
        {"lines": draft.lines[:1]}, {"bill": "CMDU7654321"}, {"place": "Grasse"}, {"incoterm": Incoterm.FCA},
        {"containers": ()}, {"legs": later},
    ]  # fmt: skip
    for changes in others:  # what was changed would be lost without a word
        assert refused(replace(draft, **changes)) == "asn_reused", changes


def test_more_than_the_order_awaits_is_not_announced() -> None:
    order, found = announced((100,))  # 105 with the tolerance
    assert refused(notice(order, (6,))) == "more_than_awaited"
    services.announce(draft=notice(order, (5,)), actor="t", now=NOW)
    services.cancel(consignment_id=found.id, reason="r", actor="t", now=NOW)
    services.announce(draft=notice(order, (100,)), actor="t", now=NOW)
    assert refused(notice(order, (1,))) == "more_than_awaited"
    with pytest.raises(services.ConsignmentNotNow):
        services.cancel(consignment_id=found.id, reason="r", actor="t", now=NOW)


def test_a_notice_whose_consignment_was_cancelled_is_not_taken_for_announced() -> None:
    order = buying.sent((100,))
    draft = notice(order, (60,))
    services.cancel(consignment_id=services.announce(draft=draft, actor="t", now=NOW), reason="r", actor="t", now=NOW)
    assert refused(draft) == refused(replace(draft, lines=notice(order, (50,)).lines)) == "asn_cancelled"
    again = services.announce(draft=replace(draft, asn=f"{draft.asn}-2"), actor="t", now=NOW)
    assert read(again).state is ConsignmentState.ANNOUNCED


def test_bad_notices_are_refused_by_name_and_leave_nothing() -> None:
    order, other = buying.sent((100,)), buying.drafted((5,))
    good = notice(order, (10,))
    line = good.lines[0]
    by_air = (replace(LEGS[1], mode=Mode.AIR, stage=Stage.MAIN),)
    for changes, code in (
        ({"lines": ()}, "bad_notice_line"),
        ({"lines": (replace(line, units=-1),)}, "bad_notice_line"),
        ({"lines": (replace(line, lot=""),)}, "bad_notice_line"),
        ({"lines": (line, line)}, "bad_notice_line"),
        ({"lines": (replace(line, expires_on=date(2026, 1, 1)),)}, "bad_notice_line"),
        ({"lines": (replace(line, origin="X1"),)}, "bad_notice_line"),
        ({"lines": (LineDraft(makers.new_id(), 1, "L"),)}, "not_of_supplier"),
        ({"supplier_id": other.supplier_id}, "not_of_supplier"),
        ({"asn": " "}, "bad_notice"),
        ({"warehouse_id": makers.new_id()}, "bad_notice"),
        ({"place": ""}, "bad_notice"),
        ({"legs": ()}, "bad_leg"),
        ({"legs": LEGS[::-1]}, "bad_leg"),
        ({"containers": ("CSQU3054384",)}, "bad_container"),
        ({"bill": "§"}, "bad_bill"),
        ({"legs": by_air, "incoterm": Incoterm.FCA, "bill": "020-12345674"}, "bad_bill"),
        ({"legs": by_air}, "sea_term_only"),
    ):
        assert refused(replace(good, **changes)) == code, changes
    assert refused(notice(replace(order, lines=other.lines), ())) == "bad_notice_line" if other.lines else True
    assert models.Consignment.objects.count() == 0
    air = replace(good, legs=by_air, incoterm=Incoterm.FCA, bill="020-1234 5675", containers=())
    assert read(services.announce(draft=air, actor="t", now=NOW)).bill == "02012345675"


def test_legs_are_reported_in_their_order_and_delays_age() -> None:
    _order, found = announced()

    def late(days: int = 0) -> list[int]:
        return [row.late_days for row in selectors.consignments(today=TODAY + timedelta(days), late=True)[0]]

    assert late() == [20]  # the first leg should have left on the first of November
    with pytest.raises(services.BadDay):
        told(found.id, 1, Happened.ARRIVED, date(2026, 11, 3))
    told(found.id, 1, Happened.DEPARTED, date(2026, 11, 2))
    told(found.id, 1, Happened.DEPARTED, date(2026, 11, 2))
    assert read(found.id).state is ConsignmentState.UNDER_WAY
    with pytest.raises(services.BadDay):
        told(found.id, 2, Happened.DEPARTED, date(2026, 11, 5))  # the first has not arrived
    told(found.id, 1, Happened.ARRIVED, date(2026, 11, 4))
    with pytest.raises(services.BadDay):
        told(found.id, 2, Happened.DEPARTED, date(2026, 11, 22))  # tomorrow
    told(found.id, 2, Happened.DEPARTED, date(2026, 11, 5))
    assert late() == []
    told(found.id, 2, Happened.ESTIMATED, date(2026, 12, 15))
    assert (read(found.id).expected_on, late(), late(30)) == (date(2026, 12, 17), [5], [6])
    assert selectors.late_count(today=TODAY) == 1
    then = NOW + timedelta(days=40)
    told(found.id, 2, Happened.ARRIVED, date(2026, 12, 16), now=then)
    told(found.id, 3, Happened.DEPARTED, date(2026, 12, 16), now=then)
    told(found.id, 3, Happened.ARRIVED, date(2026, 12, 17), now=then)
    after = read(found.id)
    assert (after.state, after.arrived_on) == (ConsignmentState.ARRIVED, date(2026, 12, 17))
    assert late(40) == []
    assert [event.kind for event in after.events].count(Happened.DEPARTED) == 3
    with pytest.raises(services.BadDay):
        told(found.id, 9, Happened.DEPARTED, TODAY)


def due(order: Any) -> list[tuple[int, date | None]]:
    return [(one.amount_minor, one.due_on) for one in procurement.dues_of(order_id=order.id)]


def test_orders_know_when_their_goods_leave_with_the_main_carriage_and_how_many_still_come() -> None:
    of = buying.contract(payment=PaymentTerms.SHIPMENT, payment_days=30)
    order = buying.sent((100,), of=of)
    found = read(services.announce(draft=notice(order, (60,)), actor="t", now=NOW))
    told(found.id, 1, Happened.DEPARTED, date(2026, 11, 2))
    told(found.id, 1, Happened.ARRIVED, date(2026, 11, 4))
    assert due(order) == [(105_000, None)]  # the first leg ships nothing yet
    told(found.id, 2, Happened.DEPARTED, date(2026, 11, 6))
    shipped = [(63_000, date(2026, 12, 6)), (42_000, None)]
    assert due(order) == shipped

    def cut(units: int) -> None:
        wish = buying.wish(of, [(buying.articles()[0], units, "10.50")])
        buying_verbs.amend(order_id=order.id, wish=wish, actor="t", now=NOW)

    with pytest.raises(buying_verbs.BelowShipped):
        cut(50)
    before = shipments()
    told_before = import_module("entrepot.consignments.migrations.0004_told_shipments").TELL
    sql.rows("DELETE FROM procurement_shipment")
    sql.rows(told_before)  # of consignments from before
    assert shipments() == before
    assert [tuple(one.values()) for one in before] == [(found.id, date(2026, 11, 6), True, 60, 60)]
    buying.receive(order.lines[0], 45)
    (line,) = found.lines
    services.count_in(consignment_id=found.id, counted={line.id: 45}, final=True, actor="t", now=NOW)
    assert due(order) == shipped
    cut(45)


def shipments() -> list[dict[str, Any]]:
    return sql.rows("SELECT reference, ships_on, departed, units, coming FROM procurement_shipment")


def test_a_consignment_that_does_not_come_makes_nothing_due() -> None:
    order = buying.sent((100,), of=buying.contract(payment=PaymentTerms.ADVANCE, payment_days=5))
    found = services.announce(draft=notice(order, (60,)), actor="t", now=NOW)
    assert due(order) == [(105_000, date(2026, 10, 31))]
    services.cancel(consignment_id=found, reason="r", actor="t", now=NOW)
    assert due(order) == [(105_000, None)]


def test_papers_are_known_by_content_and_kept_once() -> None:
    _order, found = announced()
    invoice = PaperFiled(PaperKind.INVOICE, PaperDraft("invoice.pdf", b"%PDF-1.7 x"))
    for _ in range(2):
        services.file_paper(consignment_id=found.id, filed=invoice, actor="t", now=NOW)
    assert [(one.kind, one.name) for one in read(found.id).papers] == [(PaperKind.INVOICE, "invoice.pdf")]
    bad = PaperFiled(PaperKind.OTHER, PaperDraft("invoice.pdf", b"<script>"))
    with pytest.raises(buying_verbs.NotADocument):
        services.file_paper(consignment_id=found.id, filed=bad, actor="t", now=NOW)
    with pytest.raises(services.UnknownConsignment):
        services.file_paper(consignment_id=makers.new_id(), filed=invoice, actor="t", now=NOW)


def test_bonded_goods_are_drafted_into_the_book_from_the_notice() -> None:
    stocking.book()
    place = makers.place(WarehouseKind.BONDED)
    order, found = announced((100,), warehouse_id=place)
    (line,) = order.lines
    with pytest.raises(services.NoItemRecord):
        services.declare_into_book(consignment_id=found.id, actor="t", now=NOW)
    stocking.item(line.sku_id, origin="IT")
    made = services.declare_into_book(consignment_id=found.id, actor="t", now=NOW)
    assert services.declare_into_book(consignment_id=found.id, actor="t", now=NOW) == made
    inbound = stock.inbound(inbound_id=made)
    assert inbound is not None
    assert (inbound.state, inbound.units, inbound.lines[0].unit_cost) == (
        InboundState.DRAFT, 100, makers.services.cost_of(line=line),
    )  # fmt: skip
    assert read(found.id).inbound_id == made
    with pytest.raises(services.ConsignmentNotNow):
        services.cancel(consignment_id=found.id, reason="r", actor="t", now=NOW)


def test_what_has_no_book_is_not_declared_into_one() -> None:
    _order, found = announced()
    with pytest.raises(services.NotBonded):
        services.declare_into_book(consignment_id=found.id, actor="t", now=NOW)


def test_lists_find_by_number_bill_and_notice_and_leave_whole() -> None:
    _order, one = announced()
    _order, two = announced(bill="OTHER1")
    assert [row.id for row in selectors.consignments(today=TODAY)[0]] == [two.id, one.id]
    for text in (one.number[:12], "cmdu 1234", one.asn):
        assert one.id in [row.id for row in selectors.consignments(today=TODAY, text=text)[0]], text
    assert [row.id for row in selectors.consignments(today=TODAY, text="OTHER1")[0]] == [two.id]
    assert len(list(selectors.exported(today=TODAY, state="announced"))) == 2
    assert selectors.consignments(today=TODAY, state="closed") == ([], False)
    assert selectors.counts(today=TODAY)[0][ConsignmentState.ANNOUNCED] == 2
