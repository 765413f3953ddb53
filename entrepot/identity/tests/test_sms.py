"""Text messages leave through a port."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from entrepot.identity import services


class Gateway(BaseHTTPRequestHandler):
    """An operator's gateway on this machine: keeps what it is given and answers as told."""

    taken: ClassVar[list[tuple[str, bytes]]] = []
    answer: ClassVar[int] = 202

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.headers["Authorization"], body))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def gateway(settings: Any) -> Any:
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, daemon=True).start()
    Gateway.taken.clear()
    settings.SMS_ADAPTER = "entrepot.identity.sms.GatewaySms"
    settings.SMS_URL, settings.SMS_TOKEN = f"http://127.0.0.1:{server.server_port}/sms", "token"
    yield Gateway
    Gateway.answer = 202
    server.shutdown()
    server.server_close()


def test_the_gateway_takes_a_message(gateway: Any) -> None:
    services.send_text(phone="+8613700007777", text="您的验证码是 123456")
    [(authorization, body)] = gateway.taken
    assert authorization == "Bearer token"
    assert b"+8613700007777" in body


def test_a_gateway_that_refuses_or_is_not_there_is_a_named_refusal(gateway: Any, settings: Any) -> None:
    gateway.answer = 500
    with pytest.raises(services.SmsUnavailable):
        services.send_text(phone="+8613700007777", text="x")
    for url in ("http://127.0.0.1:1/", ""):
        settings.SMS_URL = url
        with pytest.raises(services.SmsUnavailable):
            services.send_text(phone="+8613700007777", text="x")


def test_the_demo_writes_files(settings: Any, tmp_path: Path) -> None:
    settings.SMS_ADAPTER, settings.EMAIL_FILE_PATH = "entrepot.identity.sms.FileSms", str(tmp_path / "mail")
    services.send_text(phone="+8613700007777", text="hello")
    [file] = (tmp_path / "mail").glob("*.sms")
    assert file.read_text(encoding="utf-8") == "+8613700007777\nhello\n"
