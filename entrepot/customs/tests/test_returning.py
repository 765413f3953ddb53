"""Applications to bring goods back: made from the list, answered in any order, several of a parcel side by side."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from lxml import etree

from entrepot.customs import models, reading, selectors, services
from entrepot.customs.ceb import message
from entrepot.customs.models import Application, Document
from entrepot.customs.rules.words import words
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.tests.receipts import T0, declaration, minutes, receipt
from entrepot.customs.types import DeclarationState, DocumentKind, ReturnAnswer, ReturnWish
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.outbox.testing import drain
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def released(port: Sandbox, **changes: Any) -> Ready:
    ready = parcel(**changes)
    declared(ready)
    for _ in range(4):
        drain()
        answered(port)
    assert seen(ready).state is DeclarationState.RELEASED
    return ready


def wish(ready: Ready, number: str = "R2611280000000001", units: dict[int, int] | None = None) -> ReturnWish:
    return ReturnWish(new_id(), ready.buyer_id, ready.parcel.id, number, units or {1: 1}, "不想要了")


def answer(asked: ReturnWish) -> ReturnAnswer:
    found = selectors.return_answer(return_id=asked.return_id, buyer_id=asked.buyer_id)
    assert found is not None
    return found


def document(asked: ReturnWish) -> Document:
    row = Application.objects.get(return_id=asked.return_id)
    return Document.objects.get(id=row.document_id)


def test_the_application_says_what_the_list_said(customs_port: Sandbox) -> None:
    ready = released(customs_port, lines=2)
    asked = wish(ready, units={2: 1})
    services.bring_back(wish=asked, now=clock.now())
    stored = document(asked)
    xml = reading.open_document(stored.xml_sealed, stored.id)
    message.check(etree.fromstring(xml))
    read = message.read(xml)
    listed = next(one for one in seen(ready).documents if one.kind is DocumentKind.LIST)
    assert (read.head["orderNo"], read.head["invtNo"]) == (ready.parcel.number, seen(ready).list_number)
    assert (read.head["copNo"], read.head["reason"]) == (asked.number, "不想要了")
    (line,) = read.lines
    assert (line["gnum"], line["qty"], line["gcode"]) == ("2", "1", ready.parcel.lines[1].hs_code)
    assert listed.sent_at is not None
    assert stored.sent_at is not None
    answered(customs_port)
    assert answer(asked) == ReturnAnswer(True, "399", 1)
    assert seen(ready).state is DeclarationState.RELEASED
    services.bring_back(wish=asked, now=clock.now())  # again: nothing new
    assert Document.objects.filter(kind=DocumentKind.RETURN).count() == 1


@pytest.mark.parametrize("code", [-625006, -625012, -625014, -625015, -625024, -625025, -625026, -625209])
def test_every_no_to_a_return_is_told_in_plain_words(customs_port: Sandbox, code: int) -> None:
    ready = released(customs_port)
    customs_port.control("customs", next=[f"refuse:{code}"])
    asked = wish(ready)
    services.bring_back(wish=asked, now=clock.now())
    answered(customs_port)
    assert answer(asked) == ReturnAnswer(False, str(code), 1)
    assert words(str(code)).zh.startswith("退货申请：")
    assert seen(ready).state is DeclarationState.RELEASED


def test_more_than_the_list_is_refused_by_customs_and_asked_anew(customs_port: Sandbox) -> None:
    ready = released(customs_port)
    asked = wish(ready, units={1: 3})
    services.bring_back(wish=asked, now=clock.now())
    answered(customs_port)
    assert answer(asked) == ReturnAnswer(False, "-625015", 1)
    again = ReturnWish(asked.return_id, *(getattr(asked, name) for name in _KEPT), {1: 1}, "不想要了", 2)
    services.bring_back(wish=again, now=clock.now())
    assert answer(asked) == ReturnAnswer(None, "", 2)
    answered(customs_port)
    assert answer(asked) == ReturnAnswer(True, "399", 2)


_KEPT = ("buyer_id", "parcel_id", "number")


def test_only_what_is_on_a_released_list_is_asked_back(customs_port: Sandbox) -> None:
    ready = parcel()
    with pytest.raises(services.NoDeclaration):
        services.bring_back(wish=wish(ready), now=clock.now())
    declared(ready)
    with pytest.raises(services.NotReleasedYet):
        services.bring_back(wish=wish(ready), now=clock.now())
    other = released(customs_port)
    for units in ({9: 1}, {0: 1}):
        with pytest.raises(services.NotOnTheList):
            services.bring_back(wish=wish(other, units=units), now=clock.now())
    assert Application.objects.count() == 0


def test_a_silent_port_is_asked_again_with_the_same_bytes(customs_port: Sandbox) -> None:
    ready = released(customs_port)
    asked = wish(ready)
    customs_port.control("customs", next=["down"])
    with pytest.raises(services.PortSilent):
        services.bring_back(wish=asked, now=clock.now())
    before = bytes(document(asked).sha256)
    due = Application.objects.get(return_id=asked.return_id).ask_at
    assert due is not None
    assert services.remind_returns(now=due) == 1
    assert services.remind_returns(now=due) == 0
    drain()
    answered(customs_port)
    assert answer(asked).accepted is True
    assert bytes(document(asked).sha256) == before
    assert Application.objects.get(return_id=asked.return_id).ask_at is None


def test_what_has_not_left_when_its_goods_do_not_come_never_leaves(customs_port: Sandbox) -> None:
    ready = released(customs_port)
    gone, asked = wish(ready), wish(ready, "R2611280000000002")
    services.bring_back(wish=gone, now=clock.now())
    customs_port.control("customs", next=["down"])
    with pytest.raises(services.PortSilent):
        services.bring_back(wish=asked, now=clock.now())
    due = Application.objects.get(return_id=asked.return_id).ask_at
    assert due is not None
    assert services.remind_returns(now=due) == 2  # the jobs stand in line already
    for one in (gone, asked, asked):
        services.keep_back(return_id=one.return_id, buyer_id=one.buyer_id)
    drain()
    assert services.remind_returns(now=due + timedelta(days=1)) == 1  # of the one that has left
    assert (answer(gone).sent, answer(asked).sent) == (True, False)


def applied(numbers: tuple[str, ...]) -> list[Application]:
    """Applications of one declaration, as if they had been sent."""
    made = declaration()
    found = []
    for version, number in enumerate(numbers, 1):
        one = models.Document.objects.create(
            id=new_id(), buyer_id=made.buyer_id, declaration_id=made.id, kind=DocumentKind.RETURN, version=version,
            number=number, xml_sealed=b"", sha256=b"", made_at=T0,
        )  # fmt: skip
        found.append(
            Application.objects.create(
                buyer_id=made.buyer_id, return_id=new_id(), document_id=one.id, version=1, ask_at=minutes(5)
            )
        )
    return found


@pytest.mark.usefixtures("port_key")
@pytest.mark.parametrize(
    ("statuses", "verdict"), [((2, 120, 399), "done"), ((2, 120, -625014), "refused"), ((120, -625024, 399), "done")]
)
def test_receipts_in_any_order_and_number_end_in_the_same_answer(statuses: tuple[int, ...], verdict: str) -> None:
    said = [(status, minutes(n)) for n, status in enumerate(statuses, 1)]
    for n, order in enumerate(permutations(said)):
        numbers = (f"R{n}A", f"R{n}B")
        mine, other = applied(numbers)
        for status, at in [*order, *order[::-1]]:
            body = receipt(DocumentKind.RETURN, numbers[0], status, at)
            assert services.take_receipt(body=body, headers={}, now=minutes(60)) == 1
        mine.refresh_from_db()
        other.refresh_from_db()
        assert (mine.verdict, mine.status, mine.sent, mine.ask_at) == (verdict, statuses[-1], True, None)
        assert (other.verdict, other.status, other.sent) == ("", None, False)
        told = "SELECT 1 FROM outbox_event WHERE topic = 'customs.return_answered' AND aggregate_id = %s"
        assert sql.rows(told, (mine.return_id,)) != []
        assert sql.rows(told, (other.return_id,)) == []
