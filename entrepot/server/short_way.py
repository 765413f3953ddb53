"""The web process answers what may go the short way before Django is asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from http.client import responses
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.template import loader
from django.utils import translation

from entrepot.kit.refusals import Refusal
from entrepot.web.common.headers import usual
from entrepot.web.rest import short, short_reads
from entrepot.web.rest.reading import body_bytes_max
from entrepot.web.storefront import short_pages

Start = Any  # WSGI's start_response
Wsgi = Callable[[dict[str, Any], Start], Any]
_HTTP = "HTTP_"
_BY_PROGRAM = ("/api/", "/callbacks/")


class HouseBusy(Refusal):
    """More wait than could be served soon; nothing was looked at."""

    code = "house_busy"
    status = 429
    retry_after_s = 1
    zh = "访问人数过多，请稍候再试"
    en = "Very many people are here right now; please try again in a moment"


_BUSY = HouseBusy()


def before(django: Wsgi) -> Wsgi:
    """The same application with the short ways in front of it."""

    def application(environ: dict[str, Any], start: Start) -> Any:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(short_reads.ROOT):
            return _page(django, environ, start)
        reply = _answer(environ, path)
        return django(environ, start) if reply is None else _told(reply, start)

    return application


def gathered(environ: dict[str, Any]) -> Callable[[Start], Any] | None:
    """How an order by program is answered, together with those that come at the same time; None for all else. Its body
    is read when it is."""
    if environ.get("PATH_INFO", "") != short.ORDERS:
        return None
    headers = _all_headers(environ)
    if not _goes(environ, short.ORDERS, headers):
        return None
    return lambda start: _told(short.serve(_call(environ, short.ORDERS, headers)), start)


def full(environ: dict[str, Any], start: Start) -> Any:
    """To whom nobody has time to listen: that, and when to come again, from memory."""
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    if not path.startswith(_BY_PROGRAM):
        language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
        return _told(_busy_page(language, method == "GET", path.startswith("/office/")), start)
    call = short.Call(path, _headers(environ))
    orders = path == short.ORDERS and method == "POST"
    return _told(short.busy(call) if orders else short.busy(call, _BUSY), start)


@lru_cache(maxsize=20)
def _busy_page(language: str, again: bool, office: bool) -> short.Reply:
    said = {
        "language": language,
        "refusal": _BUSY,
        "message": _BUSY.message(language),
        "again": again,
        "office": office,
    }
    with translation.override(language):
        body = loader.render_to_string("errors/busy.html", said).encode()
    of_body = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    return short.Reply(_BUSY.status, {**usual(), **of_body, "Retry-After": str(_BUSY.retry_after_s)}, body)


def _told(reply: short.Reply, start: Start) -> list[bytes]:
    start(f"{reply.status} {responses[reply.status]}", list(reply.headers.items()))
    return [reply.body]


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
    headers = _all_headers(environ)
    if short_reads.goes(environ["REQUEST_METHOD"], path, headers):
        close_old_connections()
        return short_reads.read(short.Call(path, headers, query=environ.get("QUERY_STRING", "")))
    if not _goes(environ, path, headers):
        return None
    close_old_connections()
    return short.serve(_call(environ, path, headers))


def _goes(environ: dict[str, Any], path: str, headers: dict[str, str]) -> bool:
    length = environ.get("CONTENT_LENGTH", "")
    whole = length.isascii() and length.isdigit() and len(length) < 10 and 0 < int(length) <= body_bytes_max
    return whole and short.goes(environ["REQUEST_METHOD"], path, headers)


def _call(environ: dict[str, Any], path: str, headers: dict[str, str]) -> short.Call:
    return short.Call(path, headers, environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))


def _all_headers(environ: dict[str, Any]) -> dict[str, str]:
    return _headers(environ) | {"content-type": environ.get("CONTENT_TYPE", "")}


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    return {name[5:].replace("_", "-").lower(): environ[name] for name in environ if name.startswith(_HTTP)}
