"""The ground all parties stand on, against the running process."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from django.conf import settings

from entrepot.sandbox.signing import signed
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401


def test_says_who_is_there(sandbox: Sandbox) -> None:  # noqa: F811
    assert sandbox.http.get("/healthz").json()["ok"] is True
    assert {"pay", "carrier"} <= set(sandbox.parties)


def test_unknown_places_and_methods_are_refused(sandbox: Sandbox) -> None:  # noqa: F811
    assert sandbox.http.get("/nobody/here").status_code == 404
    assert sandbox.http.get("/pay/v1/nothing").status_code == 404
    assert sandbox.http.get("/pay/v1/payments").status_code == 405


def test_unknown_switches_and_values_are_refused(sandbox: Sandbox) -> None:  # noqa: F811
    for wrong in ({"paymets": "double"}, {"payments": "doubel"}, {"payments": 3}, {"hold": 1}, {"delay_s": -1}):
        assert sandbox.http.post("/pay/control", json=wrong).status_code == 400
    assert sandbox.http.post("/pay/control", content=b"[1]").status_code == 400
    assert sandbox.http.post("/pay/control", content=b"\xff").status_code == 400
    assert sandbox.http.get("/pay/control").json()["payments"] == ""


def test_reset_puts_switches_to_rest(sandbox: Sandbox) -> None:  # noqa: F811
    sandbox.control("pay", payments="double", next=["slow"])
    assert sandbox.control("pay", reset=True)["payments"] == ""


def test_a_body_without_length_or_too_large_is_refused(sandbox: Sandbox) -> None:  # noqa: F811
    assert sandbox.http.post("/pay/control", content=iter([b"{}"])).status_code == 411
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(b"POST /pay/control HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        assert b" 413 " in raw.recv(200)


def test_unsigned_calls_are_refused(sandbox: Sandbox) -> None:  # noqa: F811
    for address in ("/pay/v1/payments", "/pay/v1/refunds", "/pay/v1/statements", "/carrier/v1/waybills"):
        assert sandbox.http.post(address, json={}).status_code == 401
        assert sandbox.http.post(address, json={}, headers={"X-Signature": "t=1,v1=00"}).status_code == 401


def test_a_person_turns_switches_on_a_page_in_both_languages(sandbox: Sandbox) -> None:  # noqa: F811
    front = sandbox.http.get("/", headers={"Accept-Language": "zh-CN"})
    assert all(f'href="/{party}/"' in front.text for party in sandbox.parties)
    for party in sandbox.parties:
        chinese, english = (sandbox.http.get(f"/{party}/", params={"lang": lang}) for lang in ("zh", "en"))
        assert 'lang="zh-Hans"' in chinese.text and 'lang="en"' in english.text
        for page in (chinese, english):
            assert "default-src 'none'" in page.headers["content-security-policy"] and "<script" not in page.text
        switches = sandbox.http.get(f"/{party}/control").json()
        unnamed = [name for name in switches if f">{name}<" in english.text or f"> {name}<" in english.text]
        assert unnamed == []  # every switch has words
    assert "支付通知发两次" in sandbox.http.get("/pay/").text
    assert "Sends the notice twice" in sandbox.http.get("/pay/", params={"lang": "en"}).text
    assert sandbox.http.get("/pay/switchboard.css").status_code == 200


def test_what_is_set_on_the_page_is_set(sandbox: Sandbox) -> None:  # noqa: F811
    form = {"payments": "double", "delay_s": "2.5", "auto_capture": "on", "next": "slow", "refunds_later_s": "0"}
    assert sandbox.http.post("/pay/", params={"lang": "en"}, data=form).headers["location"].endswith("/pay/?lang=en")
    sandbox.http.post("/pay/", data=form | {"next": "down"})
    told = sandbox.http.get("/pay/control").json()
    assert (told["payments"], told["delay_s"], told["auto_capture"], told["hold"]) == ("double", 2.5, True, False)
    assert told["next"] == ["slow", "down"]
    assert '<option value="double" selected>' in sandbox.http.get("/pay/").text
    assert "响应慢" in sandbox.http.get("/pay/").text.partition("<ol>")[2]
    for wrong in ({"payments": "<b>"}, {"delay_s": "-1"}, {"delay_s": "x"}, {"next": "nothing", "delay_s": "1"}):
        assert sandbox.http.post("/pay/", data=wrong).status_code == 400
    sandbox.http.post("/pay/", data={"reset": "1"})
    assert sandbox.http.get("/pay/control").json()["next"] == []


def test_what_lingers_answers_when_a_switch_is_turned(sandbox: Sandbox) -> None:  # noqa: F811
    sandbox.control("pay", next=["slow"], delay_s=3600)
    body = b'{"request_id":"nobody"}'
    with ThreadPoolExecutor(1) as pool:
        headers = signed(settings.PAYMENT_SECRET, body)
        asked = pool.submit(sandbox.http.post, "/pay/v1/payments/query", content=body, headers=headers)
        while sandbox.http.get("/pay/control").json()["next"]:
            pass  # until the call has taken its fault
        sandbox.control("pay", delay_s=0)
        assert asked.result(timeout=60).json()["code"] == "unknown_payment"
