"""Calls to outside parties: one pooled HTTP client per process, a deadline and a size limit on every answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

connect_timeout_s = 2.0
connections_max = 20


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]


class NoReply(Exception):
    """Nobody there, too slow, cut off, or more than we are willing to read. What the party did is unknown."""


class _Patient(httpcore.NetworkStream):
    """A connection on which reading and writing end at a moment: httpx has limits for each piece only, so whoever
    trickles the head of an answer would be waited for as long as that takes."""

    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, _left_s(timeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Patient(self._plain.start_tls(ssl_context, server_hostname, timeout))

    def close(self) -> None:
        self._plain.close()

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)


def _left_s(moment: float | None) -> float | None:
    return None if moment is None else max(moment - time.monotonic(), 0.001)


class _Network(httpcore.SyncBackend):
    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Patient(super().connect_tcp(*args, **kwargs))


@cache
def _client() -> httpx.Client:
    # A connection that could not be made is tried once more; nothing was said on it, so nothing is said twice.
    transport = httpx.HTTPTransport(
        retries=1, limits=httpx.Limits(max_connections=connections_max, max_keepalive_connections=connections_max)
    )
    transport._pool._network_backend = _Network()  # httpx hands none over
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False)


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, bytes_max: int) -> Reply:
    """One POST. The whole answer must be here before `timeout_s` has passed. Raises NoReply."""
    client = _client()  # the first call makes it, which is not the other side's time
    deadline = time.monotonic() + timeout_s
    timeout = httpx.Timeout(deadline, connect=min(connect_timeout_s, timeout_s), pool=connect_timeout_s)
    try:
        with client.stream("POST", url, content=body, headers=dict(headers), timeout=timeout) as answer:
            return Reply(answer.status_code, _read(answer, bytes_max), dict(answer.headers))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoReply(type(error).__name__) from error


def _read(answer: httpx.Response, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > bytes_max:
            raise NoReply("the answer was too long")
        parts.append(part)
    return b"".join(parts)
