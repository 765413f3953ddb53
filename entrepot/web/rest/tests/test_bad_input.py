"""Whatever is sent, the answer is a problem with code and field, never a fault, and nothing is written."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.identity.tests import makers as people
from entrepot.kit.ids import new_id
from entrepot.storefronts.tests.makers import koala_lane
from entrepot.tariff.tests.makers import founding_book
from entrepot.web.rest.reading import body_bytes_max
from entrepot.web.rest.tests.document import operations, values
from entrepot.web.rest.tests.makers import CLIENT, Caller, problem_type, refused
from tests.examples import many

pytestmark = pytest.mark.django_db
WITH_BODY = [("POST", "/quotes"), ("POST", "/landed-cost/quotes"), ("PUT", "/basket/lines/coat-M"), ("POST", "/orders")]
WITH_BODY += [("POST", "/addresses"), ("POST", "/real-names")]


@pytest.fixture
def caller() -> Caller:
    koala_lane()
    founding_book()
    return Caller(people.buyer())


def test_bodies_that_cannot_be_read(caller: Caller) -> None:
    broken = [b"{", b"nul", b"[1,]", b"\xff\xfe{}", '{"a":1}'.encode("utf-16"), b"NaN", b'{"a":"\\ud800"}', b"\0"]
    broken += [b"[" * 100_000, b'{"a":' * 50_000, b'{"lines":[{"sku":"\xc3\x28"}]}']
    for method, path in WITH_BODY:
        for body in broken if path == "/quotes" else broken[:4] + broken[8:9]:
            answer = caller.send(method, path, body)
            code, status = answer.json()["code"], answer.status_code
            assert (status, code) in {(400, "broken_json"), (422, "bad_quote_request")}, (path, body[:20], code)
        told = caller.send(method, path, b" " * (body_bytes_max + 1))
        refused(told, 413, "body_too_large", "body")
        refused(caller.send(method, path, b" " * (3 * 1024 * 1024)), 413, "body_too_large", "body")
        for other in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/json",
        ):
            refused(caller.send(method, path, b"{}", **{"Content-Type": other}), 415, "not_json", "Content-Type")


def test_bodies_of_the_wrong_kind(caller: Caller) -> None:
    for method, path in WITH_BODY:
        for body in ([], "text", 7, None, True, [[]], {}, {"lines": {}}, {"lines": "x"}, {"unknown": 1}):
            answer = caller.send(method, path, b"null" if body is None else body)
            assert answer.status_code == 422 and answer.headers["Content-Type"] == problem_type, (path, body)
            assert answer.json()["field"] is not None or path == "/landed-cost/quotes"
        assert caller.send(method, path).status_code in {400, 422}  # no body at all


NUL = "a\0b"
WRONG: list[tuple[str, Any, str]] = [
    ("/quotes", {"lines": []}, "lines"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": 0}]}, "lines.0.quantity"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": "1"}]}, "lines.0.quantity"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": 1.5}]}, "lines.0.quantity"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": True}]}, "lines.0.quantity"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": 10**30}]}, "lines.0.quantity"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": 1}] * 51}, "lines"),
    ("/quotes", {"lines": [{"sku": "A", "quantity": 1, "price": "0.01"}]}, "lines.0.price"),
    ("/quotes", {"lines": [{"sku": NUL, "quantity": 1}]}, "lines.0.sku"),
    ("/quotes", {"lines": [{"sku": "x" * 61, "quantity": 1}]}, "lines.0.sku"),
    ("/addresses", {"recipient": "A"}, "phone"),
    ("/addresses", {NUL: 1}, "body"),
    ("/real-names", {"name": "张", "id_number": "1", "phone": "1", "consent": "yes"}, "consent"),
    ("/orders", {"address_id": "x", "real_name_id": str(new_id()), "notice_accepted": True}, "address_id"),
]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_field_is_named_in_the_callers_language(caller: Caller, language: str) -> None:
    caller.headers["Accept-Language"] = language
    for path, body, field in WRONG:
        answer = caller.post(path, body)
        code = answer.json()["code"]
        told = refused(answer, 422, "nul_character" if code == "nul_character" else "invalid_request", field)
        assert told["title"].isascii() == (language == "en"), told["title"]


def test_queries_and_addresses(caller: Caller) -> None:
    wrong = {
        "/products?page=0": "page", "/products?page=51": "page", "/products?page=x": "page",
        "/products?page=1e3": "page", "/products?sort=cheap": "sort", "/products?price_from=-1": "price_from",
        "/products?in_stock=perhaps": "in_stock", "/products?price_to=99999999999999999999": "price_to",
        "/products?brand=" + "&brand=x" * 25: "brand", "/search": "q", "/search?q=": "q", "/search?q=%00": "q",
        "/search?q=" + "x" * 101: "q", "/orders?page=501": "page", "/products?category=%00": "category",
        "/products?brand=a&brand=%00": "brand", "/products/%00": "slug", "/orders/%00": "number",
        "/products/" + "x" * 200: "slug",
    }  # fmt: skip
    for path, field in wrong.items():
        answer = caller.get(path)
        assert (answer.status_code, answer.json()["field"]) == (422, field), (path, answer.json())
    for path in ("/products?q=" + "&a=1" * 5100, "/products?category=" + quote("\ud800", errors="surrogatepass")):
        assert caller.get(path).status_code in {400, 404, 422}


def test_idempotency_keys_are_checked_on_every_write(caller: Caller) -> None:
    person = str(new_id())
    bodies = {
        "/addresses": dict.fromkeys(_ADDRESS, "x"),
        "/real-names": {"name": "x", "id_number": "x", "phone": "x", "consent": True},
        "/orders": {"address_id": person, "real_name_id": person, "notice_accepted": True},
    }
    for path, body in bodies.items():
        for key in ("", "short", "x" * 81, "with\ttab-in-it"):
            answer = caller.post(path, body, **{"Idempotency-Key": key})
            refused(answer, 400, "idempotency_key_missing", "Idempotency-Key")


_ADDRESS = ("recipient", "phone", "province_code", "city_code", "district_code", "detail")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_wrong_methods_and_addresses(language: str) -> None:
    headers = {"Accept-Language": language}
    for method, path in (("DELETE", "/api/v1/products"), ("PATCH", "/api/v1/orders"), ("POST", "/api/v1/home")):
        answer = CLIENT.generic(method, path, headers=headers)
        assert refused(answer, 405, "wrong_method")["title"].isascii() == (language == "en")
        assert answer.headers["Allow"]
    for path in ("/api/", "/api/v1/", "/api/v2/products", "/api/v1/nothing", "/api/v1/products/a/b"):
        refused(CLIENT.get(path, headers=headers), 404, "not_found")
    refused(CLIENT.get("/api/v1/home", headers={"Host": "bad host"}), 400, "bad_request")


@st.composite
def _calls(draw: st.DrawFn) -> tuple[str, str, Any]:
    """Any operation of the document with parameters and a body near its schema."""
    method, path, entry = draw(st.sampled_from(list(operations())))
    asked = []
    for one in entry["parameters"]:
        if one["in"] == "header":
            continue
        value = draw(values(one["schema"]))
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", quote(str(value) or "x", safe="", errors="replace"))
        elif draw(st.booleans()):
            every = value if isinstance(value, list) else [value]
            asked += [f"{one['name']}={quote(str(each), errors='replace')}" for each in every]
    body = entry.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return method, f"{path}?{'&'.join(asked)}".removeprefix("/api/v1"), draw(values(body)) if body else None


def test_nothing_near_the_document_is_a_fault(caller: Caller) -> None:
    seen: set[int] = set()

    @settings(max_examples=many(120), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_calls())
    def ask(call: tuple[str, str, Any]) -> None:
        method, path, body = call
        answer = caller.send(method, path, body)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (call, answer.content)
        if answer.status_code >= 400:
            told = answer.json()
            assert answer.headers["Content-Type"] == problem_type, call
            assert told["code"] and told["title"] and "field" in told and told["status"] == answer.status_code

    ask()
    assert {200, 404, 422} <= seen
