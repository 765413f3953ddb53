"""The ground all parties stand on, against the running process."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

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
