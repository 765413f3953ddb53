"""Who keeps whom out: visitors who stay connected nobody, and what may wait goes behind those who do."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

import pytest
from django.conf import settings

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


def test_declarations_and_letters_do_not_take_the_machine_from_buyers(open_house: House) -> None:
    nice = {name: {os.getpriority(os.PRIO_PROCESS, pid) for pid in open_house.pids(name)} for name in ("web", "worker")}
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert nice == {"web": {mine}, "worker": {mine + settings.WORKER_NICE}}
    assert settings.WORKER_NICE > 0
