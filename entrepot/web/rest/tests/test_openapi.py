"""The document tells everything a stranger needs, and its examples are what the API takes and gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ninja import NinjaAPI

from entrepot.checkout.types import LIMIT_CODES
from entrepot.web.common.tests.makers import directives
from entrepot.web.rest import openapi
from entrepot.web.rest.api import api
from entrepot.web.rest.examples import PROBLEM, REQUESTS, RESPONSES
from entrepot.web.rest.tests.document import document, faults, operations
from entrepot.web.rest.tests.makers import CLIENT, problem_type

OPERATIONS = list(operations())


def _name(part: object) -> str:
    return part if isinstance(part, str) else ""


@pytest.mark.parametrize(("method", "path", "entry"), OPERATIONS, ids=_name)
def test_an_operation_is_documented_whole(method: str, path: str, entry: dict[str, object]) -> None:
    whole = json.loads(json.dumps(entry))
    headers = {one["name"] for one in whole["parameters"] if one["in"] == "header"}
    computes = "quotes" in path
    assert ("Idempotency-Key" in headers) == (method != "GET" and not computes)
    assert "Accept-Language" in headers and whole["description"] and whole["tags"] and whole["x-scope"]
    assert ({} in whole["security"]) == (computes or whole["tags"] in (["catalogue"], ["flash sales"]))
    assert {"accessKey": []} in whole["security"] and {"session": []} in whole["security"]
    for status, response in whole["responses"].items():
        wanted = "application/json" if status.startswith("2") else problem_type
        assert list(response.get("content", {})) == ([] if status == "204" else [wanted]), status
    assert {"401", "403", "422", "default"} <= set(whole["responses"])
    assert any(status.startswith("2") for status in whole["responses"])


def test_names_of_operations_are_unique() -> None:
    names = [entry["operationId"] for _, _, entry in OPERATIONS]
    assert len(set(names)) == len(names) == 25


def test_examples_are_what_the_schemas_say() -> None:
    wrong, shown = [], set()
    for _, _, entry in OPERATIONS:
        bodies = [entry.get("requestBody", {}), *(r for s, r in entry["responses"].items() if s.startswith("2"))]
        for content in (body["content"]["application/json"] for body in bodies if "content" in body):
            if "example" in content:
                shown.add(entry["operationId"])
                wrong += [f"{entry['operationId']}{fault}" for fault in faults(content["example"], content["schema"])]
    assert wrong == []
    assert shown == REQUESTS.keys() | RESPONSES.keys()
    assert faults(PROBLEM, document()["components"]["schemas"]["Problem"]) == []


def test_codes_of_customs_are_told_as_they_are_answered() -> None:
    """Whoever compares with what the document says must not meet another minus."""
    told = document()["components"]["schemas"]["LimitOut"]["description"]
    assert all(code in told for code in LIMIT_CODES)


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = CLIENT.get("/api/docs")
    assert page.status_code == 200
    assert "//" not in page.content.decode().replace("<!--", "").split("<body")[0]
    policy = directives(page.headers["Content-Security-Policy"])
    assert policy["default-src"] == {"'none'"}
    for name in ("script-src", "style-src", "connect-src"):
        assert policy[name] == {"'self'"}, name
    assert CLIENT.get("/api/openapi.json").json()["openapi"].startswith("3.1")
    assert CLIENT.get("/static/ninja/swagger-ui-bundle.js").status_code == 200


def test_what_does_not_conform_is_noticed() -> None:
    line = {"$ref": "#/components/schemas/LineIn"}
    assert faults({"sku": "A", "quantity": 1}, line) == []
    for wrong in ({}, {"sku": 1, "quantity": 1}, {"sku": "A", "quantity": True}, {"sku": "A", "quantity": 1, "x": 1}):
        assert faults(wrong, line), wrong


def test_the_session_goes_by_the_name_its_cookie_has_over_tls(settings: Any) -> None:
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    told = openapi.complete(NinjaAPI.get_openapi_schema(api), api)
    assert told["components"]["securitySchemes"]["session"]["name"] == "__Host-sessionid"
