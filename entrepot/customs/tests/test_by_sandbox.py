"""The sandbox's wallet declares by himself: it sends the payment document to the sandbox's port under its own name."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from entrepot.customs import selectors, services
from entrepot.customs.tests.makers import answered, declared, parcel, seen
from entrepot.customs.types import DeclarationState
from entrepot.kit import clock
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.tests.makers import unpaid
from entrepot.payments.types import ShareState
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet(settings: Any, customs_port: Sandbox) -> Sandbox:
    settings.PAYMENT_DECLARER, settings.PAYMENT_PLACES = "sandbox", {"*": "SANDBOX"}
    return customs_port


def post(messages: list[dict[str, Any]]) -> list[int]:
    """Send what the wallet or the port would have sent to another party of the sandbox."""
    found = []
    for message in messages:
        headers = {name: value for name, value in message["headers"].items() if name.lower() != "content-length"}
        found.append(
            httpx.post(message["url"], content=message["body"].encode(), headers=headers, trust_env=False).status_code
        )
    return found


def paid_there(wallet: Sandbox, ready: Any) -> None:
    """The wallet has this very payment, paid: the makers' payment is made known to it under its id."""
    payment = payments.payment(order_id=ready.order_id, buyer_id=ready.buyer_id)
    assert payment is not None
    wallet.control("pay", auto_capture=True)
    unpaid(payment.id)
    payment_verbs.open(
        payment_id=payment.id, buyer_id=ready.buyer_id, return_url="http://x/", notify_url="http://x/",
        payer=("张三丰", "11010519491231002X"), now=clock.now(),
    )  # fmt: skip
    payment_verbs.query(payment_id=payment.id, buyer_id=ready.buyer_id, now=clock.now())
    wallet.collect("pay")


def test_the_wallet_tells_the_port_and_us(wallet: Sandbox) -> None:
    ready = parcel()
    paid_there(wallet, ready)
    one = declared(ready)
    assert one.state is DeclarationState.MATCHING
    sent = wallet.collect("pay")
    assert [message["kind"] for message in sent] == ["introduction", "declaration"]
    assert post(sent) == [200, 200]
    port_says = wallet.collect("customs")
    for_wallet = [message for message in port_says if "/pay/" in message["url"]]
    assert for_wallet and set(post(for_wallet)) == {200}
    for message in port_says:
        if message not in for_wallet:
            services.take_receipt(body=message["body"].encode(), headers=message["headers"], now=clock.now())
    assert services.ask_provider(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    assert one.provider_payment is not None
    [share] = payments.declared_shares(payment_id=one.provider_payment, buyer_id=one.buyer_id)
    assert share.state is ShareState.DONE and share.words.startswith("120")
    assert services.send_list(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    while answered(wallet):
        pass
    assert seen(ready).state is DeclarationState.RELEASED


def test_what_the_wallet_does_not_know_it_refuses(wallet: Sandbox) -> None:
    ready = parcel()  # paid somewhere else
    one = declared(ready)
    assert one.state is DeclarationState.HELD
    [difference] = one.differences
    assert difference.rule == "payment_declaration" and "payment_not_exist" in difference.left
    paid_there(wallet, ready)
    services.redeclare(declaration_id=one.id, buyer_id=one.buyer_id, actor="clerk", now=clock.now())
    services.send(declaration_id=one.id, buyer_id=one.buyer_id, now=clock.now())
    found = selectors.declaration(declaration_id=one.id, buyer_id=one.buyer_id)
    assert found is not None and found.state is DeclarationState.MATCHING


@pytest.mark.parametrize("fault", ["down", "http_500", "wrong_answer"])
def test_an_answer_that_is_none_is_asked_for_again(wallet: Sandbox, fault: str) -> None:
    ready = parcel()
    paid_there(wallet, ready)
    wallet.control("pay", next=[fault])
    with pytest.raises(payment_verbs.DeclarerSilent):
        services.declare(**ready.key, now=clock.now())
    assert declared(ready).state is DeclarationState.MATCHING
    assert [message["kind"] for message in wallet.collect("pay")] == ["introduction", "declaration"]
