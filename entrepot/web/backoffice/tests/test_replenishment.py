"""Replenishment in the back office: proposals to decide on, histories, the back-test with its charts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from entrepot.identity.types import Role
from entrepot.procurement import selectors as procurement
from entrepot.procurement.tests import makers
from entrepot.procurement.types import ArticleTerms
from entrepot.replenishment import selectors, services
from entrepot.replenishment.selectors import Wanted
from entrepot.replenishment.services.shipments import HEADINGS
from entrepot.replenishment.tests.makers import NOW, ORIGIN, sale, sales_file
from entrepot.replenishment.tests.test_proposals import BOX, TODAY, history, source
from entrepot.replenishment.types import Plan, ProposalState
from entrepot.stock.tests.makers import warehouse
from entrepot.web.backoffice.tests.test_pages import JUNK, shown, staff, within_budget

pytestmark = pytest.mark.django_db
LIST, HISTORIES, BACKTEST, SHIPMENTS = (
    f"/office/replenishment/{name}" for name in ("", "histories/", "backtest/", "consignments/")
)


@pytest.fixture
def proposed() -> UUID:
    history("A1", 20)
    (made,) = services.propose(sources=[source(pack=12)], plan=Plan(container=BOX), today=TODAY, now=NOW)
    return made


@pytest.mark.parametrize("address", [LIST, HISTORIES, BACKTEST, SHIPMENTS])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_empty_pages_say_so_in_one_language(address: str, language: str) -> None:
    page = within_budget(staff(Role.OPERATOR, language=language), address)
    main = page[page.index('<div id="main"') :]
    text = re.sub(r"<script.*?</script>|<[^>]+>", " ", main, flags=re.S)
    assert bool(re.search(r"[一-鿿]{2,}", text.replace("中文", ""))) is (language == "zh-hans")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_proposal_is_read_taken_as_a_file_and_approved_once(proposed: UUID, language: str) -> None:
    client = staff(Role.OPERATOR, language=language)
    page = within_budget(client, f"{LIST}{proposed}/")
    assert "1 × box" in page
    assert "填满集装箱" in page if language == "zh-hans" else "fills the container" in page
    answer = client.get(f"{LIST}{proposed}/file/", {"form": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert rows[1][:3] == ["Maker", "NGB1", "A1"]
    assert int(rows[1][3]) % 12 == 0
    for act in ("approve", "dismiss"):
        assert client.post(f"{LIST}{proposed}/decide/", {"act": act}).status_code == 302
    one = selectors.proposal(proposal_id=proposed)
    assert one is not None
    assert one.state is ProposalState.APPROVED
    assert 'name="act"' not in shown(client, f"{LIST}{proposed}/")


def test_operator_and_purchasing_decide(proposed: UUID) -> None:
    for role in Role:
        client = staff(role)
        reads = role in (Role.OPERATOR, Role.WAREHOUSE, Role.FINANCE, Role.PURCHASING)
        assert client.get(f"{LIST}{proposed}/").status_code == (200 if reads else 403), role
        answer = client.post(f"{LIST}{proposed}/decide/", {"act": "nothing"})
        assert answer.status_code == (302 if role in (Role.OPERATOR, Role.PURCHASING) else 403), role
    one = selectors.proposal(proposal_id=proposed)
    assert one is not None
    assert one.state is ProposalState.PROPOSED


@pytest.fixture
def from_contract() -> UUID:
    makers.rates()
    warehouse("NGB1")
    (sku,) = makers.articles()
    history(sku.code, 20)
    terms = ArticleTerms(sku.id, Decimal("10.5"), pack=12, volume_cm3=9_000)
    makers.contract(makers.supplier("MAKER"), articles=(terms,), order_units_min=100)
    (made,) = services.propose_from_contracts(now=NOW)
    return made


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_chosen_proposals_become_draft_orders_with_one_click_and_once(from_contract: UUID, language: str) -> None:
    client = staff(Role.PURCHASING, language=language)
    page = within_budget(client, LIST)
    assert "Maison Test SA" in page
    assert "1 × 20" in page
    assert f'value="{from_contract}"' in page
    assert "€1,512.00" in page  # 144 of them
    for _ in range(2):
        answer = client.post(f"{LIST}order/", {"proposal": [str(from_contract), "nothing"]})
        assert answer.status_code == 302
    (order,) = procurement.orders()[0]
    assert answer["Location"] == f"/office/purchases/{order.id}/"
    assert f'value="{from_contract}"' not in shown(client, LIST)
    page = shown(client, f"{LIST}{from_contract}/")
    assert answer["Location"] in page
    assert 'name="proposal"' not in page


def test_what_is_refused_is_told_and_nothing_is_written(from_contract: UUID) -> None:
    makers.supplier("MAKER", active=False)
    client = staff(Role.PURCHASING)
    answer = client.post(f"{LIST}order/", {"proposal": str(from_contract)}, follow=True)
    assert "Supplier MAKER is switched off" in answer.content.decode()
    assert "Choose the proposals" in client.post(f"{LIST}order/", follow=True).content.decode()
    assert procurement.orders()[0] == []
    for role in set(Role) - {Role.PURCHASING}:
        assert staff(role).post(f"{LIST}order/", {"proposal": str(from_contract)}).status_code == 403


def test_junk_in_an_address_is_no_fault(proposed: UUID) -> None:
    client = staff(Role.OPERATOR)
    for name in ("state", "page", "form"):
        for text in JUNK:
            for address in (LIST, f"{LIST}{proposed}/file/", HISTORIES, BACKTEST, SHIPMENTS):
                assert client.get(address, {name: text}).status_code == 200, (address, name, text)


def test_histories_show_dirt_and_freight_that_nobody_knows(tmp_path: Path) -> None:
    lines = [sale("A1", 2), sale("A1", 2), sale("POST", 1), sale("B", 3, price="<b>")]
    services.import_sales(file=sales_file(tmp_path, lines), origin=replace(ORIGIN, name="<old>.csv"), now=NOW)
    head = ",".join(others[0] for others in HEADINGS.values())
    rows = ["1,DN-1,Maker,Chile,Tea,10,EXW,Air,1/2/06,2-Feb-06,5,100.00,3,Invoiced Separately,1.00"]
    services.import_shipments(files=[sales_file(tmp_path, rows, head=head)], origin=ORIGIN, now=NOW)
    page = within_budget(staff(Role.FINANCE), HISTORIES)
    assert "The same as an earlier line" in page
    assert "The freight is on an invoice that is not in the file" in page
    assert "&lt;old&gt;.csv" in page
    assert "<old>" not in page
    client = staff(Role.FINANCE, language="en")
    page = within_budget(client, f"{SHIPMENTS}?unresolved=1&q=dn")
    assert "DN-1" in page
    assert "The freight is on an invoice that is not in the file" in page
    assert "DN-1" not in shown(client, f"{SHIPMENTS}?q=DN-2")
    page = within_budget(client, f"{SHIPMENTS}one/?source={ORIGIN.source}&number=DN-1")
    assert "Invoiced Separately" in page
    assert client.get(f"{SHIPMENTS}one/?source=x&number=y").status_code == 404
    answer = client.get(f"{SHIPMENTS}export/", {"form": "csv", "unresolved": "1"})
    found = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row[1:3] for row in found[1:]] == [["DN-1", "1"]]
    assert staff(Role.CATALOGUE).get(SHIPMENTS).status_code == 403


def test_the_back_test_is_drawn(tmp_path: Path) -> None:
    history("A1", 20_000, weeks=30, now_and_then=5_000)  # so that stock is kept for safety
    history("B2", 3_000, weeks=25)
    services.backtest(
        wanted=Wanted(["orders"]), setup=(2, Decimal("0.95")), methods=["naive", "ses"], clock=lambda: 0.0, now=NOW
    )
    page = within_budget(staff(Role.WAREHOUSE), BACKTEST)
    assert page.count("<polyline") == 2
    assert page.count('class="bar"') == 2
    assert "Simple smoothing" in page
    assert "95.0 %" in page
    stocks = re.findall(r'<td class="num">([\d,]+)</td>', page)
    assert any("," in stock for stock in stocks), stocks  # thousands are grouped, and twice grouped is an error
