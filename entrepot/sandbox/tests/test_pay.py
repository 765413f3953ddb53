"""The payment provider on its own: what it promises merchants and buyers."""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings

from entrepot.sandbox.signing import HEADER, signature, signed
from tests.sandboxed import Sandbox, sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]


class Merchant:
    def __init__(self, world: Sandbox) -> None:
        self.http = world.http

    def call(self, path: str, **wish: Any) -> Any:
        body = json.dumps(wish).encode()
        return self.http.post(f"/pay/v1/{path}", content=body, headers=signed(settings.PAYMENT_SECRET, body))

    def create(self, **changes: Any) -> Any:
        return self.call("payments", **(wish() | changes))


def wish() -> dict[str, Any]:
    return {
        "request_id": secrets.token_hex(8),
        "attach": "buyer",
        "merchant_order": "KL1",
        "currency": "CNY",
        "amount_minor": 300,
        "splits": [{"number": "KL1-1", "amount_minor": 100}, {"number": "KL1-2", "amount_minor": 200}],
        "payer": {"name": "张三丰", "id_number": "11010519491231002X"},
        "return_url": "http://127.0.0.1:9/back?order=1",
        "notify_url": "http://127.0.0.1:9/notice",
        "language": "zh-hans",
    }


@pytest.fixture
def merchant(sandbox: Sandbox) -> Merchant:
    return Merchant(sandbox)


def test_creating_twice_is_creating_once(merchant: Merchant) -> None:
    content = wish()
    first, again = merchant.create(**content), merchant.create(**content)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = merchant.create(**content | {"amount_minor": 301, "splits": []})
    assert other.status_code == 409 and other.json()["code"] == "request_reused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"amount_minor": "300"},
        {"amount_minor": 3.5},
        {"amount_minor": True},
        {"splits": [{"number": "a", "amount_minor": 299}]},
        {"splits": [{"number": "a"}]},
        {"splits": "all"},
        {"splits": [7]},
        {"request_id": ""},
        {"currency": None},
        {"return_url": "javascript:alert(1)"},
        {"expires_at": "tomorrow"},
    ],
)
def test_what_makes_no_payment(merchant: Merchant, wrong: dict[str, Any]) -> None:
    assert merchant.create(**wrong).status_code == 400


def test_old_and_forged_signatures(merchant: Merchant) -> None:
    body = json.dumps(wish()).encode()
    old = signature(settings.PAYMENT_SECRET, body, int(time.time()) - 301)
    for header in ("", "t=,v1=", old, old.replace("v1=", "v1=0"), signature("guess", body, int(time.time()))):
        assert merchant.http.post("/pay/v1/payments", content=body, headers={HEADER: header}).status_code == 401


def test_the_cashier_charges_once(merchant: Merchant, sandbox: Sandbox) -> None:
    content = wish()
    address = merchant.create(**content).json()["cashier_url"]
    for _ in range(3):
        assert sandbox.pay(address) == content["return_url"]
    messages = sandbox.collect("pay")
    assert [json.loads(message["body"])["type"] for message in messages] == ["payment.captured"]
    view = merchant.call("payments/query", request_id=content["request_id"]).json()
    assert view["state"] == "captured" and view["payer_check"] == "same"
    assert len({split["transaction"] for split in view["splits"]}) == 2


def test_leaving_the_cashier_charges_nothing(merchant: Merchant) -> None:
    content = wish()
    address = merchant.create(**content).json()["cashier_url"]
    answer = merchant.http.post(address, data={"action": "back"})
    assert (answer.status_code, answer.headers["location"]) == (303, content["return_url"])
    assert merchant.http.post(address, content=b"\xff\xfe").status_code == 303
    assert merchant.call("payments/query", request_id=content["request_id"]).json()["state"] == "open"


def test_the_page_speaks_both_languages_and_needs_no_script(merchant: Merchant) -> None:
    nasty = {"merchant_order": '<script>"&', "payer": {"name": "<b>x", "id_number": "1"}}
    address = merchant.create(**nasty).json()["cashier_url"]
    chinese, english = merchant.http.get(address), merchant.http.get(address, params={"lang": "en"})
    assert "应付金额" in chinese.text and 'lang="zh-Hans"' in chinese.text and "¥3.00" in chinese.text
    assert "Amount due" in english.text and 'lang="en"' in english.text
    for page in (chinese, english):
        assert "<script" not in page.text and " style=" not in page.text and "&lt;script&gt;" in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "form-action 'self' http://127.0.0.1:9" in policy
    assert merchant.http.get("/pay/cashier.css").headers["content-type"].startswith("text/css")
    assert merchant.http.get("/pay/cashier/unknown").status_code == 404
    assert merchant.http.post("/pay/cashier/unknown", data={"action": "pay"}).status_code == 404


def test_a_payment_closes_in_time(merchant: Merchant) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    made = merchant.create(expires_at=past).json()
    page = merchant.http.post(made["cashier_url"], data={"action": "pay"})
    assert page.status_code == 409 and "支付已关闭" in page.text
    assert merchant.call("payments/query", request_id=made["request_id"]).json()["state"] == "closed"


def test_refunds_never_exceed_what_was_paid(merchant: Merchant, sandbox: Sandbox) -> None:
    made = merchant.create().json()

    def refund(request_id: str, amount_minor: int) -> Any:
        return merchant.call(
            "refunds",
            request_id=made["request_id"] + request_id,
            payment_request_id=made["request_id"],
            amount_minor=amount_minor,
        )

    assert refund("a", 1).json()["code"] == "not_captured"
    sandbox.pay(made["cashier_url"])
    assert refund("a", 200).json()["state"] == refund("a", 200).json()["state"] == "done"
    assert refund("a", 100).json()["code"] == "request_reused"
    assert refund("b", 101).json()["code"] == "more_than_paid"
    assert refund("b", 100).status_code == 200
    view = merchant.call("payments/query", request_id=made["request_id"]).json()
    assert view["refunded_minor"] == view["amount_minor"]
    assert merchant.call("refunds/query", request_id="nobody").status_code == 404
    assert merchant.call("refunds/query", request_id=made["request_id"] + "a").json()["amount_minor"] == 200


def test_the_statement_names_every_movement_of_a_day(merchant: Merchant, sandbox: Sandbox) -> None:
    begin, made = datetime.now(UTC), merchant.create().json()
    sandbox.pay(made["cashier_url"])
    request = made["request_id"]
    merchant.call("refunds", request_id=f"{request}-r", payment_request_id=request, amount_minor=50)
    days = sorted({f"{at + timedelta(hours=8):%Y-%m-%d}" for at in (begin, datetime.now(UTC))})  # it may be midnight
    lines = [line for day in days for line in merchant.call("statements", day=day).text.splitlines()]
    mine = [line.split(",")[:6] for line in lines if request in line]
    assert mine == [
        ["capture", request, request, made["payment"], "CNY", "300"],
        ["refund", f"{request}-r", request, made["payment"], "CNY", "50"],
    ]
    assert len(merchant.call("statements", day="1999-01-01").text.splitlines()) == 1
    assert merchant.call("statements", day="yesterday").status_code == 400


def test_a_payment_without_a_buyer_at_the_cashier(merchant: Merchant, sandbox: Sandbox) -> None:
    sandbox.control("pay", auto_capture=True)
    made = merchant.create().json()
    assert made["state"] == "captured"
    assert len(sandbox.collect("pay")) == 1


def test_nothing_of_the_payer_is_kept_but_a_mask(merchant: Merchant, sandbox: Sandbox) -> None:
    merchant.create(payer={"name": "司徒雷登", "id_number": "110105199001077315"})
    kept = b"".join(path.read_bytes() for path in sandbox.state.rglob("state.sqlite3*"))
    assert "司***".encode() in kept
    assert "司徒".encode() not in kept and b"110105199001077315" not in kept


def test_what_the_buyer_agrees_to_is_reserved_and_taken_once_when_the_merchant_says_so(
    merchant: Merchant, sandbox: Sandbox
) -> None:
    made = merchant.create(authorise_first=True).json()
    key = {"request_id": made["request_id"]}
    assert merchant.call("payments/capture", **key).json()["code"] == "not_authorised"
    sandbox.pay(made["cashier_url"])
    assert sandbox.pay(made["cashier_url"]) and "支付成功" in merchant.http.get(made["cashier_url"]).text
    reserved = merchant.call("payments/query", **key).json()
    assert (reserved["state"], reserved["captured_at"], reserved["payer_check"]) == ("authorised", None, "same")
    taken = [merchant.call("payments/capture", **key).json() for _ in range(2)]
    assert taken[0] == taken[1] and taken[0]["state"] == "captured"
    assert [json.loads(message["body"])["type"] for message in sandbox.collect("pay")] == ["payment.captured"] * 2
    assert merchant.call("payments/capture", request_id="nobody").status_code == 404


def test_a_reservation_lapses_with_its_time(merchant: Merchant, sandbox: Sandbox) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    made = merchant.create(authorise_first=True, expires_at=later.isoformat()).json()
    sandbox.pay(made["cashier_url"])
    sandbox.lapse(made["request_id"])
    assert merchant.call("payments/capture", request_id=made["request_id"]).json()["code"] == "not_authorised"
    assert merchant.call("payments/query", request_id=made["request_id"]).json()["state"] == "closed"


def test_faults_of_a_call(merchant: Merchant, sandbox: Sandbox) -> None:
    content = wish()
    sandbox.control("pay", next=["down"])
    with pytest.raises(httpx.RemoteProtocolError):
        merchant.create(**content)
    assert merchant.call("payments/query", request_id=content["request_id"]).status_code == 404  # nothing was done
    sandbox.control("pay", next=["wrong_answer"])
    for answer, authentic in ((merchant.create(**content), False), (merchant.create(**content), True)):
        at = int(answer.headers[HEADER].removeprefix("t=").partition(",")[0])
        assert (answer.headers[HEADER] == signature(settings.PAYMENT_SECRET, answer.content, at)) is authentic
        assert answer.json()["state"] == "open"
    refused = merchant.create(**content | {"amount_minor": 301, "splits": []})
    at = int(refused.headers[HEADER].removeprefix("t=").partition(",")[0])
    assert refused.headers[HEADER] == signature(settings.PAYMENT_SECRET, refused.content, at)
