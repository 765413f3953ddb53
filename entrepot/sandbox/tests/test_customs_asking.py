"""Payment data on request: the port asks a platform of the test's own over HTTP and checks what it uploads."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from entrepot.sandbox.tests.trader import Purchase, Trader, sign_text
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

UPLOAD = "/customs/ceb2grab/grab/realTimeDataUpload"


class Platform(ThreadingHTTPServer):
    """A `platDataOpen` that answers at once and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Question)
        self.asked: queue.Queue[tuple[str, str]] = queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/platDataOpen"
        self.answer = b'{"code":"10000","message":"","serviceTime":1}'


class _Question(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.put((self.headers["Content-Type"], body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def trader(sandbox: Sandbox) -> Trader:  # noqa: F811
    sandbox.control("customs", pace_s=0, together=False, tax_bills=False)
    return Trader(sandbox)


def _session(trader: Trader, of: Purchase) -> str:
    """The port has asked for this order."""
    answer = trader.port.http.post("/customs/requests", json={"order_no": of.order_no})
    assert answer.status_code == 200
    return str(answer.json()["session"])


def _told(trader: Trader, of: Purchase) -> dict[str, str]:
    (row,) = trader.port.http.get("/customs/requests", params={"order_no": of.order_no}).json()
    return row


def _parts(of: Purchase, session: str, **head: Any) -> dict[str, Any]:
    return {
        "sessionID": session,
        "payExchangeInfoHead": {
            "guid": "9D55BA71-55DE-41F4-8B50-C36C83B3B419", "initalRequest": "https://pay/?a=1&b=\"二\"",
            "initalResponse": "ok", "ebpCode": "3301960SBP", "payCode": "4403169SBX",
            "payTransactionId": of.payment_no, "totalAmount": float(of.paid), "currency": "142", "verDept": "3",
            "payType": "1", "tradingTime": "20261121120000", "note": "", **head,
        },
        "payExchangeInfoLists": [
            {
                "orderNo": of.order_no, "goodsInfo": [{"gname": "奶粉", "itemLink": "https://shop.example/1"}],
                "recpAccount": "1", "recpCode": "91330000", "recpName": "商家",
            }
        ],
        "serviceTime": "1763700000000",
    }  # fmt: skip


def _signed(parts: dict[str, Any], cert: str = "C0FFEE") -> str:
    """The upload's text: each part serialised once, those bytes signed and sent."""
    texts = {
        name: part if isinstance(part, str) else json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        for name, part in parts.items()
    }
    value = sign_text("||".join(f'"{name}":"{text}"' for name, text in texts.items()))
    written = [f'"{name}":' + (text if isinstance(parts[name], dict | list) else json.dumps(text))
               for name, text in texts.items()]  # fmt: skip
    return "{" + ",".join([*written, f'"certNo":"{cert}"', f'"signValue":"{value}"']) + "}"


def _upload(trader: Trader, text: str) -> tuple[str, str]:
    answer = trader.port.http.post(UPLOAD, data={"payExInfoStr": text})
    assert answer.status_code == 200
    assert set(answer.json()) == {"code", "message", "total", "serviceTime"}
    return answer.json()["code"], answer.json()["message"]


@pytest.fixture
def bought(trader: Trader) -> Purchase:
    return trader.three(Purchase())


def test_the_platform_is_asked_and_what_it_uploads_is_taken(
    trader: Trader, bought: Purchase, platform: Platform
) -> None:
    trader.port.control("customs", hold=False, platform_url=platform.url)
    session = _session(trader, bought)
    kind, body = platform.asked.get(timeout=60)
    asked = {name: values[0] for name, values in parse_qs(body).items()}
    assert kind == "application/x-www-form-urlencoded"
    assert (asked["orderNo"], asked["sessionID"]) == (bought.order_no, session)
    assert asked["serviceTime"].isdigit()
    trader.port.wait("customs")
    assert _told(trader, bought)["heard"] == "10000"
    text = _signed(_parts(bought, session))
    assert _upload(trader, text) == ("10000", "上传成功")
    row = _told(trader, bought)
    assert (row["code"], row["upload"]) == ("10000", text)  # the bytes as they came
    assert _upload(trader, text)[0] == "10000"
    assert _upload(trader, _signed(_parts(bought, session, totalAmount=1.0)))[0] == "20000"
    assert _told(trader, bought)["upload"] == text  # what was right stays


@pytest.mark.parametrize("form", ["json", "openReq"])
def test_it_may_ask_in_other_forms(trader: Trader, bought: Purchase, platform: Platform, form: str) -> None:
    trader.port.control("customs", hold=False, platform_url=platform.url, ask_as=form)
    session = _session(trader, bought)
    _, body = platform.asked.get(timeout=60)
    asked = json.loads(body if form == "json" else parse_qs(body)["openReq"][0])
    assert (asked["orderNo"], asked["sessionID"]) == (bought.order_no, session)


@pytest.mark.parametrize(("answer", "heard"), [(b'{"code":"500"}', "500"), (b"<html>", "no_code"), (b"[]", "no_code")])
def test_what_the_platform_says_is_written_down(
    trader: Trader, bought: Purchase, platform: Platform, answer: bytes, heard: str
) -> None:
    platform.answer = answer
    trader.port.control("customs", hold=False, platform_url=platform.url)
    _session(trader, bought)
    platform.asked.get(timeout=60)
    trader.port.wait("customs")
    assert _told(trader, bought)["heard"] == heard


def test_without_an_address_nobody_is_asked(trader: Trader, bought: Purchase) -> None:
    _session(trader, bought)
    assert trader.port.collect("customs") == []
    assert _told(trader, bought)["heard"] == "no_address"


def test_only_known_orders_are_asked_about(trader: Trader) -> None:
    assert trader.port.http.post("/customs/requests", json={"order_no": "NOBODY"}).status_code == 404


def test_a_share_of_released_lists_is_asked_about(trader: Trader, bought: Purchase, platform: Platform) -> None:
    trader.port.control("customs", ask_share=1, platform_url=platform.url)
    trader.send("621", bought)
    (question,) = (one for one in trader.port.collect("customs") if one["kind"] == "ask")
    assert question["url"] == platform.url
    assert _told(trader, bought)["session"] in question["body"]


def test_a_certificate_nobody_registered(trader: Trader, bought: Purchase) -> None:
    session = _session(trader, bought)
    assert _upload(trader, _signed(_parts(bought, session), cert="BADCAFE"))[0] == "20004"
    assert _upload(trader, _signed(_parts(bought, session), cert="00c0ffee"))[0] == "10000"


def test_another_byte_than_was_signed_is_found(trader: Trader, bought: Purchase) -> None:
    text = _signed(_parts(bought, _session(trader, bought)))
    amount = f'"totalAmount":{float(bought.paid)}'
    assert amount in text
    for wrong in (text.replace(amount, amount.rstrip("0").rstrip(".")), text.replace('"note":""', '"note": ""')):
        assert wrong != text
        assert _upload(trader, wrong) == ("20000", "签名校验失败")
    assert _upload(trader, text)[0] == "10000"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ({"payTransactionId": "OTHER"}, "payTransactionId"), ({"totalAmount": 1.0}, "totalAmount"),
        ({"totalAmount": "x"}, "totalAmount"), ({"ebpCode": "OTHER"}, "ebpCode"), ({"payCode": "OTHER"}, "payCode"),
        ({"currency": "502"}, "currency"), ({"verDept": "4"}, "verDept"), ({"payType": "9"}, "payType"),
        ({"initalRequest": ""}, "initalRequest"), ({"initalResponse": ""}, "initalResponse"),
    ],
)  # fmt: skip
def test_content_is_held_against_the_payment(trader: Trader, bought: Purchase, head: dict[str, Any], why: str) -> None:
    trader.port.control("customs", upload_refusal="20001")
    code, told = _upload(trader, _signed(_parts(bought, _session(trader, bought), **head)))
    assert (code, why in told) == ("20001", True), told


def test_the_order_must_be_the_one_asked_for(trader: Trader, bought: Purchase) -> None:
    session = _session(trader, bought)
    other = trader.three(Purchase())
    assert _upload(trader, _signed(_parts(other, session)))[0] == "20000"
    assert _upload(trader, _signed(_parts(bought, "F" * 36)))[1] == "会话不存在"
    parts = _parts(bought, session)
    parts["payExchangeInfoLists"][0]["goodsInfo"] = [{"gname": "奶粉"}]
    assert _upload(trader, _signed(parts))[1] == "goodsInfo不完整"


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"sessionID"', '{"a":1 "b":2}', '{"a":1,"a":2}', "{1:2}", "{" * 10_000, "[" * 100_000],
)
def test_what_is_no_upload_is_answered(trader: Trader, text: str) -> None:
    assert _upload(trader, text)[0] == "20000"


def test_faults_of_the_upload(trader: Trader, bought: Purchase) -> None:
    text = _signed(_parts(bought, _session(trader, bought)))
    trader.port.control("customs", next=["grab:20004", "down"])
    assert _upload(trader, text)[0] == "20004"
    body = urlencode({"payExInfoStr": text})
    assert trader.port.http.post(UPLOAD, content=body).status_code == 503
    assert _upload(trader, text)[0] == "10000"
