"""Lives of orders, lived through the verbs of the house with the sandbox as the world outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.test import Client, override_settings

from entrepot.checkout import services as checkout
from entrepot.checkout.types import Placed, PlaceRequest
from entrepot.customs import services as customs
from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.outbox.testing import drain
from tests.sandboxed import Sandbox, started


class Outside:
    """Payment provider, customs port and carrier, who speak when they are told to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._client = Client(SERVER_NAME="127.0.0.1")

    def hear(self, party: str) -> int:
        said = self._sandbox.deliver(self._client, self._sandbox.collect(party))
        if any(status != 204 for status in said):
            raise RuntimeError(f"{party} was not understood: {said}")
        return len(said)

    def pay(self, placed: Placed, request: PlaceRequest) -> None:
        cashier = checkout.open_payment(
            order_id=placed.order_id,
            buyer_id=request.buyer_id,
            reader=f"person:{request.buyer_id}",
            return_url=settings.PUBLIC_URL,
            notify_url=f"{settings.PUBLIC_URL}/callbacks/payments/{{provider}}",
            now=clock.now(),
        )
        self._sandbox.pay(cashier)
        self.hear("pay")


@contextmanager
def outside() -> Iterator[Outside]:
    """Until the block ends."""
    with started() as sandbox:
        state = sandbox.state
        addresses = {f"{party}_URL": f"{sandbox.url}/{party.lower()}" for party in ("CARRIER", "CUSTOMS")}
        files = {
            "CUSTOMS_KEY_FILE": str(state / "our-customs.pem"),
            "CUSTOMS_PORT_CERTIFICATE_FILE": str(state / "customs-port.pem"),
        }
        with override_settings(
            SANDBOX_URL=sandbox.url, PAYMENT_URL=f"{sandbox.url}/pay", ALLOWED_HOSTS=["127.0.0.1"], **addresses, **files
        ):
            sandbox.rest()
            customs.set_up(now=clock.now())
            sandbox.control("customs", pace_s=0, together=False)
            yield Outside(sandbox)


def unpaid(request: PlaceRequest, _: Outside) -> Placed:
    """Placed, and nothing more."""
    return checkout.place(request=replace(request, idempotency_key=str(new_id())), now=clock.now())


def expired(request: PlaceRequest, world: Outside) -> Placed:
    """Placed and never paid: its time is over, its goods are free again."""
    placed = unpaid(request, world)
    later = clock.now() + timedelta(hours=2)
    if not checkout.expire(order_id=placed.order_id, buyer_id=request.buyer_id, now=later):
        raise RuntimeError("the order did not expire")
    return placed


def delivered(request: PlaceRequest, world: Outside) -> Placed:
    """Placed, paid, declared, released, shipped and delivered."""
    placed = unpaid(request, world)
    world.pay(placed, request)
    while drain() + world.hear("customs"):
        pass
    world.hear("carrier")
    drain()
    order = orders.order(order_id=placed.order_id, buyer_id=request.buyer_id)
    if order is None or order.state != "delivered":
        raise RuntimeError(f"the order ended as {order and order.state}")
    return placed
