"""The intake process: a small ASGI application that places orders and quotes landed cost, and nothing else.

What is asked at the same time is answered together (`gathering`), orders and quotes each in a thread of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from entrepot.checkout.services import Busy
from entrepot.kit.refusals import NotFound
from entrepot.web.rest import short
from entrepot.web.rest.gathering import Gathering
from entrepot.web.rest.reading import BodyTooLarge, body_bytes_max

LINGER_S = 0.01  # a batch of orders costs several times as much before its first one is looked at
BUSY_PAUSE_S = 0.05  # before somebody is told to come again who does so at once: he must not eat the machine
HASTY_S = 0.25  # so soon after being told to wait a second
TOLD_MAX = 10_000  # callers remembered
Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Intake:
    """`POST /api/v1/orders` and `POST /api/v1/landed-cost/quotes`, as the web process answers them."""

    def __init__(self) -> None:
        self._closed = False
        self._told: dict[bytes, float] = {}  # when callers were told to come again
        linger_s = {short.ORDERS: LINGER_S}
        self._desks = {path: Gathering(work, linger_s=linger_s.get(path, 0.0)) for path, work in short.TOGETHER.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        desk = self._desks.get(scope["path"])
        if desk is not None and desk.full and scope["method"] == "POST":
            start, body = await self._busy_before_reading(scope)
        else:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            call = short.Call(scope["path"], headers, await _body(receive))
            start, body = _messages(await self._answer(call, scope["method"]))
        await send(start)
        await send(body)

    async def _answer(self, call: short.Call, method: str) -> short.Reply:
        try:
            if len(call.body) > body_bytes_max:
                raise BodyTooLarge(field="body", most=body_bytes_max)
            if not short.goes(method, call.path, call.headers):
                raise NotFound(what=call.path)
            return await self._desks[call.path].ask(call)
        except Busy:
            await self._pause(call.headers.get("authorization", "").encode("latin-1"))
            return short.busy(call)
        except Exception as wrong:  # noqa: BLE001 told as the problem it is
            return short.refused(call, wrong)

    async def _busy_before_reading(self, scope: Scope) -> tuple[Message, Message]:
        """In a rush most are told so, and each costs those who are served: nothing is read but how to say it."""
        language, key = b"", b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                key = value
            elif name == b"accept-language":
                language = value
        await self._pause(key)
        return _busy_messages(language, bool(key))

    async def _pause(self, key: bytes) -> None:
        """Hold up who comes again at once. Who keeps to the time is told at once."""
        now = asyncio.get_running_loop().time()
        hasty = now - self._told.get(key, -HASTY_S) < HASTY_S
        if hasty and not self._closed:
            await asyncio.sleep(BUSY_PAUSE_S)
            now += BUSY_PAUSE_S
        if len(self._told) >= TOLD_MAX:
            self._told.clear()
        self._told[key] = now

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            phase = (await receive())["type"]
            if phase == "lifespan.startup":
                for desk in self._desks.values():
                    await desk.prepare(short.warm)
            if phase == "lifespan.shutdown":
                self.close()
            await send({"type": f"{phase}.complete"})
            if phase == "lifespan.shutdown":
                return

    def close(self) -> None:
        """Whoever waits is told to come again, at once: another process may answer."""
        self._closed = True
        for desk in self._desks.values():
            desk.close()


@lru_cache(maxsize=100)
def _busy_messages(language: bytes, named: bool) -> tuple[Message, Message]:
    headers = {"accept-language": language.decode("latin-1")} | ({"authorization": ""} if named else {})
    return _messages(short.busy(short.Call(short.ORDERS, headers)))


def _messages(reply: short.Reply) -> tuple[Message, Message]:
    told = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
    start = {"type": "http.response.start", "status": reply.status, "headers": told}
    return start, {"type": "http.response.body", "body": reply.body}


async def _body(receive: Receive) -> bytes:
    """The whole body, or a little more than is taken."""
    found = b""
    while True:
        message = await receive()
        found += bytes(message.get("body", b""))
        if not message.get("more_body") or len(found) > body_bytes_max:
            return found
