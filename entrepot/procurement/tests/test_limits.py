"""An amendment does not go below what was paid, what came, and what is announced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from entrepot.kit.ids import new_id
from entrepot.procurement import selectors, services
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import BIG, NOW, TODAY
from entrepot.procurement.types import Contract, OrderView, PaymentTerms, ShipmentDraft, Shipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_agree(db: None) -> Iterator[None]:
    makers.rates()
    yield
    assert selectors.discrepancies() == []


@pytest.fixture
def of() -> Contract:
    return makers.contract(payment=PaymentTerms.SHIPMENT)


def amend(order: OrderView, of: Contract, units: int, price: str = "10.50") -> int:
    wish = makers.wish(of, [(makers.articles()[0], units, price)])
    return services.amend(order_id=order.id, wish=wish, actor="author", now=NOW)


def approve(order: OrderView, version: int) -> None:
    services.approve(order_id=order.id, version=version, actor="approver", four_eyes_from_minor=BIG, now=NOW)


def pay(order: OrderView, minor: int) -> None:
    services.record_payment(draft=services.PaymentDraft(order.id, "TT", minor, TODAY), actor="f", now=NOW)


def test_a_total_below_what_was_paid_is_refused_and_says_both_sums(of: Contract) -> None:
    order = makers.sent((100,), of=of)
    pay(order, 60_000)
    for units, price in ((50, "10.50"), (100, "5.9999")):
        with pytest.raises(services.BelowPaid) as no:
            amend(order, of, units, price)
    assert "600.00 EUR" in no.value.message("zh")
    assert "599.99 EUR" in no.value.message("en")
    approve(order, amend(order, of, 100, "6"))  # exactly what was paid
    (part,) = selectors.dues_of(order_id=order.id)
    assert part.paid_minor == part.amount_minor == 60_000


def test_an_amendment_that_waited_is_held_against_what_was_paid_meanwhile(of: Contract) -> None:
    order = makers.sent((100,), of=of)
    version = amend(order, of, 50)
    pay(order, 60_000)
    with pytest.raises(services.BelowPaid):
        approve(order, version)
    after = makers.read(order.id)
    assert (after.version, after.lines[0].units) == (1, 100)
    services.drop_amendment(order_id=order.id, actor="author", now=NOW)


def test_an_order_whose_goods_are_announced_is_not_cancelled_before_their_consignment_is(of: Contract) -> None:
    order = makers.sent((100,), of=of)
    reference = new_id()
    services.note_shipment(draft=ShipmentDraft(reference, TODAY, True, (Shipped(order.lines[0].id, 62, 62),)))
    with pytest.raises(services.GoodsAnnounced) as no:
        services.cancel(order_id=order.id, reason="too late", actor="a", now=NOW)
    assert "62" in no.value.message("zh") and "62" in no.value.message("en")
    assert sum(one.amount_minor for one in selectors.dues_of(order_id=order.id)) == 105_000  # what left is owed
    services.note_shipment(draft=ShipmentDraft(reference, TODAY, False, ()))  # it does not come
    services.cancel(order_id=order.id, reason="too late", actor="a", now=NOW)
    assert selectors.dues_of(order_id=order.id) == []


def test_units_that_are_announced_are_not_amended_away_before_their_consignment_is(of: Contract) -> None:
    order = makers.sent((100,), of=of)
    (line,), reference = order.lines, new_id()
    services.note_shipment(draft=ShipmentDraft(reference, TODAY, True, (Shipped(line.id, 62, 62),)))
    makers.receive(line, 20)
    with pytest.raises(services.BelowShipped) as no:
        amend(order, of, 78)
    assert "62" in no.value.message("en")
    with pytest.raises(services.BelowReceived):
        amend(order, of, 19)
    amend(order, of, 79)  # 3 more may come beyond 79
    services.note_shipment(draft=ShipmentDraft(reference, TODAY, True, (Shipped(line.id, 62, 0),)))  # counted in
    approve(order, amend(order, of, 20))
