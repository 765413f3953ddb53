"""An order as UBL 2.1 (OASIS, ISO/IEC 19845): what suppliers' systems read instead of a PDF.

Amounts have their currency's places, prices as many as they need. A line's extension amount is after its discount.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lxml import etree

from entrepot.kit.money import to_decimal
from entrepot.procurement.types import DocLine, Document, PaymentTerms, Version

ORDER = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
PIECE = "C62"  # UN/ECE Recommendation 20: one


class _Writer:
    """Elements in the order they are to stand."""

    def __init__(self, parent: etree._Element, currency: str) -> None:
        self.parent, self.currency = parent, currency

    def text(self, name: str, value: str, **attributes: str) -> None:
        made = etree.SubElement(self.parent, f"{{{CBC}}}{name}", attributes)
        made.text = value

    def amount(self, name: str, minor: int) -> None:
        self.text(name, str(to_decimal(minor, self.currency)), currencyID=self.currency)

    def group(self, name: str) -> _Writer:
        return _Writer(etree.SubElement(self.parent, f"{{{CAC}}}{name}"), self.currency)


def order(*, number: str, version: Version, buyer: str) -> bytes:
    """The document of one version. `buyer` is our name."""
    paper = version.document
    names: dict[Any, str] = {None: ORDER, "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{ORDER}}}Order", nsmap=names)
    top = _Writer(root, paper.currency)
    top.text("UBLVersionID", "2.1")
    top.text("ID", number)
    top.text("IssueDate", paper.day.isoformat())
    if paper.note:
        top.text("Note", paper.note)
    top.text("DocumentCurrencyCode", paper.currency)
    if version.number > 1:
        top.text("CustomerReference", f"{number} v{version.number}")
    top.group("Contract").text("ID", paper.contract_number)
    _party(top.group("BuyerCustomerParty"), buyer, "", "CN")
    _party(top.group("SellerSupplierParty"), paper.supplier_name, paper.supplier_code, paper.supplier_country)
    _delivery(top, paper)
    if paper.discount_minor:
        _discount(top, paper)
    total = top.group("AnticipatedMonetaryTotal")
    total.amount("LineExtensionAmount", paper.goods_minor)
    if paper.discount_minor:
        total.amount("AllowanceTotalAmount", paper.discount_minor)
    total.amount("PayableAmount", paper.total_minor)
    for line in paper.lines:
        _line(top.group("OrderLine").group("LineItem"), line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _party(role: _Writer, name: str, code: str, country: str) -> None:
    party = role.group("Party")
    if code:
        party.group("PartyIdentification").text("ID", code)
    party.group("PartyName").text("Name", name)
    party.group("PostalAddress").group("Country").text("IdentificationCode", country)


def _delivery(top: _Writer, paper: Document) -> None:
    top.group("Delivery").group("RequestedDeliveryPeriod").text("EndDate", paper.expected_on.isoformat())
    terms = top.group("DeliveryTerms")
    terms.text("ID", paper.incoterm.value)
    terms.text("SpecialTerms", f"{paper.incoterm.value} {paper.place}, Incoterms 2020")
    when = "before shipment" if paper.payment is PaymentTerms.ADVANCE else f"after {paper.payment.value}"
    top.group("PaymentTerms").text("Note", f"{paper.payment_days} days {when}")


def _discount(top: _Writer, paper: Document) -> None:
    allowance = top.group("AllowanceCharge")
    allowance.text("ChargeIndicator", "false")
    allowance.text("AllowanceChargeReason", "Volume discount")
    allowance.text("MultiplierFactorNumeric", _plain(paper.discount))
    allowance.amount("Amount", paper.discount_minor)
    allowance.amount("BaseAmount", paper.goods_minor)


def _line(item: _Writer, line: DocLine) -> None:
    item.text("ID", str(line.number))
    item.text("Quantity", str(line.units), unitCode=PIECE)
    item.amount("LineExtensionAmount", line.amount_minor + line.discount_minor)
    item.group("Price").text("PriceAmount", _plain(line.unit_price), currencyID=item.currency)
    goods = item.group("Item")
    goods.text("Name", line.name)
    goods.group("BuyersItemIdentification").text("ID", line.sku_code)
    if line.gtin:
        goods.group("StandardItemIdentification").text("ID", line.gtin, schemeID="GTIN")
    if line.origin:
        goods.group("OriginCountry").text("IdentificationCode", line.origin)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
