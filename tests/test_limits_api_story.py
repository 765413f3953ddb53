"""What a buyer may choose about a parcel that customs stopped at a limit, over the API: as on the order's page, for its
buyer only, once per key."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.checkout.types import Way
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Scope
from entrepot.kit.ids import new_id
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.web.rest.tests.document import document, faults
from entrepot.web.rest.tests.makers import Caller, refused
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_general_trade_story import cleared, dutied, on_top
from tests.test_limits_story import OwnPerson, asked, over_annual, over_single, refunded, state
from tests.test_limits_story import story as limited

pytestmark = pytest.mark.django_db
__all__ = ["dutied", "limited"]


def told(answer: Any, method: str, of: str = "") -> Any:
    assert answer.status_code == 200, answer.content
    schema = document()["paths"][f"/api/v1/orders/{{number}}/limits{of}"][method]["responses"]["200"]["content"]
    assert faults(answer.json(), schema["application/json"]["schema"]) == []
    return answer.json()


def listed(caller: Caller, order: Order) -> dict[str, Any]:
    (case,) = told(caller.get(f"/orders/{order.number}/limits"), "get")["items"]
    return dict(case)


def ways(case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["way"]: one for one in case["ways"]}


def test_an_order_in_parts_is_offered_and_chosen(limited: OwnPerson) -> None:
    order, caller = over_single(limited), Caller(limited.who.buyer_id)
    case = listed(caller, order)
    assert (case["code"], case["parcel"], case["choice"]) == ("-621005", order.parcels[0].number, "")
    offered = ways(case)
    assert [[line["sku"] for line in part] for part in offered["split"]["parts"]] == [["coat-M"], ["bag-M"]] or [
        ["bag-M"], ["coat-M"],
    ]  # fmt: skip
    assert "wait" not in offered
    path, keyed = f"/orders/{order.number}/limits", {"Idempotency-Key": "one-choice-of-mine"}
    body = {"case": case["case"], "way": "split"}
    first = told(caller.post(path, body, **keyed), "post")
    assert (first["choice"], first["ways"]) == ("split", [])
    again = caller.post(path, body, **keyed)
    assert (again.headers["Idempotency-Replayed"], again.json()) == ("true", first)
    assert told(caller.post(path, body), "post")["choice"] == "split"  # another key: nothing more happens
    refused(caller.post(path, {**body, "way": "refund"}), 409, "already_chosen")
    refused(caller.post(path, {**body, "way": "wait"}, **keyed), 422, "idempotency_key_reused", "Idempotency-Key")
    limited.clear()
    assert state(order) == (OrderState.CANCELLED, ParcelState.CANCELLED)
    assert refunded(order) == order.total_minor
    assert listed(caller, order)["outcome"] == "refunded"


def test_general_trade_is_chosen_paid_and_released(dutied: OwnPerson) -> None:
    order, caller = over_annual(dutied), Caller(dutied.who.buyer_id)
    path, case = f"/orders/{order.number}/limits", listed(caller, order)
    body = {"case": case["case"]}
    general = ways(case)["general"]
    refused(caller.post(f"{path}/payment", body), 404, "not_found")  # nothing is to be paid yet
    chosen = told(caller.post(path, {**body, "way": "general"}), "post")
    assert (chosen["to_pay"], chosen["difference"], list(ways(chosen))) == (True, general["difference"], ["refund"])
    pay = [told(caller.post(f"{path}/payment", body), "post", "/payment")["redirect"] for _ in range(2)]
    assert pay[0] == pay[1]
    dutied.port.pay(pay[0])
    dutied.hear("pay")
    dutied.clear()
    assert asked(order).to_declare
    assert (listed(caller, order)["to_pay"], listed(caller, order)["ways"]) == (False, [])
    refused(caller.post(path, {**body, "way": "refund"}), 409, "already_chosen")
    cleared(order)
    dutied.clear()
    assert listed(caller, order)["outcome"] == "general"
    assert on_top(order).amount_minor > 0


def test_who_waits_may_have_the_money_back(limited: OwnPerson) -> None:
    order, caller = over_annual(limited), Caller(limited.who.buyer_id)
    path, case = f"/orders/{order.number}/limits", listed(caller, order)
    assert ways(case)["wait"]["until"]
    waiting = told(caller.post(path, {"case": case["case"], "way": "wait"}), "post")
    assert (waiting["choice"], list(ways(waiting))) == ("wait", [Way.REFUND.value])
    told(caller.post(path, {"case": case["case"], "way": "refund"}), "post")
    limited.clear()
    assert refunded(order) == order.total_minor


def test_it_is_its_buyers_to_choose_and_nobody_elses(limited: OwnPerson) -> None:
    order, stranger = over_annual(limited), Caller(people.buyer())
    path, body = f"/orders/{order.number}/limits", {"case": str(asked(order).id), "way": "refund"}
    refused(stranger.get(path), 404, "not_found")
    refused(stranger.post(path, body), 404, "not_found")
    refused(stranger.post(f"{path}/payment", {"case": body["case"]}), 404, "not_found")
    refused(Caller().post(path, body), 401, "must_log_in")
    mine = Caller(limited.who.buyer_id)
    refused(mine.post(path, {**body, "case": str(new_id())}), 404, "no_limit_case", "case")
    refused(mine.post(path, {**body, "way": "smuggle"}), 422, "invalid_request", "way")
    refused(mine.post(path, {**body, "case": "x"}), 422, "invalid_request", "case")
    refused(mine.post(path, {**body, "way": "general"}), 409, "way_closed")  # the books have no duty for it
    reader = Caller()
    reader.headers["Authorization"] = f"Bearer {people.key(limited.who.buyer_id, scopes=[Scope.ORDERS_READ])}"
    assert reader.get(path).status_code == 200
    assert reader.post(path, body).status_code == 403
    assert asked(order).unanswered
