"""When more people order than can be written: the API says so, with when to come back, and nobody orders twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from entrepot.checkout.services.place import intake
from entrepot.checkout.tests.makers import Shopper, shopper, world
from entrepot.identity.tests.makers import key as access_key
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders

pytestmark = pytest.mark.django_db(transaction=True)


def order(client: Client, who: Shopper, key: str) -> Any:
    body = {
        "lines": [{"sku": "coat-M", "quantity": 1}],
        "address_id": str(who.address_id),
        "real_name_id": str(who.real_name_id),
        "notice_accepted": True,
    }
    secret = access_key(who.buyer_id)
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key, "Accept-Language": "en"}
    return client.post("/api/v1/orders", json.dumps(body), content_type="application/json", headers=headers)


def test_a_full_queue_is_429_with_a_time_to_come_back_and_the_key_still_works(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world()
    who, key = shopper(), str(new_id())
    with monkeypatch.context() as full:
        full.setattr(intake, "_batch_max", 0)
        answer = order(client, who, key)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "orders_busy", "1")
    assert orders.search().orders == ()
    assert order(client, who, key).status_code == 201
    with monkeypatch.context() as full:
        full.setattr(intake, "_batch_max", 0)
        again = order(client, who, key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
