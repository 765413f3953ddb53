"""Consignments and the dock in the back office, by those whose work it is."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.consignments import selectors
from entrepot.consignments.tests import makers as coming
from entrepot.consignments.types import ConsignmentState
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.ids import new_id
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.types import OrderView
from entrepot.receiving import selectors as receiving
from entrepot.receiving.tests.makers import Dock, barcodes, dock, gtin
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import STATEMENTS_MAX, shown, staff, within_budget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    buying.rates()


def notice(order: OrderView, **changes: str) -> dict[str, str]:
    today = day_in(CHINA, now())
    places = coming.place()
    days = [(today + timedelta(days=n)).isoformat() for n in (-9, -2, -2, 3)]
    return {
        "supplier": str(order.supplier_id), "asn": "DN 7", "warehouse": str(places), "incoterm": "FOB",
        "place": "Le Havre", "bill": "CMDU 123", "containers": "CSQU 305438-3".replace(" ", ""),
        "lines": f"{order.number} down-jacket-S0 100 L1 2029-06-30 - it",
        "legs": f"main sea {days[0]} {days[1]} Le Havre > Ningbo | CMA | X1\nafter road {days[2]} {days[3]} Ningbo > W",
        **changes,
    }  # fmt: skip


def test_a_notice_is_entered_followed_filed_and_counted() -> None:
    order, buyer = buying.sent((100,)), staff(Role.PURCHASING)
    barcodes()
    form = shown(buyer, f"/office/consignments/new/?supplier={order.supplier_id}")
    assert f"{order.number} down-jacket-S0 100" in form
    page = posted(buyer, "/office/consignments/new/", **notice(order))
    (row,) = selectors.consignments(today=day_in(CHINA, now()))[0]
    assert row.number in page
    assert "CSQU3054383" in page
    assert "import cleared by us" in " ".join(page.split())
    assert 'class="late"' in page  # nobody has said that it left
    at = f"/office/consignments/{row.id}/"
    today = day_in(CHINA, now()).isoformat()
    assert "nothing arrives that has not left" in posted(
        buyer, f"{at}act/", act="report", leg="1", kind="arrived", day=today
    )
    assert "Noted" in posted(buyer, f"{at}act/", act="report", leg="1", kind="departed", day=today)
    pdf = SimpleUploadedFile("bl.pdf", b"%PDF-1.7 bl")
    assert "bl.pdf" in posted(buyer, f"{at}act/", act="file", kind="bill", paper=pdf)  # type: ignore[arg-type]
    (filed,) = coming.read(row.id).papers
    file = buyer.get(f"{at}papers/{filed.paper_id}/")
    assert (file.content, file.headers["Content-Type"]) == (b"%PDF-1.7 bl", "application/pdf")
    assert buyer.get(f"{at}papers/{new_id()}/").status_code == 404
    within_budget(staff(Role.FINANCE), at)
    assert "You may not do this" in posted(buyer, f"{at}act/", act="count")
    keeper = staff(Role.WAREHOUSE)
    dock_page = posted(keeper, f"{at}act/", act="count")
    assert "Counted against the notice" in dock_page
    assert "camera=(self)" in keeper.get(receipt_at(row.id)).headers["Permissions-Policy"]


def test_a_notice_begins_with_what_is_not_announced_yet() -> None:
    order, buyer = buying.sent((100, 50)), staff(Role.PURCHASING)
    codes = [f"{order.number} down-jacket-S{n}" for n in (0, 1)]
    posted(buyer, "/office/consignments/new/", **notice(order, lines=f"{codes[0]} 60 L1\n{codes[1]} 50 L1"))
    form = shown(buyer, f"/office/consignments/new/?supplier={order.supplier_id}")
    assert f"{codes[0]} 40 " in form and codes[1] not in form


def receipt_at(consignment_id: object) -> str:
    (found,) = receiving.receipts(consignment_id=consignment_id)  # type: ignore[arg-type]
    return f"/office/receipts/{found.id}/"


def test_a_notice_begins_with_the_terms_that_were_agreed() -> None:
    order, buyer = buying.sent((100,)), staff(Role.PURCHASING)
    page = shown(buyer, f"/office/consignments/new/?supplier={order.supplier_id}")
    assert "<option selected>FOB</option>" in page and 'value="Le Havre"' in page
    again = buyer.post("/office/consignments/new/", {**notice(order), "lines": "x", "incoterm": "DDP"})
    assert "<option selected>DDP</option>" in again.content.decode()


def test_forms_say_what_is_wrong_and_keep_what_was_typed() -> None:
    order, buyer = buying.sent((100,)), staff(Role.PURCHASING)
    for changes, told in (
        ({"lines": "x"}, "Line 1 is to be"),
        ({"lines": f"{order.number} down-jacket-S0 101000 L1"}, "at most 105 more"),
        ({"legs": "main boat"}, "Leg 1 is to be"),
        ({"containers": "CSQU3054384"}, "is no container number"),
        ({"incoterm": "XXX"}, "Choose one"),
        ({"supplier": str(new_id())}, "Line 1 is to be"),
    ):
        answer = buyer.post("/office/consignments/new/", {**notice(order), **changes})
        page = answer.content.decode()
        assert (answer.status_code in (409, 422), told in page) == (True, True), (changes, answer.status_code)
    assert selectors.consignments(today=day_in(CHINA, now()))[0] == []


def at_dock() -> tuple[Dock, Client, str]:
    at = dock((10,))
    return at, staff(Role.WAREHOUSE), f"/office/receipts/{at.receipt_id}/"


def sent(client: Client, address: str, *scans: dict[str, object]) -> list[dict[str, str]]:
    body = json.dumps({"scans": scans})
    answer = client.post(f"{address}scans/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content[:200]
    return list(answer.json()["answers"])


def test_the_queue_of_a_browser_is_answered_scan_by_scan() -> None:
    _at, keeper, address = at_dock()
    good = {"id": str(new_id()), "code": gtin(0), "units": "4", "condition": "sound", "scanned_at": now().isoformat()}
    bad = {"id": str(new_id()), "code": "4006381333932"}
    first = sent(keeper, address, good, bad)
    assert [one["state"] for one in first] == ["taken", "refused"]
    assert first[1]["code"] == "unknown_barcode"
    assert [one["state"] for one in sent(keeper, address, good)] == ["known"]
    odd = [{**good, "id": str(new_id()), name: "x"} for name in ("units", "condition", "expires_on", "scanned_at")]
    odd += [{**good, "id": str(new_id()), name: "\ud800"} for name in ("code", "lot", "pallet")]  # no text
    odd += [{**good, "id": str(new_id()), "scanned_at": "0001-01-01T00:00:00+14:00"}]
    told = sent(keeper, address, *odd, {**good, "id": str(new_id()), "units": ""})
    assert [one.get("code", one["state"]) for one in told] == ["bad_scan_text"] * 8 + ["taken"]
    assert keeper.get(address).status_code == 200
    for junk in ("{", "[]", "{}", '{"scans": [1]}', '{"scans": [{}]}', '{"scans": [{"id": "x", "code": "y"}]}'):
        assert keeper.post(f"{address}scans/", junk, content_type="application/json").status_code == 422, junk


def test_without_scripts_the_form_counts_and_closing_asks_for_reasons() -> None:
    at, keeper, address = at_dock()
    again = {"id": str(new_id()), "code": gtin(0), "units": "9"}
    assert "Give it up" in shown(keeper, address)
    page = posted(keeper, f"{address}scans/", **again)
    assert "Counted: down-jacket-S0 L1" in page and "Give it up" not in page  # it would be refused
    posted(keeper, f"{address}scans/", **again)
    assert "has a wrong check digit" in posted(keeper, f"{address}scans/", id=str(new_id()), code="123")
    assert at.found() == {"L1": 9}
    (gap,) = at.standing().weighed.differences
    answer = keeper.post(f"{address}act/", {"act": "close", f"why:{gap.key}": " "})
    assert (answer.status_code, "1 differences have no reason" in answer.content.decode()) == (422, True)
    assert "the goods are in stock" in posted(
        keeper, f"{address}act/", act="close", **{f"why:{gap.key}": "carton torn"}
    )
    assert coming.read(at.consignment.id).state is ConsignmentState.CLOSED
    over = shown(staff(Role.FINANCE), f"/office/consignments/{at.consignment.id}/")
    assert "Receiving ended" in over and "in full" not in over  # one of ten is missing
    assert "<p>9 units</p>" in over
    closed = shown(staff(Role.WAREHOUSE, language="zh-hans"), address)
    assert "关闭</dt>" in closed and "结关" not in closed
    assert "此前已收" not in closed and "累计已收" in closed  # what it has itself received is among it
    page = within_budget(staff(Role.FINANCE), "/office/receipts/differences/")
    assert "carton torn" in page
    text = b"".join(staff(Role.FINANCE).get("/office/receipts/differences/export/?form=csv").streaming_content)
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert (rows[0][7:], len(rows[1])) == (["Reason", "Outcome", "Closed"], 10)  # each figure under its own name
    assert rows[1][1:8] == ["too few", "Open", "down-jacket-S0", "L1", "10", "9", "carton torn"]
    assert rows[0][7:] == ["Reason", "Outcome", "Closed"]  # each heading above its own column
    assert len(rows[1]) == len(rows[0])
    (left,) = receiving.differences(state="open")[0]
    settle = f"/office/receipts/differences/{left.id}/"
    assert "is settled" in posted(staff(Role.FINANCE), settle, outcome="credit note 3")
    assert keeper.post(settle, {"outcome": "x"}).status_code == 403


def test_a_file_of_many_differences_asks_for_their_articles_at_once() -> None:
    at, keeper = dock((1,) * 12), staff(Role.WAREHOUSE)
    gaps = at.standing().weighed.differences
    assert len(gaps) == 12
    reasons = {f"why:{gap.key}": "lost" for gap in gaps}
    posted(keeper, f"/office/receipts/{at.receipt_id}/act/", act="close", **reasons)
    with CaptureQueriesContext(connection) as caught:
        text = b"".join(keeper.get("/office/receipts/differences/export/").streaming_content)
    assert text.count(b"too few,Open") == 12
    assert len(caught) <= STATEMENTS_MAX, [query["sql"][:100] for query in caught]


def test_a_consignment_that_comes_on_the_last_of_days_is_shown_and_can_be_cancelled() -> None:
    order, buyer, never = buying.sent((100,)), staff(Role.PURCHASING), "9999-12-31"
    today = day_in(CHINA, now())
    legs = f"main sea {today} {today} Le Havre > Ningbo | CMA | X1\nafter road {today} {never} Ningbo > W"
    assert "9999" in posted(buyer, "/office/consignments/new/", **notice(order, legs=legs))
    (row,) = selectors.consignments(today=today)[0]
    act = f"/office/consignments/{row.id}/act/"
    assert "Noted" in posted(buyer, act, act="report", kind="departed", leg="1", day=today.isoformat())
    assert "Noted" in posted(buyer, act, act="report", kind="estimated", leg="1", day=never)
    assert "is cancelled" in posted(buyer, act, act="cancel", reason="nobody knows when it comes")


def test_lists_filter_age_and_leave_as_files() -> None:
    order = buying.sent((100,))
    posted(staff(Role.PURCHASING), "/office/consignments/new/", **notice(order))
    finance = staff(Role.FINANCE)
    page = within_budget(finance, "/office/consignments/?state=late")
    assert "DN 7" in page
    assert "9 days late" in page
    assert "DN 7" not in shown(finance, "/office/consignments/?state=closed")
    text = b"".join(finance.get("/office/consignments/export/?form=csv&state=late").streaming_content)
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert (rows[1][1:6], rows[1][11]) == (["Announced", "Maison Test SA", "DN 7", "CMDU123", "sea"], "9")
    assert finance.get("/office/consignments/new/").status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_open_in_both_languages(language: str) -> None:
    at = dock((10,))
    reader = staff(Role.WAREHOUSE, Role.PURCHASING, language=language)
    page = within_budget(reader, f"/office/receipts/{at.receipt_id}/")
    assert ("与发货通知核对" in page) is (language == "zh-hans")
    assert ("运输段与风险转移" in shown(reader, f"/office/consignments/{at.consignment.id}/")) is (
        language == "zh-hans"
    )
