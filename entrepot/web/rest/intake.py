"""The intake process: a small ASGI application that places orders and quotes landed cost, and nothing else.

What is asked at the same time is answered together (`gathering`), orders and quotes each in a thread of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from entrepot.checkout.services import Busy
from entrepot.kit.refusals import NotFound
from entrepot.web.rest import short
from entrepot.web.rest.gathering import Gathering
from entrepot.web.rest.reading import BodyTooLarge, body_bytes_max

LINGER_S = 0.01  # a batch of orders costs several times as much before its first one is looked at
BUSY_PAUSE_S = 0.05  # before somebody is told to come again: those who do so at once must not eat the machine
Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Intake:
    """`POST /api/v1/orders` and `POST /api/v1/landed-cost/quotes`, as the web process answers them."""

    def __init__(self) -> None:
        self._closed = False
        linger_s = {short.ORDERS: LINGER_S}
        self._desks = {path: Gathering(work, linger_s=linger_s.get(path, 0.0)) for path, work in short.TOGETHER.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        desk = self._desks.get(scope["path"])
        if desk is not None and desk.full and scope["method"] == "POST":
            reply = await self._busy(short.Call(scope["path"], _saying_how(scope)))  # a body that nobody has read
        else:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            call = short.Call(scope["path"], headers, await _body(receive))
            reply = await self._answer(call, scope["method"])
        start, body = _messages(reply)
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
            return await self._busy(call)
        except Exception as wrong:  # noqa: BLE001 told as the problem it is
            return short.refused(call, wrong)

    async def _busy(self, call: short.Call) -> short.Reply:
        if not self._closed:
            await asyncio.sleep(BUSY_PAUSE_S)
        return short.busy(call)

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


def _saying_how(scope: Scope) -> dict[str, str]:
    """Of the headers only those by which a refusal is worded."""
    return {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"accept-language", b"authorization")
    }


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
