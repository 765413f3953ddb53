"""Recalls in the back office: opened from the lots of an article, followed, exported, closed."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.recalls import selectors, services
from entrepot.recalls.tests.makers import recalled
from entrepot.returns.tests.makers import bought
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db
TEXTS = {
    "reason_zh": "密封不良", "reason_en": "Not sealed",
    "instruction_zh": "停止食用", "instruction_en": "Stop eating it",
}  # fmt: skip


def test_a_recall_is_opened_from_the_lots_of_an_article() -> None:
    sku = make_sku()
    stocked(sku.id, warehouse(), 7, lot="B-77")
    client = staff(Role.OPERATOR)
    page = shown(client, f"/office/recalls/new/?q={sku.code}")
    (lot,) = stock.lots_of(sku_ids=[sku.id])
    assert "B-77" in page and f'value="{sku.id}/{lot.id}"' in page
    wish = {**TEXTS, "lot": f"{sku.id}/{lot.id}", "remedy": "return", "key": "k1", "q": sku.code}
    wish["reason_en"] = "Not\x0bsealed"  # copied out of a document with a break in the line
    assert "free units of its lots are in quarantine" in posted(client, "/office/recalls/new/", **wish)
    (found,) = selectors.recalls()
    assert selectors.coverage(found=found).held == 7
    again = client.post("/office/recalls/new/", {**wish, "key": "k2"}).content.decode()
    assert "There is an open recall of lot B-77 already" in again
    assert "Not\x0bsealed" in again  # what was written is not lost
    book = load_workbook(io.BytesIO(b"".join(client.get("/office/recalls/?form=xlsx").streaming_content)))  # type: ignore[attr-defined]
    assert book.active["C2"].value == "Not sealed"
    assert f"recalled: {found.number}" in shown(client, f"/office/recalls/new/?q={sku.code}")
    assert found.number in shown(client, "/office/recalls/?state=open")


def test_texts_as_long_as_their_fields_are_kept_whole() -> None:
    sku = make_sku()
    stocked(sku.id, warehouse(), 1)
    (lot,) = stock.lots_of(sku_ids=[sku.id])
    why, what = "密封不良\n" * 60, "请停止食用。\n" * 142  # a browser counts a break as one and sends it as two
    texts = {"reason_zh": why, "reason_en": why, "instruction_zh": what, "instruction_en": what}
    sent = {name: f"{said.strip()}。".replace("\n", "\r\n") for name, said in texts.items()}
    posted(staff(Role.OPERATOR), "/office/recalls/new/", lot=f"{sku.id}/{lot.id}", remedy="return", key="k", **sent)
    (found,) = selectors.recalls()
    assert found.reason["zh-hans"] == f"{why.strip()}。"
    assert found.instruction["en"] == f"{what.strip()}。"


def test_a_recall_without_lots_or_words_says_what_is_wrong() -> None:
    sku = make_sku()
    stocked(sku.id, warehouse(), 1)
    client = staff(Role.OPERATOR)
    for lot in ("", "no/uuid", "x"):
        wish = {**TEXTS, "lot": lot, "remedy": "return", "key": "k", "q": sku.code}
        assert "lots cannot be right" in client.post("/office/recalls/new/", wish).content.decode()
    (lot,) = stock.lots_of(sku_ids=[sku.id])
    wish = {**TEXTS, "lot": f"{sku.id}/{lot.id}", "remedy": "return", "key": "\0", "q": sku.code}
    assert "key cannot be right" in client.post("/office/recalls/new/", wish).content.decode()
    wish = {**TEXTS, "remedy": "nothing", "key": "k", "q": sku.code}
    assert "remedy cannot be right" in client.post("/office/recalls/new/", wish).content.decode()
    assert selectors.recalls() == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_how_far_it_has_come_and_the_file_every_line(language: str) -> None:
    of = bought(2, buyer_id=people.buyer())
    found = recalled(of)
    client = staff(Role.SERVICE, language=language)
    address = f"/office/recalls/{found.id}/"
    page = shown(client, f"{address}?state=sold")
    assert of.order.number in page
    assert "1 / 1 · <b>100 %</b>" in page  # told
    assert "act/" not in page  # service reads, an operator closes
    assert "100 %" in shown(client, f"{address}progress/")
    answer = client.get(f"{address}export/?form=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[:2] for line in lines[1:]] == [[found.number, of.order.number]]
    assert client.get(f"{address}export/?form=xlsx")["Content-Disposition"].endswith('.xlsx"')


def test_an_operator_reads_again_and_closes_with_a_reason() -> None:
    found = recalled(bought(1))
    client, act = staff(Role.OPERATOR), f"/office/recalls/{found.id}/act/"
    assert "read anew" in posted(client, act, act="look")
    assert "Give a reason" in posted(client, act, act="close")
    assert "The recall is closed" in posted(client, act, act="close", reason="all answered")
    assert "all answered" in shown(client, f"/office/recalls/{found.id}/")
    assert "no such recall" in posted(client, act, act="close", reason="again")
    assert "nothing of that name" in posted(client, act, act="dance")
    assert "Give a reason" in posted(client, act, act="lift")
    assert "may be sold again" in posted(client, act, act="lift", reason="the laboratory found nothing")
    page = shown(client, f"/office/recalls/{found.id}/")
    assert "Sold again" in page and "Lift the stop" not in page
    services.sweep(now=now())
