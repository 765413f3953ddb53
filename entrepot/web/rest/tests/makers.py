"""A caller of the API for tests: by access key, so that nobody pays for a log-in."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from uuid import UUID

from django.test import Client

from entrepot.identity.tests import makers as people
from entrepot.shelf.tests.makers import a_product, in_stock, opened_shop, refreshed
from entrepot.web.rest.tests.document import document, faults

problem_type = "application/problem+json"
CLIENT = Client(raise_request_exception=False)  # one for all: each new one reads the static files anew
_keys = count(1)


class Caller:
    """Calls as somebody (or nobody); each write gets a fresh Idempotency-Key unless one is given."""

    def __init__(self, person_id: UUID | None = None, language: str = "en") -> None:
        self.headers = {"Accept-Language": language}
        if person_id is not None:
            self.headers["Authorization"] = f"Bearer {people.key(person_id)}"

    def get(self, path: str, **headers: str) -> Any:
        return CLIENT.get(f"/api/v1{path}", headers={**self.headers, **headers})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`body` goes as JSON; bytes and None as they are."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        content_type = headers.pop("Content-Type", "application/json")
        headers.setdefault("Idempotency-Key", f"test-key-{next(_keys)}")
        every = {name: value for name, value in {**self.headers, **headers}.items() if value}
        return CLIENT.generic(method, f"/api/v1{path}", content, content_type=content_type, headers=every)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)


def refused(answer: Any, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """Assert that an answer is this problem; returns it."""
    told: dict[str, Any] = json.loads(answer.content)
    assert (answer.status_code, told["code"], told["field"]) == (status, code, field), told
    assert answer.headers["Content-Type"] == problem_type
    assert faults(told, document()["components"]["schemas"]["Problem"]) == []
    assert told["status"] == status and told["title"] and told["type"] == f"/problems/{code}"
    return told


def filled_shelf() -> None:
    opened_shop()
    made = [a_product(f"bar-{n}", {"en": f"Dark chocolate {n}", "zh-hans": f"黑巧克力{n}"}) for n in range(3)]
    in_stock("bar-0-1")
    refreshed(*made)
