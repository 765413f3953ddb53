"""Messages from outside parties arrive at their addresses; what is not theirs is turned away and leaves no trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.kit import clock, signatures
from entrepot.kit.ids import new_id
from entrepot.payments import selectors as payments
from entrepot.payments.tests.makers import intent, opened
from entrepot.payments.types import PaymentState
from entrepot.web.rest.callbacks import body_bytes_max
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
PAY = "/callbacks/payments/sandbox"
CARRIER = "/callbacks/carriers/sandbox"


def post(client: Client, address: str, body: bytes, secret: str | None = None, **headers: str) -> Any:
    if secret is not None:
        headers[signatures.HEADER] = signatures.signature(secret=secret, body=body, at=clock.now())
    return client.post(address, data=body, content_type="application/json", headers=headers)


def test_a_notice_is_taken_once_and_repeats_are_welcome(client: Client, sandbox: Sandbox) -> None:  # noqa: F811
    made = intent(500)
    payment_id, buyer_id, address = opened(made)
    sandbox.pay(address)
    messages = sandbox.collect("pay")
    assert sandbox.deliver(client, messages * 3) == [204, 204, 204]
    payment = payments.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert payment is not None and payment.state is PaymentState.CAPTURED
    assert [raw.kind for raw in payments.raw_exchange(payment_id=payment_id, buyer_id=buyer_id)] == ["create", "notice"]


@pytest.mark.parametrize("address", [PAY, CARRIER])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_nobody_signed_is_refused_by_name(client: Client, address: str, language: str) -> None:
    with CaptureQueriesContext(connection) as told:
        for secret in (None, "guessed"):
            answer = post(client, address, b"{}", secret, **{"Accept-Language": language})
            assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == ("forged_notice" if address == PAY else "forged_scan")
            assert answer.json()["title"].isascii() == (language == "en")
    assert not told.captured_queries  # turned away before the database hears of it


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"type":"payment.captured"}', b'{"type":7,"data":{}}', b"1" * 5000]
    + [b"[" * 100_000, "{}".encode("utf-16"), b'{"type":"refund.done","data":{"request_id":"\\ud800"}}'],
)
@pytest.mark.parametrize("address", [PAY, CARRIER])
def test_signed_nonsense_is_refused(client: Client, address: str, body: bytes) -> None:
    secret = settings.PAYMENT_SECRET if address == PAY else settings.CARRIER_SECRET
    assert post(client, address, body, secret).status_code == 400


def test_a_signed_notice_about_a_payment_we_do_not_have(client: Client, sandbox: Sandbox) -> None:  # noqa: F811
    _, _, address = opened(intent(500))
    sandbox.pay(address)
    [message] = sandbox.collect("pay")
    content = json.loads(message["body"])
    content["data"]["request_id"] = str(new_id())
    answer = post(client, PAY, json.dumps(content).encode(), settings.PAYMENT_SECRET)
    assert answer.status_code == 404 and answer.json()["code"] == "unknown_payment"


def test_a_message_too_large(client: Client) -> None:
    answer = post(client, PAY, b"x" * (body_bytes_max + 1))
    assert answer.status_code == 413 and answer.json()["code"] == "message_too_large"


def test_only_posts_and_no_token_is_asked_for() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(PAY).status_code == 405
    assert post(strict, PAY, b"{}").status_code == 400
