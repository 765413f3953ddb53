"""The web process answers what may go the short way before Django is asked."""

from __future__ import annotations

from collections.abc import Callable
from http.client import responses
from typing import Any

from django.db import close_old_connections

from entrepot.web.rest import short
from entrepot.web.rest.reading import body_bytes_max

Start = Any  # WSGI's start_response
Wsgi = Callable[[dict[str, Any], Start], Any]
_HTTP = "HTTP_"


def before(django: Wsgi) -> Wsgi:
    """The same application with the short way in front of it."""

    def application(environ: dict[str, Any], start: Start) -> Any:
        path = environ.get("PATH_INFO", "")
        if path not in short.DOORS:
            return django(environ, start)
        headers = {name[5:].replace("_", "-").lower(): environ[name] for name in environ if name.startswith(_HTTP)}
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        length = environ.get("CONTENT_LENGTH", "")
        whole = length.isascii() and length.isdigit() and 0 < int(length[:9]) <= body_bytes_max
        if not whole or not short.goes(environ["REQUEST_METHOD"], path, headers):
            return django(environ, start)
        call = short.Call(path, headers, environ["wsgi.input"].read(int(length)))
        close_old_connections()
        try:
            reply = short.serve(call)
        finally:
            close_old_connections()
        start(f"{reply.status} {responses[reply.status]}", list(reply.headers.items()))
        return [reply.body]

    return application
