"""The carrier on its own: what it promises merchants."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from django.conf import settings

from entrepot.sandbox.signing import signed
from tests.sandboxed import Sandbox, sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]


def call(world: Sandbox, path: str, **content: Any) -> Any:
    body = json.dumps(content).encode()
    return world.http.post(f"/carrier/v1/{path}", content=body, headers=signed(settings.CARRIER_SECRET, body))


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "request_id": secrets.token_hex(8),
        "attach": "buyer",
        "reference": "KL1-1",
        "trade_mode": "1210",
        "weight_g": 800,
        "goods": "奶粉",
        "notify_url": "http://127.0.0.1:9/told",
        "consignee": {
            "name": "张三丰",
            "phone": "13812345678",
            "address": "某处",
            "province": "四川省",
            "city": "成都市",
        },
    } | changes


def test_booking_twice_is_booking_once(sandbox: Sandbox) -> None:
    made = wish()
    first = call(sandbox, "waybills", **made).json()
    assert call(sandbox, "waybills", **made).json() == first
    assert call(sandbox, "waybills", **made | {"weight_g": 1}).json()["code"] == "request_reused"
    assert call(sandbox, "waybills", **wish()).json()["number"] != first["number"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight_g": 0},
        {"weight_g": 100_001},
        {"weight_g": "800"},
        {"consignee": None},
        {"consignee": {"name": "x"}},
        {"reference": ""},
        {"goods": 7},
    ],
)
def test_what_is_not_carried(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    assert call(sandbox, "waybills", **wish(**wrong)).status_code == 400


def test_dispatching_twice_reports_once(sandbox: Sandbox) -> None:
    made = wish()
    assert call(sandbox, "waybills/dispatch", request_id=made["request_id"]).status_code == 404
    call(sandbox, "waybills", **made)
    for _ in range(2):
        assert call(sandbox, "waybills/dispatch", request_id=made["request_id"]).json()["state"] == "dispatched"
    told = [json.loads(message["body"])["scans"][0] for message in sandbox.collect("carrier")]
    assert [scan["code"] for scan in told] == ["picked_up", "departed", "arrived", "out_for_delivery", "delivered"]
    assert told[2]["place"] == "成都" and "Chengdu" in told[2]["en"]
    assert [scan["at"] for scan in told] == sorted(scan["at"] for scan in told)
    assert len({scan["event"] for scan in told}) == 5


def test_faults_change_the_reports_only(sandbox: Sandbox) -> None:
    sandbox.control("carrier", duplicate=True, shuffle=True)
    made = wish(trade_mode="9610")
    booked = call(sandbox, "waybills", **made).json()
    assert booked["transport_mode"] == "5" and booked["bill"].startswith("999-")
    call(sandbox, "waybills/dispatch", request_id=made["request_id"])
    told = [json.loads(message["body"])["scans"][0]["event"] for message in sandbox.collect("carrier")]
    assert len(told) == 10 and len(set(told)) == 5
    view = call(sandbox, "waybills/query", request_id=made["request_id"]).json()
    assert [scan["code"] for scan in view["scans"]][:1] == ["picked_up"]  # the rest of a minute's journey is to come
    sandbox.control("carrier", down=True)
    assert call(sandbox, "waybills/query", request_id=made["request_id"]).status_code == 503


def test_nothing_of_the_consignee_is_kept_but_the_city(sandbox: Sandbox) -> None:
    person = {"name": "司徒雷登", "phone": "13799998888", "address": "四川省成都市某处9号", "province": "", "city": ""}
    call(sandbox, "waybills", **wish(consignee=person))
    kept = b"".join(path.read_bytes() for path in (sandbox.state / "carrier").rglob("state.sqlite3*"))
    assert "司徒".encode() not in kept and b"13799998888" not in kept and "某处9号".encode() not in kept
