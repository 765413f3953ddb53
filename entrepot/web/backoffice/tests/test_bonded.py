"""The bonded side in the back office: what each page shows and does, by whose work it is."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from entrepot.catalogue.tests.makers import make_sku
from entrepot.catalogue.types import Sku
from entrepot.customs import selectors as customs
from entrepot.customs.tests.makers import answered
from entrepot.customs.tests.receipts import released_list
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.outbox.testing import drain
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import book, brought_in, declared_line, item, stocked, warehouse
from entrepot.stock.types import CustomsState, WarehouseKind
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff, within_budget
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
BOOK = "T3105W000123"


@pytest.fixture
def sku() -> Sku:
    made = make_sku()
    warehouse()
    book()
    item(made.id)
    return made


def place() -> UUID:
    return next(iter(stock.warehouses()))


def balance(sku: Sku) -> int:
    (found,) = stock.book_states(book=BOOK, sku_ids=[sku.id])
    return found.balance


def test_a_declaration_comes_in_line_by_line_and_differences_are_settled(sku: Sku) -> None:
    clerk, worker = staff(Role.CUSTOMS), staff(Role.WAREHOUSE)
    draft = "/office/inbound/draft/"
    assert "Line 1 cannot be right" in posted(worker, draft, warehouse="NGB1", lines=f"{sku.code} x L1 - 1")
    assert "Line 1 cannot be right" in posted(worker, draft, warehouse="NGB1", lines="NOTHING 5 L1 - 1")
    page = posted(worker, draft, warehouse="NGB1", lines=f"{sku.code}, 10, L1, 2028-06-30, 61.25, 2026-06-01")
    assert "L1" in page and "Being made" in page
    (made,) = stock.inbounds()
    act = f"/office/inbound/{made.id}/act/"
    assert "may not do this" in posted(worker, act, act="declare", number="310520261000000001")
    for to_come in ((day_in(CHINA, now()) + timedelta(days=1)).isoformat(), "9999-12-31"):
        early = posted(clerk, act, act="declare", number="310520261000000001", on=to_come)
        assert "Day: this cannot be right" in early
    assert "goods are in the account book" in posted(clerk, act, act="declare", number="310520261000000001")
    assert balance(sku) == 10
    assert "Day: this cannot be right" in posted(worker, act, act="arrive", on=to_come)
    assert "Arrived" in posted(worker, act, act="arrive")
    assert "may not do this" in posted(clerk, act, act="put_away")
    assert "L1: this cannot be right" in posted(worker, act, act="put_away", **{"counted-1": ""})
    short = {"act": "put_away", "counted-1": "8"}
    assert "cannot be right: reason" in posted(worker, act, **short)
    assert "第1行有误：理由" in posted(staff(Role.WAREHOUSE, language="zh-hans"), act, **short)
    assert "8 units are on the shelves" in posted(worker, act, **short, **{"reason-1": "two broken"})
    assert "miscounted, not settled" in shown(clerk, f"/office/inbound/{made.id}/")
    assert "account book is corrected" in posted(clerk, act, act="settle", document="310526X1")
    assert balance(sku) == 8
    assert "310520261000000001" in within_budget(clerk, "/office/inbound/?q=3105")
    assert "No inbound declaration fits" in shown(clerk, "/office/inbound/?state=draft")


def test_the_form_for_other_lines_of_a_draft_begins_with_those_it_has(sku: Sku) -> None:
    worker, draft = staff(Role.WAREHOUSE), "/office/inbound/draft/"
    lines = f"{sku.code} 10 L1 2028-06-30 61.25 2026-06-01\n{sku.code} 1000 L2 - 1200 - EUR"
    posted(worker, draft, warehouse="NGB1", lines=lines)
    (made,) = stock.inbounds()
    page = f"/office/inbound/{made.id}/"
    (written,) = re.findall(r"<textarea name=\"lines\"[^>]*>([^<]*)</textarea>", shown(worker, page))
    assert written.splitlines() == [
        f"{sku.code}@1 10 L1 2028-06-30 61.25 2026-06-01 CNY", f"{sku.code}@1 1000 L2 - 1200 - EUR",
    ]  # fmt: skip
    assert "Changed" in posted(worker, f"{page}act/", act="change", lines=written)
    after = stock.inbound(inbound_id=made.id)
    assert after is not None and after.lines == made.lines


def test_a_declaration_of_hundreds_of_lots_is_put_away(sku: Sku) -> None:
    clerk, worker = staff(Role.CUSTOMS), staff(Role.WAREHOUSE)
    lots = range(1, 601)
    lines = "\n".join(f"{sku.code} 1 L{n} - 1" for n in lots)
    assert "L600" in posted(worker, "/office/inbound/draft/", warehouse="NGB1", lines=lines)
    act = f"/office/inbound/{stock.inbounds()[0].id}/act/"
    posted(clerk, act, act="declare", number="310520261000000001")
    posted(clerk, act, act="arrive")
    count = {f"counted-{n}": "1" for n in lots} | {f"reason-{n}": "" for n in lots}
    answer = worker.post(act, {"act": "put_away", "csrfmiddlewaretoken": "x", **count}, follow=True)
    assert answer.status_code == 200
    assert "600 units are on the shelves" in answer.content.decode()


def test_a_book_is_opened_filled_corrected_and_read(sku: Sku) -> None:
    clerk = staff(Role.CUSTOMS)
    brought_in(place(), [declared_line(sku.id, 10)])
    assert BOOK in within_budget(clerk, "/office/books/")
    opened = posted(
        clerk, "/office/books/open/", number="t9", operator_code="short", operator_name="X", customs_code="1"
    )
    assert "operator_code" in opened
    (known,) = stock.books().values()
    page = f"/office/books/{known.id}/"
    assert "<b>10</b>" in within_budget(clerk, page)
    assert "No item record fits" in shown(clerk, f"{page}?q=999")
    assert sku.code in shown(clerk, f"{page}?q={sku.code}")
    act = f"{page}act/"
    wrong = {"act": "correct", "sku": sku.code, "record": "1", "units": "-3", "reference": "310526C1"}
    assert "Give a reason" in posted(clerk, act, **wrong)
    assert "Corrected" in posted(clerk, act, **wrong, reason="customs counted")
    assert balance(sku) == 7
    assert "cannot be right" in posted(clerk, act, act="items", items=f"{sku.code} 1 2 3")
    assert "310526C1" in within_budget(clerk, f"{page}entries/?q={sku.code}")
    file = b"".join(clerk.get(f"{page}entries/export/?form=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "310526C1" in file and file.count("\n") == 3
    compared = within_budget(clerk, "/office/books/compared/")
    assert "unexplained -3" in compared
    file = b"".join(clerk.get("/office/books/compared/export/?show=wrong").streaming_content).decode()  # type: ignore[attr-defined]
    assert f"{BOOK},1,{sku.code}" in file
    assert clerk.get("/office/books/compared/export/?form=xlsx").status_code == 200
    assert "The book is closed" in posted(clerk, act, act="close", reason="moved away")
    finance = staff(Role.FINANCE)
    assert shown(finance, page)
    assert finance.post(act, {"act": "close"}).status_code == 403


def test_lists_are_chosen_presented_printed_and_leave(sku: Sku) -> None:
    worker = staff(Role.WAREHOUSE)
    for n in range(3):
        released_list(place(), BOOK, sku.id, f"31052026I00000000{n}")
    posted(worker, "/office/passes/open/", warehouse="NGB1")
    (one,) = customs.gate_passes()
    page = f"/office/passes/{one.id}/"
    act = f"{page}act/"
    free = customs.free_lists(warehouse_id=place(), now=now())
    assert free[0].order_number in within_budget(worker, page)
    assert "cannot be right" in posted(worker, act, act="put", list="nonsense")
    assert "1 lists are on the pass" in posted(worker, act, act="put", list=str(free[0].declaration_id))
    assert "2 lists are on the pass" in posted(worker, act, act="fill")
    assert "1 lists are off the pass" in posted(worker, act, act="take_off", list=str(free[1].declaration_id))
    assert "Presented to customs" in posted(worker, act, act="present", vehicle="浙B12345", customs_number="HF1")
    sheet = shown(worker, f"{page}print/")
    assert "浙B12345" in sheet and "1,400 / 1,000" in sheet and free[2].order_number in sheet
    file = b"".join(worker.get(f"{page}export/").streaming_content).decode()  # type: ignore[attr-defined]
    assert free[0].order_number in file and free[1].order_number not in file
    assert "vehicle has left" in posted(worker, act, act="leave")
    assert "HF1" in shown(worker, "/office/passes/?state=left")
    assert worker.post("/office/passes/guard/", {"warehouse": "NGB1", "on": "1"}).status_code == 403
    assert "on a gate pass only" in posted(staff(Role.CUSTOMS), "/office/passes/guard/", warehouse="NGB1", on="1")


def test_spoiled_goods_are_set_aside_planned_and_gone_under_supervision(sku: Sku) -> None:
    clerk, worker = staff(Role.CUSTOMS), staff(Role.WAREHOUSE)
    brought_in(place(), [declared_line(sku.id, 10)])
    brought_in(place(), [declared_line(sku.id, 4, lot="OLD", expires_on=now().date() - timedelta(days=2))])
    assert "OLD" in within_budget(worker, "/office/disposals/")
    aside = {"warehouse": "NGB1", "sku": sku.code, "lot": "L1", "units": "3"}
    assert "3 units are in quarantine" in posted(worker, "/office/disposals/aside/", **aside)
    waste = {one.lot.code: one for one in stock.disposable(on=now().date())}
    plan = {f"units-{waste['OLD'].id}": "4", f"units-{waste['L1'].id}": "3", "warehouse": "NGB1", "kind": "destroy"}
    assert "Give a reason" in posted(worker, "/office/disposals/plan/", **plan)
    assert "Planned" in posted(worker, "/office/disposals/plan/", **plan, reason="expired and broken")
    (one,) = stock.disposals()
    act = f"/office/disposals/{one.id}/act/"
    paper = {"act": "carry_out", "document": "310526D1", "officer": "310512"}
    assert "may not do this" in posted(worker, act, **paper)
    assert "7 units are gone" in posted(clerk, act, **paper)
    assert balance(sku) == 7
    assert "310526D1" in within_budget(clerk, "/office/disposals/?state=done")
    file = b"".join(clerk.get("/office/disposals/?state=done&form=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert f"{one.number},Gone,NGB1" in file and file.count("\n") == 2
    assert stock_verbs.check_books(now=now()) == 0


def test_a_button_that_is_pressed_twice_moves_goods_once(sku: Sku) -> None:
    worker = staff(Role.WAREHOUSE)
    brought_in(place(), [declared_line(sku.id, 10)])

    def key() -> dict[str, str]:
        return dict(re.findall(r'name="(key)" value="([0-9]+)"', shown(worker, "/office/disposals/")))

    aside = {"warehouse": "NGB1", "sku": sku.code, "lot": "L1", "units": "4", **key()}
    assert "4 units are in quarantine" in posted(worker, "/office/disposals/aside/", **aside)
    assert "done before: nothing changed" in posted(worker, "/office/disposals/aside/", **aside)
    (level,) = stock.disposable(on=now().date())
    assert level.on_hand == 4
    sound = {"warehouse": "NGB1", f"units-{level.id}": "2", "reason": "sampled", **key()}
    assert "2 units are sold again" in posted(worker, "/office/disposals/sound/", **sound)
    assert "done before: nothing changed" in posted(worker, "/office/disposals/sound/", **sound)
    (level,) = stock.disposable(on=now().date())
    assert level.on_hand == 2
    assert "2 units are sold again" in posted(worker, "/office/disposals/sound/", **{**sound, **key()})


def test_held_goods_are_found_sound_and_others_go_without_customs(sku: Sku) -> None:
    worker = staff(Role.WAREHOUSE)
    shop = warehouse("SH1", WarehouseKind.DOMESTIC)
    stocked(sku.id, shop, 8, lot="H1", customs_state=CustomsState.DUTY_PAID, item_record="")
    aside = {"warehouse": "SH1", "sku": sku.code, "lot": "H1", "units": "6"}
    assert "Lot: this cannot be right" in posted(worker, "/office/disposals/aside/", **{**aside, "warehouse": "NGB1"})
    posted(worker, "/office/disposals/aside/", **aside)
    (level,) = stock.disposable(on=now().date())
    sound = {f"units-{level.id}": "4", "warehouse": "SH1"}
    assert "Sound: sell them again" in within_budget(worker, "/office/disposals/")
    assert "Give a reason" in posted(worker, "/office/disposals/sound/", **sound)
    assert "4 units are sold again" in posted(worker, "/office/disposals/sound/", **sound, reason="sampled")
    assert "not that many" not in shown(worker, "/office/disposals/")
    plan = {f"units-{level.id}": "2", "warehouse": "SH1", "kind": "destroy", "reason": "broken"}
    assert "Out of stock</button>" in posted(worker, "/office/disposals/plan/", **plan)
    (one,) = stock.disposals()
    done = {"act": "carry_out", "document": "W-1", "officer": "W7"}
    assert "2 units are gone" in posted(worker, f"/office/disposals/{one.id}/act/", **done)
    assert staff(Role.FINANCE).post("/office/disposals/sound/").status_code == 403


def test_what_came_into_a_site_is_told_and_seen(customs_port: Sandbox) -> None:  # noqa: F811
    worker = staff(Role.WAREHOUSE)
    said = {
        "billNo": "BILL1", "customsCode": "2233", "operatorCode": "2233980SBO", "operatorName": "监管场所",
        "logisticsCode": "3301980SBC", "logisticsName": "沙盒物流", "trafMode": "5", "trafNo": "SX1", "voyageNo": "42",
    }  # fmt: skip
    tell = "/office/arrivals/tell/"
    assert "inbound account cannot be made" in posted(worker, tell, **{**said, "trafMode": ""}, waybills="W1")
    assert "to be sent" in posted(worker, tell, **said, waybills="W1\nW2")
    assert "on another inbound account" in posted(worker, tell, **said, waybills="W2")
    (one,) = customs.deliveries()
    drain()
    answered(customs_port)
    clerk = staff(Role.CUSTOMS)
    page = f"/office/arrivals/{one.id}/"
    assert "Send anew" in within_budget(clerk, page) and "Send anew" not in shown(worker, page)
    assert "On its way to customs" in posted(clerk, f"{page}anew/")
    assert "BILL1" in within_budget(worker, "/office/arrivals/?q=BILL")
    assert "No inbound account fits" in shown(worker, "/office/arrivals/?q=X")
