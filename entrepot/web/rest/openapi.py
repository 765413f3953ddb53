"""What django-ninja's OpenAPI document does not say by itself: who may call, headers, problems, examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from entrepot.identity.types import Scope
from entrepot.repeats.services import key_length_max, key_length_min
from entrepot.web.common.callers import Door
from entrepot.web.rest.examples import REQUESTS, RESPONSES

problem_type = "application/problem+json"
writes = ("post", "put", "patch", "delete")
_language = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of names, messages and problems: `zh-hans` (default) or `en`.",
    "schema": {"type": "string", "default": "zh-hans"},
    "examples": {"Chinese": {"value": "zh-hans"}, "English": {"value": "en"}},
}
_key = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for each act, the same for its retries: a retry gets the first answer again, marked with the "
    "header `Idempotency-Replayed: true`. The same key with another request is refused (`idempotency_key_reused`). "
    "Kept for 30 days. Where a payment is opened, whatever the key: asking again gives the same payment.",
    "schema": {"type": "string", "minLength": key_length_min, "maxLength": key_length_max, "pattern": "^[ -~]+$"},
    "example": "6f0c2a52-0c0e-4b7c-9f5e-6a6f3f7f3f10",
}
_schemes = {
    "accessKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer <access key>`. Buyers issue keys with scopes in their account.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "description": "The session of a logged-in browser; writes also need the header `X-CSRFToken`.",
    },
}
_converter = re.compile(r"\{\w+:")  # of a path in Django's words; the document knows names alone
_problems = {
    "400": "The request cannot be read, or lacks its Idempotency-Key",
    "401": "Not logged in, or the access key is unknown, expired or revoked",
    "403": "The access key lacks the scope, or the CSRF token is stale",
    "404": "Not found, or not the caller's to see",
    "409": "The state of things does not allow it (out of stock, sold out at the sale's price, price changed)",
    "413": "The request is too large",
    "415": "The request is not JSON",
    "422": "The input is not valid; `field` names the first wrong one",
    "429": "Too many at once; Retry-After tells when to send the same again",
    "503": "Not possible at this moment; Retry-After tells when to send the same again",
}


def complete(document: OpenAPISchema, api: NinjaAPI) -> OpenAPISchema:
    """The document with everything a stranger needs to call each operation."""
    session = {**_schemes["session"], "name": settings.SESSION_COOKIE_NAME}
    document["components"]["securitySchemes"] = {**_schemes, "session": session}
    for address, method, operation, door in _operations(api):
        entry = document["paths"][address][method]
        _who(entry, door)
        parameters = entry.setdefault("parameters", [])
        parameters.append(_language)
        if is_write(method, door):
            parameters.append(_key)
        entry["operationId"] = operation.view_func.__name__
        if entry["operationId"] in RESPONSES:
            _example(entry["responses"], RESPONSES[entry["operationId"]])
        if entry["operationId"] in REQUESTS:
            entry["requestBody"]["content"]["application/json"]["example"] = REQUESTS[entry["operationId"]]
        _problem_answers(entry, has_body="requestBody" in entry)
    return document


def is_write(method: str, door: Door) -> bool:
    """Whether something is kept: quotes compute only."""
    return method.lower() in writes and door.scope is not Scope.QUOTES_READ


def _operations(api: NinjaAPI) -> Iterator[tuple[str, str, Operation, Door]]:
    root = api.get_root_path({}).rstrip("/")
    routes = [
        (_converter.sub("{", f"{root}{router.prefix}{path}".replace("//", "/")), operation)
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
    ]
    for address, operation in routes:
        door = next(one for one in operation.auth_callbacks if isinstance(one, Door))
        for method in operation.methods:
            yield address, method.lower(), operation, door


def _who(entry: dict[str, Any], door: Door) -> None:
    public = door.entrepot_access.public
    entry["security"] = [*([{}] if public else []), {"accessKey": []}, {"session": []}]
    if door.scope is not None:
        entry["x-scope"] = door.scope.value
        who = "Open to everybody" if public else "For the buyer"
        entry["description"] = f"{entry.get('description', '')}\n\n{who}; an access key needs the scope `{door.scope}`."


def _example(responses: Mapping[Any, Any], example: object) -> None:
    for status, response in responses.items():
        if str(status).startswith("2") and "content" in response:
            response["content"]["application/json"]["example"] = example


def _problem_answers(entry: dict[str, Any], *, has_body: bool) -> None:
    """Every refusal is a problem, whatever its status; those an operation is known for are listed."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {problem_type: {"schema": schema}}
    responses = {str(status): response for status, response in entry["responses"].items()}
    expected = {status for status in responses if status[0] in "45"} | {"401", "403", "422"}
    expected |= {"400", "413", "415"} if has_body else set()
    for status in sorted(expected):
        responses[status] = {"description": _problems[status], "content": content}
    responses["default"] = {"description": "Any other refusal or fault", "content": content}
    entry["responses"] = responses
