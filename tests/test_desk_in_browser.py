"""The customs desk in a browser, Chinese on a phone and English at a desk: what customs stops at a limit, what could
not be declared, what leaves through the gate, and what customs bills.

Every page fits its screen and speaks one language, and nothing is complained about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.house import HTTP, House
from tests.live import Visit, Visitor
from tests.test_office_in_browser import looked_at
from tests.test_partial_in_browser import PLENTY, emptied
from tests.test_returns_in_browser import ORDER, kept, reloaded_until

pytestmark = pytest.mark.browser
BILLS_JOB = "entrepot.customs.tasks.put_tax_bills_to_their_lists"
YUAN = re.compile(r"¥([\d,]+\.\d\d)")


@dataclass
class Way:
    """One way to see it all: who looks, in which language, on what."""

    house: House
    visit: Visit
    language: str
    phone: bool

    @property
    def root(self) -> str:
        return "/en" if self.language == "en" else ""

    @property
    def name(self) -> str:
        return f"desk/{self.language}-{'phone' if self.phone else 'desktop'}"

    def enter(self, who: str) -> Visitor:
        locale = "en-GB" if self.language == "en" else "zh-CN"
        return self.visit(phone=self.phone, locale=locale).log_in(self.root, who)

    def port(self, party: str = "customs", **switches: object) -> None:
        HTTP.post(f"{self.house.sandbox}/{party}/control", json=switches).raise_for_status()

    def said(self, chinese: str, english: str) -> str:
        return english if self.language == "en" else chinese

    def office(self, visitor: Visitor, what: str) -> str:
        return looked_at(visitor, self.language, f"{self.name}-{what}")

    def asked(self, question: str, *values: object) -> str:
        """The first value of the first row of the house's database."""
        with self.house.database() as database:
            row = database.execute(question, values).fetchone()
        assert row is not None, question
        return str(row[0])


@pytest.fixture(params=[("zh", True), ("en", False)], ids=["zh-phone", "en-desktop"])
def way(request: pytest.FixtureRequest, visit: Visit, open_house: House) -> Iterator[Way]:
    made = Way(open_house, visit, *request.param)
    made.port(tax_bills=True)
    open_house.quicken()
    yield made
    made.port(single_limit="", next=[], tax_off_by=0)
    made.port("carrier", down=False)


def bought(
    way: Way, buyer: Visitor, units: int = 1, before: Callable[[int], None] | None = None, product: str = PLENTY
) -> str:
    """The number of a paid order. `before` hears what it comes to in fen, before it is placed."""
    page = buyer.page
    emptied(buyer, way.root)
    buyer.go(f"{way.root}/p/{product}/")
    page.fill("#quantity", str(units))
    page.locator("#buy button[name=next][value=checkout]").click()
    page.wait_for_url("**/checkout/**")
    page.locator("input[name=notice]").check()
    if before is not None:
        before(fen(page.locator("dd.total").last.inner_text()))
    page.locator("main form aside button").click()
    page.wait_for_url("**/pay/cashier/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url(ORDER)
    return re.findall(r"KL\d+", page.url)[0]


def fen(text: str) -> int:
    found = YUAN.search(text)
    assert found is not None, text
    return int(re.sub(r"[,.]", "", found[1]))


def file_of(visitor: Visitor, form: str) -> bytes:
    """What the page hands over as a file."""
    button = visitor.page.locator(f".office :is(button[value={form}], a[href$='form={form}'])").first
    with visitor.page.expect_download() as got:
        button.click()
    return Path(got.value.path()).read_bytes()


def both_files(visitor: Visitor, word: str) -> None:
    text = file_of(visitor, "csv").decode("utf-8-sig")
    assert word in text
    assert file_of(visitor, "xlsx").startswith(b"PK")


def test_what_customs_stops_at_a_limit_goes_on_as_its_buyer_chooses(way: Way) -> None:
    buyer, clerk = way.enter("buyer"), way.enter("customs")
    page, asked = buyer.page, buyer.page.locator("section.limit")
    bought(way, buyer, 2, before=lambda total: way.port(single_limit=f"{total * 7 // 1000}.00"))
    reloaded_until(buyer, lambda: asked.count() > 0, "customs' refusal")
    kept(buyer, f"{way.name}-limit-of-one-purchase")
    assert page.locator("button[value=wait]").count() == 0
    page.locator("button[value=split]").click()
    reloaded_until(buyer, lambda: page.locator("button[name=part]").count() == 2, "the parts")
    kept(buyer, f"{way.name}-limit-split")
    page.locator("button[name=part]").nth(1).click()
    page.wait_for_url("**/basket/")  # which holds one of the two orders at a time
    expect(page.locator("#basket li.line input[type=number]")).to_have_value("1")
    emptied(buyer, way.root)
    way.port(single_limit="", next=["refuse:-621018"])
    number = bought(way, buyer)
    order = urlsplit(page.url).path
    reloaded_until(buyer, lambda: asked.count() > 0, "customs' refusal")
    kept(buyer, f"{way.name}-limit-of-the-year")
    page.locator("button[value=wait]").click()
    kept(buyer, f"{way.name}-limit-waits")
    _year_is_lifted(way, clerk, number)
    buyer.go(order).page.locator("section.limit button[value=refund]").click()
    money_back = way.said("已退款", "Refunded")
    reloaded_until(buyer, lambda: money_back in page.locator("main").inner_text(), "the money")
    kept(buyer, f"{way.name}-limit-refunded")
    assert buyer.complaints == clerk.complaints == []


def _year_is_lifted(way: Way, clerk: Visitor, number: str) -> None:
    """A clerk finds the parcel, takes the queue home as files, reads what customs said of the year, and lifts it."""
    page = clerk.page
    clerk.go(f"/office/declarations/?state=held&q={number}")
    assert "-621018" in way.office(clerk, "held")
    both_files(clerk, f"{number}-1")
    page.locator(".office a.key").first.click()
    page.wait_for_url("**/office/declarations/*/*/")
    assert "-621018" in way.office(clerk, "held-declaration")
    page.locator("form[action$='/year/'] input[name=reason]").fill("buyer asks")
    page.locator("form[action$='/year/'] button").click()
    assert "26,000.00" in way.office(clerk, "year")
    page.locator("form[action$='/lift/'] input[name=reason]").fill("customs mistook")
    page.locator("form[action$='/lift/'] button").click()
    page.wait_for_url("**/office/declarations/*/*/")


def test_what_could_not_be_declared_is_put_right_and_tried_again(way: Way) -> None:
    buyer, clerk = way.enter("buyer"), way.enter("customs")
    page = clerk.page
    way.port("carrier", down=True)
    number = bought(way, buyer)
    with way.house.database() as database:  # half a day of tries in a moment
        database.execute(
            "INSERT INTO customs_putoff (id, buyer_id, order_id, parcel_id, code, words, tries, first_at, last_at)"
            " SELECT gen_random_uuid(), buyer_id, order_id, id, 'no_waybill',"
            """ '{"zh-hans": "包裹还没有运单号，不能申报", "en": "The parcel has no waybill number yet"}',"""
            " 6, now() - interval '16 hours', now() FROM orders_parcel WHERE number = %s",
            (f"{number}-1",),
        )
    clerk.go("/office/declarations/stuck/")
    row = page.locator("tr").filter(has_text=f"{number}-1")
    expect(row).to_contain_text(way.said("不再自动尝试", "not by itself"))
    expect(row).to_contain_text(way.said("包裹还没有运单号", "no waybill number"))
    way.office(clerk, "put-off")
    way.port("carrier", down=False)
    row.locator("button").click()
    expect(row.filter(has_text=way.said("不再自动尝试", "not by itself"))).to_have_count(0)  # the row may be gone too
    way.office(clerk, "tried-again")
    reloaded_until(clerk, lambda: row.count() == 0, "the declaration")
    assert buyer.complaints == clerk.complaints == []


@pytest.fixture
def guarded(way: Way) -> Iterator[Way]:
    """A gate may be closed until the test is over. It is opened as a clerk opens it, for other walks' parcels wait."""
    yield way
    clerk = way.enter("customs")
    clerk.go("/office/passes/")
    closed = clerk.page.locator("button[name=on][value='0']")
    while left := closed.count():
        closed.first.click()
        expect(closed).to_have_count(left - 1)


def test_released_lists_leave_through_the_gate_and_their_tax_is_paid(guarded: Way) -> None:
    way, buyer, clerk = guarded, guarded.enter("buyer"), guarded.enter("customs")
    page = clerk.page
    place = way.asked(
        "SELECT w.code FROM stock_level l JOIN stock_warehouse w ON w.id = l.warehouse_id JOIN catalogue_sku s"
        " ON s.id = l.sku_id JOIN catalogue_product p ON p.id = s.product_id"
        " WHERE w.account_book <> '' AND p.slug = %s ORDER BY w.code LIMIT 1",
        PLENTY,
    )
    clerk.go("/office/passes/")
    row = page.locator("tr").filter(has=page.locator(f"input[value={place}]"))
    row.locator("button[name=on]").click()
    expect(row.locator("button[name=on]")).to_have_attribute("value", "0")
    way.port(tax_off_by=3)
    number = bought(way, buyer)
    worker = way.enter("warehouse")
    _through_the_gate(way, worker, place, f"{number}-1")
    steps = buyer.page.locator("#progress .steps li.done")
    reloaded_until(buyer, lambda: steps.count() >= 5, "the delivery")
    _billed_and_paid(way, f"{number}-1")
    assert buyer.complaints == clerk.complaints == worker.complaints == []


def _through_the_gate(way: Way, worker: Visitor, place: str, number: str) -> None:
    page = worker.page
    worker.go("/office/passes/")
    way.office(worker, "passes")
    page.locator(f"form:has(input[value={place}]) button").first.click()
    page.wait_for_url("**/office/passes/*-*/")
    free, on = page.locator("#rows tr").filter(has_text=number), page.locator("form tr").filter(has_text=number)
    reloaded_until(worker, lambda: free.count() == 1, "the release")
    free.locator("input").check()
    page.locator("button[value=put]").click()
    expect(free).to_have_count(0)
    on.locator("input").check()
    page.locator("button[value=take_off]").click()
    expect(free).to_have_count(1)
    page.locator("button[value=fill]").click()
    expect(free).to_have_count(0)
    page.locator("input[name=vehicle]").fill("浙B12345")
    page.locator("input[name=customs_number]").fill("HF3105000001")
    way.office(worker, "pass-open")
    both_files(worker, number)
    page.locator("button[value=present]").click()
    expect(page.locator("button[value=leave]")).to_be_visible()
    way.office(worker, "pass-presented")
    address = urlsplit(page.url).path
    worker.go(f"{address}print/")
    assert number in way.office(worker, "pass-sheet")
    worker.go(address).page.locator("button[value=leave]").click()
    expect(page.locator("button[value=leave]")).to_have_count(0)
    way.office(worker, "pass-left")


def _billed_and_paid(way: Way, number: str) -> None:
    finance = way.enter("finance")
    page = finance.page
    rows = page.locator(".office tbody tr").filter(has_text=number)

    def matched() -> bool:
        with way.house.database() as database:  # the clock strikes
            database.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock)"
                """ VALUES ('clock', %s, '{"timestamp": 0}', %s) ON CONFLICT DO NOTHING""",
                (BILLS_JOB, BILLS_JOB),
            )
        return rows.count() > 0

    finance.go(f"/office/tax/bills/?q={number}&differing=1")
    reloaded_until(finance, matched, "the tax bill")
    way.office(finance, "tax-bills")
    both_files(finance, number)
    rows.first.locator("a.key").click()
    page.wait_for_url("**/office/tax/bills/*/*/")
    assert way.said("价格相同、税额不同", "Another tax on the same value") in way.office(finance, "tax-bill")
    finance.go("/office/tax/differences/")
    assert number in way.office(finance, "tax-differences")
    both_files(finance, number)
    finance.go("/office/tax/")
    way.office(finance, "tax")
    _paid_and_taken_back(way, finance, number)
    assert finance.complaints == []


def _paid_and_taken_back(way: Way, finance: Visitor, number: str) -> None:
    page, reference = finance.page, f"ICBC-{number}"
    form = page.locator("#pay")
    page.locator(".office table.stack").first.locator("a[href$='#pay']").first.click()  # the month fills the form
    right = form.locator("[name=amount]").input_value()
    for amount in ("0.01", right):
        page.locator("a[href$='#pay']").first.click()
        form.locator("[name=amount]").fill(amount)
        form.locator("[name=reference]").fill(reference)
        form.locator("[name=paid_on]").fill(form.locator("[name=paid_on]").get_attribute("max") or "")
        form.locator("button").click()
        if amount != right:
            finance.see(right)  # a wrong sum is told the right one
    entry = page.locator("tr").filter(has_text=reference)
    expect(entry).to_have_count(1)
    way.office(finance, "tax-paid")
    entry.locator("a.key").click()
    page.wait_for_url("**/office/tax/payments/*/")
    assert number in way.office(finance, "tax-payment")
    page.locator("details.act summary").click()
    page.locator("input[name=reason]").fill("another month was meant")
    page.locator("button.danger").click()
    expect(page.locator("button.danger")).to_have_count(0)
    assert "another month was meant" in way.office(finance, "tax-payment-taken-back")
    finance.go("/office/tax/")
    expect(entry).to_contain_text(way.said("已撤回", "taken back"))
