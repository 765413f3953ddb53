"""Calls to outside parties: one pooled HTTP client per process, a deadline and a size limit on every answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

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


@cache
def _client() -> httpx.Client:
    # A connection that could not be made is tried once more; nothing was said on it, so nothing is said twice.
    transport = httpx.HTTPTransport(
        retries=1, limits=httpx.Limits(max_connections=connections_max, max_keepalive_connections=connections_max)
    )
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False)


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, bytes_max: int) -> Reply:
    """One POST. The whole answer must be here before `timeout_s` has passed. Raises NoReply."""
    client = _client()  # the first call makes it, which is not the other side's time
    deadline = time.monotonic() + timeout_s
    timeout = httpx.Timeout(timeout_s, connect=min(connect_timeout_s, timeout_s), pool=connect_timeout_s)
    try:
        with client.stream("POST", url, content=body, headers=dict(headers), timeout=timeout) as answer:
            return Reply(answer.status_code, _read(answer, deadline, bytes_max), dict(answer.headers))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoReply(type(error).__name__) from error


def _read(answer: httpx.Response, deadline: float, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > bytes_max:
            raise NoReply("the answer was too long")
        if time.monotonic() > deadline:
            raise NoReply("the answer was too slow")
        parts.append(part)
    return b"".join(parts)
