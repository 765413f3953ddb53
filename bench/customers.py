"""People who buy over HTTP from basket to paid order, as programs do (JSON) and as browsers do (pages, cookies, forms).

Each step is timed as its customer waits for it. What a customer was told is kept: the books are held against it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from bench.crowd import JSON, Line
from entrepot.identity.types import AddressDraft

STEPS = ("basket", "address", "quote", "place", "pay", "order page")
NEW_ADDRESS_EVERY = 4  # of so many checkouts one types an address, the others go to one that is kept
LOOK_AGAIN_S, LOOKS_MAX = 0.05, 400
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
_HIDDEN = re.compile(rb'<input type="hidden" name="(\w+)" value="([^"]*)">')
_COOKIE = re.compile(rb"^set-cookie: *([^=]+)=([^;\r]*)", re.IGNORECASE | re.MULTILINE)
_LOCATION = re.compile(rb"^location: *([^\r]+)", re.IGNORECASE | re.MULTILINE)
_PAID = re.compile(rb"<dd>paid</dd>")
_ADDRESS = re.compile(rb'name="address" value="([0-9a-f-]{36})"')


@dataclass(frozen=True, slots=True)
class Person:
    """Who buys, with what they show: a key as a program, a session as a browser."""

    secret: str
    session: str
    real_name_id: UUID
    skus: Sequence[tuple[str, UUID]]  # code and id
    product: str  # slug of the first


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the processes of the house answer: orders of programs go to the intake, as a proxy sends them."""

    web: str
    intake: str
    sandbox: str


@dataclass(slots=True)
class Checkout:
    """What a customer was told: the order's number and total, whether it is paid, and what went wrong, if anything."""

    number: str = ""
    total: str = ""
    paid: bool = False
    wrong: str = ""
    steps_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.steps_ms[name] = self.steps_ms.get(name, 0.0) + 1e3 * (time.perf_counter() - began)


class WentWrong(Exception):
    """An answer that a customer cannot go on from."""


class Customer:
    """Somebody at the till: connections that are kept, and one checkout after the other."""

    def __init__(self, doors: Doors, address: AddressDraft) -> None:
        self._address = {name: value for name, value in asdict(address).items() if name != "country"}
        self._web, self._intake, self._sandbox = (Line(one) for one in (doors.web, doors.intake, doors.sandbox))

    async def buy(self, person: Person, turn: int) -> Checkout:
        done = Checkout()
        try:
            await self._walk(done, person, turn % NEW_ADDRESS_EVERY == 0)
        except (WentWrong, OSError, EOFError) as wrong:
            done.wrong = str(wrong) or type(wrong).__name__
        return done

    async def leave(self) -> None:
        for line in (self._web, self._intake, self._sandbox):
            await line.__aexit__()

    async def _walk(self, done: Checkout, person: Person, anew: bool) -> None:
        raise NotImplementedError

    async def _at_the_cashier(self, address: str) -> str:
        """Look at the provider's page and confirm; where it sends the buyer back to."""
        path = urlsplit(address).path
        await _asked(self._sandbox, "GET", path, "")
        head, _ = await _asked(self._sandbox, "POST", path, FORM, b"action=pay&wallet=own", expected=303)
        return _location(head)


class Program(Customer):
    """A shop's own application: JSON and an access key."""

    async def _walk(self, done: Checkout, person: Person, anew: bool) -> None:
        me = f"Authorization: Bearer {person.secret}\r\n"
        with done.step("basket"):
            for code, _ in person.skus:
                minimal = f"{me}Prefer: return=minimal\r\n"
                await self._json(self._web, "PUT", f"/basket/lines/{code}", minimal, {"quantity": 1}, expected=204)
        with done.step("address"):
            if anew:
                kept = await self._json(self._web, "POST", "/addresses", me, self._address, expected=201)
            else:
                kept = (await self._json(self._web, "GET", "/addresses", me))[-1]
        with done.step("quote"):
            quote = (await self._json(self._web, "GET", "/basket", me))["quote"]
        wish = {
            "address_id": kept["id"],
            "real_name_id": str(person.real_name_id),
            "notice_accepted": True,
            "expected_total": quote["total"],
        }
        with done.step("place"):
            placed = await self._json(self._intake, "POST", "/orders", me, wish, expected=201)
        done.number, done.total = placed["number"], placed["total"]
        with done.step("pay"):
            redirect = (await self._json(self._web, "POST", f"/orders/{done.number}/payment", me, {}))["redirect"]
            await self._at_the_cashier(redirect)
        with done.step("order page"):
            for _ in range(LOOKS_MAX):
                order = await self._json(self._web, "GET", f"/orders/{done.number}", me)
                done.paid = order["state"] != "placed" and order["payment"]["state"] == "captured"
                if done.paid:
                    return
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _json(
        self, line: Line, method: str, path: str, me: str, body: object = None, *, expected: int = 200
    ) -> Any:
        head = f"{me}{JSON}Accept-Language: en\r\nIdempotency-Key: {uuid4()}\r\n" if method != "GET" else me
        content = b"" if body is None else json.dumps(body).encode()
        _, answer = await _asked(line, method, f"/api/v1{path}", head, content, expected=expected)
        return json.loads(answer) if answer else None


class Browser(Customer):
    """A person at the pages: every page that is seen on the way is loaded, without what browsers keep of it."""

    def __init__(self, doors: Doors, address: AddressDraft) -> None:
        super().__init__(doors, address)
        self._cookies: dict[str, str] = {}

    async def _walk(self, done: Checkout, person: Person, anew: bool) -> None:
        self._cookies = {"sessionid": person.session}
        with done.step("basket"):
            page = await self._page(f"/en/p/{person.product}/")
            for _, sku_id in person.skus:
                put = {"csrfmiddlewaretoken": _token(page), "sku": sku_id, "quantity": 1, "mode": "add"}
                await self._send("/en/basket/put/", put)
        with done.step("quote"):
            await self._page("/en/basket/")
        with done.step("address"):
            page = await self._page("/en/checkout/")
        wish = {name.decode(): value.decode() for name, value in _HIDDEN.findall(page)}
        wish |= {"real_name": person.real_name_id, "notice": "on", "provider": "sandbox"}
        wish |= {"address": "new", **self._address} if anew else {"address": _kept(page)}
        with done.step("place"):
            cashier = await self._send("/en/checkout/", {name: value for name, value in wish.items() if value})
        if "/cashier/" not in cashier:
            raise WentWrong(f"the checkout led to {cashier}")
        with done.step("pay"):
            back = urlsplit(await self._at_the_cashier(cashier)).path
        done.number = back.rstrip("/").split("/")[-2]
        with done.step("order page"):
            path = urlsplit(await self._redirected("GET", back, "")).path
            for _ in range(LOOKS_MAX):
                done.paid = _PAID.search(await self._page(path)) is not None
                if done.paid:
                    return
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _page(self, path: str) -> bytes:
        head, body = await _asked(self._web, "GET", path, self._cookie())
        self._keep(head)
        return body

    async def _send(self, path: str, fields: Mapping[str, object]) -> str:
        """Post a form; where it leads."""
        return await self._redirected("POST", path, FORM, urlencode(fields).encode())

    async def _redirected(self, method: str, path: str, headers: str, body: bytes = b"") -> str:
        head, _ = await _asked(self._web, method, path, headers + self._cookie(), body, expected=302)
        self._keep(head)
        return _location(head)

    def _cookie(self) -> str:
        return f"Cookie: {'; '.join(f'{name}={value}' for name, value in self._cookies.items())}\r\n"

    def _keep(self, head: bytes) -> None:
        self._cookies.update((name.decode(), value.decode()) for name, value in _COOKIE.findall(head))


async def _asked(
    line: Line, method: str, path: str, headers: str, body: bytes = b"", *, expected: int = 200
) -> tuple[bytes, bytes]:
    status, head, content = await line.ask(method, path, headers, body)
    if status != expected:
        raise WentWrong(f"{method} {path} answered {status}: {content[:300].decode(errors='replace')}")
    return head, content


def _location(head: bytes) -> str:
    found = _LOCATION.search(head)
    if found is None:
        raise WentWrong("a redirect without an address")
    return found[1].decode()


def _token(page: bytes) -> str:
    found = _TOKEN.search(page)
    if found is None:
        raise WentWrong("a page without its form")
    return found[1].decode()


def _kept(page: bytes) -> str:
    found = _ADDRESS.search(page)
    if found is None:
        raise WentWrong("no address is kept")
    return found[1].decode()


@dataclass(slots=True)
class Rush:
    """What all customers of a run were told, and how long it took until the last was done."""

    checkouts: list[Checkout]
    seconds: float


async def rush(customers: Sequence[Customer], people: deque[Person], seconds: float, *, checkouts: int = 0) -> Rush:
    """Let each customer check out for one person after the other until the time is over, and there were so many
    checkouts; nobody is there twice."""
    began, done, turns = time.perf_counter(), list[Checkout](), iter(range(10**9))

    async def shop(customer: Customer) -> None:
        while (turn := next(turns)) < checkouts or time.perf_counter() - began < seconds:
            person = people.popleft()
            done.append(await customer.buy(person, turn))
            people.append(person)
        await customer.leave()

    await asyncio.gather(*map(shop, customers))
    return Rush(done, time.perf_counter() - began)
