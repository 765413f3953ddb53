"""The customers of `bench.checkout` get from basket to paid order, and its judge sees what is wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from bench import checkout, customers, fill, shoppers
from bench.customers import STEPS, Checkout, Doors, Person
from entrepot.checkout.types import PlaceRequest
from entrepot.kit import clock
from entrepot.kit.kept import forget_all
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

PRODUCTS = 60


@pytest.fixture
def doors(transactional_db: None, live_server: LiveServer, customs_port: Sandbox, settings: Any) -> Iterator[Doors]:  # noqa: F811
    """The shop answers on a port, and the provider tells it by itself what was paid."""
    settings.PUBLIC_URL = live_server.url
    customs_port.control("pay", hold=False)
    yield Doors(live_server.url, live_server.url, customs_port.url)
    customs_port.rest()
    forget_all()


def people() -> deque[Person]:
    requests: list[PlaceRequest] = shoppers.orders(3, PRODUCTS, 1_000, 100, clock.now())
    carts = [replace(one, wishes=one.wishes[:2]) for one in requests if one.wishes]
    fill.show(fill.fill(PRODUCTS, clock.now()), clock.now())
    found = deque(checkout.persons(carts))
    connection.close()
    return found


def test_whole_checkouts_of_both_forms_and_what_the_books_say_of_them(doors: Doors) -> None:
    since, everyone, told = clock.now(), people(), list[Checkout]()
    for kind in checkout.FORMS.values():
        run = asyncio.run(customers.rush([kind(doors, shoppers.ADDRESS) for _ in range(2)], everyone, 0.0, checkouts=5))
        assert [(one.wrong, one.paid) for one in run.checkouts] == [("", True)] * 5
        assert all(set(one.steps_ms) == set(STEPS) for one in run.checkouts)
        told += run.checkouts
    assert len({one.number for one in told}) == 10
    assert checkout.judged(told, since=since) == []
    dreamt = Checkout(number="KL-DREAMT", paid=True)
    for claimed, wrong in (
        ([*told, dreamt], ["told, not stored: 1, first KL-DREAMT", "told paid, not paid: 1, first KL-DREAMT"]),
        ([*told, told[0]], [f"numbers told twice: 1, first {told[0].number}"]),
        ([replace(told[0], total="0.01"), *told[1:]], [f"another sum taken: 1, first {told[0].number}"]),
    ):
        assert checkout.judged(claimed, since=since) == wrong
