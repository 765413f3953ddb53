"""Kept pages the short way: once a page was answered to somebody, the next ones get it without Django's middlewares.

The long way goes first, so that host, address, language, access and redirects are decided there; what it said is
remembered with its headers. Who is logged in or has notes waiting goes the long way each time.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation

from entrepot.web.storefront.pages import KEPT_AS, KeptPage

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Key = tuple[str, ...]
pages_max = 4_000
remembered_s = 60  # as long as `shell` keeps which storefront an address is
# What the long way decides by.
_decisive = ("HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
_of_the_answer = ("set-cookie", "content-length")
_tokens = CsrfViewMiddleware(lambda _request: HttpResponse())
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answered:
    page: KeptPage
    language: str
    headers: tuple[tuple[str, str], ...]
    until: float


_answered: dict[Key, _Answered] = {}


def goes(environ: Environ) -> bool:
    """Whether a request may be answered here: nobody is logged in, no note waits to be shown."""
    if environ["REQUEST_METHOD"] != "GET":
        return False
    names = {one.partition("=")[0].strip() for one in environ.get("HTTP_COOKIE", "").split(";")}
    return names.isdisjoint((settings.SESSION_COOKIE_NAME, CookieStorage.cookie_name))


def answer(environ: Environ) -> tuple[Headers, bytes] | None:
    """A page that was answered before, as the long way would answer now; None where that is to do it."""
    known = _answered.get(_key(environ))
    if known is None or known.until < time.monotonic():
        return None
    close_old_connections()
    try:
        with translation.override(known.language):
            return _filled(known, WSGIRequest(environ))
    except Exception:  # noqa: BLE001 what is gone, refused or failed is told by the long way
        _log.debug("%s goes the long way", environ["PATH_INFO"], exc_info=True)
        _answered.pop(_key(environ), None)
        return None


def remember(environ: Environ, status: str, headers: Headers) -> None:
    """What the long way answered to a request that `goes`."""
    page = environ.get(KEPT_AS)
    if page is None or not status.startswith("200"):
        return
    if len(_answered) >= pages_max:
        _answered.clear()
    lasting = tuple((name, value) for name, value in headers if name.lower() not in _of_the_answer)
    _answered[_key(environ)] = _Answered(page, page.visit.language, lasting, time.monotonic() + remembered_s)


def forget() -> None:
    """What was remembered; the test suite calls it."""
    _answered.clear()


def _filled(known: _Answered, request: WSGIRequest) -> tuple[Headers, bytes]:
    _tokens.process_request(request)
    body = known.page.filled(request)
    cookies = _tokens.process_response(request, HttpResponse()).cookies
    own = [("Content-Length", str(len(body))), *(("Set-Cookie", one.output(header="")) for one in cookies.values())]
    return [*known.headers, *own], body


def _key(environ: Environ) -> Key:
    return tuple(environ.get(name, "") for name in _decisive)
