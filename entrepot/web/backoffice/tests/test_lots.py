"""Stock's value, transfers, counts and landed cost in the back office: what each page shows and does, by whose work."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from entrepot.catalogue.tests.makers import make_sku
from entrepot.catalogue.types import Sku
from entrepot.checkout.tests.makers import world
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.procurement import selectors as procurement
from entrepot.procurement.tests.makers import put_rates
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import arrival, stocked, warehouse
from entrepot.stock.types import CustomsState, WarehouseKind
from entrepot.stock.types.lots import CountState
from entrepot.storefronts import selectors as storefronts
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff, within_budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku() -> Sku:
    """Ten units at home since forty days, and a shop beside them."""
    made, home = make_sku(), warehouse("SH1", WarehouseKind.DOMESTIC)
    warehouse("SHOP1", WarehouseKind.SHOP)
    line = arrival(made.id, home, 10, unit_cost=Decimal("12.5"), customs_state=CustomsState.DUTY_PAID, item_record="")
    stock_verbs.receive(receipts=[line], reference="PO-1", now=now() - timedelta(days=40))
    return made


def file_of(client: object, address: str) -> str:
    return b"".join(client.get(address).streaming_content).decode()  # type: ignore[attr-defined]


def test_value_is_told_for_any_day_by_lot_warehouse_and_month(sku: Sku) -> None:
    client, today = staff(Role.FINANCE), day_in(CHINA, now())
    before, after = today - timedelta(days=41), today - timedelta(days=39)
    stock_verbs.close_days(now=now())
    stock_verbs.audit_stock(now=now())
    page = within_budget(client, f"/office/stock/?on={after}")
    assert "CN¥125.00" in page or "¥125.00" in page
    assert "125.00" not in shown(client, f"/office/stock/?on={before}")
    assert "125.00" in within_budget(client, f"/office/stock/value/?on={after}")
    assert "Nothing of ours stood" in shown(client, f"/office/stock/value/?on={before}")
    assert '<rect x="9"' in (value := shown(client, "/office/stock/value/"))
    assert "as of" not in value
    assert stock_verbs.sum_up_today(now=now(), many=0)
    assert "as of" in within_budget(client, "/office/stock/value/")
    assert "125.00" in shown(staff(Role.FINANCE, language="zh-hans"), "/office/stock/value/?on=nonsense")
    assert f"{sku.code}," in file_of(client, f"/office/stock/value/export/?on={after}")
    assert sku.code not in file_of(client, f"/office/stock/value/export/?on={before}")
    assert client.get("/office/stock/value/export/?form=xlsx").status_code == 200


def test_round_costs_are_written_as_figures_in_a_file() -> None:
    made, home = make_sku(), warehouse("SH1", WarehouseKind.DOMESTIC)
    line = arrival(made.id, home, 2, unit_cost=Decimal(600), customs_state=CustomsState.DUTY_PAID, item_record="")
    stock_verbs.receive(receipts=[line], reference="PO-1", now=now())
    assert ",SH1,2,600,1200" in file_of(staff(Role.FINANCE), "/office/stock/value/export/")


def test_shelf_life_is_set_by_storefront() -> None:
    world()
    shop = storefronts.every()[0]
    page = posted(staff(Role.WAREHOUSE), "/office/stock/shelf-life/", storefront=shop.code, days="30")
    assert "only with 30 days left" in page
    assert stock.shelf_life(channel_ids=[shop.id]) == {shop.id: 30}
    assert "cannot be right" in posted(staff(Role.WAREHOUSE), "/office/stock/shelf-life/", storefront="x", days="1")
    assert staff(Role.FINANCE).post("/office/stock/shelf-life/", {}).status_code == 403


def test_a_transfer_is_planned_sent_received_short_and_settled(sku: Sku) -> None:
    worker = staff(Role.WAREHOUSE)
    wrong = posted(worker, "/office/transfers/plan/", source="SH1", target="SHOP1", lines=f"{sku.code} NOLOT 4")
    assert "Line 1 cannot be right" in wrong
    sheet = f"{sku.code}, L1, 4\n,,\n"  # the empty row below a table that was copied
    page = posted(worker, "/office/transfers/plan/", source="SH1", target="SHOP1", lines=sheet)
    assert "Planned" in page
    empty = posted(worker, "/office/transfers/plan/", source="SH1", target="SHOP1", lines=",,\n,,")
    assert "Lines: this cannot be right" in empty
    (made,) = stock.transfers()
    whole = stock.transfer(transfer_id=made.id)
    assert whole is not None and (made.lots, made.units, made.missing) == (1, 4, 0)
    act, line = f"/office/transfers/{made.id}/act/", whole.lines[0].id
    assert "4 units are on their way" in posted(worker, act, act="send")
    assert "L1: this cannot be right" in posted(worker, act, act="receive", **{f"units-{line}": " "})
    assert "Give a reason" in posted(worker, act, act="receive", **{f"units-{line}": "3"})
    short = posted(worker, act, act="receive", **{f"units-{line}": "3", f"reason-{line}": "box open"})
    assert "some units are missing" in short and "Found after all" in short
    assert "look again first" in posted(worker, act, act="receive")
    assert stock.transfers()[0].missing == 1
    assert "1 units are lost" in posted(worker, act, act="settle", reason="not found")
    assert made.number in within_budget(worker, "/office/transfers/?state=done")
    file = b"".join(worker.get("/office/transfers/?state=done&form=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert f"{made.number},Received,SH1,SHOP1,1,4," in file
    assert staff(Role.FINANCE).post(act, {"act": "send"}).status_code == 403
    assert "box open" in shown(staff(Role.FINANCE), f"/office/transfers/{made.id}/")


def test_a_count_is_written_down_beside_the_books_and_posted(sku: Sku) -> None:
    worker = staff(Role.WAREHOUSE)
    assert "NOTHING" in posted(worker, "/office/counts/open/", warehouse="SH1", skus="NOTHING")
    assert "L1" in posted(worker, "/office/counts/open/", warehouse="SH1")
    (made,) = stock.counts()
    whole = stock.count(count_id=made.id)
    assert whole is not None and (made.lots, made.counted, made.different) == (1, 0, 0)
    page, line = f"/office/counts/{made.id}/", whole.lines[0].id
    assert ",10," not in file_of(worker, f"{page}export/")  # who counts does not see what is expected
    act = f"{page}act/"
    assert "1 lines differ" in posted(worker, act, act="record", **{f"units-{line}": "8"})
    assert [(one.counted, one.different) for one in stock.counts()] == [(1, 1)]
    assert "Give a reason" in posted(worker, act, act="post")
    posted(worker, act, act="record", **{f"units-{line}": "8", f"reason-{line}": "two broken"})
    assert "2 units corrected" in posted(worker, act, act="post")
    assert "posted or given up" in posted(worker, act, act="post")
    assert "two broken" in within_budget(staff(Role.FINANCE), page)
    assert "8,10,-2,two broken" in file_of(worker, f"{page}export/")
    assert made.number in within_budget(worker, "/office/counts/?state=posted")
    file = b"".join(worker.get("/office/counts/?form=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert f"{made.number},Posted,SH1," in file


def test_what_was_typed_and_not_written_down_is_not_lost_when_a_count_is_posted(sku: Sku) -> None:
    worker = staff(Role.WAREHOUSE)
    posted(worker, "/office/counts/open/", warehouse="SH1")
    (made,) = stock.counts()
    whole = stock.count(count_id=made.id)
    assert whole is not None
    act, line = f"/office/counts/{made.id}/act/", whole.lines[0].id
    assert "L1: this cannot be right" in posted(worker, act, act="record", **{f"units-{line}": "8x"})
    posted(worker, act, act="record", **{f"units-{line}": "8", f"reason-{line}": "two broken"})
    again = {f"units-{line}": "9", f"reason-{line}": "one broken"}
    assert "not posted yet" in posted(worker, act, act="post", **again)
    assert stock.counts()[0].state is CountState.OPEN
    assert "1 units corrected" in posted(worker, act, act="post", **again)


def test_invoices_come_in_are_laid_on_lots_reversed_and_laid_again(sku: Sku) -> None:
    clerk = staff(Role.FINANCE)
    opened = posted(clerk, "/office/landings/open/", name="Ship 7", lines=f"{sku.code} NOLOT")
    assert "Line 1 cannot be right" in opened
    assert "Ship 7" in posted(clerk, "/office/landings/open/", name="Ship 7", lines=f"{sku.code} L1 5200")
    (made,) = procurement.landings()
    page, act = f"/office/landings/{made.id}/", f"/office/landings/{made.id}/act/"
    bill = {"act": "invoice", "number": "F-1", "supplier": "Ocean", "kind": "freight", "basis": "volume"}
    assert "Amount: this cannot be right" in posted(clerk, act, **bill, amount="100.005", currency="CNY")
    assert "Amount: this cannot be right" in posted(clerk, act, **bill, amount="1,200.50", currency="CNY")
    assert "counts with the next run" in posted(clerk, act, **bill, amount="30.00", currency="CNY")
    assert "on record already" in posted(clerk, act, **bill, amount="30.00", currency="CNY")
    assert "invoices wait for a run" in within_budget(clerk, "/office/landings/")
    assert "laid on the lots" in posted(clerk, act, act="allocate")
    shares = within_budget(clerk, page)
    assert "30.00" in shares and "invoices wait" not in shares
    assert f"{sku.code},L1,Freight,30.00,CNY,1,,30.00,CNY,10,30.00,0.00,0.00" in file_of(clerk, f"{page}export/")
    assert stock.holdings()[0].cost == 155
    assert "Give a reason" in posted(clerk, act, act="reverse")
    assert "cost what they cost before" in posted(clerk, act, act="reverse", reason="wrong ship")
    assert stock.holdings()[0].cost == 125
    assert clerk.get(f"{page}export/").status_code == 404
    again = {**bill, "number": "F-2"}
    assert "no rate from ZAR" not in posted(clerk, act, **again, amount="9", currency="ZAR")
    assert "There is no rate from ZAR to CNY" in posted(clerk, act, act="allocate")
    whole = procurement.landing(landing_id=made.id)
    assert whole is not None
    invoice = next(one for one in whole.invoices if one.number == "F-2")
    assert "Withdrawn" in posted(clerk, act, act="withdraw", invoice=str(invoice.id), reason="wrong currency")
    assert "laid on the lots" in posted(clerk, act, act="allocate")
    assert "到岸成本" in shown(staff(Role.FINANCE, language="zh-hans"), page)
    assert staff(Role.WAREHOUSE).post(act, {"act": "allocate"}).status_code == 403


def test_round_figures_leave_in_files_as_they_are_written() -> None:
    """100, not 1E+2."""
    put_rates(("USD", "10", "2026-01-01", ""))
    clerk, made = staff(Role.FINANCE), make_sku()
    paid = {"customs_state": CustomsState.DUTY_PAID, "item_record": "", "unit_cost": Decimal(100)}
    stocked(made.id, warehouse("SH1", WarehouseKind.DOMESTIC), 10, **paid)
    assert ",10,100,1000.000000,CNY" in file_of(clerk, "/office/stock/value/export/")
    posted(clerk, "/office/landings/open/", name="Ship 7", lines=f"{made.code} L1")
    (landing,) = procurement.landings()
    bill = {"number": "F-1", "supplier": "Ocean", "kind": "freight", "basis": "quantity", "currency": "USD"}
    for form in ({"act": "invoice", "amount": "3.00", **bill}, {"act": "allocate"}):
        posted(clerk, f"/office/landings/{landing.id}/act/", **form)
    assert "Freight,3.00,USD,10,test rate,30.00,CNY" in file_of(clerk, f"/office/landings/{landing.id}/export/")
