"""Files of a version hold what the document holds, in the order UBL asks for."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from entrepot.kit.ids import new_id
from entrepot.kit.money import to_decimal
from entrepot.procurement.papers import pdf, table, ubl
from entrepot.procurement.rules import sums
from entrepot.procurement.types import DocLine, Document, Incoterm, PaymentTerms, Version, VersionState
from tests.examples import many

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
# The children of an Order that are used here, in the schema's sequence.
SEQUENCE = [
    f"{CBC}UBLVersionID", f"{CBC}ID", f"{CBC}IssueDate", f"{CBC}Note", f"{CBC}DocumentCurrencyCode",
    f"{CBC}CustomerReference", f"{CAC}Contract", f"{CAC}BuyerCustomerParty", f"{CAC}SellerSupplierParty",
    f"{CAC}Delivery", f"{CAC}DeliveryTerms", f"{CAC}PaymentTerms", f"{CAC}AllowanceCharge",
    f"{CAC}AnticipatedMonetaryTotal", f"{CAC}OrderLine",
]  # fmt: skip
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "S")), min_size=1, max_size=40)


@st.composite
def versions(draw: st.DrawFn) -> Version:
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    wished = draw(
        st.lists(st.tuples(st.integers(1, 9_999), st.decimals("0", "9999", places=4)), min_size=1, max_size=5)
    )
    discount = draw(st.sampled_from([Decimal(0), Decimal("0.0375")]))
    goods = [sums.goods_minor(units, price, currency) for units, price in wished]
    shares = sums.discounted(goods, discount)
    lines = tuple(
        DocLine(n, new_id(), f"SKU-{n}", draw(texts), "", new_id(), "FR", units, price, share, gross - share)
        for n, ((units, price), gross, share) in enumerate(zip(wished, goods, shares, strict=True), 1)
    )
    paper = Document(
        supplier_code="S", supplier_name=draw(texts), supplier_country="FR", contract_number="C", currency=currency,
        incoterm=Incoterm.FOB, place=draw(texts), payment=PaymentTerms.RECEIPT, payment_days=30, destination="CN",
        expected_on=date(2027, 1, 1), note=draw(st.just("") | texts), lines=lines, goods_minor=sum(goods),
        discount=discount, discount_minor=sum(shares), total_minor=sum(goods) - sum(shares), day=date(2026, 11, 21),
        rate=Decimal("8.2"), rate_source="", value_minor=0, over_receipt=Decimal(0),
    )  # fmt: skip
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Version(draw(st.integers(1, 9)), VersionState.APPROVED, paper, "a", at, "b", at)


@given(versions())
def test_ubl_holds_the_document(version: Version) -> None:
    root = etree.fromstring(ubl.order(number="PO1", version=version, buyer="Koala Lane"))
    places = [SEQUENCE.index(child.tag) for child in root]
    assert places == sorted(places)
    paper = version.document
    amounts = [Decimal(one.text) for one in root.iter(f"{CBC}LineExtensionAmount")]
    assert amounts[0] == sum(amounts[1:]) == to_decimal(paper.goods_minor, paper.currency)
    (payable,) = root.iter(f"{CBC}PayableAmount")
    assert (payable.text, payable.get("currencyID")) == (
        str(to_decimal(paper.total_minor, paper.currency)), paper.currency,
    )  # fmt: skip
    prices = [Decimal(one.text) for one in root.iter(f"{CBC}PriceAmount")]
    assert prices == [line.unit_price for line in paper.lines]
    names = [one.find(f"{CBC}Name").text for one in root.iter(f"{CAC}Item")]
    assert names == [line.name for line in paper.lines]


@given(versions())
@settings(max_examples=1)
def test_ubl_says_from_when_the_days_of_payment_count(version: Version) -> None:
    said = {}
    for terms in PaymentTerms:
        one = replace(version, document=replace(version.document, payment=terms))
        root = etree.fromstring(ubl.order(number="PO1", version=one, buyer="Koala Lane"))
        said[terms.value] = root.find(f"{CAC}PaymentTerms/{CBC}Note").text
    assert said == {
        "advance": "30 days before shipment", "shipment": "30 days after shipment", "receipt": "30 days after receipt",
        "invoice": "30 days after invoice",
    }  # fmt: skip


@given(versions())
def test_rows_add_up_to_the_document(version: Version) -> None:
    heads, *rows = table.rows(number="PO1", version=version)
    named = [dict(zip(heads, row, strict=True)) for row in rows]
    paper = version.document
    assert sum(Decimal(row["amount"]) for row in named) == to_decimal(paper.total_minor, paper.currency)
    assert [row["line"] for row in named] == [line.number for line in paper.lines]


def told(content: bytes) -> list[str]:
    """The words of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


@given(versions())
@settings(max_examples=many(20))
def test_a_pdf_holds_every_sum_whatever_the_names_are(version: Version) -> None:
    content = pdf.order(number="PO1", version=version, buyer="Koala Lane")
    assert content == pdf.order(number="PO1", version=version, buyer="Koala Lane")
    paper, words = version.document, " ".join(told(content)).split()
    for line in paper.lines:
        assert {f"{line.units:,}", f"{to_decimal(line.amount_minor, paper.currency):,}"} <= set(words)
    assert words.count(f"{to_decimal(paper.total_minor, paper.currency):,}") >= 1


def named(name: str, *, lines: int = 1, state: VersionState = VersionState.APPROVED) -> bytes:
    line = DocLine(1, new_id(), "SKU", name, "", new_id(), "FR", 10, Decimal("0.5"), 0, 500)
    paper = Document(
        supplier_code="S", supplier_name="Maison d\'Été & Fils <SA>", supplier_country="FR", contract_number="C",
        currency="EUR", incoterm=Incoterm.FOB, place="Le Havre", payment=PaymentTerms.RECEIPT, payment_days=30,
        destination="CN", expected_on=date(2027, 1, 1), note="", goods_minor=500 * lines, discount=Decimal(0),
        lines=tuple(replace(line, number=n) for n in range(1, lines + 1)), discount_minor=0, total_minor=500 * lines,
        day=date(2026, 11, 21), rate=Decimal("8.2"), rate_source="", value_minor=0, over_receipt=Decimal(0),
    )  # fmt: skip
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return pdf.order(number="PO1", version=Version(1, state, paper, "a", at, "b", at), buyer="考拉巷")


def test_a_pdf_is_read_in_chinese_cyrillic_and_korean() -> None:
    (page,) = told(named("羽绒服 кофе 한국어 café – n° 5"))
    assert "羽绒服 кофе 한국어 café – n° 5" in page
    assert "Maison d'Été & Fils <SA>" in page and "考拉巷" in page
    assert "written plainly" not in page
    assert "0.50" in page and "5.00 EUR" in page


def test_letters_that_no_font_has_are_told() -> None:
    (page,) = told(named("Łódź Dvořák \u0e01"))
    assert "Lódz Dvorák ?" in page
    assert "4 letters are written plainly here" in page


def test_pages_are_counted_and_headed_and_a_draft_says_so() -> None:
    pages = told(named("shirt", lines=120))
    assert len(pages) > 2
    assert all("Article 商品" in page for page in pages[:-1])
    assert "DRAFT, not an order" in told(named("shirt", state=VersionState.DRAFT))[0]
    assert "DRAFT" not in pages[0]
