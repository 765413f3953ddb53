"""Requests and answers as the sandbox's parties see them, and the small HTTP server underneath."""

from __future__ import annotations

import http.client
import json
import re
import socket
import sys
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BODY_MAX_BYTES = 2 * 1024 * 1024
ANSWER_MAX_BYTES = 64 * 1024
IDLE_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is what follows the party's prefix; header names are lower case; `variables` come from the route."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    variables: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refused(400)."""
        try:
            content = json.loads(self.body)
        except ValueError as wrong:
            raise Refused(400, "bad_json", "the body is not JSON") from wrong
        if not isinstance(content, dict):
            raise Refused(400, "bad_json", "the body is not a JSON object")
        return content

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, headers=headers or {})

    @classmethod
    def html(cls, text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return cls(status, text.encode(), "text/html; charset=utf-8", headers or {})

    @classmethod
    def redirect(cls, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        return cls(303, headers={"Location": address, **(headers or {})})


class Refused(Exception):
    """A party's "no", answered as JSON {code, message}."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.answer = Answer.json({"code": code, "message": message}, status)


class Hangup(Exception):
    """A fault: the connection is closed without an answer."""


Handler = Callable[[Request], Answer]


class Route:
    """`Route("POST", "/v1/payments/{payment}", handler)`; a variable matches one path segment."""

    def __init__(self, method: str, pattern: str, handler: Handler) -> None:
        self.method, self.pattern, self.handler = method, pattern, handler
        self._regex = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))

    def match(self, path: str) -> dict[str, str] | None:
        found = self._regex.fullmatch(path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def route(routes: Sequence[Route], request: Request) -> Answer:
    """The answer of the first route that fits. Raises Refused 404 or 405."""
    known_path = False
    for candidate in routes:
        variables = candidate.match(request.path)
        if variables is None:
            continue
        known_path = True
        if candidate.method == request.method:
            return candidate.handler(
                Request(request.method, request.path, request.query, request.headers, request.body, variables)
            )
    if known_path:
        raise Refused(405, "method_not_allowed", f"{request.method} is not offered here")
    raise Refused(404, "not_found", "nothing is offered at this address")


class Server(ThreadingHTTPServer):
    """One thread per connection: parties may be told to answer slowly without holding up the others."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, application: Handler) -> None:
        self.application = application
        super().__init__((host, port), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not worth a traceback."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "entrepot-sandbox"
    sys_version = ""
    timeout = IDLE_TIMEOUT_S
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        try:
            answer = self.server.application(self._request())
        except Refused as refused:
            answer = refused.answer
        except Hangup:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except Exception:  # noqa: BLE001 the edge of a demo server: say it on stderr, answer 500, stay up
            traceback.print_exc()
            answer = Answer.json({"code": "fault", "message": "the sandbox has a bug; see its terminal"}, 500)
        self._send(answer)

    def _request(self) -> Request:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            raise Refused(411, "length_required", "send Content-Length")
        if int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            raise Refused(413, "too_large", f"at most {BODY_MAX_BYTES} bytes")
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.body:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        # Head and body leave in one write: two would meet delayed acknowledgements.
        self._headers_buffer: list[bytes]
        self._headers_buffer.append(b"\r\n")
        self._headers_buffer.append(answer.body)
        self.flush_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: requests carry what buyers must not find in a log."""


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP POST to the merchant, composed at the moment of sending (so that its time stamp is fresh)."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def joined(messages: Sequence[Message]) -> Message:
    """Messages to one address as one delivery: one as it is, several as multipart/mixed, each byte for byte."""
    if len(messages) == 1:
        return messages[0]
    mark = uuid.uuid4().hex
    parts = [
        b"--%b\r\nContent-Type: %b\r\n\r\n%b\r\n"
        % (mark.encode(), message.headers["Content-Type"].encode(), message.body)
        for message in messages
    ]
    body = b"".join(parts) + b"--%b--\r\n" % mark.encode()
    return Message(messages[0].url, body, {"Content-Type": f'multipart/mixed; boundary="{mark}"'})


class NotTaken(Exception):
    """The merchant was not to be reached or did not answer 2xx."""


def post(message: Message, timeout_s: float) -> bytes:
    """Send one message; what was answered. Raises NotTaken."""
    parts = urlsplit(message.url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise NotTaken("no http address")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, message.body, dict(message.headers))
        answer = connection.getresponse()
        status, body = answer.status, bytes(answer.read(ANSWER_MAX_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotTaken(f"answered {status}")
    return body
