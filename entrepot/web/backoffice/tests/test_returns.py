"""Returns in the back office: found by what is due, decided, counted, settled; each by whose work it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from entrepot.audit import selectors as audit
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.returns.tests import makers
from entrepot.returns.types import Amounts, CustomsAnswer, NoReturn, Return, ReturnState
from entrepot.web.backoffice.tests.test_acts import posted
from entrepot.web.backoffice.tests.test_pages import shown, staff

pytestmark = pytest.mark.django_db


def bought(*units: int) -> makers.Bought:
    return makers.bought(*units, released_at=now() - timedelta(days=3))


def address(found: Return) -> str:
    return f"/office/returns/{found.buyer_id}/{found.id}/"


def test_the_queue_tells_what_is_due_and_finds_by_number() -> None:
    client = staff(Role.SERVICE)
    assert "No returns yet" in shown(client, "/office/returns/")
    of = bought(2)
    found = makers.applied(of, 2, now=now())
    page = shown(client, "/office/returns/?state=applied")
    assert found.number in page
    assert "27 days left" in page  # to ask customs: the goods have fifteen more
    assert "customs must be asked by" in shown(client, address(found))
    assert "No longer wanted" in page
    assert found.number in shown(client, f"/office/returns/?q={found.parcel_number}")
    assert found.number in shown(client, f"/office/orders/{found.buyer_id}/{found.order_id}/")
    assert "No return fits" in shown(client, "/office/returns/?state=arrived")


def test_a_return_is_approved_counted_and_settled() -> None:
    of = bought(3)
    found = makers.applied(of, 3, now=now())
    service, warehouse = staff(Role.SERVICE), staff(Role.WAREHOUSE)
    act = f"{address(found)}act/"
    assert "The goods may come back" in posted(service, act, act="approve")
    makers.services.hear_customs(
        return_id=found.id, buyer_id=found.buyer_id, answer=CustomsAnswer.ACCEPTED, code="399", now=now()
    )
    counting = shown(warehouse, address(found))
    assert 'name="sound-1"' in counting
    chinese = shown(staff(Role.WAREHOUSE, language="zh-hans"), address(found))
    assert "申请数量" in chinese and "请求时间" not in chinese  # units, not a time
    count = {"act": "arrive", "sound-1": "2", "spoiled-1": "1"}
    assert "cannot have arrived" in posted(warehouse, act, **count, on="2020-01-01")
    assert "Counted and put back" in posted(warehouse, act, **count, on=day_in(CHINA, now()).isoformat())
    deciding = shown(service, address(found))
    assert "¥212.13" in deciding  # two at 100.00 and their tax
    assert "¥312.13" in deciding  # and the price of the third
    assert "¥312.13 goes back" in posted(service, act, act="complete", pay_spoiled="on")
    after = makers.read(found)
    assert (after.state, after.refunded) == (ReturnState.COMPLETED, Amounts(30_000, 0, 1_213))
    doings = [entry.action for entry in audit.of_buyer(buyer_id=found.buyer_id)]
    assert {"returns.approve", "returns.arrive", "returns.complete"} <= set(doings)


def test_a_tax_that_stays_must_be_known_to_stay() -> None:
    of = bought(1)
    found = makers.arrive(of, makers.approved(of, now=now()), now=now())
    client, act = staff(Role.SERVICE), f"{address(found)}act/"
    assert "Customs was not asked" in shown(client, address(found))
    assert "The tax cannot go back" in posted(client, act, act="complete")
    assert "¥100.00 goes back" in posted(client, act, act="complete", without_tax="on")


def test_who_counts_reads_what_becomes_of_goods_that_customs_did_not_accept() -> None:
    found = makers.approved(bought(1), now=now())
    told = "goes into quarantine, not on sale"
    assert told not in shown(staff(Role.WAREHOUSE), address(found))
    no: dict[str, Any] = {"return_id": found.id, "buyer_id": found.buyer_id, "code": "-625024"}
    makers.services.hear_customs(**no, answer=CustomsAnswer.REFUSED, now=now())
    assert told in shown(staff(Role.WAREHOUSE), address(found))


def test_a_refusal_needs_one_of_the_words() -> None:
    of = bought(1)
    found = makers.applied(of, now=now())
    client, act = staff(Role.CUSTOMS), f"{address(found)}act/"
    posted(client, act, act="refuse", why="because")
    assert makers.read(found).state is ReturnState.APPLIED
    posted(client, act, act="refuse", why="opened", note="Seal broken")
    assert makers.read(found).refusal is NoReturn.OPENED
    assert "Seal broken" in shown(client, address(found))


def test_a_return_that_is_too_late_is_refused_and_its_page_says_so() -> None:
    of = makers.bought(1, released_at=now() - timedelta(days=47))
    found = makers.applied(of, now=now() - timedelta(days=20))
    service, act = staff(Role.SERVICE), f"{address(found)}act/"
    assert "it is too late to approve" in (page := shown(service, address(found))) and 'value="approve"' not in page
    assert "Please refuse, and say why" in posted(service, act, act="approve")
    assert "the buyer is told why" in posted(service, act, act="refuse", why="too_late")


def test_each_step_is_done_by_whose_work_it_is() -> None:
    of = bought(1)
    found = makers.applied(of, now=now())
    warehouse, customs = staff(Role.WAREHOUSE), staff(Role.CUSTOMS)
    act = f"{address(found)}act/"
    assert 'value="approve"' not in shown(warehouse, address(found))
    assert "may not do this" in posted(warehouse, act, act="approve")
    posted(customs, act, act="approve")
    assert "may not do this" in posted(customs, act, act="arrive", **{"sound-1": "1"})
    assert "The count does not fit" in posted(warehouse, act, act="arrive", **{"sound-1": "-1"})
    assert "The count does not fit" in posted(warehouse, act, act="arrive", **{"sound-1": "2"})
    assert "nothing of that name" in posted(warehouse, act, act="dance")
    assert makers.read(found).state is ReturnState.APPROVED
