"""What `make bench` asks for is there, in the budget of statements, and its own client measures."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import browse, fill, load, shoppers
from entrepot.checkout import services as checkout
from entrepot.checkout.types import Placed
from entrepot.kit import clock
from entrepot.kit.kept import forget_all

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PRODUCTS = 60
COLD_STATEMENTS_MAX = 16  # the first time in a process, before it keeps anything


@pytest.mark.django_db
def test_every_address_is_there_and_takes_few_statements(client: Client) -> None:
    fill.show(fill.fill(PRODUCTS, NOW), NOW)
    for page in browse._pages(PRODUCTS):
        for _, paths, _ in page.forms:
            path = next(path for path in paths if "page=" not in path or "page=1" in path)
            forget_all()
            with CaptureQueriesContext(connection) as cold:
                assert page.ask(client, path).status_code == 200, path
            assert len(cold) <= COLD_STATEMENTS_MAX, path
            with CaptureQueriesContext(connection) as statements:
                page.ask(client, path)
            assert len(statements) <= browse.STATEMENTS_MAX, path
    forget_all()


def test_filling_again_changes_nothing(db: None) -> None:
    first = fill.fill(PRODUCTS, NOW)
    assert fill.fill(PRODUCTS, NOW) == first
    fill.show(first, NOW)
    assert fill.show(first, NOW).changed == 0


@pytest.mark.django_db
def test_the_shoppers_can_order_and_what_they_agreed_to_can_be_written_again() -> None:
    requests = [replace(one, idempotency_key="k") for one in shoppers.orders(2, PRODUCTS, 1_000, 100, clock.now())]
    assert isinstance(checkout.place(request=requests[0], now=clock.now()), Placed)
    agreed = checkout.agree(request=requests[1], now=clock.now())
    batch = [shoppers.again(agreed, clock.now()) for _ in range(3)]
    assert all(isinstance(answer, Placed) for answer in checkout.place_many(batch=batch).values())


@pytest.mark.parametrize("body", ["", "{}"])
def test_the_built_in_client_counts_answers_and_failures(body: str) -> None:
    async def measured() -> load.Result:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readline():
                rest = await reader.readuntil(b"\r\n\r\n")
                posted = head.startswith(b"POST") and await reader.readexactly(int(rest.split(b"Length: ")[1])) == b"{}"
                status = b"200 OK" if b"/fine" in head and posted is bool(body) else b"404 Not Found"
                writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nhi")

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await load._ask(f"http://127.0.0.1:{port}", ["/fine", "/missing"], 2, 1, body)

    result = asyncio.run(measured())
    assert 0 < result.p50_ms <= result.p95_ms <= result.p99_ms
    assert 0 < result.failed < result.per_s
