"""The wallet before customs, on its own: what it promises merchants."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from entrepot.sandbox.tests.test_pay import Merchant, merchant
from tests.sandboxed import Sandbox, sandbox, sandbox_process

__all__ = ["merchant", "sandbox", "sandbox_process"]


def paid(merchant: Merchant, sandbox: Sandbox) -> str:
    request_id = secrets.token_hex(8)
    address = merchant.create(request_id=request_id).json()["cashier_url"]
    sandbox.pay(address)
    sandbox.collect("pay")
    return request_id


def wish(payment: str, **changes: Any) -> dict[str, Any]:
    return {
        "request_id": secrets.token_hex(16),
        "mode": "new",
        "payment_request_id": payment,
        "number": "KL1-1",
        "amount_minor": 100,
        "place": "SANDBOX",
        "merchant": {"code": "3301960SBP", "name": "平台"},
        "payer": {"name": "张三丰", "id_number": "11010519491231002X"},
        **changes,
    }


def declare(merchant: Merchant, one: dict[str, Any]) -> Any:
    return merchant.call("customs/declarations", **one)


def test_declaring_twice_is_declaring_once(merchant: Merchant, sandbox: Sandbox) -> None:
    one = wish(paid(merchant, sandbox))
    first, again = declare(merchant, one), declare(merchant, one)
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    view = first.json()
    assert (view["state"], view["customs_order"], view["payer_check"]) == ("accepted", "KL1-1", "same")
    assert view["customs_number"] and view["verifying_transaction"]
    assert [message["kind"] for message in sandbox.collect("pay")] == ["introduction", "declaration"]
    assert merchant.call("customs/declarations/query", request_id=one["request_id"]).json() == view


def test_another_content_needs_to_be_a_change(merchant: Merchant, sandbox: Sandbox) -> None:
    one = wish(paid(merchant, sandbox))
    declare(merchant, one)
    other = one | {"amount_minor": 90}
    assert declare(merchant, other).json()["code"] == "request_reused"
    assert declare(merchant, other | {"mode": "changed"}).json()["amount_minor"] == 90


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payment_request_id": "nobody"}, "payment_not_exist"),
        ({"number": "KL9"}, "unknown_number"),
        ({"amount_minor": 101}, "more_than_paid"),
        ({"merchant": {}}, "bad_field"),
        ({"payer": {"name": "x"}}, "bad_field"),
    ],
)
def test_what_it_does_not_declare(merchant: Merchant, sandbox: Sandbox, changes: dict[str, Any], code: str) -> None:
    assert declare(merchant, wish(paid(merchant, sandbox), **changes)).json()["code"] == code
    assert sandbox.collect("pay") == []


def test_what_is_not_paid_is_not_declared(merchant: Merchant) -> None:
    request_id = secrets.token_hex(8)
    merchant.create(request_id=request_id)
    assert declare(merchant, wish(request_id)).json()["code"] == "not_captured"
    assert merchant.call("customs/declarations/query", request_id="nobody").json()["code"] == "unknown_declaration"


@pytest.mark.parametrize(("status", "state"), [(2, "accepted"), (120, "done"), (-401007, "failed"), (100, "failed")])
def test_it_says_what_the_port_said(merchant: Merchant, sandbox: Sandbox, status: int, state: str) -> None:
    one = wish(paid(merchant, sandbox))
    number = declare(merchant, one).json()["customs_number"]
    receipt = (
        '<ceb:CEB412Message xmlns:ceb="http://www.chinaport.gov.cn/ceb"><ceb:PaymentReturn>'
        f"<ceb:payTransactionId>{number}</ceb:payTransactionId><ceb:returnStatus>{status}</ceb:returnStatus>"
        "<ceb:returnInfo>说明</ceb:returnInfo></ceb:PaymentReturn></ceb:CEB412Message>"
    )
    sandbox.http.post("/pay/customs-receipts", content=receipt.encode())
    view = merchant.call("customs/declarations/query", request_id=one["request_id"]).json()
    assert view["state"] == state
    if state == "failed":
        assert view["words"] == f"{status} 说明"
        assert declare(merchant, one).json()["state"] == "failed"
        assert declare(merchant, one | {"mode": "again"}).json()["state"] == "accepted"
