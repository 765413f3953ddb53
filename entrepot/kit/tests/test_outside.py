"""Against a real socket that misbehaves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from entrepot.kit.outside import NoReply, post


class Party:
    """Answers each connection with the bytes given, in pieces; keeps it open afterwards if told to."""

    def __init__(self, *pieces: bytes, keep_open: bool = False) -> None:
        self.pieces, self.keep_open = pieces, keep_open
        self.done = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/x"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            for piece in self.pieces:
                connection.sendall(piece)
            if self.keep_open:
                self.done.wait(60)

    def close(self) -> None:
        self.done.set()
        self.listener.close()


@pytest.fixture
def party(request: pytest.FixtureRequest) -> Iterator[Party]:
    made = Party(*request.param[0], keep_open=request.param[1])
    yield made
    made.close()


def ask(url: str, timeout_s: float = 60) -> bytes:
    return post(url, b"{}", {}, timeout_s=timeout_s, bytes_max=100).body


@pytest.mark.parametrize("party", [((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",), False)], indirect=True)
def test_an_answer(party: Party) -> None:
    assert ask(party.url) == b"ok"


@pytest.mark.parametrize(
    "party",
    [
        ((), False),  # hangs up at once
        ((), True),  # never answers
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",), False),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",), True),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b"x" * 999,), False),  # more than agreed
        ((b"this is not HTTP\r\n\r\n",), False),
    ],
    indirect=True,
)
def test_what_is_no_answer(party: Party) -> None:
    with pytest.raises(NoReply):
        ask(party.url, timeout_s=0.5)


def test_who_trickles_the_head_of_an_answer_is_not_waited_for() -> None:
    """Byte by byte, each soon after the one before: a place of the web process would be its own."""
    told, most = [], 1_000
    listener = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # hung up
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while len(told) < most:
                connection.sendall(b"x")
                told.append("x")
                pause.wait(0.02)

    pause, party = threading.Event(), threading.Thread(target=trickle, daemon=True)
    party.start()
    with listener, pytest.raises(NoReply):
        ask(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.5)
    party.join()
    assert len(told) < most


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"http://127.0.0.1:{held.getsockname()[1]}/"
    with pytest.raises(NoReply):
        ask(address)
    with pytest.raises(NoReply):
        ask("http://")
