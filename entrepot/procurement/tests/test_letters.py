"""Letters leave for the right people, with the version that was sent, and not for what is over."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from lxml import etree
from pypdf import PdfReader

from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.procurement import services
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import NOW, TODAY, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates() -> None:
    makers.rates()


def test_an_order_that_was_sent_goes_to_the_supplier_with_its_papers() -> None:
    with_mail = makers.contract(makers.supplier(email="orders@maison.example"))
    order = makers.sent((100,), of=with_mail)
    (event,) = told("procurement.sent")
    assert (event["aggregate_id"], mail.outbox) == (order.id, [])
    assert services.send_by_mail(order_id=order.id, version=1)
    (letter,) = mail.outbox
    assert letter.to == ["orders@maison.example"] and order.number in letter.subject
    (pdf_name, pdf, _), (xml_name, xml, _) = letter.attachments
    assert (pdf_name, xml_name) == (f"{order.number}-v1.pdf", f"{order.number}-v1.xml")
    assert "1,050.00 EUR" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert order.number in etree.fromstring(xml.encode()).xpath("string()")


def test_no_letter_without_an_address_or_for_what_is_over() -> None:
    mute = makers.sent((100,))
    assert not services.send_by_mail(order_id=mute.id, version=1)
    order = makers.sent((100,), of=makers.contract(makers.supplier(email="orders@maison.example")))
    assert not services.send_by_mail(order_id=order.id, version=2)
    services.cancel(order_id=order.id, reason="too dear", actor="a", now=NOW)
    assert not services.send_by_mail(order_id=order.id, version=1)
    assert mail.outbox == []


def test_purchasing_is_warned_in_its_language_and_nobody_else() -> None:
    buyer, _other = clerk(Role.PURCHASING), clerk(Role.WAREHOUSE)
    sku = makers.articles()[0]
    agent = makers.supplier("AGENT", name="Agence Test")
    link = makers.authorised(sku.brand_id, None, agent, valid_to=TODAY + timedelta(days=25))
    assert services.new_day(now=NOW) == 1
    (event,) = told("procurement.authorisation_ends")
    assert services.warn_of_end(authorisation_id=event["aggregate_id"], days=30) == 1
    (letter,) = mail.outbox
    assert letter.to == [get_user_model().objects.get(id=buyer).email]
    assert "Agence Test" in letter.body and "2026-12-16" in letter.body and "/office/authorisations/" in letter.body
    services.revoke(authorisation_id=link, from_day=TODAY, actor="a", reason="withdrawn", now=NOW)
    assert services.warn_of_end(authorisation_id=link, days=7) == 0
