"""Customs stops a paid parcel at a limit: the forecast is corrected, the buyer is told the ways on, and each is gone.

The sandbox's port refuses by its own books: a lower limit of one purchase, or a year used up elsewhere.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client

from entrepot.basket import selectors as baskets
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as goods
from entrepot.checkout import selectors, services
from entrepot.checkout.models import LimitCase
from entrepot.checkout.services import limits
from entrepot.checkout.tests.makers import shopper, world
from entrepot.checkout.types import ANNUAL, SINGLE, LimitAsked, Way
from entrepot.customs import selectors as customs
from entrepot.customs import services as customs_verbs
from entrepot.customs.tests.receipts import port_key, receipt  # noqa: F401
from entrepot.customs.types import DeclarationState, DocumentKind, News
from entrepot.identity import selectors as people
from entrepot.identity.tests import makers as made
from entrepot.identity.tests.makers import key as access_key
from entrepot.identity.types import Role
from entrepot.kit import clock
from entrepot.kit.clock import CHINA, day_in
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.shipping.services import CarrierSilent
from entrepot.stock import selectors as stock
from entrepot.web.common.tests.makers import log_in
from tests.customs_port import customs_port  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401
from tests.test_story import Story, left

pytestmark = pytest.mark.django_db
_people = count(101, 2)


class OwnPerson(Story):
    """With an ID number of its own."""

    number: str


@pytest.fixture
def story(customs_port: Sandbox, client: Client, settings: Any) -> Iterator[OwnPerson]:  # noqa: F811
    settings.LIMIT_WAIT_DAYS_MAX = 400
    found = OwnPerson(world({"coat": 40_000, "bag": 15_000}, units=5), customs_port, client)
    found.number = made.id_number(sequence=next(_people))  # the port remembers people from one test to the next
    found.who = shopper(number=found.number)
    found.headers = {"Authorization": f"Bearer {access_key(found.who.buyer_id)}"}
    yield found
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    assert payments.discrepancies() == []


def bought(story: OwnPerson, **wishes: int) -> Order:
    number = story.order(wishes)
    story.pay(number)
    story.clear()
    return story.read(number)


def over_single(story: OwnPerson) -> Order:
    """A coat and two bags, 700.00, where customs has come to allow 500.00."""
    story.port.control("customs", single_limit="500.00")
    return bought(story, coat=1, bag=2)


def over_annual(story: OwnPerson) -> Order:
    """Somebody who bought for 25,900.00 on other platforms."""
    year = story.port.http.post("/customs/people", json={
        "id_number": story.number, "name": "张小燕", "used": "25900.00",
    })  # fmt: skip
    assert year.status_code == 200, year.text
    return bought(story, coat=1)


def asked(order: Order, now: datetime | None = None) -> LimitAsked:
    (found,) = selectors.limit_cases(order=order, now=now or clock.now()).values()
    return found


def choose(order: Order, way: Way, now: datetime | None = None) -> None:
    case = asked(order)
    at = now or clock.now()
    services.choose(case_id=case.id, buyer_id=order.buyer_id, way=way, actor="buyer", now=at)


def state(order: Order) -> tuple[OrderState, ParcelState]:
    found = orders.order(order_id=order.id, buyer_id=order.buyer_id)
    assert found is not None
    return found.state, found.parcels[0].state


def new_year() -> datetime:
    return datetime(clock.now().astimezone(CHINA).year + 1, 1, 1, tzinfo=CHINA)


def used(order: Order, at: datetime) -> int:
    id_hash = people.id_hash(record_id=order.real_name_id, buyer_id=order.buyer_id)
    return orders.used_this_year(id_hashes=[id_hash], at=at).get(id_hash, 0)


def refunded(order: Order) -> int:
    payment = payments.payment(order_id=order.id, buyer_id=order.buyer_id)
    assert payment is not None
    return payment.refunded_minor


def test_above_the_single_limit_the_goods_may_come_in_parts(story: OwnPerson) -> None:
    order = over_single(story)
    assert state(order) == (OrderState.PAID, ParcelState.HELD)
    case = asked(order)
    assert (case.code, case.unanswered) == (SINGLE, True)
    assert case.offer is not None
    assert case.offer.wait_until is None
    assert [sorted(part.values()) for part in case.offer.parts] == [[1], [2]]
    assert case.offer.refund_minor == order.parcels[0].total_minor
    year = used(order, clock.now())
    assert year == order.parcels[0].allowance_minor  # one purchase says nothing of the year
    choose(order, Way.SPLIT)
    choose(order, Way.SPLIT)
    story.clear()
    assert state(order) == (OrderState.CANCELLED, ParcelState.CANCELLED)
    assert refunded(order) == order.total_minor
    assert (left(story, "coat"), left(story, "bag")) == (5, 5)
    shop = story.place.shop.id
    (line,) = baskets.lines(buyer_id=order.buyer_id, storefront_id=shop)
    assert (line.sku_id, line.quantity) == (story.place.skus["coat"], 1)
    case = asked(order)
    assert (case.choice, case.outcome, case.offer) == ("split", "refunded", None)
    services.fill(case_id=case.id, buyer_id=order.buyer_id, part=2, now=clock.now())
    assert len(baskets.lines(buyer_id=order.buyer_id, storefront_id=shop)) == 2
    with pytest.raises(services.NoCase):
        services.fill(case_id=case.id, buyer_id=order.buyer_id, part=3, now=clock.now())
    for wishes in ({"coat": 1}, {"bag": 2}):  # each part clears for itself
        assert state(bought(story, **wishes))[1] is ParcelState.SHIPPED


def test_one_article_above_the_limit_cannot_be_split(story: OwnPerson) -> None:
    story.port.control("customs", single_limit="300.00")
    order = bought(story, coat=1, bag=1)
    case = asked(order)
    assert case.offer is not None
    assert case.offer.parts == ()
    with pytest.raises(services.WayClosed):
        choose(order, Way.SPLIT)
    choose(order, Way.REFUND)
    story.clear()
    assert refunded(order) == order.total_minor


def test_goods_whose_brand_may_not_be_sold_any_more_are_not_offered_in_parts(story: OwnPerson) -> None:
    order, today = over_single(story), day_in(CHINA, clock.now())
    sku_ids = [line.sku_id for line in order.parcels[0].lines]
    brands = {sku.brand_id for sku in catalogue.skus(ids=sku_ids).values()}
    for until, parts in ((today + timedelta(days=1), 2), (today, 0)):
        goods.set_sell_until(until=dict.fromkeys(brands, until))
        offer = asked(order).offer
        assert offer is not None and len(offer.parts) == parts


def test_above_the_year_customs_answer_corrects_the_forecast(story: OwnPerson) -> None:
    order = over_annual(story)
    case = asked(order)
    assert (case.code, case.unanswered) == (ANNUAL, True)
    assert used(order, clock.now()) == 2_590_000 + order.parcels[0].allowance_minor
    (row,) = orders.corrections(
        order_id=order.id, buyer_id=order.buyer_id, reader="clerk", reason="test", now=clock.now()
    )
    assert (row.told_minor, row.minor) == (2_590_000, 2_590_000)
    body = {
        "lines": [{"sku": "coat-M", "quantity": 1}], "address_id": str(story.who.address_id),
        "real_name_id": str(story.who.real_name_id), "notice_accepted": True,
    }  # fmt: skip
    headers = {**story.headers, "Idempotency-Key": "again-and-again"}
    told = story.client.post("/api/v1/orders", body, content_type="application/json", headers=headers)
    assert told.status_code == 422, told.content
    assert told.json()["code"] == "over_limit"


def test_who_waits_is_declared_again_in_the_new_year(story: OwnPerson) -> None:
    order = over_annual(story)
    offer = asked(order).offer
    assert offer is not None
    until = new_year()
    assert offer.wait_until == until
    assert offer.parts == ()
    choose(order, Way.WAIT)
    value = order.parcels[0].allowance_minor
    assert (used(order, clock.now()), used(order, until)) == (2_590_000, value)
    assert left(story, "coat") == 4  # the goods stay reserved
    assert services.sweep_limits(now=until - timedelta(seconds=1)) == 0
    days = (until - clock.now()).days + 1
    story.port.control("customs", days_ahead=days)
    case = asked(order)
    assert services.come_due(case_id=case.id, buyer_id=order.buyer_id, now=until - timedelta(1)) == "nothing"
    assert services.come_due(case_id=case.id, buyer_id=order.buyer_id, now=until) == "declared"
    story.clear()
    assert state(order)[1] is ParcelState.SHIPPED
    assert services.come_due(case_id=case.id, buyer_id=order.buyer_id, now=until) == "released"
    assert asked(order).outcome == "released"


def in_the_new_year(story: OwnPerson) -> None:
    """All goes on after midnight, up to the release: the sandbox's carrier stays in its own year."""
    after = new_year() + timedelta(minutes=5)
    with mock.patch.object(clock, "now", lambda: after), suppress(CarrierSilent):
        story.clear()


def test_what_is_declared_in_the_new_year_counts_in_the_new_year(story: OwnPerson) -> None:
    """As customs counts it, though it was ordered before midnight."""
    number, until = story.order({"coat": 1}), new_year()
    story.pay(number)
    order = story.read(number)
    (parcel,) = order.parcels
    news = News(parcel.id, order.id, order.buyer_id, DeclarationState.MATCHING, "")
    services.follow_customs(news=news, now=until + timedelta(minutes=5))
    assert (used(order, clock.now()), used(order, until)) == (0, parcel.allowance_minor)


def test_what_was_declared_before_midnight_and_listed_after_it_counts_in_the_new_year(story: OwnPerson) -> None:
    number, until = story.order({"coat": 1}), new_year()
    story.pay(number)
    drain()  # the three documents leave
    order = story.read(number)
    assert order.parcels[0].state is ParcelState.DECLARED
    in_the_new_year(story)
    assert state(order)[1] is ParcelState.RELEASED
    assert (used(order, clock.now()), used(order, until)) == (0, order.parcels[0].allowance_minor)


def test_what_was_listed_in_the_old_year_counts_there_though_it_is_released_in_the_new(story: OwnPerson) -> None:
    number, until = story.order({"coat": 1}), new_year()
    story.pay(number)
    story.port.control("customs", review=True)
    story.clear()
    order = story.read(number)
    decided = {"order_no": order.parcels[0].number, "status": 800}
    assert story.port.http.post("/customs/lists/decide", json=decided).status_code == 200
    in_the_new_year(story)
    assert state(order)[1] is ParcelState.RELEASED
    assert (used(order, clock.now()), used(order, until)) == (order.parcels[0].allowance_minor, 0)


def test_who_waits_may_still_have_the_money_back(story: OwnPerson) -> None:
    order = over_annual(story)
    choose(order, Way.WAIT)
    with pytest.raises(services.AlreadyChosen):
        choose(order, Way.SPLIT)
    choose(order, Way.REFUND)
    story.clear()
    assert refunded(order) == order.total_minor
    assert (used(order, clock.now()), used(order, new_year())) == (2_590_000, 0)
    with pytest.raises(services.CaseOver):
        choose(order, Way.WAIT)


def test_who_does_not_answer_has_the_money_back(story: OwnPerson) -> None:
    order = over_single(story)
    case = asked(order)
    assert services.sweep_limits(now=case.answer_by - timedelta(seconds=1)) == 0
    assert services.sweep_limits(now=case.answer_by) == 1
    assert services.sweep_limits(now=case.answer_by) == 0  # it is handed out once an hour
    with mock.patch.object(clock, "now", lambda: case.answer_by):
        drain()
    story.clear()
    assert refunded(order) == order.total_minor
    assert (asked(order).choice, asked(order).chosen_by) == ("refund", limits.SYSTEM)


def test_the_buyer_and_nobody_else_is_written_to_once(story: OwnPerson) -> None:
    mail.outbox.clear()
    order = over_single(story)
    (letter,) = mail.outbox
    assert order.number in letter.subject
    assert f"/orders/{order.number}/" in letter.body
    assert story.number not in letter.body
    assert selectors.unanswered(buyer_id=order.buyer_id, order_ids=[order.id]) == {order.id: True}
    choose(order, Way.REFUND)
    assert selectors.unanswered(buyer_id=order.buyer_id, order_ids=[order.id]) == {}


def test_who_has_some_of_the_year_left_is_not_written_that_it_is_used_up(story: OwnPerson) -> None:
    """Customs refuses what passes the limit: something smaller may still be bought."""
    mail.outbox.clear()
    over_annual(story)
    (letter,) = mail.outbox
    assert "超过个人跨境零售进口年度限值" in letter.body and "已用完" not in letter.body


def test_refused_again_it_is_asked_again(story: OwnPerson) -> None:
    order = over_annual(story)
    first = asked(order)
    choose(order, Way.WAIT)
    until = new_year()
    assert services.come_due(case_id=first.id, buyer_id=order.buyer_id, now=until) == "declared"
    story.clear()  # the port's calendar has not moved: it is still this year
    second = asked(order)
    assert second.id != first.id
    assert second.unanswered
    assert LimitCase.objects.get(id=first.id).outcome == "again"
    declaration = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert declaration is not None
    assert declaration.state is DeclarationState.HELD


def test_refused_again_before_the_news_between_was_followed_it_is_asked_again(story: OwnPerson) -> None:
    order = over_annual(story)
    first = asked(order)
    choose(order, Way.WAIT)
    assert services.come_due(case_id=first.id, buyer_id=order.buyer_id, now=new_year()) == "declared"
    declaration = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert declaration is not None
    customs_verbs.send_list(declaration_id=declaration.id, buyer_id=order.buyer_id, now=clock.now())
    assert story.hear("customs")  # that it was declared again still waits in the queue
    assert state(order)[1] is ParcelState.HELD
    story.clear()
    assert asked(order).id != first.id
    assert asked(order).unanswered


def test_what_clerks_are_to_do_and_what_customs_wrote_is_not_told_to_the_buyer(story: OwnPerson) -> None:
    number = story.order({"coat": 1})
    story.port.control("customs", next=["refuse:-621028"])
    story.pay(number)
    story.clear()
    order = story.read(number)
    (parcel,) = order.parcels
    declaration = customs.declaration(parcel_id=parcel.id, buyer_id=order.buyer_id)
    assert declaration is not None and "检查签名配置" in declaration.held_note["zh-hans"]
    page = log_in(Client(), story.who.buyer_id).get(f"/orders/{number}/").content.decode()
    assert "海关" in page and parcel.number in page
    assert "检查签名配置" not in page and "海关原文" not in page


def test_stopped_for_another_reason_than_a_limit_there_is_nothing_to_choose(
    story: OwnPerson, request: pytest.FixtureRequest
) -> None:
    order = over_annual(story)
    choose(order, Way.WAIT)
    request.getfixturevalue("port_key")
    official_says(story, order, 500)
    browser = log_in(Client(), story.who.buyer_id)
    assert 'value="refund"' not in browser.get(f"/orders/{order.number}/").content.decode()
    assert (asked(order).outcome, asked(order).offer) == ("again", None)
    official_says(story, order, -621018)
    assert asked(order).unanswered
    choose(order, Way.REFUND)
    official_says(story, order, 500)
    assert (asked(order).choice, asked(order).outcome) == ("refund", "")  # customs is asked to take the list back


def official_says(story: OwnPerson, order: Order, status: int) -> None:
    """Of an order's list: what the sandbox's officials would not type."""
    declaration = customs.declaration(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    assert declaration is not None
    (listed,) = (one for one in declaration.documents if one.kind is DocumentKind.LIST)
    told = receipt(DocumentKind.LIST, "", status, clock.now(), guid=listed.guid, info="已用金额25900.00")
    assert story.client.post("/callbacks/customs", told, content_type="application/xml").status_code == 204


def test_goods_that_are_inspected_and_then_refused_at_a_limit_are_asked_about(
    story: OwnPerson, request: pytest.FixtureRequest
) -> None:
    story.port.control("customs", course="500")
    order = bought(story, coat=1)
    assert (state(order)[1], selectors.limit_cases(order=order, now=clock.now())) == (ParcelState.HELD, {})
    request.getfixturevalue("port_key")
    official_says(story, order, -621018)
    case = asked(order)
    assert (case.code, case.unanswered) == (ANNUAL, True)
    choose(order, Way.REFUND)
    story.clear()
    assert refunded(order) == order.total_minor


def _both(order: Order, case: LimitAsked) -> list[str]:
    barrier = threading.Barrier(2, timeout=60)

    def one(way: Way) -> str:
        try:
            connection.ensure_connection()
            barrier.wait()
            services.choose(case_id=case.id, buyer_id=order.buyer_id, way=way, actor="buyer", now=clock.now())
        except services.AlreadyChosen:
            return ""
        finally:
            connection.close()
        return way.value

    with ThreadPoolExecutor(2) as pool:
        return [way for way in pool.map(one, (Way.SPLIT, Way.REFUND)) if way]


@pytest.mark.django_db(transaction=True)
def test_of_two_choices_at_one_moment_one_stands(story: OwnPerson) -> None:
    order = over_single(story)
    case = asked(order)
    (won,) = _both(order, case)
    assert asked(order).choice == won
    story.clear()
    assert refunded(order) == order.total_minor


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_both_would_stand(story: OwnPerson) -> None:
    """The same without locks and with both having looked before either writes: the race above can fail."""
    order = over_single(story)
    case = asked(order)
    looked = threading.Barrier(2, timeout=60)
    follows = limits.ways.may_follow

    def slow(before: str, after: Way, **more: Any) -> bool:
        looked.wait()
        return follows(before, after, **more)

    unlocked = mock.patch.object(
        limits.LimitCase.objects, "select_for_update", lambda **_: LimitCase.objects.all(), create=True
    )
    with transaction.atomic():
        news = customs_verbs.news(parcel_id=order.parcels[0].id, buyer_id=order.buyer_id)
    bare = mock.patch.object(limits.customs, "news", lambda **_: news)
    with unlocked, bare, mock.patch.object(limits.ways, "may_follow", slow):
        assert len(_both(order, case)) == 2
    story.clear()


def test_the_buyer_is_told_on_the_order_page_and_chooses_there(story: OwnPerson) -> None:
    order = over_single(story)
    browser = log_in(Client(), story.who.buyer_id)
    for path, words in ((f"/orders/{order.number}/", "请在下方选择"), (f"/en/orders/{order.number}/", "choose below")):
        page = browser.get(path).content.decode()
        assert words in page
        assert 'value="split"' in page
        assert 'value="refund"' in page
        assert 'value="wait"' not in page
    for path in ("/orders/", "/account/"):
        assert "请选择处理方式" in browser.get(path).content.decode()
    address, case = f"/orders/{order.number}/limit/", str(asked(order).id)
    stranger = log_in(Client(), made.buyer())
    assert stranger.post(address, {"case": case, "way": "refund"}).status_code == 404
    for wrong, answer in (({"case": "x", "way": "refund"}, 404), ({"case": case, "way": "nothing"}, 302), ({}, 404)):
        assert browser.post(address, wrong).status_code == answer
    assert asked(order).unanswered
    assert browser.post(address, {"case": case, "way": "split"}).status_code == 302
    story.clear()
    assert 'name="part"' in browser.get(f"/orders/{order.number}/").content.decode()
    assert browser.post(address, {"case": case, "part": "2"}).status_code == 302
    lines = baskets.lines(buyer_id=order.buyer_id, storefront_id=story.place.shop.id)
    assert sum(line.quantity for line in lines) == 3


def test_staff_see_the_choice_and_what_customs_said_and_lift_it_with_a_reason(story: OwnPerson) -> None:
    order = over_annual(story)
    desk = log_in(Client(), made.clerk(Role.CUSTOMS), second_factor=True)
    page = f"/office/declarations/{order.buyer_id}/{order.parcels[0].id}/"
    assert "-621018" in desk.get(page).content.decode()
    for place in (page, f"/office/orders/{order.buyer_id}/{order.id}/"):  # customs' own sentence names the sum, too
        assert not re.search("25,?900", desk.get(place).content.decode())
    choose(order, Way.WAIT)
    assert "明年" in desk.get(page).content.decode()
    assert desk.post(f"{page}year/", {}).status_code == 302  # without a reason nothing is read
    told = desk.post(f"{page}year/", {"reason": "buyer asks"}).content.decode()
    assert "25,900.00" in told
    (correction,) = re.findall(r'name="correction" value="([^"]+)"', told)
    assert desk.post(f"{page}year/lift/", {"correction": correction, "reason": "customs mistook"}).status_code == 302
    assert used(order, clock.now()) == 0
    others = log_in(Client(), made.clerk(Role.SERVICE), second_factor=True)
    assert others.post(f"{page}year/", {"reason": "curious"}).status_code == 403


def test_what_stands_still_is_shown_and_answered_in_the_office(story: OwnPerson) -> None:
    story.port.control("customs", course="500")
    order = bought(story, coat=1)
    customs_verbs.escalate(now=clock.now() + timedelta(hours=5))
    desk = log_in(Client(), made.clerk(Role.CUSTOMS), second_factor=True)
    place = "/office/declarations/stuck/"
    (address,) = re.findall(rf'action="({place}[^"]+)"', desk.get(place).content.decode())
    parcel = f"{order.buyer_id}/{order.parcels[0].id}"
    for page in ("/office/declarations/?state=held", f"/office/declarations/{parcel}/"):
        assert "停留" in desk.get(page).content.decode()
    assert desk.post(address, {"note": "called the port"}).status_code == 302
    assert "called the port" in desk.get(place).content.decode()
    assert order.parcels[0].number not in desk.get(f"{place}?unanswered=1").content.decode()
