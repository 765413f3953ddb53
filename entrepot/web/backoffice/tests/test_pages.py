"""Every page of work on a real database: what it shows, to whom, in which language, with how few statements."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.audit.services import record
from entrepot.catalogue.tests.makers import make_product, make_sku
from entrepot.checkout.tests.makers import Shopper, bought, pay, shopper, world
from entrepot.customs.tests import makers as customs_made
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.orders.tests import makers as orders_made
from entrepot.payments import selectors as payments
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.web.backoffice import states
from entrepot.web.common.tests.makers import log_in
from tests.customs_port import customs_port  # noqa: F401
from tests.examples import LONG
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
STATEMENTS_MAX = 12
PAGES = {
    "/office/": set(Role),
    "/office/orders/": set(Role),
    "/office/declarations/": {Role.CUSTOMS, Role.SERVICE},
    "/office/stock/": {Role.WAREHOUSE, Role.CATALOGUE, Role.FINANCE, Role.CUSTOMS},
    "/office/unsellable/": {Role.CATALOGUE, Role.CUSTOMS, Role.SERVICE, Role.OPERATOR},
    "/office/imports/": {Role.CATALOGUE},
    "/office/purchases/": {Role.PURCHASING, Role.FINANCE, Role.WAREHOUSE},
    "/office/consignments/": {Role.PURCHASING, Role.WAREHOUSE, Role.CUSTOMS, Role.FINANCE},
    "/office/receipts/differences/": {Role.PURCHASING, Role.WAREHOUSE, Role.CUSTOMS, Role.FINANCE},
    "/office/dues/": {Role.PURCHASING, Role.FINANCE},
    "/office/margins/": {Role.PURCHASING, Role.FINANCE, Role.CATALOGUE},
    "/office/suppliers/": {Role.PURCHASING, Role.FINANCE},
    "/office/authorisations/": {Role.PURCHASING, Role.CATALOGUE},
    "/office/commitments/": {Role.PURCHASING, Role.FINANCE},
    "/office/replenishment/": {Role.OPERATOR, Role.WAREHOUSE, Role.FINANCE, Role.PURCHASING},
    "/office/jobs/": {Role.OPERATOR},
    "/office/payments/": {Role.FINANCE, Role.OPERATOR},
    "/office/records/": set(Role),
}
NOBODY = UUID(int=0)
NAMES = ["q", "page", "state", "warehouse", "why"]
JUNK = ["", "x", "'", "%", "_", "\\", "\0", "九" * 300, "-1", "0", "9" * 40, "１", "<script>", "2\0"]


def staff(*roles: Role, language: str = "en") -> Client:
    client = log_in(Client(), clerk(*roles))
    client.cookies["django_language"] = language
    return client


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def within_budget(client: Client, address: str) -> str:
    """The page, read once more with everything warm."""
    shown(client, address)
    with CaptureQueriesContext(connection) as caught:
        page = shown(client, address)
    assert len(caught) <= STATEMENTS_MAX, [query["sql"][:100] for query in caught]
    return page


@pytest.fixture
def paid() -> tuple[Shopper, UUID]:
    """A paid order of two articles."""
    place, who = world({"coat": 40_000, "bag": 15_000}), shopper()
    placed = bought(place, who, {"coat": 1, "bag": 2})
    pay(placed, who.buyer_id)
    return who, placed.order_id


def of(who: Shopper, order_id: UUID) -> str:
    return f"/office/orders/{who.buyer_id}/{order_id}/"


@pytest.mark.parametrize("role", Role)
def test_a_page_opens_for_its_roles_alone_and_stands_in_their_menu_alone(role: Role) -> None:
    client = staff(role)
    menu = shown(client, "/office/")
    for address, roles in PAGES.items():
        assert client.get(address).status_code == (200 if role in roles else 403), address
        assert (f'href="{address}"' in menu) is (role in roles), address


def test_nobody_without_a_role_gets_in() -> None:
    assert Client().get("/office/").status_code == 302
    assert log_in(Client(), shopper().buyer_id).get("/office/").status_code == 403


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_empty_pages_say_so_in_one_language(address: str, language: str) -> None:
    page = within_budget(staff(*Role, language=language), address)
    main = page[page.index('<div id="main"') : page.index("<footer") if "<footer" in page else len(page)]
    text = re.sub(r"<script.*?</script>|<[^>]+>", " ", main, flags=re.S)
    if address != "/office/records/":  # shows both languages side by side
        assert bool(re.search(r"[一-鿿]{2,}", text.replace("中文", ""))) is (language == "zh-hans")


@pytest.mark.parametrize("names", [*([one] for one in NAMES if LONG), NAMES], ids=" ".join)
def test_junk_in_an_address_is_no_fault(names: list[str]) -> None:
    """Each name with each junk: all names at once, in a long search also one by one."""
    client = staff(*Role)
    make_sku()
    for address in PAGES:
        for turn in range(len(JUNK)):
            asked = {name: JUNK[(turn + 3 * place) % len(JUNK)] for place, name in enumerate(names)}
            assert client.get(address, asked).status_code in (200, 302, 404), (address, asked)


def test_lists_answer_htmx_with_their_rows_only(paid: tuple[Shopper, UUID]) -> None:
    client = staff(*Role)
    for address in ("orders", "declarations", "stock", "unsellable"):
        part = client.get(f"/office/{address}/", headers={"HX-Request": "true", "HX-Target": "rows"}).content.decode()
        assert part.lstrip().startswith('<div id="rows">')
        assert "<html" not in part


def test_orders_are_found_by_the_beginning_of_a_number_and_by_state() -> None:
    one = orders_made.placed()
    other = orders_made.paid(id_hash=new_id().bytes * 2)
    client = staff(Role.SERVICE)
    page = within_budget(client, "/office/orders/")
    assert one.number in page
    assert "Paid" in page
    assert other.number not in shown(client, f"/office/orders/?q={one.number.lower()}")
    assert one.number not in shown(client, "/office/orders/?state=paid")
    assert "No order fits" in shown(client, "/office/orders/?q=ZZ")


def test_the_order_page_tells_what_was_agreed_paid_and_reckoned(paid: tuple[Shopper, UUID]) -> None:
    page = within_budget(staff(Role.SERVICE), of(*paid))
    for text in ("How the tax was reckoned", "coat-M", "Customs value", "Call off and refund", "沙盒支付有限公司"):
        assert text in page
    assert "1 exchange with the provider" in page
    assert "Call off and refund" not in shown(staff(Role.FINANCE), of(*paid))
    chinese = shown(staff(Role.SERVICE, language="zh-hans"), of(*paid))
    assert "税费计算说明" in chinese
    assert "完税价格" in chinese
    assert "<title> 订单 KL" in " ".join(chinese.split())


def test_the_order_page_tells_what_a_partial_order_left_out(paid: tuple[Shopper, UUID]) -> None:
    assert "Ordered in part" not in shown(staff(Role.SERVICE), of(*paid))
    place, who = world({"cream": 10_000, "mask": 5_000, "soap": 2_000}, units=4), shopper()
    placed = bought(place, who, {"cream": 7, "mask": 2, "soap": 4}, partial=True)
    page = within_budget(staff(Role.SERVICE), of(who, placed.order_id))
    part = page.partition('id="wished"')[2].partition("</section>")[0]
    rows = [re.findall(r'<td class="num"[^>]*>(?:<b>)?(\d+)', row) for row in part.split("<tr>")[2:]]
    assert dict(zip(re.findall(r"<small>(\S+)</small>", part), rows, strict=True)) == {
        "cream-M": ["7", "4", "3"],
        "mask-M": ["2", "2", "0"],
        "soap-M": ["4", "4", "0"],
    }
    assert "缺货未下单" in shown(staff(Role.SERVICE, language="zh-hans"), of(who, placed.order_id))


def test_an_order_shows_no_personal_data_in_the_clear(paid: tuple[Shopper, UUID]) -> None:
    page = shown(staff(*Role), of(*paid))
    for secret in ("张小燕", "13800135678", "文三路"):
        assert secret not in page


def test_an_order_that_is_not_there_is_not_found() -> None:
    client = staff(*Role)
    for address in (f"orders/{NOBODY}/{NOBODY}", f"declarations/{NOBODY}/{NOBODY}"):
        assert client.get(f"/office/{address}/").status_code == 404
    assert client.get("/office/orders/x/y/").status_code == 404
    assert client.get(f"/office/readings/{NOBODY}/").status_code == 200


def test_an_exchange_is_opened_with_a_reason_and_the_reading_is_logged(paid: tuple[Shopper, UUID]) -> None:
    who, order_id = paid
    payment = payments.payment(order_id=order_id, buyer_id=who.buyer_id)
    assert payment is not None
    (one,) = payments.raw_exchange(payment_id=payment.id, buyer_id=who.buyer_id)
    client, address = staff(Role.FINANCE), f"{of(who, order_id)}exchanges/{one.id}/"
    refused = client.post(address, {"reason": "  "}, follow=True)
    assert "Give a reason" in refused.content.decode()
    opened = client.post(address, {"reason": "buyer asks"})
    assert str(payment.id) in opened.content.decode()
    assert opened["Cache-Control"] == "no-store"
    log = within_budget(staff(Role.OPERATOR), f"/office/readings/{who.buyer_id}/")
    assert "buyer asks" in log
    assert "Opened an exchange with the payment provider" in log
    missing = client.post(f"{of(who, order_id)}exchanges/{NOBODY}/", {"reason": "x"}, follow=True)
    assert missing.status_code == 200
    assert (
        client.post(f"/office/orders/{who.buyer_id}/{NOBODY}/exchanges/{one.id}/", {"reason": "x"}).status_code == 404
    )
    assert client.get(address).status_code == 405


def test_the_overview_counts_parcels_and_shows_what_a_role_may_act_on(paid: tuple[Shopper, UUID]) -> None:
    page = within_budget(staff(*Role), "/office/")
    assert "Paid, not yet declared" in page
    assert "Parked jobs" in page
    warehouse_page = shown(staff(Role.WAREHOUSE), "/office/")
    assert "Parked jobs" not in warehouse_page
    assert "Age of open declarations" not in warehouse_page


def test_stock_is_found_by_code_and_warehouse_and_warns_of_expiry() -> None:
    sku, place = make_sku(), warehouse("NGB1")
    soon = clock.day_in(clock.CHINA, clock.now()) + timedelta(days=10)
    stocked(sku.id, place, 5, expires_on=soon)
    client = staff(Role.WAREHOUSE)
    page = within_budget(client, f"/office/stock/?q={sku.code}&warehouse=NGB1")
    assert sku.code in page
    assert 'class="day soon"' in page
    assert "No lot of an article" in shown(client, "/office/stock/?q=nothing")
    assert sku.code in shown(client, "/office/stock/?warehouse=nowhere")


def test_articles_that_cannot_be_sold_are_listed_with_the_reasons() -> None:
    bare, good = make_product("trousers", origin="").skus[0], make_sku()
    client = staff(Role.CATALOGUE)
    page = within_budget(client, "/office/unsellable/")
    assert bare.code in page
    assert good.code not in page
    assert "Not classified" in page
    assert bare.code in shown(client, "/office/unsellable/?why=origin_unknown&q=TROU")
    assert bare.code not in shown(client, "/office/unsellable/?why=weight_unknown")
    assert bare.code not in shown(client, "/office/unsellable/?q=%25")


def test_readings_name_who_read(paid: tuple[Shopper, UUID]) -> None:
    who, _ = paid
    for actor in ("worker", str(clerk(Role.SERVICE))):
        record(
            actor=actor, action="unheard.of", subject_kind="thing", subject_id=new_id(), buyer_id=who.buyer_id,
            reason="because", at=clock.now(),
        )  # fmt: skip
    page = within_budget(staff(Role.OPERATOR), f"/office/readings/{who.buyer_id}/")
    assert "worker" in page
    assert page.count("because") == 2


def test_staff_choose_their_language_and_stay_on_the_page() -> None:
    client = log_in(Client(headers={"Accept-Language": "zh-CN"}), clerk(Role.SERVICE))
    assert "每日订单" in shown(client, "/office/")
    answer = client.post("/office/language/", {"language": "en", "next": "/office/orders/?q=a"})
    assert (answer.status_code, answer["Location"]) == (302, "/office/orders/?q=a")
    assert "Orders per day" in shown(client, "/office/")
    for target in ("https://example.org/", "//example.org", "javascript:alert(1)"):
        away = client.post("/office/language/", {"language": "xx", "next": target})
        assert "example.org" not in away["Location"]
        assert "javascript" not in away["Location"]
    assert client.get("/office/language/").status_code == 405


def test_who_chooses_a_language_on_a_refused_form_comes_back_to_the_forms_page() -> None:
    client, page = staff(Role.PURCHASING), "/office/suppliers/?q=a"
    refused = client.post("/office/suppliers/put/", {"act": "owner"}, headers={"Referer": f"http://testserver{page}"})
    assert refused.status_code == 422
    (back,) = re.findall(r'name="next" value="([^"]*)"', refused.content.decode())
    answer = client.post("/office/language/", {"language": "zh-hans", "next": back})
    assert answer["Location"] == page
    assert "供应商" in shown(client, answer["Location"])


def test_every_state_has_a_word() -> None:
    lacking = [
        (kind.__name__, one.value) for kind, known in states.STATES.items() for one in kind if one.value not in known
    ]
    assert lacking == []


def test_a_declaration_shows_documents_with_receipts_in_customs_time(customs_port: Sandbox) -> None:  # noqa: F811
    ready = customs_made.parcel()
    one = customs_made.declared(ready)
    while customs_made.answered(customs_port):
        pass
    client = staff(Role.CUSTOMS)
    page = within_budget(client, f"/office/declarations/{one.buyer_id}/{one.parcel_id}/")
    assert page.index("CEB311") < page.index("CEB411") < page.index("CEB511")
    first = page[page.index("CEB311") : page.index("CEB411")]
    assert first.index(">2<") < first.index(">120<")
    queue = within_budget(client, "/office/declarations/")
    assert one.order_number in queue
    within_budget(staff(*Role), f"/office/orders/{one.buyer_id}/{one.order_id}/")
    assert one.order_number in shown(client, f"/office/declarations/?q={one.order_number}")
    assert one.order_number not in shown(client, "/office/declarations/?state=cancelled")
