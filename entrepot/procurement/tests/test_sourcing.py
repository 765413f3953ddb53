"""What contracts say of articles, where an article is bought best, what is still to come and how long it took."""

from __future__ import annotations

from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from entrepot.kit.ids import new_id
from entrepot.procurement import models, selectors, services
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import NOW, TODAY
from entrepot.procurement.types import ArticleTerms, Delivery, OrderState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rates() -> None:
    makers.rates()


def terms(sku: Any, price: str = "10.50", **changes: Any) -> ArticleTerms:
    return ArticleTerms(sku.id, Decimal(price), **changes)


def test_a_contract_keeps_what_it_says_of_articles() -> None:
    sku = makers.articles()[0]
    told = terms(sku, "10.5000", units_min=24, pack=6, volume_cm3=800)
    of = makers.contract(articles=(told,))
    assert selectors.contract_articles(contract_ids=[of.id]) == {of.id: [told]}


@pytest.mark.parametrize(
    "wrong", [{"price": "-1"}, {"price": "1.00001"}, {"pack": 0}, {"units_min": -1}, {"volume_cm3": 10**9}]
)
def test_terms_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    sku = makers.articles()[0]
    with pytest.raises(services.BadTerms, match="1"):
        makers.contract(articles=(terms(sku, **wrong),))
    with pytest.raises(services.BadTerms, match="2"):
        makers.contract(articles=(terms(sku), terms(sku)))
    assert selectors.contracts() == []


def test_an_article_is_bought_under_any_contract_however_many_there_are() -> None:
    sku = makers.articles()[0]
    of = makers.contract(articles=(terms(sku),))
    row = models.Contract.objects.get(id=of.id)
    others = []
    for n in range(600):
        others.append(copy(row))
        others[-1].id, others[-1].number, others[-1].valid_to = new_id(), f"LATER-{n}", row.valid_to + timedelta(days=1)
    models.Contract.objects.bulk_create(others)
    assert [one.contract_id for one in selectors.supplies(on=TODAY)] == [of.id]
    assert of.id in {one.id for one in selectors.contracts(in_force_on=TODAY)}


def test_the_least_price_in_yuan_wins_among_contracts_in_force_of_suppliers_that_work() -> None:
    sku, other = makers.articles(2)
    euros = makers.contract(articles=(terms(sku, "10", pack=12), terms(other, "3")), line_units_min=20)
    makers.contract(articles=(terms(sku, "12"),), currency="USD")  # 85.2 against 82 yuan
    makers.contract(articles=(terms(sku, "1"),), valid_to=TODAY)
    makers.contract(articles=(terms(sku, "1"),), territory=frozenset({"US"}))
    resting = makers.contract(makers.supplier("RESTS", active=False), articles=(terms(sku, "1"),))
    assert resting.currency == "EUR"
    found = {one.sku_id: one for one in selectors.supplies(on=TODAY)}
    assert found.keys() == {sku.id, other.id}
    best = found[sku.id]
    assert (best.contract_id, best.unit_price, best.units_min, best.pack) == (euros.id, Decimal(10), 20, 12)
    yen = makers.contract(articles=(terms(sku, "1700"),), currency="JPY")  # 79.9 yuan
    assert {one.contract_id for one in selectors.supplies(on=TODAY)} == {euros.id, yen.id}


def test_without_a_chain_of_rights_an_article_has_no_source() -> None:
    sku = makers.articles()[0]
    of = makers.contract(articles=(terms(sku),))
    makers.authorised(sku.brand_id, None, of.supplier_id)
    makers.authorised(sku.brand_id, of.supplier_id, None, valid_to=TODAY + timedelta(days=1))
    assert [one.sku_id for one in selectors.supplies(on=TODAY)] == [sku.id]
    assert selectors.supplies(on=TODAY + timedelta(days=1)) == []


def test_what_is_written_or_in_force_and_not_here_yet_is_outstanding() -> None:
    draft, order = makers.drafted((10,)), makers.sent((100,))
    (line,) = order.lines
    makers.receive(line, 40)
    left = {(one.order_id, one.units) for one in selectors.outstanding()}
    assert left == {(draft.id, 10), (order.id, 60)}
    makers.receive(line, 60)
    services.cancel(order_id=draft.id, reason="no", actor="author", now=NOW)
    assert makers.read(order.id).state is OrderState.CLOSED
    assert selectors.outstanding() == []


def test_each_receipt_tells_how_long_its_order_took() -> None:
    order = makers.sent((100,))
    (line,) = order.lines
    later = NOW + timedelta(days=20)
    makers.receive(line, 40, reference="DN-1", now=later)
    supplier = selectors.suppliers(ids=[order.supplier_id])[order.supplier_id]
    told = Delivery(supplier.code, order.number, "DN-1", "", TODAY, TODAY + timedelta(days=20))
    assert selectors.deliveries(since=date(2026, 1, 1)) == [told]
    assert selectors.deliveries(since=TODAY + timedelta(days=21)) == []
