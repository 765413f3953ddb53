"""Visitors who stay connected keep nobody out: the server counts connections, and browsers keep theirs."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from tests.house import HTTP, House

pytestmark = pytest.mark.browser  # the house of the walks
STAYING = 600  # more than a web process once took
ASK = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_600_who_rest_keep_the_next_visitor_not_waiting(open_house: House) -> None:
    with ExitStack() as stay:
        for _ in range(STAYING):
            one = stay.enter_context(socket.create_connection(("127.0.0.1", open_house.port), timeout=20))
            one.sendall(ASK)
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
        assert HTTP.get(f"{open_house.url}/healthz").status_code == 200
