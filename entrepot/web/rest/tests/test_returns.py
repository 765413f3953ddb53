"""Returns over the API: once per key, for their owner, within what may go back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from entrepot.identity.tests import makers as people
from entrepot.kit.clock import now
from entrepot.returns.tests import makers
from entrepot.web.rest.tests.document import document, faults
from entrepot.web.rest.tests.makers import Caller, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def of() -> makers.Bought:
    return makers.bought(2, 3, released_at=now() - timedelta(days=2), buyer_id=people.buyer())


def wanted(of: makers.Bought, **changes: Any) -> dict[str, Any]:
    lines = [{"sku": "TIN-1", "quantity": 1}, {"sku": "TIN-2", "quantity": 2}]
    return {"parcel": of.parcel.number, "lines": lines, "reason": "unwanted", **changes}


def told(answer: Any, method: str, status: int) -> Any:
    assert answer.status_code == status, answer.content
    entry = document()["paths"]["/api/v1/orders/{number}/returns"][method]
    assert faults(answer.json(), entry["responses"][str(status)]["content"]["application/json"]["schema"]) == []
    return answer.json()


def test_a_return_is_asked_for_once_and_listed(of: makers.Bought) -> None:
    caller, path = Caller(of.order.buyer_id), f"/orders/{of.order.number}/returns"
    keyed = {"Idempotency-Key": "a-key-of-mine"}
    first = told(caller.post(path, wanted(of), **keyed), "post", 201)
    again = caller.post(path, wanted(of), **keyed)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first
    assert (first["state"], [line["quantity"] for line in first["lines"]]) == ("applied", [1, 2])
    assert told(caller.get(path), "get", 200) == {"items": [first]}
    refused(caller.post(path, wanted(of, note="other"), **keyed), 422, "idempotency_key_reused", "Idempotency-Key")


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"lines": [{"sku": "TIN-1", "quantity": 3}]}, 409, "more_than_left", "lines"),
        ({"lines": [{"sku": "TIN-1", "quantity": 1}] * 3}, 409, "more_than_left", "lines"),
        ({"lines": [{"sku": "TIN-9", "quantity": 1}]}, 422, "not_in_parcel", "lines.0.sku"),
        ({"lines": []}, 422, "invalid_request", "lines"),
        ({"reason": "because"}, 422, "invalid_request", "reason"),
        ({"reason": "recalled"}, 409, "not_recalled", "reason"),
        ({"parcel": "nothing"}, 404, "not_found", "parcel"),
    ],
)
def test_what_cannot_be_asked(of: makers.Bought, changes: Any, status: int, code: str, field: str) -> None:
    answer = Caller(of.order.buyer_id).post(f"/orders/{of.order.number}/returns", wanted(of, **changes))
    refused(answer, status, code, field)


def test_returns_of_others_are_not_found(of: makers.Bought) -> None:
    stranger, path = Caller(people.buyer()), f"/orders/{of.order.number}/returns"
    refused(stranger.get(path), 404, "not_found")
    refused(stranger.post(path, wanted(of)), 404, "not_found")


def test_the_time_to_ask_ends() -> None:
    of = makers.bought(2, 3, released_at=now() - timedelta(days=31), buyer_id=people.buyer())
    answer = Caller(of.order.buyer_id).post(f"/orders/{of.order.number}/returns", wanted(of))
    refused(answer, 409, "return_too_late")
