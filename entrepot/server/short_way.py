"""The web process answers what may go the short way before Django is asked."""

from __future__ import annotations

from collections.abc import Callable
from http.client import responses
from typing import Any

from django.db import close_old_connections

from entrepot.web.rest import short, short_reads
from entrepot.web.rest.reading import body_bytes_max
from entrepot.web.storefront import short_pages

Start = Any  # WSGI's start_response
Wsgi = Callable[[dict[str, Any], Start], Any]
_HTTP = "HTTP_"


def before(django: Wsgi) -> Wsgi:
    """The same application with the short ways in front of it."""

    def application(environ: dict[str, Any], start: Start) -> Any:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(short_reads.ROOT):
            return _page(django, environ, start)
        reply = _answer(environ, path)
        if reply is None:
            return django(environ, start)
        start(f"{reply.status} {responses[reply.status]}", list(reply.headers.items()))
        return [reply.body]

    return application


def _page(django: Wsgi, environ: dict[str, Any], start: Start) -> Any:
    if not short_pages.goes(environ):
        return django(environ, start)
    known = short_pages.answer(environ)
    if known:
        headers, body = known
        start("200 OK", headers)
        return [body]

    def begin(status: str, headers: short_pages.Headers, *more: Any) -> Any:
        short_pages.remember(environ, status, headers)
        return start(status, headers, *more)

    return django(environ, begin)


def _answer(environ: dict[str, Any], path: str) -> short.Reply | None:
    """The short answer; None where there is none."""
    method = environ["REQUEST_METHOD"]
    headers = {name[5:].replace("_", "-").lower(): environ[name] for name in environ if name.startswith(_HTTP)}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    if short_reads.goes(method, path, headers):
        close_old_connections()
        return short_reads.read(short.Call(path, headers, query=environ.get("QUERY_STRING", "")))
    length = environ.get("CONTENT_LENGTH", "")
    whole = length.isascii() and length.isdigit() and 0 < int(length[:9]) <= body_bytes_max
    if not whole or not short.goes(method, path, headers):
        return None
    close_old_connections()
    return short.serve(short.Call(path, headers, environ["wsgi.input"].read(int(length))))
