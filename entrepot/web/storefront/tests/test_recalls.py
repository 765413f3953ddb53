"""What a buyer sees of a recall, and the two ways on: sending back, or the money without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from entrepot.identity.tests import makers as people
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.recalls import selectors
from entrepot.recalls.tests.makers import recalled
from entrepot.recalls.types import Offer, Recall, Remedy
from entrepot.returns import selectors as returns
from entrepot.returns.tests.makers import Bought, bought
from entrepot.returns.types import Reason
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db


def called_back(days: int, **changes: object) -> tuple[Client, Bought, Recall]:
    """Goods released so many days ago, recalled; their buyer is logged in."""
    buyer_id = people.buyer()
    of = bought(2, buyer_id=buyer_id, released_at=now() - timedelta(days=days))
    return log_in(Client(), buyer_id), of, recalled(of, **changes)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("prefix", "title", "told"), [("", "请立即停止使用", "立即停止食用"), ("/en", "stop using this", "Stop eating")]
)
def test_the_order_and_the_account_say_it_and_it_counts_as_seen(prefix: str, title: str, told: str) -> None:
    client, of, found = called_back(3)
    assert title in page(client, f"{prefix}/account/")
    assert selectors.coverage(found=found).seen == 0
    order = page(client, f"{prefix}/orders/{of.order.number}/")
    assert title in order and told in order
    assert selectors.coverage(found=found).seen == 1


def test_in_time_the_button_leads_into_a_return_with_the_reason_of_the_recall() -> None:
    client, of, _ = called_back(3)
    assert "?parcel=1&amp;why=recalled" in page(client, f"/en/orders/{of.order.number}/")
    form = page(client, f"/en/orders/{of.order.number}/return/?parcel=1&why=recalled")
    assert 'value="recalled" checked' in form
    key = form.split('name="key" value="')[1].split('"')[0]
    answer = client.post(
        f"/en/orders/{of.order.number}/return/?parcel=1&why=recalled",
        {"key": key, "reason": "recalled", "units-1": "2"},
    )
    assert answer.status_code == 302
    (made,) = returns.of_order(order_id=of.order.id, buyer_id=of.order.buyer_id)
    assert made.reason is Reason.RECALLED
    assert "is answered" in page(client, f"/en/orders/{of.order.number}/")


def test_without_a_recall_nobody_can_give_it_as_the_reason() -> None:
    buyer_id = people.buyer()
    of = bought(1, buyer_id=buyer_id, released_at=now() - timedelta(days=1))
    form = page(log_in(Client(), buyer_id), f"/en/orders/{of.order.number}/return/?parcel=1&why=recalled")
    assert 'value="recalled"' not in form


@pytest.mark.parametrize(("days", "remedy"), [(60, Remedy.RETURN), (3, Remedy.KEEP)])
def test_too_late_or_not_to_travel_the_money_goes_back_at_once_and_once(days: int, remedy: Remedy) -> None:
    client, of, found = called_back(days, remedy=remedy)
    address = f"/en/orders/{of.order.number}/"
    assert "nothing to send" in page(client, address)
    post = {"recall": str(found.id)}
    assert "218.20 goes back" in client.post(f"{address}recall/", post, follow=True).content.decode()
    assert "None of the recalled goods is left" in client.post(f"{address}recall/", post, follow=True).content.decode()
    assert "load the page again" in client.post(f"{address}recall/", {"recall": "x"}, follow=True).content.decode()
    assert "is answered" in page(client, address)


def test_one_parcel_may_come_back_and_another_is_paid_for_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Released on other days: the time for returns of one of them is over."""
    client, of, _ = called_back(3)
    offers = selectors.offers
    late = {new_id(): Offer({new_id(): 1}, keep=True, kept=0)}
    monkeypatch.setattr(selectors, "offers", lambda **of: offers(**of) | late)
    shown = page(client, f"/en/orders/{of.order.number}/")
    assert ("why=recalled" in shown, "nothing to send" in shown) == (True, True)
