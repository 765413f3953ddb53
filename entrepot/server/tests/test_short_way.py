"""Which requests the web process answers before Django is asked."""

from __future__ import annotations

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from entrepot.server.short_way import before
from entrepot.web.rest import short

pytestmark = pytest.mark.django_db


def test_the_web_process_asks_django_for_the_rest() -> None:
    asked: list[str] = []

    def django(environ: dict[str, Any], start: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        return []

    application = before(django)
    started: list[str] = []

    def ask(path: str, length: str = "2", body: bytes = b"{}") -> bytes:
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ |= {
            "PATH_INFO": path, "REQUEST_METHOD": "POST", "HTTP_HOST": "testserver", "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(body),
        }  # fmt: skip
        return b"".join(application(environ, lambda status, headers: started.append(status)))

    ask("/api/v1/brands")
    ask(short.QUOTES, length="")
    ask(short.QUOTES, length="1e3")
    ask(short.QUOTES, length="99999999")
    assert asked == ["/api/v1/brands"] + [short.QUOTES] * 3
    assert json.loads(ask(short.QUOTES))["code"] == "bad_quote_request"
    assert (len(asked), started) == (4, ["422 Unprocessable Entity"])
