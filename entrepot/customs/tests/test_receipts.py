"""Receipts against the database: kept whole, taken once, in any order; everything else is refused by name."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.customs import reading, services
from entrepot.customs.models import Arrival, Declaration, Document, Receipt
from entrepot.customs.rules.standing import THREE, list_is_due, outcome
from entrepot.customs.services.telling import topic_of
from entrepot.customs.tests.paper_makers import four, identity
from entrepot.customs.tests.receipts import (
    declaration,
    delivery,
    document,
    format_receipt,
    minutes,
    receipt,
    signed,
    topics,
)
from entrepot.customs.tests.receipts import told as facts_of
from entrepot.customs.types import DeclarationState, DocumentKind, News
from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.kit.sealing import sealer
from tests.examples import many

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
LIST = DocumentKind.LIST


def _take(body: bytes) -> int:
    return services.take_receipt(body=body, headers={}, now=clock.now())


def _take_all(bodies: list[bytes]) -> int:
    body, headers = delivery(bodies)
    return services.take_receipt(body=body, headers=headers, now=clock.now())


def _say(made: Declaration, kind: DocumentKind, status: int, minute: int = 0, **more: Any) -> bytes:
    return receipt(kind, document(made, kind).number, status, minutes(minute), **more)


def _jobs(made: Declaration) -> int:
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.filter(task_name="customs.send", args__declaration_id=str(made.id)).count()


def _state(made: Declaration) -> tuple[str, str]:
    made.refresh_from_db()
    return made.state, made.held_code


def test_a_receipt_is_kept_as_it_came_and_counted() -> None:
    made = declaration()
    body = _say(made, DocumentKind.ORDER, 2, info="新增申报成功")
    assert [_take(body) for _ in range(3)] == [1, 1, 1]
    (kept,) = Receipt.objects.filter(declaration_id=made.id)
    came = Arrival.objects.get(id=kept.arrival_id)
    assert reading.open_arrival(came.raw_sealed, came.id) == body
    assert (bytes(came.sha256), came.times, came.outcome) == (hashlib.sha256(body).digest(), 3, "")
    assert (kept.times, kept.status, kept.info) == (3, 2, "新增申报成功")


def test_the_same_receipt_with_its_signature_written_another_way_counts_once() -> None:
    made = declaration()
    body = _say(made, DocumentKind.ORDER, 2)
    assert _take(body) == _take(body.replace(b"<ds:KeyName>", b"<ds:KeyName>0")) == 1
    (kept,) = Receipt.objects.filter(declaration_id=made.id)
    assert kept.times == 2


def test_the_list_is_ordered_once_when_the_third_document_is_taken_in() -> None:
    made = declaration()
    for kind in THREE:
        assert _jobs(made) == 0
        _take(_say(made, kind, 120))
        _take(_say(made, kind, 120))
    assert _jobs(made) == 1
    _take(_say(made, DocumentKind.ORDER, 399, 5))
    assert _jobs(made) == 1


def test_release_and_refusal_are_told_once() -> None:
    made = declaration((*THREE, LIST))
    for _ in range(2):
        _take(_say(made, LIST, -621005, 1, info="超过单次限值"))
    assert _state(made) == ("held", "-621005")
    for _ in range(2):
        _take(_say(made, LIST, 800, 2, invt="31052026I000000001"))
    assert _state(made) == ("released", "")
    made.refresh_from_db()
    assert made.list_number == "31052026I000000001"
    assert topics(made.parcel_id) == ["customs.held", "customs.released"]


def test_another_reason_to_be_held_is_told_and_somebody_of_the_house_is_called_to_it() -> None:
    made = declaration((*THREE, LIST))
    for status, minute in ((500, 1), (-621005, 2)):
        _take(_say(made, LIST, status, minute))
    first = Declaration.objects.get(id=made.id).since
    Declaration.objects.filter(id=made.id).update(quiet_until=minutes(99))  # its buyer is asked
    _take(_say(made, LIST, -621005, 3))
    made.refresh_from_db()
    assert (made.since, made.quiet_until) == (first, minutes(99))
    for status, minute in ((501, 4), (500, 1)):
        _take(_say(made, LIST, status, minute))
    made.refresh_from_db()
    assert (made.held_code, made.quiet_until) == ("501", None)
    assert made.since > first
    assert [payload["code"] for _, payload in facts_of(made.parcel_id)] == ["500", "-621005", "501"]


def _history() -> Iterator[tuple[DocumentKind, int, int]]:
    for kind in THREE:
        yield kind, 2, 0
        yield kind, 120, 1
    yield LIST, 2, 2
    yield LIST, 120, 3
    yield LIST, 800, 4


told = st.lists(
    st.tuples(
        st.sampled_from([*THREE, LIST]),
        st.sampled_from([2, 4, 100, 120, 300, 399, 500, 700, 800, -621004, -301010, -621005]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=many(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(told, st.integers(0, 10**6))
def test_any_order_and_repetition_converges_and_sql_says_what_the_rules_say(
    history: list[tuple[DocumentKind, int, int]], seed: int
) -> None:
    made, other, third = declaration(), declaration(), declaration()
    chance = random.Random(seed)
    was, due, orders, facts = (DeclarationState.MATCHING, ""), False, 0, []
    for kind, status, minute in history:
        _take(_say(made, kind, status, minute))
        row = Declaration.objects.get(id=made.id)
        standings = reading.standings_of(row.standing)
        expected = outcome(standings, differing=False, cancelled=False)
        assert (row.state, row.held_code) == (expected[0].value, expected[1])
        facts += [topic] if (topic := topic_of(was[0], expected[0], anew=was[1] != expected[1])) else []
        orders += list_is_due(standings) and not due
        was, due = expected, list_is_due(standings)
    assert topics(made.parcel_id) == facts
    assert _jobs(made) == orders
    again = history + chance.sample(history, len(history) // 2)
    chance.shuffle(again)
    for kind, status, minute in again:
        _take(_say(other, kind, status, minute))
    assert _state(made) == _state(other)
    chance.shuffle(again)
    while again:  # in deliveries of one to five receipts
        some, again = again[:5], again[5:]
        _take_all([_say(third, kind, status, minute) for kind, status, minute in some])
    assert _state(made) == _state(third)
    standing = {kind: one | {"document": ""} for kind, one in made.standing.items()}
    assert standing == {kind: one | {"document": ""} for kind, one in third.standing.items()}


def test_one_delivery_of_many_receipts_is_one_statement(django_assert_num_queries: Any) -> None:
    made, other = declaration((*THREE, LIST)), declaration()
    bodies = [_say(made, kind, status, minute) for kind, status, minute in _history()]
    bodies[2] = bodies[2].replace(b"?>", b"?>\n\r\n \r")  # kept byte for byte
    bodies += [_say(other, DocumentKind.ORDER, 120), bodies[3]]
    # The savepoint that stands for the transaction here is two more.
    with django_assert_num_queries(3):
        assert _take_all(bodies) == len(bodies)
    assert (_state(made), _state(other)) == (("released", ""), ("matching", ""))
    assert topics(made.parcel_id) == ["customs.released"]
    kept = Receipt.objects.filter(declaration_id=made.id)
    came = Arrival.objects.filter(id__in=kept.values("arrival_id"))
    assert sorted(reading.open_arrival(row.raw_sealed, row.id) for row in came) == sorted(set(bodies) - {bodies[-2]})
    assert [row.times for row in kept if row.times > 1] == [2]
    _take_all(bodies)
    assert kept.count() == len(bodies) - 2
    assert sum(row.times for row in kept.all()) == 2 * (len(bodies) - 1)


def test_a_delivery_is_taken_whole_or_not_at_all() -> None:
    made = declaration()
    good, bad = _say(made, DocumentKind.ORDER, 120), _say(made, DocumentKind.ORDER, 100, signer="somebody")
    with pytest.raises(services.ForgedReceipt):
        _take_all([good, bad])
    assert not Receipt.objects.filter(declaration_id=made.id).exists()
    for broken in (b"", b"--x\r\n\r\nno end"):
        with pytest.raises(services.WrongSchema):
            services.take_receipt(body=broken, headers={"Content-Type": "multipart/mixed; boundary=y"}, now=clock.now())
    stranger = receipt(DocumentKind.ORDER, "nobody's", 120)
    assert _take_all([stranger, good]) == 1


def test_what_the_flow_refuses_is_kept_and_told_by_the_event() -> None:
    made = declaration((*THREE, LIST))
    heard: list[News] = []

    def refuse(news: News) -> None:
        heard.append(news)
        raise services.UnknownDocument()

    body = _say(made, LIST, 800)
    assert services.take_receipt(body=body, headers={}, now=clock.now(), then=refuse) == 1
    assert [news.state for news in heard] == [DeclarationState.RELEASED]
    assert _state(made) == ("released", "")
    assert topics(made.parcel_id) == ["customs.released"]


def test_what_the_flow_follows_at_once_is_not_told_again() -> None:
    made = declaration((*THREE, LIST))
    heard: list[News] = []
    for _ in range(2):
        services.take_receipt(body=_say(made, LIST, 800), headers={}, now=clock.now(), then=heard.append)
    assert heard == [News(made.parcel_id, made.order_id, made.buyer_id, DeclarationState.RELEASED, "")]
    assert topics(made.parcel_id) == []


def test_the_whole_history_in_a_hundred_orders_ends_released() -> None:
    chance = random.Random(7)
    history = list(_history())
    for _ in range(20):
        made = declaration((*THREE, LIST))
        chance.shuffle(history)
        for kind, status, minute in history:
            _take(_say(made, kind, status, minute))
        assert _state(made) == ("released", "")
        assert topics(made.parcel_id)[-1] == "customs.released"
        assert Receipt.objects.filter(declaration_id=made.id).count() == len(history)


def test_receipts_may_overtake_the_note_that_the_documents_left() -> None:
    for order in permutations(THREE):
        made = declaration(sent=())
        for kind in order:
            _take(_say(made, kind, 2))
        assert _state(made) == ("matching", "")
        assert topics(made.parcel_id) == ["customs.declared"]


def test_a_receipt_for_an_older_version_is_kept_and_changes_nothing() -> None:
    made = declaration()
    old = document(made, DocumentKind.ORDER)
    newer = Document.objects.create(
        id=new_id(), buyer_id=made.buyer_id, declaration_id=made.id, kind="311", version=2, number=old.number,
        xml_sealed=b"", sha256=b"", made_at=minutes(10),
    )  # fmt: skip
    made.standing["311"] = {**reading.fresh(newer.id), "sent": True}
    made.save()
    _take(_say(made, DocumentKind.ORDER, 100, 5))  # by number and customs' time: the version of then
    _take(_say(made, DocumentKind.ORDER, 100, 20, guid=old.id))  # by the guid it names
    assert _state(made) == ("matching", "")
    assert set(Receipt.objects.filter(declaration_id=made.id).values_list("document_id", flat=True)) == {old.id}
    _take(_say(made, DocumentKind.ORDER, 100, 11))
    assert _state(made) == ("held", "100")


def test_a_badly_made_message_is_answered_by_900() -> None:
    made = declaration()
    _take(format_receipt(DocumentKind.PAYMENT, document(made, DocumentKind.PAYMENT).id))
    assert _state(made) == ("held", "900")


def test_a_duplicate_is_a_refusal_only_where_customs_said_nothing_else() -> None:
    made = declaration()
    _take(_say(made, DocumentKind.ORDER, -301010, 9))
    assert _state(made) == ("held", "-301010")
    _take(_say(made, DocumentKind.ORDER, 120, 1))
    assert _state(made) == ("matching", "")


def test_inspection_holds_and_release_frees() -> None:
    made = declaration((*THREE, LIST))
    _take(_say(made, LIST, 500, 1))
    assert _state(made) == ("held", "500")
    _take(_say(made, LIST, 800, 2))
    assert _state(made) == ("released", "")


def test_personal_numbers_in_customs_text_are_masked_where_they_are_kept_readable() -> None:
    made = declaration()
    _take(_say(made, DocumentKind.ORDER, 100, info="订购人11010519491231002X不符"))
    (kept,) = Receipt.objects.filter(declaration_id=made.id)
    assert "11010519491231002X" not in kept.info
    came = Arrival.objects.get(id=kept.arrival_id)
    assert b"11010519491231002X" not in bytes(came.raw_sealed)
    assert sealer().key_id(came.raw_sealed) > 0


# What is refused.


def test_an_unknown_order_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(services.UnknownDocument):
        _take(receipt(DocumentKind.ORDER, "NOBODY-1", 800))
    assert not Receipt.objects.exists()


def test_a_number_of_another_kind_is_unknown() -> None:
    made = declaration()
    with pytest.raises(services.UnknownDocument):
        _take(receipt(DocumentKind.PAYMENT, document(made, DocumentKind.ORDER).number, 800))


def test_forged_receipts_are_refused_and_nothing_is_kept() -> None:
    made = declaration((*THREE, LIST))
    good = _say(made, LIST, 2)
    number = document(made, LIST).number
    unsigned = good[: good.index(b"<ds:Signature")] + b"</ceb:CEB622Message>"
    forged = (
        receipt(LIST, number, 800, signer="somebody else"),
        good.replace(b"<ceb:returnStatus>2<", b"<ceb:returnStatus>800<"),
        unsigned,
    )
    for body in forged:
        with pytest.raises(services.ForgedReceipt):
            _take(body)
    assert not Receipt.objects.exists()
    assert _state(made) == ("draft", "")


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<ceb:OrderReturn/>",
        "<ceb:OrderReturn><ceb:guid>1</ceb:guid><ceb:orderNo>1</ceb:orderNo><ceb:returnStatus>x</ceb:returnStatus>"
        "<ceb:returnTime>20261121120000000</ceb:returnTime></ceb:OrderReturn>",
        "<ceb:OrderReturn><ceb:guid>1</ceb:guid><ceb:orderNo>1</ceb:orderNo><ceb:returnStatus>2</ceb:returnStatus>"
        "<ceb:returnTime>20260231120000000</ceb:returnTime></ceb:OrderReturn>",
        "<ceb:OrderReturn><ceb:guid>1</ceb:guid><ceb:orderNo>1</ceb:orderNo><ceb:orderNo>2</ceb:orderNo>"
        "<ceb:returnStatus>2</ceb:returnStatus><ceb:returnTime>20261121120000000</ceb:returnTime></ceb:OrderReturn>",
    ],
    ids=["empty", "no elements", "status", "day", "twice"],
)
def test_a_message_of_the_wrong_schema_is_refused_by_name(inside: str) -> None:
    with pytest.raises(services.WrongSchema) as caught:
        _take(signed(inside, "312"))
    assert caught.value.message("zh") != caught.value.message("en")


def test_a_request_message_is_no_receipt() -> None:
    assert four().order
    with pytest.raises(services.WrongSchema):
        _take(signed("<ceb:Order/>", "311"))


def test_without_the_ports_certificate_nothing_is_taken(settings: Any, tmp_path: Any) -> None:
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = str(tmp_path / "missing.pem")
    with pytest.raises(services.NotSetUp):
        _take(receipt(DocumentKind.ORDER, "1", 2))


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";" * 1}{("&" + chr(97 + n) + ";") * 9}">'.encode()
        for n in range(8)
    )
    + b"]><l>&i;</l>"
)
XXE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'


@pytest.mark.parametrize("body", [BOMB, XXE, b"", b"\xff\xfe", b"<" * 1000, b"<a>" * 100_000, b"x" * (1024 * 1024 + 1)])
def test_hostile_bytes_are_refused_by_name(body: bytes) -> None:
    with pytest.raises(services.WrongSchema):
        _take(body)


@settings(max_examples=many(200), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: f"<a>{text}</a>".encode("utf-8", "replace")))
def test_random_bytes_are_refused_by_name(body: bytes) -> None:
    with pytest.raises(services.WrongSchema):
        _take(body)


GOOD = receipt(DocumentKind.ORDER, "KL1", 2)


@settings(max_examples=many(300), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3))
def test_a_receipt_with_bytes_changed_is_refused_by_name(at: int, put: bytes) -> None:
    body = GOOD[:at] + put + GOOD[at + len(put) :]
    with pytest.raises((services.WrongSchema, services.ForgedReceipt, services.UnknownDocument)):
        _take(body)


def test_over_http_refusals_are_answers_and_never_faults(client: Client) -> None:
    made = declaration()
    good = _say(made, DocumentKind.ORDER, 2)
    cases = [
        (good, 204), (good, 204), (BOMB, 400), (XXE, 400), (b"", 400), (b"\x00" * 500, 400),
        (receipt(DocumentKind.ORDER, "NOBODY", 2), 404), (receipt(DocumentKind.ORDER, "X", 2, signer="else"), 401),
        (b"x" * (1024 * 1024 + 10), 413),
    ]  # fmt: skip
    for body, status in cases:
        answer = client.post("/callbacks/customs", body, content_type="application/xml")
        assert answer.status_code == status, body[:60]
        if status >= 400:
            assert answer.json()["code"]
    assert client.get("/callbacks/customs").status_code == 405
    assert Receipt.objects.count() == 1
    assert identity("port")


def test_several_returns_in_one_message_are_all_taken() -> None:
    one, two = declaration(), declaration()
    inside = ""
    for made in (one, two):
        number = document(made, DocumentKind.ORDER).number
        inside += (
            f"<ceb:OrderReturn><ceb:guid>{new_id()}</ceb:guid><ceb:orderNo>{number}</ceb:orderNo>"
            "<ceb:returnStatus>100</ceb:returnStatus><ceb:returnTime>20261121120000000</ceb:returnTime>"
            "</ceb:OrderReturn>"
        )
    assert _take(signed(inside, "312")) == 2
    assert _state(one) == _state(two) == (DeclarationState.HELD.value, "100")


def test_where_several_parcels_move_at_once_each_is_followed_from_the_queue() -> None:
    made, other = declaration((*THREE, LIST)), declaration((*THREE, LIST))
    heard: list[News] = []
    body, headers = delivery([_say(made, LIST, 800), _say(other, LIST, 800)])
    assert services.take_receipt(body=body, headers=headers, now=clock.now(), then=heard.append) == 2
    assert heard == []
    assert topics(made.parcel_id) == topics(other.parcel_id) == ["customs.released"]
