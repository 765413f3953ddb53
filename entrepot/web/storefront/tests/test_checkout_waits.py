"""The checkout page where more order than can be served at once. It commits, so it has a file of its own."""

from __future__ import annotations

import pytest

from entrepot.checkout import services as checkout
from entrepot.checkout.services.place import intake
from entrepot.web.storefront.tests.makers import buyer, open_shop
from entrepot.web.storefront.tests.test_checkout import CASHIER, fill, filled, placed, send


@pytest.mark.django_db(transaction=True)
def test_in_a_rush_the_buyer_is_told_to_wait_and_the_same_page_orders_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "open_payment", lambda **_: CASHIER)
    open_shop()
    who = buyer()
    fill(who.client)
    data = filled(who.client)
    with monkeypatch.context() as full:
        full.setattr(intake, "_batch_max", 0)
        answer = send(who.client, data)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "You will not order twice" in answer.content.decode()
    assert placed(who.id) == []
    assert send(who.client, data).status_code == 302
    assert len(placed(who.id)) == 1
