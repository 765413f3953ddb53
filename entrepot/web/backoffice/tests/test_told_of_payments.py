"""What clerks see of payments at customs: the provider's answer, and what customs asked for and was sent."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.audit import selectors as audit
from entrepot.customs import services as customs_verbs
from entrepot.customs.tests.grab import Grab, grab
from entrepot.customs.tests.makers import Ready, declared, parcel
from entrepot.customs.tests.test_raw_data import ask, paid, send
from entrepot.customs.types import DataState
from entrepot.identity.types import Role
from entrepot.kit import clock
from entrepot.payments.tests.wallets import Wallets, wallets
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import NOBODY, shown, staff, within_budget
from tests.customs_port import customs_port
from tests.sandboxed import Sandbox, sandbox, sandbox_process

__all__ = ["customs_port", "grab", "sandbox", "sandbox_process", "wallets"]
pytestmark = pytest.mark.django_db


def order_page(ready: Ready) -> str:
    return f"/office/orders/{ready.buyer_id}/{ready.order_id}/"


def told_page(ready: Ready) -> str:
    """What the order's page fetches."""
    return f"{order_page(ready)}customs/"


def declaration_page(ready: Ready) -> str:
    return f"/office/declarations/{ready.buyer_id}/{ready.parcel.id}/"


@pytest.fixture
def alipay(settings: Any, customs_port: Sandbox, wallets: Wallets) -> Wallets:
    settings.PAYMENT_DECLARER = "alipay"
    return wallets


def test_the_providers_answer_is_shown(alipay: Wallets) -> None:
    ready = parcel()
    declared(ready)
    [told] = alipay.shares.values()
    for address, role in ((told_page(ready), Role.SERVICE), (declaration_page(ready), Role.CUSTOMS)):
        page = within_budget(staff(role), address)
        for words in (
            told["number"],
            "On its way to customs",
            "is the buyer",
            "NetsUnion",
            "2026112893310001",
            "ZONGSHU",
        ):
            assert words in page
    page = shown(staff(Role.CUSTOMS, language="zh-hans"), declaration_page(ready))
    assert "支付企业申报支付单" in page and "网联" in page and "是订购人本人" in page


def test_the_providers_refusal_is_shown(alipay: Wallets) -> None:
    alipay.next = ["refuse:PAYMENT_NOT_EXIST"]
    ready = parcel()
    declared(ready)
    page = shown(staff(Role.SERVICE), told_page(ready))
    assert "Refused by the provider" in page and "PAYMENT_NOT_EXIST" in page
    page = shown(staff(Role.CUSTOMS), declaration_page(ready))
    assert "The provider refuses to declare the payment" in page and "PAYMENT_NOT_EXIST" in page
    again = posted(staff(Role.CUSTOMS), f"{declaration_page(ready)}act/", act="redeclare")
    assert "Declared again" in again


def test_a_silent_provider_is_told_to_the_clerk(alipay: Wallets) -> None:
    alipay.next = ["refuse:PAYMENT_NOT_EXIST", "drop"]
    ready = parcel()
    declared(ready)
    page = posted(staff(Role.CUSTOMS), f"{declaration_page(ready)}act/", act="redeclare")
    assert "The provider does not answer" in page


def test_what_customs_asked_for_and_was_sent_is_shown(customs_port: Sandbox, grab: Grab) -> None:
    ready = paid()
    assert "Customs has not asked" in shown(staff(Role.SERVICE), told_page(ready))
    page = within_budget(staff(Role.SERVICE), order_page(ready))
    assert f'hx-get="{told_page(ready)}"' in page and f'<a href="{told_page(ready)}"' in page
    fragment = staff(Role.SERVICE).get(told_page(ready), headers={"HX-Target": "told"}).content.decode()
    assert fragment.strip().startswith('<div id="told">') and "<html" not in fragment
    request_id = ask(ready.parcel.number)
    grab.next = ["20004"]
    send(ready, request_id)
    ask(ready.parcel.number)
    send(ready, request_id)
    page = within_budget(staff(Role.CUSTOMS), told_page(ready))
    for words in (
        "fe2374-8fnejf97-32839218",
        "asked 2 times",
        "20004",
        "is not registered",
        "10000",
        "Taken by customs",
    ):
        assert words in page
    page = shown(staff(Role.CUSTOMS, language="zh-hans"), told_page(ready))
    assert "海关索取支付原始数据" in page and "已索取 2 次" in page and "证书未注册" in page


def test_a_clerk_has_it_sent_again(customs_port: Sandbox, grab: Grab) -> None:
    ready = paid()
    request_id = ask(ready.parcel.number)
    grab.next = ["20004"]
    send(ready, request_id)
    address = f"{order_page(ready)}data/{request_id}/again/"
    assert "Send again" not in shown(staff(Role.SERVICE), told_page(ready))
    assert staff(Role.SERVICE).post(address).status_code == 403
    client = staff(Role.CUSTOMS)
    assert client.get(address).status_code == 405
    assert "leave once more" in posted(client, address)
    assert send(ready, request_id) is DataState.TAKEN
    assert "customs.upload_again" in [entry.action for entry in audit.of_buyer(buyer_id=ready.buyer_id)]
    assert "no such request" in posted(client, address.replace(str(request_id), str(NOBODY)))


def test_what_cannot_be_made_says_why(customs_port: Sandbox, grab: Grab) -> None:
    ready = paid(None)
    customs_verbs.upload_data(request_id=ask(ready.parcel.number), buyer_id=ready.buyer_id, now=clock.now())
    page = shown(staff(Role.SERVICE), told_page(ready))
    assert "Cannot be made" in page and "are not there" in page
