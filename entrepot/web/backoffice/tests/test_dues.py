"""What we owe suppliers, as an accountant sees it; and the lists that leave as files."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.translation import override
from openpyxl import load_workbook

from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.procurement import selectors
from entrepot.procurement import services as procurement
from entrepot.procurement.tests import makers
from entrepot.procurement.types import LandingLineDraft, OrderView, PaymentTerms
from entrepot.recalls import services as recalls
from entrepot.recalls.tests import makers as recalling
from entrepot.replenishment import services
from entrepot.replenishment.tests.test_proposals import TODAY, history, source
from entrepot.replenishment.types import Plan
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import CustomsState, WarehouseKind
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff, within_budget
from entrepot.web.common import formats

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    makers.put_rates(("EUR", "8.2", "2026-01-01", ""), ("USD", "7.1", "2026-01-01", ""))


@pytest.fixture
def clerk() -> Client:
    return staff(Role.FINANCE)


def owed(days: int, *, units: int = 60, ago: int = 0, **changes: str) -> OrderView:
    """For 100 units at 10.50, some of which came so many days ago."""
    order = makers.sent((100,), of=makers.contract(payment=PaymentTerms.RECEIPT, payment_days=days, **changes))
    makers.receive(order.lines[0], units, now=now() - timedelta(days=ago))
    return order


def read(client: Client, address: str) -> list[list[str]]:
    text = b"".join(client.get(address).streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_what_is_due_first_stands_first_with_its_reason_and_what_has_no_day_says_why(clerk: Client) -> None:
    late, later = owed(5, ago=9), owed(30, currency="USD", units=100)
    page = within_budget(clerk, "/office/dues/")
    assert page.index(late.number) < page.index(later.number)
    for told in (
        "4 days over",
        "30 days left",
        "€630.00",
        "$1,050.00",
        "not determined",
        "the goods have not come yet",
    ):
        assert told in page
    week = day_in(CHINA, now()) + timedelta(days=30)
    with override("en"):
        monday = formats.day(week - timedelta(days=week.weekday()))
    assert f"week of {monday}" in page
    zh = shown(staff(Role.FINANCE, language="zh-hans"), "/office/dues/")
    for told in ("应付供应商款项", "已逾期 4 天", "到期日未定", "货物尚未到"):
        assert told in zh


def test_the_list_is_narrowed_and_leaves_as_a_file(clerk: Client) -> None:
    late, later = owed(5, ago=9), owed(30, currency="USD", units=100)
    assert later.number not in shown(clerk, "/office/dues/?state=overdue")
    assert late.number not in shown(clerk, "/office/dues/?currency=USD")
    assert later.number not in shown(clerk, f"/office/dues/?supplier={late.supplier_id}")
    assert "Nothing to pay fits." in shown(clerk, "/office/dues/?currency=CHF")
    pay = procurement.PaymentDraft(late.id, "TT", 10_000, day_in(CHINA, now()))
    procurement.record_payment(draft=pay, actor="f", now=now())
    head, *rows = read(clerk, "/office/dues/export/?state=overdue")
    today = day_in(CHINA, now())
    since, due = (today - timedelta(days=n) for n in (9, 4))
    assert rows == [[
        "Maison Test SA", late.number, "after receipt", "5", since.isoformat(), due.isoformat(), "overdue", "", "EUR",
        "630.00", "100.00", "530.00",
    ]]  # fmt: skip
    assert len(head) == 12
    book = load_workbook(io.BytesIO(b"".join(clerk.get("/office/dues/export/?form=xlsx").streaming_content)))
    assert [row[8] for row in book.active.iter_rows(min_row=2, values_only=True)] == ["EUR", "USD", "EUR"]


def test_the_orders_page_and_the_overview_tell_of_it(clerk: Client) -> None:
    order = owed(5, ago=9)
    page = within_budget(clerk, f"/office/purchases/{order.id}/")
    assert "What is due" in page
    assert "€1,050.00 owed" in page
    assert "/office/dues/?state=overdue" in shown(clerk, "/office/")
    assert "/office/dues/" not in shown(staff(Role.WAREHOUSE), "/office/")


def test_money_that_is_to_come_back_stands_on_the_page_until_it_came(clerk: Client) -> None:
    order = makers.sent((100,), of=makers.contract(payment=PaymentTerms.ADVANCE))
    pay = {"act": "pay", "reference": "TT", "amount": "500.00", "paid_on": day_in(CHINA, now()).isoformat()}
    act = f"/office/purchases/{order.id}/act/"
    posted(clerk, act, **pay)
    assert "To come back" not in within_budget(clerk, "/office/dues/")
    procurement.cancel(order_id=order.id, reason="too late", actor="a", now=now())
    page = within_budget(clerk, "/office/dues/")
    assert "To come back from suppliers" in page and order.number in page and "€500.00" in page
    assert "€500.00 to come back" in within_budget(clerk, f"/office/purchases/{order.id}/")
    assert "供应商应退款" in shown(staff(Role.FINANCE, language="zh-hans"), "/office/dues/")
    assert "You may not do this" in posted(staff(Role.PURCHASING), act, **{**pay, "act": "repay", "reference": "B"})
    assert "money came back" in posted(clerk, act, **{**pay, "act": "repay", "reference": "B"})
    assert order.number not in shown(clerk, "/office/dues/")


def test_finance_records_a_suppliers_invoice_where_days_count_from_it(clerk: Client) -> None:
    order = makers.sent((100,), of=makers.contract(payment=PaymentTerms.INVOICE, payment_days=10))
    address = f"/office/purchases/{order.id}/"
    assert "Record the supplier's invoice" in shown(clerk, address).replace("&#x27;", "'")
    form = {"act": "invoice", "reference": "RE-7", "amount": "1050.00", "invoiced_on": day_in(CHINA, now()).isoformat()}
    assert "The invoice is recorded" in posted(clerk, f"{address}act/", **form)
    (part,) = selectors.dues_of(order_id=order.id)
    assert part.due_on == day_in(CHINA, now()) + timedelta(days=10)
    assert "You may not do this" in posted(staff(Role.PURCHASING), f"{address}act/", **form)
    assert "Record the supplier" not in shown(clerk, f"/office/purchases/{owed(5).id}/")


def test_landings_recalls_and_proposals_leave_as_files() -> None:
    operator = staff(*Role)
    home = warehouse("SH1", WarehouseKind.DOMESTIC)
    (sku,) = makers.articles()
    stocked(sku.id, home, 1_200, customs_state=CustomsState.DUTY_PAID, item_record="")
    (level,) = stock.levels(sku_ids=[sku.id])
    procurement.open_landing(name="=Ship", lines=[LandingLineDraft(sku.id, level.lot.id)], actor="t", now=now())
    head, landing = read(operator, "/office/landings/?form=csv")
    assert (landing[1], landing[2:5], len(head)) == ("'=Ship", ["1", "0", ""], len(landing))
    assert read(operator, "/office/landings/?form=csv&q=NONE") == [head]
    made = recalls.open_recall(draft=recalling.draft(((sku.id, level.lot.id),)), actor="clerk", now=now())
    recalls.work(recall_id=made, now=now())
    head, recall = read(operator, "/office/recalls/?form=csv&state=open")
    assert (recall[1], recall[4], len(head)) == ("Recall running", "1200", len(recall))
    assert read(operator, "/office/recalls/?form=csv&state=closed") == [head]
    history("A1", 20)
    services.propose(sources=[source(supplier="=SUP")], plan=Plan(lead_days=30), today=TODAY, now=now())
    head, proposal = read(operator, "/office/replenishment/?form=csv")
    assert (proposal[0], proposal[3], proposal[11], len(head)) == ("'=SUP", "1", "30", len(proposal))
    assert read(operator, "/office/replenishment/?form=csv&state=dismissed") == [head]
    for page in ("landings", "recalls", "replenishment"):
        book = load_workbook(io.BytesIO(b"".join(operator.get(f"/office/{page}/?form=xlsx").streaming_content)))
        assert book.active.max_row == 2
