"""Customs' address for raw payment data, on a real socket: checks the signature over what it was sent, character for
character, and keeps every upload. `next` holds answers, one for each call: a code, hang, drop, 500 or garbage."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.conf import settings as django_settings

NAMES = ("sessionID", "payExchangeInfoHead", "payExchangeInfoLists", "serviceTime")


@dataclass
class Grab:
    next: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def last(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.uploads[-1])
        return found


def parts(text: str) -> dict[str, str]:
    """Each value of a JSON object as it was written."""
    decoder, found, at = json.JSONDecoder(), {}, 1
    while text[at - 1] != "}":
        name, at = decoder.raw_decode(text, at)
        assert text[at] == ":"
        _, end = decoder.raw_decode(text, at + 1)
        found[name] = text[at + 1 : end]
        at = end + 1
    return found


def check(text: str) -> None:
    """Raises InvalidSignature unless exactly these characters were signed."""
    raw = parts(text)
    values = json.loads(text)
    signed = "||".join(f'"{n}":"{values[n] if isinstance(values[n], str) else raw[n]}"' for n in NAMES)
    certificate = x509.load_pem_x509_certificate(Path(django_settings.CUSTOMS_KEY_FILE).read_bytes())
    assert int(values["certNo"], 16) == certificate.serial_number
    key: Any = certificate.public_key()
    key.verify(base64.b64decode(values["signValue"]), signed.encode(), padding.PKCS1v15(), hashes.SHA1())


class _Handler(BaseHTTPRequestHandler):
    grab: Grab
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = self.grab.next.pop(0) if self.grab.next else "10000"
        try:
            assert self.path == "/ceb2grab/grab/realTimeDataUpload"
            assert self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
            fields = parse_qs(body, strict_parsing=True)
            assert list(fields) == ["payExInfoStr"]
            check(fields["payExInfoStr"][0])
            self.grab.uploads.append(fields["payExInfoStr"][0])
        except (AssertionError, InvalidSignature, KeyError) as wrong:
            self.grab.wrong.append(repr(wrong))
            told = "20000"
        if told == "hang":
            self.grab.released.wait(60)
        if told in ("hang", "drop"):
            self.close_connection = True
            return
        content = json.dumps(
            {"code": told, "message": "证书未注册" if told == "20004" else "", "total": 0, "serviceTime": 1}
        )
        if told == "garbage" or not re.fullmatch(r"\d+", told):
            content = "<html>"
        self.send_response(500 if told == "500" else 200)
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def grab(settings: Any) -> Iterator[Grab]:
    made = Grab()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"grab": made}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.CUSTOMS_DATA_URL = f"http://127.0.0.1:{server.server_address[1]}/ceb2grab/grab/realTimeDataUpload"
    settings.CUSTOMS_DATA_NUMBERS, settings.CUSTOMS_PAY_TYPE = "verified", "2"
    settings.CUSTOMS_PAYEE = "6217850100000007893905:3301960SBM:沙盒国际贸易有限公司"
    yield made
    made.released.set()
    server.shutdown()
    server.server_close()
    assert made.wrong == []
