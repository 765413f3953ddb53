"""Buying in the back office: from a supplier to goods that came, by those whose work it is."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from lxml import etree
from pypdf import PdfReader

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as catalogue_verbs
from entrepot.catalogue.tests.makers import make_classified, make_product
from entrepot.catalogue.types import BrandDraft
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.pricing.tests.makers import priced
from entrepot.procurement import selectors, services
from entrepot.procurement.tests import makers
from entrepot.procurement.types import OrderState, OrderView, VersionState
from entrepot.tariff.tests.makers import founding_book
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff, within_budget
from entrepot.web.common import formats

pytestmark = pytest.mark.django_db
CONTRACT = {
    "number": "C-1", "valid_from": "2026-01-01", "valid_to": "2030-01-01", "currency": "EUR", "incoterm": "FOB",
    "place": "Le Havre", "payment": "receipt", "payment_days": "30", "over_receipt": "5", "tiers": "100 3%\n500 5%",
}  # fmt: skip
FRENCH = {"country": "fr", "currency": "eur"}
LINES = "down-jacket-S0 100 10.50\ndown-jacket-S1 20 8"


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    makers.put_rates(("EUR", "8.2", "2026-01-01", ""))


@pytest.fixture
def buyer() -> Client:
    return staff(Role.PURCHASING)


def tomorrow() -> str:
    return (day_in(CHINA, now()) + timedelta(days=1)).isoformat()


def ordered(buyer: Client) -> OrderView:
    """Through the pages: a supplier, a contract, a draft."""
    makers.articles(2)
    posted(buyer, "/office/suppliers/put/", act="supplier", code="maison", name="Maison", country="fr", currency="eur")
    (supplier,) = selectors.suppliers().values()
    assert "The contract is signed" in posted(buyer, f"/office/suppliers/{supplier.id}/sign/", **CONTRACT)
    (contract,) = selectors.contracts()
    assert "C-1 · Maison · EUR" in shown(buyer, "/office/purchases/new/")
    page = posted(
        buyer, "/office/purchases/new/", contract=str(contract.id), expected_on=tomorrow(), lines=LINES, note="轻放"
    )
    (row,) = selectors.orders()[0]
    assert row.number in page
    return makers.read(row.id)


def test_an_order_goes_from_a_supplier_to_goods_that_came(buyer: Client) -> None:
    found = ordered(buyer)
    address = f"/office/purchases/{found.id}/"
    act = f"{address}act/"
    assert found.latest.document.total_minor == 121_000 - 3_630  # 3 % from 100 units on
    assert "€1,173.70" in shown(buyer, address)
    assert "Version 1 waits to be approved" in shown(staff(Role.FINANCE), address)
    assert "Approved" in posted(staff(Role.FINANCE), act, act="approve", version="1")
    assert "Sent to the supplier" in posted(buyer, act, act="send")
    assert "Confirmed by the supplier" in posted(buyer, act, act="confirm", reference="AB 12")
    assert f"/office/consignments/new/?supplier={found.supplier_id}" in shown(buyer, address)
    makers.receive(makers.read(found.id).lines[0], 60, spoiled=2, now=now())
    assert makers.read(found.id).state is OrderState.PARTLY_RECEIVED
    pay = {"act": "pay", "reference": "TT", "amount": "500.00", "paid_on": day_in(CHINA, now()).isoformat()}
    assert "The payment is recorded" in posted(staff(Role.FINANCE), act, **pay)
    assert "€673.70 owed" in shown(buyer, address)
    assert "The order is closed" in posted(buyer, act, act="close", reason="the rest is sold out")
    assert selectors.discrepancies() == []


def test_an_amendment_is_written_on_the_page_and_approved_by_another(buyer: Client, settings: object) -> None:
    settings.FOUR_EYES_FROM_FEN = 100  # type: ignore[attr-defined]
    found = ordered(buyer)
    act = f"/office/purchases/{found.id}/act/"
    assert "somebody else than the author" in posted(buyer, act, act="approve", version="1")
    assert makers.read(found.id).state is OrderState.DRAFT
    posted(staff(Role.PURCHASING), act, act="approve", version="1")
    posted(buyer, act, act="send")
    wrong = buyer.post(f"/office/purchases/{found.id}/amend/", {"lines": "x", "expected_on": tomorrow()})
    assert (wrong.status_code, "Line 1 is to be" in wrong.content.decode()) == (422, True)
    page = posted(buyer, f"/office/purchases/{found.id}/amend/", lines="down-jacket-S0 50 10", expected_on=tomorrow())
    assert "Version 2 waits to be approved" in page
    posted(staff(Role.FINANCE), act, act="approve", version="2")
    after = makers.read(found.id)
    assert [one.state for one in after.versions] == [VersionState.APPROVED] * 2
    assert [line.units for line in after.lines] == [50, 0]
    assert "Version 1" in shown(buyer, f"/office/purchases/{found.id}/?v=1")


def test_who_may_not_do_it_is_told_so(buyer: Client) -> None:
    found = ordered(buyer)
    act = f"/office/purchases/{found.id}/act/"
    for role, what in ((Role.WAREHOUSE, "approve"), (Role.FINANCE, "send"), (Role.PURCHASING, "pay")):
        assert "You may not do this" in posted(staff(role), act, act=what, version="1")
    assert staff(Role.FINANCE).get("/office/purchases/new/").status_code == 403
    for write in ("suppliers/put/", f"suppliers/{found.supplier_id}/sign/", "authorisations/record/"):
        assert staff(Role.FINANCE).post(f"/office/{write}").status_code == 403
    assert "There is nothing of that name" in posted(buyer, act, act="burn")


def test_who_is_led_back_to_where_a_refused_form_was_sent_comes_to_its_page(buyer: Client) -> None:
    found = ordered(buyer)
    order, supplier = f"/office/purchases/{found.id}/", f"/office/suppliers/{found.supplier_id}/"
    for page, form in (
        ("/office/suppliers/", "/office/suppliers/put/"), (supplier, f"{supplier}sign/"), (order, f"{order}amend/"),
        ("/office/authorisations/", "/office/authorisations/record/"),
    ):  # fmt: skip
        assert buyer.post(form, {}).status_code == 422
        assert buyer.get(f"{form}?page=2&q=a+b")["Location"] == f"{page}?page=2&q=a+b"  # a link of what was shown there
        assert buyer.get(form)["Location"] == page


def test_lists_filter_and_leave_as_files(buyer: Client) -> None:
    found = ordered(buyer)
    page = within_budget(buyer, "/office/purchases/?state=draft")
    assert found.number in page
    assert found.number not in shown(buyer, "/office/purchases/?state=sent")
    text = b"".join(buyer.get("/office/purchases/export/?form=csv&state=draft").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][:6] == [found.number, "Draft", "Maison", "EUR", "1173.70", "9624.34"]
    assert buyer.get("/office/purchases/export/?form=xlsx").headers["Content-Disposition"].endswith('.xlsx"')


def test_suppliers_are_found_a_page_at_a_time_and_leave_as_a_file(buyer: Client) -> None:
    for n in range(51):
        makers.supplier(f"S-{n:02}", name=f"House {n:02}")
    first = within_budget(buyer, "/office/suppliers/")
    assert "House 49" in first and "House 50" not in first
    assert "House 50" in shown(buyer, "/office/suppliers/?page=2")
    assert "House 07" in (page := shown(buyer, "/office/suppliers/?q=use+07")) and "House 08" not in page
    text = b"".join(buyer.get("/office/suppliers/export/?q=s-5").streaming_content).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(text))] == ["Code", "S-50"]


def test_a_version_leaves_as_pdf_rows_and_ubl(buyer: Client) -> None:
    found = ordered(buyer)
    at = f"/office/purchases/{found.id}/v1/"
    pdf = buyer.get(f"{at}pdf/")
    assert pdf.headers["Content-Disposition"] == f'attachment; filename="{found.number}-v1.pdf"'
    page = PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert "轻放" in page and "1,173.70 EUR" in page
    text = b"".join(buyer.get(f"{at}csv/").streaming_content).decode("utf-8-sig")
    first = next(csv.DictReader(io.StringIO(text)))
    assert (first["sku"], first["units"], first["unit_price"], first["amount"]) == (
        "down-jacket-S0", "100", "10.50", "1018.50",
    )  # fmt: skip
    root = etree.fromstring(buyer.get(f"{at}xml/").content)
    names = {"c": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}
    assert root.xpath("string(c:ID)", namespaces=names) == found.number
    assert root.xpath("string(//c:PayableAmount)", namespaces=names) == "1173.70"
    assert root.xpath("string(//c:PayableAmount/@currencyID)", namespaces=names) == "EUR"
    assert root.xpath("count(//c:Quantity)", namespaces=names) == 2
    assert buyer.get(f"{at}exe/").status_code == 404
    assert buyer.get(f"/office/purchases/{found.id}/v9/csv/").status_code == 404


def test_forms_keep_what_was_typed_and_say_what_is_wrong(buyer: Client) -> None:
    ordered(buyer)
    (contract,) = selectors.contracts()
    good = {"contract": str(contract.id), "expected_on": tomorrow(), "lines": LINES}
    for name, value, told in (
        ("lines", "NOTHING 1 1", "There is no SKU NOTHING"),
        ("lines", "down-jacket-S0 -5 1", "Line 1 is to be"),
        ("lines", "down-jacket-S0 5 -1", "not negative"),
        ("lines", "", "at least one line"),
        ("expected_on", "soon", "date such as"),
        ("contract", "x", "Choose one"),
        ("destination", "QQ", "no country code"),
    ):
        answer = buyer.post("/office/purchases/new/", {**good, name: value})
        page = answer.content.decode()
        assert (answer.status_code, told in page) == (422, True), (name, value)
        assert value in page or name == "contract"
    assert len(selectors.orders()[0]) == 1


def test_a_refused_owner_is_no_supplier_and_a_supplier_is_changed_from_what_stands(buyer: Client) -> None:
    put = "/office/suppliers/put/"
    page = buyer.post(put, {"act": "owner", "code": "g", "name": "Group", "country": "fr", "brands": "x"}).content
    assert page.count(b'value="Group"') == 1  # in the form that it came from
    assert b'value="Group"' in page[page.index(b"Brand owners") :]
    resting = {"act": "supplier", "code": "maison", "name": "Maison", "email": "a@maison.example", "resting": "on"}
    wrong = buyer.post(put, {**resting, "country": "QQ", "currency": "eur"}).content
    assert b'name="resting" checked' in wrong
    posted(buyer, put, **resting, **FRENCH)
    (supplier,) = selectors.suppliers().values()
    assert f"?change={supplier.id}#put" in shown(buyer, f"/office/suppliers/{supplier.id}/")
    page = buyer.get(f"/office/suppliers/?change={supplier.id}").content
    assert b'value="a@maison.example"' in page and b'name="resting" checked' in page
    assert shown(buyer, "/office/suppliers/?change=nonsense")


def test_a_contract_that_was_refused_keeps_the_commitment_that_was_chosen(buyer: Client) -> None:
    posted(buyer, "/office/suppliers/put/", act="supplier", code="maison", name="Maison", **FRENCH)
    (supplier,) = selectors.suppliers().values()
    form = {"currency": "EUR", "target": "1", "starts_on": "2026-01-01", "ends_on": "2027-01-01"}
    posted(buyer, "/office/commitments/", **form, name="Promise")
    (promise,) = selectors.programmes()
    wrong = {**CONTRACT, "programme": str(promise.id), "articles": "NOTHING 1"}
    page = buyer.post(f"/office/suppliers/{supplier.id}/sign/", wrong).content.decode()
    assert f'<option value="{promise.id}" selected>' in page


def test_a_contract_is_signed_with_the_prices_of_its_articles(buyer: Client) -> None:
    makers.articles(2)
    address = f"/office/suppliers/{makers.supplier('MAISON')}/"
    for written, told in (
        ("down-jacket-S0", "Line 1 is to be"),
        ("down-jacket-S0 much", "Line 1 is to be"),
        ("down-jacket-S0 1 2 -3", "Line 1 is to be"),
        ("NOTHING 1", "There is no SKU NOTHING"),
        ("down-jacket-S0 1\ndown-jacket-S0 2", "Article 2 of the contract"),
    ):
        answer = buyer.post(f"{address}sign/", {**CONTRACT, "articles": written})
        assert (answer.status_code, told in answer.content.decode()) == (422, True), written
    written = "down-jacket-S0 10.50 24 12 1800\ndown-jacket-S1 8"
    assert "The contract is signed" in posted(buyer, f"{address}sign/", **CONTRACT, articles=written)
    page = within_budget(buyer, address)
    assert "2 articles in C-1" in page and "10.5 EUR" in page and "1800" in page


def test_authorisations_are_recorded_with_their_paper_and_revoked(buyer: Client) -> None:
    sku = make_product().skus[0]
    make_classified([sku.id])
    form = {"brand": str(sku.brand_id), "valid_from": "2026-01-01", "valid_to": "2099-01-01", "territory": "cn, sg"}
    paper = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 letter")
    assert "The authorisation is recorded" in posted(buyer, "/office/authorisations/record/", **form, paper=paper)
    (link,) = selectors.authorisations()
    page = within_budget(buyer, "/office/authorisations/")
    assert "CN SG" in page
    file = buyer.get(f"/office/authorisations/papers/{link.paper_id}/")
    assert (file.content, file.headers["Content-Type"]) == (b"%PDF-1.7 letter", "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment")
    today = day_in(CHINA, now())
    revoke = f"/office/authorisations/{link.id}/revoke/"
    assert "Give a reason" in posted(buyer, revoke, from_day=today.isoformat())
    assert "is revoked" in posted(buyer, revoke, from_day=today.isoformat(), reason="withdrawn")
    never = posted(buyer, revoke, from_day="0001-01-01", reason="forged")
    assert "is revoked" in never and shown(buyer, "/office/authorisations/?all=1")
    assert not catalogue.skus(ids=[sku.id])[sku.id].authorised(today)
    assert "not bought, not listed" in shown(staff(Role.CATALOGUE), "/office/authorisations/?all=1")
    assert "Brand&#x27;s authorisation ended" in shown(staff(Role.CATALOGUE), "/office/unsellable/")
    text = b"".join(buyer.get("/office/authorisations/export/?all=1").streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1][1:4] == ["brand owner", "us", "CN SG"]
    assert link.valid_to.isoformat() == "2099-01-02"
    assert "CN SG" not in shown(buyer, "/office/authorisations/?all=1&q=nobody")
    bad = buyer.post("/office/authorisations/record/", {**form, "paper": SimpleUploadedFile("x.pdf", b"<script>")})
    assert (bad.status_code, "PDF, PNG or JPEG" in bad.content.decode()) == (422, True)


def test_the_quote_sheet_reckons_and_leaves_as_a_file(buyer: Client) -> None:
    founding_book()
    skus = makers.articles(2)
    make_classified([sku.id for sku in skus])
    today = day_in(CHINA, now())
    priced({skus[0].id: 100_000}, now=now())
    form = {
        "offers": "down-jacket-S0 100 50\ndown-jacket-S1 100 50 900", "currency": "EUR", "freight": "400",
        "insurance": "40", "fees": "600", "day": today.isoformat(),
    }  # fmt: skip
    page = posted(buyer, "/office/margins/", **form)
    assert "One costs 431.0400" in page
    assert "568.9600" in page  # 1000 less the cost
    assert "468.9600" in page  # 900, typed
    text = b"".join(buyer.post("/office/margins/", {**form, "form": "csv"}).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows[1:]].count("down-jacket-S1") >= 2
    for changes, told in (
        ({"offers": "down-jacket-S1 100 50"}, "no price in that storefront"),
        ({"offers": "x"}, "Line 1 is to be"),
        ({"offers": "down-jacket-S1 100 50 900\n" * 22}, "At most 20 lines"),
        ({"currency": "CHF"}, "no exchange rate of CHF"),
        ({"freight": "-1"}, "not below 0"),
        ({"freight": "much"}, "an amount such as"),
        ({"abroad": "SG 1 USD"}, "no exchange rate of USD"),
        ({"abroad": "QQ 1 EUR"}, "market QQ is not computed"),
        ({"abroad": "SG 129 新加坡"}, "an amount such as"),
    ):
        answer = buyer.post("/office/margins/", {**form, **changes})
        assert (answer.status_code, told in answer.content.decode()) == (422, True), changes


@pytest.mark.parametrize("end", ["close", "cancel"])
def test_an_order_that_is_over_without_goods_is_said_to_owe_nothing(buyer: Client, end: str) -> None:
    made = makers.sent((10,))
    assert "€105.00 owed" in shown(buyer, f"/office/purchases/{made.id}/")
    verbs = {"close": services.close, "cancel": services.cancel}
    verbs[end](order_id=made.id, reason="sold out", actor="a", now=now())
    assert "€0.00 owed" in shown(buyer, f"/office/purchases/{made.id}/")


def test_a_brand_owner_keeps_all_the_brands_that_were_named(buyer: Client) -> None:
    slugs = [f"brand-{n:03}" for n in range(60)]
    catalogue_verbs.put_brands(drafts=[BrandDraft(slug, {"en": slug}) for slug in slugs])
    posted(buyer, "/office/suppliers/put/", act="owner", code="g", name="Group", country="fr", brands=" ".join(slugs))
    (owner,) = selectors.owners().values()
    assert len(owner.brand_ids) == 60


def test_a_contract_names_all_the_articles_that_were_typed(buyer: Client) -> None:
    typed = "\n".join(f"{sku.code} 10.50" for sku in makers.articles(502))
    supplier = makers.supplier()
    page = posted(buyer, f"/office/suppliers/{supplier}/sign/", **CONTRACT, articles=typed)
    assert "The contract is signed" in page
    (of,) = selectors.contracts()
    assert len(selectors.contract_articles(contract_ids=[of.id])[of.id]) == 502


def test_what_is_given_away_bears_its_share_of_what_bringing_it_costs(buyer: Client) -> None:
    """Three articles at no price share freight of 90 euros and fees of 1.00 evenly: nothing of either is lost."""
    founding_book()
    skus = makers.articles(3)
    priced({skus[0].id: 100_000}, now=now())
    form = {
        "offers": "\n".join(f"down-jacket-S{n} 1 0 900" for n in range(3)), "currency": "EUR", "freight": "90",
        "fees": "1", "day": day_in(CHINA, now()).isoformat(), "form": "csv",
    }  # fmt: skip
    text = b"".join(buyer.post("/office/margins/", form).streaming_content).decode("utf-8-sig")
    costs = {row[0]: Decimal(row[2]) for row in list(csv.reader(io.StringIO(text)))[1:]}
    assert sorted(costs.values()) == [Decimal("246.3300"), Decimal("246.3300"), Decimal("246.3400")]


def test_every_commitment_is_listed(buyer: Client) -> None:
    form = {"currency": "EUR", "target": "1", "starts_on": "2026-01-01", "ends_on": "2027-01-01"}
    for n in range(22):
        assert buyer.post("/office/commitments/", {**form, "name": f"Promise {n:02}"}).status_code == 302
    page = shown(buyer, "/office/commitments/")
    assert [n for n in range(22) if f"Promise {n:02}" not in page] == []


def test_a_commitment_is_drawn_with_its_forecast(buyer: Client) -> None:
    today = day_in(CHINA, now())
    form = {
        "name": "进博会", "currency": "CNY", "target": "20000000000", "starts_on": (today - timedelta(9)).isoformat(),
        "ends_on": (today + timedelta(365 * 5)).isoformat(),
    }  # fmt: skip
    makers.services.approve(
        order_id=ordered(buyer).id, version=1, actor="x", four_eyes_from_minor=makers.BIG, now=now()
    )
    page = posted(buyer, "/office/commitments/", **form)
    assert "¥20,000,000,000.00" in page
    assert "¥9,624.34" in page
    assert "¥962.43 a day" in page
    (promise,) = selectors.programmes()
    assert promise.ends_on.isoformat() == (today + timedelta(365 * 5 + 1)).isoformat()  # the last day belongs to it
    with override("en"):
        last = formats.day(today + timedelta(365 * 5))
    assert f"– {last}" in page
    listed = within_budget(buyer, "/office/commitments/")
    assert "进博会" in listed and last in listed
    never = buyer.post("/office/commitments/", {**form, "ends_on": "9999-12-31", "name": "other"})
    assert never.status_code == 422
    bad = buyer.post("/office/commitments/", {**form, "target": "-1", "name": "other"})
    assert (bad.status_code, "not negative" in bad.content.decode()) == (422, True)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_of_one_thing_open_in_both_languages(buyer: Client, language: str) -> None:
    found = ordered(buyer)
    reader = staff(Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE, language=language)
    page = within_budget(reader, f"/office/purchases/{found.id}/")
    assert ("待批准" in page) is (language == "zh-hans")
    assert "Maison" in within_budget(reader, f"/office/suppliers/{found.supplier_id}/")
    assert reader.get(f"/office/purchases/{found.id}/v1/pdf/").content.startswith(b"%PDF")
