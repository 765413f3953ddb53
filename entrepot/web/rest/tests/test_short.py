"""The short way says what the long way says: the same status, body and headers for every call it takes."""

from __future__ import annotations

import json
import threading
from functools import partial
from time import monotonic
from typing import Any

import pytest

from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import shopper, world
from entrepot.identity.tests.makers import id_number
from entrepot.identity.tests.makers import key as access_key
from entrepot.identity.types import Scope
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import WAIT_S, at_once
from entrepot.stock.tests.makers import claimed
from entrepot.web.rest import short
from entrepot.web.rest.api import api
from entrepot.web.rest.tests.makers import CLIENT

pytestmark = pytest.mark.django_db

QUOTE = {
    "destination": "CN", "channel": "bonded", "date": "2026-11-21", "currency": "CNY", "freight": "0.00",
    "lines": [
        {"id": "1", "hs_code": "6201401000", "origin": "FR", "quantity": "1", "unit": "035", "unit_price": "425.00"}
    ],
}  # fmt: skip


def long_way(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    kind = headers.get("Content-Type", "application/json")
    rest = {name: value for name, value in headers.items() if name != "Content-Type"}
    answer = CLIENT.generic("POST", path, body, content_type=kind, headers=rest)
    return answer.status_code, dict(answer.headers), answer.content


def short_way(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    small = {name.lower(): value for name, value in headers.items()} | {"host": "testserver"}
    small.setdefault("content-type", "application/json")
    assert short.goes("POST", path, small)
    reply = short.serve(short.Call(path, small, body))
    return reply.status, dict(reply.headers), reply.body


def alike(path: str, body: object, headers: dict[str, str]) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = {"Accept-Language": "en", **headers}
    there, here = long_way(path, content, asked), short_way(path, content, asked)
    assert (here[0], here[2]) == (there[0], there[2])
    assert in_order(here[1]) == in_order(there[1])
    told: dict[str, Any] = json.loads(here[2])
    return told


def in_order(headers: dict[str, str]) -> dict[str, object]:
    """Some headers are lists in an order of chance."""
    lists = {"Content-Security-Policy": "; ", "Vary": ", "}
    return {name: sorted(value.split(lists[name])) if name in lists else value for name, value in headers.items()}


@pytest.mark.parametrize("language", ["en", "zh-CN,zh;q=0.9", "fr-FR", ""])
@pytest.mark.parametrize(
    "body",
    [
        QUOTE,
        {**QUOTE, "lines": []},
        {**QUOTE, "date": "2030-01-01"},
        {**QUOTE, "destination": "XX"},
        b"{",
        b"[]",
        b"null",
    ],
)
def test_landed_cost(body: object, language: str) -> None:
    world()
    alike(short.QUOTES, body, {"Accept-Language": language})


def test_keys_and_scopes() -> None:
    world()
    good, poor = access_key(shopper().buyer_id), access_key(shopper().buyer_id, scopes={Scope.BASKET_WRITE})
    for secret in (good, poor, "ek_unknown", ""):
        for path, body in ((short.QUOTES, QUOTE), (short.ORDERS, {})):
            alike(path, body, {"Authorization": f"Bearer {secret}"})
    alike(short.QUOTES, QUOTE, {"Authorization": "Basic abc"})
    assert alike(short.ORDERS, {}, {})["code"] == "must_log_in"


def order_of(who: Any, **changes: object) -> dict[str, object]:
    return {
        "lines": [{"sku": "coat-M", "quantity": 1}],
        "address_id": str(who.address_id),
        "real_name_id": str(who.real_name_id),
        "notice_accepted": True,
    } | changes


def test_orders() -> None:
    world(units=2)
    who = shopper()
    secret = access_key(who.buyer_id)
    by = {"Authorization": f"Bearer {secret}", "Idempotency-Key": str(new_id()), "Accept-Language": "en"}
    first = short_way(short.ORDERS, json.dumps(order_of(who)).encode(), by)
    assert (first[0], "Idempotency-Replayed" in first[1]) == (201, False)
    assert alike(short.ORDERS, order_of(who), by) == json.loads(first[2])  # both ways give it again
    assert alike(short.ORDERS, order_of(who, provider="other"), by)["code"] == "idempotency_key_reused"
    for n, wrong in enumerate(
        (
            {"lines": [{"sku": "no such", "quantity": 1}]},
            {"lines": [{"sku": "coat-M", "quantity": 99}]},
            {"lines": [{"sku": "coat-M", "quantity": "two"}]},
            {"lines": []},
            {"lines": None},
            {"notice_accepted": False},
            {"address_id": str(new_id())},
            {"address_id": "here"},
            {"expected_total": "1.00"},
            {"unknown": 1},
        )
    ):
        alike(short.ORDERS, order_of(who, **wrong), {**by, "Idempotency-Key": f"wrong-{n}"})
    alike(short.ORDERS, order_of(who), {**by, "Idempotency-Key": ""})
    for broken in (b"{", b'{"lines": "\\u0000"}', b"[1]", b"3"):
        alike(short.ORDERS, broken, {**by, "Idempotency-Key": "broken"})
    assert short_way(short.ORDERS, json.dumps(order_of(who, provider="none")).encode(), by)[0] == 422


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_partial_orders(language: str) -> None:
    place = world({"coat": 15_000, "bag": 9_000, "hat": 5_000}, units=3)
    claimed(place.skus["bag"], place.bonded, 3)
    who = shopper()
    by = {"Authorization": f"Bearer {access_key(who.buyer_id)}", "Accept-Language": language}
    lines = [{"sku": f"{name}-M", "quantity": n} for name, n in (("coat", 1), ("bag", 1), ("hat", 2), ("hat", 3))]
    for n, way in enumerate((short_way, long_way)):
        body, key = order_of(who, lines=lines, partial=True), {"Idempotency-Key": f"partial-{n}"}
        status, _, answer = way(short.ORDERS, json.dumps(body).encode(), {**by, **key})
        first = json.loads(answer)
        assert (status, alike(short.ORDERS, body, {**by, **key})) == (201, first)  # both ways give it again
        assert [(line["sku"], line["wished"], line["placed"], line["reason"]) for line in first["lines"]] == [
            ("coat-M", 1, 1, None),
            ("bag-M", 1, 0, "out_of_stock"),
            ("hat-M", 5, 3 - 3 * n, "out_of_stock"),  # the first took all of them
        ]
        assert [bool(line["message"]) for line in first["lines"]] == [False, True, True]
        assert all(line["message"].isascii() == (language == "en") for line in first["lines"][1:])
        for other in ({"partial": False}, {"lines": lines[:3]}):
            again = alike(short.ORDERS, {**body, **other}, {**by, **key})
            assert again["code"] == "idempotency_key_reused"
    hat = [{"sku": "hat-M", "quantity": 1}]
    for n, (changes, code) in enumerate(
        (
            ({"partial": False}, "out_of_stock"),
            ({"lines": hat}, "out_of_stock"),
            ({"expected_total": "1.00"}, "price_changed"),
            ({"partial": "yes"}, "invalid_request"),
            ({"partial": None}, "invalid_request"),
        )
    ):
        body = order_of(who, lines=lines, partial=True) | changes
        assert alike(short.ORDERS, body, {**by, "Idempotency-Key": f"refused-{n}"})["code"] == code
    whole = order_of(who, partial=False)
    status, _, answer = short_way(short.ORDERS, json.dumps(whole).encode(), {**by, "Idempotency-Key": "a-whole-one"})
    assert (status, "lines" in json.loads(answer)) == (201, False)
    assert alike(short.ORDERS, whole, {**by, "Idempotency-Key": "a-whole-one"}) == json.loads(answer)
    del whole["partial"]  # is false
    assert alike(short.ORDERS, whole, {**by, "Idempotency-Key": "a-whole-one"}) == json.loads(answer)


def test_a_fault_of_ours_is_told_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.tariff.selectors.quote", lambda **_: 1 / 0)
    assert alike(short.QUOTES, QUOTE, {})["code"] == "fault"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("POST", {"cookie": "sessionid=x"}),
        ("POST", {"content-type": "text/plain"}),
        ("POST", {"host": "elsewhere.example"}),
        ("POST", {"host": ""}),
    ],
)
def test_what_is_unusual_goes_the_long_way(method: str, headers: dict[str, str]) -> None:
    usual = {"host": "testserver", "content-type": "application/json"}
    assert short.goes("POST", short.QUOTES, usual)
    assert not short.goes(method, short.QUOTES, usual | headers)
    assert not short.goes("POST", "/api/v1/quotes", usual)


def test_over_plain_http_where_tls_is_promised_it_goes_the_long_way(settings: Any) -> None:
    usual = {"host": "testserver", "content-type": "application/json"}
    settings.SECURE_SSL_REDIRECT = True
    assert not short.goes("POST", short.QUOTES, usual | {"x-forwarded-proto": "https"})  # said by anybody
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert short.goes("POST", short.QUOTES, usual | {"x-forwarded-proto": "https"})
    assert not short.goes("POST", short.QUOTES, usual)


def test_its_doors_are_those_of_the_api() -> None:
    declared = {
        f"/api/v1{path}": operation.auth_callbacks
        for _, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        if "POST" in operation.methods
    }
    for path, door in short.DOORS.items():
        assert declared[path] == [door]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("breaks", [False, True])
def test_who_comes_while_another_is_served_is_answered_with_others_and_for_himself(
    breaks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(units=9)
    people = [shopper(), shopper(number=id_number(sequence=3))]
    keys = [{"authorization": f"Bearer {access_key(who.buyer_id)}", "idempotency-key": str(new_id())} for who in people]
    (one, two), (first, second) = keys, [json.dumps(order_of(who)).encode() for who in people]
    late = [(two, second), (two, b"{"), ({**two, "authorization": "Bearer no"}, second), ({}, second), (one, first)]
    begin, sizes, begun = checkout.begin_many, list[int](), threading.Event()

    def once_all_sit(batch: Any) -> Any:
        sizes.append(len(batch))
        if len(sizes) == 1:
            begun.set()
            until, pause = monotonic() + WAIT_S, threading.Event()
            while len(short.intake._waiting) < len(late) and monotonic() < until:
                pause.wait(0.01)
        elif breaks and len(batch) > 1:
            raise RuntimeError
        return begin(batch)

    def send(headers: dict[str, str], body: bytes) -> tuple[int, str]:
        usual = {"host": "testserver", "content-type": "application/json", "accept-language": "en"}
        reply = short.serve(short.Call(short.ORDERS, usual | headers, body))
        return reply.status, json.loads(reply.body).get("code") or reply.headers.get("Idempotency-Replayed", "")

    monkeypatch.setattr(checkout, "begin_many", once_all_sit)

    def send_late(call: tuple[dict[str, str], bytes]) -> tuple[int, str]:
        assert begun.wait(WAIT_S)
        return send(*call)

    served, *answers = at_once([partial(send, one, first), *(partial(send_late, call) for call in late)])
    assert served == (201, "")
    alone_told = [(201, ""), (400, "broken_json"), (401, "bad_key"), (401, "must_log_in"), (201, "true")]
    assert answers == alone_told  # also whoever worked for the others
    assert sizes[:2] == [1, 2]
