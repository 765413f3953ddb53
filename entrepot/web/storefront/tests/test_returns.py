"""A buyer returns goods: the button, the form, the page; nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.returns import selectors, services
from entrepot.returns.tests import makers
from entrepot.returns.types import Amounts, CustomsAnswer, Decision, NoReturn, Return, ReturnState
from entrepot.web.storefront.tests.makers import Buyer, Shop, buyer

pytestmark = pytest.mark.django_db


@pytest.fixture
def who(shop: Shop) -> Buyer:
    return buyer()


def bought(who: Buyer, *units: int, days_ago: int = 3, **changes: Any) -> makers.Bought:
    return makers.bought(*units, released_at=now() - timedelta(days=days_ago), buyer_id=who.id, **changes)


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def asked(who: Buyer, of: makers.Bought, **fields: Any) -> Any:
    data = {"units-1": "1", "reason": "unwanted", "note": "", "key": str(new_id()), **fields}
    return who.client.post(f"/en/orders/{of.order.number}/return/?parcel=1", data)


def only(of: makers.Bought) -> Return:
    (found,) = selectors.of_order(order_id=of.order.id, buyer_id=of.order.buyer_id)
    return found


def told(who: Buyer, found: Return) -> str:
    return page(who.client, f"/en/returns/{found.number}/")


def test_a_released_parcel_offers_a_return_until_its_day(who: Buyer) -> None:
    of = bought(who, 2)
    shown = page(who.client, f"/en/orders/{of.order.number}/")
    assert f"/en/orders/{of.order.number}/return/?parcel=1" in shown
    old = bought(who, 1, days_ago=31)
    assert "/return/?parcel" not in page(who.client, f"/en/orders/{old.order.number}/")
    assert "Nothing of this parcel can be returned" in page(who.client, f"/en/orders/{old.order.number}/return/")


def test_the_tax_is_promised_only_where_customs_accepts(who: Buyer) -> None:
    """It refuses some returns: then the price goes back alone."""
    of = bought(who, 2)
    form = page(who.client, f"/en/orders/{of.order.number}/return/?parcel=1")
    assert "Price and import tax go back for what arrives" not in form
    assert "where that is in time and customs accepts the return" in form
    asked(who, of)
    assert "can be sold again, and customs accepts the return" in told(who, only(of))


def test_a_return_is_asked_for_and_followed_to_the_refund(who: Buyer) -> None:
    of = bought(who, 2, 3)
    answer = asked(who, of, **{"units-2": "2", "note": "too small"})
    found = only(of)
    assert answer.status_code == 302
    assert answer["Location"] == f"/en/returns/{found.number}/"
    assert [line.quantity for line in found.lines] == [1, 2]
    shown = told(who, found)
    assert "We are looking at it" in shown
    assert "too small" in shown
    assert "¥321.23" in shown  # what would come back: three at 100.00, and their share of the tax
    assert found.number in page(who.client, f"/orders/{of.order.number}/")
    services.approve(who=of.clerk(found), now=now())
    shown = told(who, found)
    assert "Please send the goods back" in shown
    assert "Warehouse W" in shown
    act = f"/en/returns/{found.number}/act/"
    who.client.post(act, {"act": "sent", "tracking": "SF123"})
    assert "On the way back" in told(who, found)
    assert "Keep the goods" not in told(who, found)
    services.hear_customs(return_id=found.id, buyer_id=who.id, answer=CustomsAnswer.ACCEPTED, code="399", now=now())
    assert "Customs accepts the return" in told(who, found)
    makers.arrive(of, found, (1, 0), (1, 1), now=now())
    shown = told(who, found)
    assert "The goods have arrived" in shown
    assert "¥0.00" not in shown  # nothing was refunded yet, and it is not said
    given = services.complete(who=of.clerk(found), decision=Decision(), now=now())
    assert given == Amounts(20_000, 0, 910 + 607)
    shown = told(who, found)
    assert "¥215.17 goes back the way you paid" in shown
    assert "1 cannot be sold again" in shown


def test_a_form_that_cannot_be_right_says_where(who: Buyer) -> None:
    of = bought(who, 2)
    for fields, said in (
        ({"units-1": "3"}, "Enter a whole number from 0 to 2."),
        ({"units-1": "x"}, "Enter a whole number from 0 to 2."),
        ({"units-1": "0"}, "Choose what to return"),
        ({"reason": ""}, "Say why you send it back."),
        ({"key": "x"}, "Please load the page again."),
    ):
        answer = asked(who, of, **fields)
        assert answer.status_code == 200
        assert said in answer.content.decode()
    assert selectors.of_order(order_id=of.order.id, buyer_id=who.id) == []


def test_a_form_sent_twice_is_one_return(who: Buyer) -> None:
    of = bought(who, 2)
    key = str(new_id())
    assert [asked(who, of, key=key).status_code for _ in range(2)] == [302, 302]
    assert only(of).units == 1
    shown = page(who.client, f"/en/orders/{of.order.number}/return/")
    assert "1 may still go back" in shown


def test_a_return_is_withdrawn_before_it_is_sent(who: Buyer) -> None:
    of = bought(who, 1)
    asked(who, of)
    found = only(of)
    who.client.post(f"/en/returns/{found.number}/act/", {"act": "withdraw"})
    assert "You kept the goods" in told(who, found)
    answer = who.client.post(f"/en/returns/{found.number}/act/", {"act": "sent", "tracking": "SF1"}, follow=True)
    assert "look again first" in answer.content.decode()


def test_a_refusal_is_told_in_words(who: Buyer) -> None:
    of = bought(who, 1)
    asked(who, of)
    found = only(of)
    services.refuse(who=of.clerk(found), why=NoReturn.OPENED, note="Seal broken", now=now())
    assert "it cannot be sold again" in told(who, found)
    assert "Seal broken" in told(who, found)
    assert "影响再次销售" in page(who.client, f"/returns/{found.number}/")


def test_goods_that_are_late_are_told_so(who: Buyer) -> None:
    of = bought(who, 1)
    asked(who, of)
    found = only(of)
    services.approve(who=of.clerk(found), now=now())
    assert services.lapse(now=now() + timedelta(days=60)) == 1
    assert makers.read(found).state is ReturnState.LAPSED
    assert "Not back in time" in told(who, found)


def test_returns_of_others_and_parcels_that_are_not_there_are_not_found(who: Buyer) -> None:
    of = bought(who, 1)
    found = makers.applied(of, now=now())
    stranger = buyer()
    for path in (f"/returns/{found.number}/", f"/orders/{of.order.number}/return/"):
        page(stranger.client, path, 404)
    for parcel in ("2", "0", "x", "999"):
        page(who.client, f"/orders/{of.order.number}/return/?parcel={parcel}", 404)
    assert stranger.client.post(f"/returns/{found.number}/act/", {"act": "withdraw"}).status_code == 404
