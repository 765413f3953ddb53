"""Announcement 179/2018: customs asks, and is sent what was said with the provider when the buyer paid."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from entrepot.audit import selectors as audit
from entrepot.customs import models, reading, selectors, services
from entrepot.customs.rules import raw_data
from entrepot.customs.services import raw_data as verbs
from entrepot.customs.tests.grab import Grab, grab, parts
from entrepot.customs.tests.makers import Ready, declared, parcel
from entrepot.customs.types import DataRequest, DataState
from entrepot.kit import clock, sql
from entrepot.payments import selectors as payments
from entrepot.payments.services.exchange import Raw, Said
from entrepot.payments.services.keep import keep
from entrepot.payments.types import Payment
from tests.sandboxed import Sandbox

__all__ = ["grab"]
pytestmark = pytest.mark.django_db
REQUEST = '{"merchant_order":"KL1","payer":{"name":"张三丰"},\n "amount_minor":29410,"note":"a\\"b\\\\c||d"}'
RESPONSE = '{"payment":"42","state":"open"}'
URL = "/callbacks/customs/platDataOpen"
FORM = "application/x-www-form-urlencoded"


def payment_of(ready: Ready) -> Payment:
    found = payments.payment(order_id=ready.order_id, buyer_id=ready.buyer_id)
    assert found is not None
    return found


def paid(raw: tuple[str, str] | None = (REQUEST, RESPONSE), **changes: Any) -> Ready:
    """A declared parcel whose payment's first request and answer were kept."""
    ready = parcel(**changes)
    declared(ready)
    if raw is not None:
        for n, status in enumerate((None, 500, 200, 200)):  # the first that was answered well is the one
            said = Said(raw[0] if n == 2 else "other", raw[1], status)
            keep(raw=Raw("create", said), payment_id=payment_of(ready).id, buyer_id=ready.buyer_id, now=clock.now())
    return ready


def ask(number: str, session: str = "fe2374-8fnejf97-32839218", now: datetime | None = None) -> UUID:
    body = urlencode({"openReq": json.dumps({"orderNo": number, "sessionID": session, "serviceTime": 1533271903898})})
    return services.take_data_request(body=body.encode(), headers={"Content-Type": FORM}, now=now or clock.now())


def send(ready: Ready, request_id: UUID, now: datetime | None = None) -> DataState:
    return services.upload_data(request_id=request_id, buyer_id=ready.buyer_id, now=now or clock.now())


def seen(ready: Ready) -> DataRequest:
    [one] = selectors.data_requests(order_id=ready.order_id, buyer_id=ready.buyer_id)
    return one


def jobs(request_id: UUID) -> int:
    query = "SELECT count(*) AS n FROM procrastinate_jobs WHERE lock = %s AND status = 'todo'"
    return int(sql.rows(query, (f"customs_data:{request_id}",))[0]["n"])


def test_customs_is_sent_the_raw_request_and_answer(customs_port: Sandbox, grab: Grab) -> None:
    ready = paid()
    request_id = ask(ready.parcel.number)
    assert jobs(request_id) == 1 and seen(ready).state is DataState.WAITING
    assert send(ready, request_id) is DataState.TAKEN
    payment, told = payment_of(ready), grab.last
    head = told["payExchangeInfoHead"]
    assert told["sessionID"] == "fe2374-8fnejf97-32839218"
    assert (head["initalRequest"], head["initalResponse"]) == (REQUEST, RESPONSE)
    assert head["guid"] == str(payment.id).upper() and head["ebpCode"] == "3301960SBP"
    assert head["payCode"] == payment.payment_company_code
    assert (head["verDept"], head["payTransactionId"]) == ("2", payment.verifying_transaction)
    assert Decimal(str(head["totalAmount"])) * 100 == payment.amount_minor
    assert (head["currency"], head["payType"], head["note"]) == ("142", "2", "")
    assert payment.captured_at is not None
    assert head["tradingTime"] == payment.captured_at.astimezone(clock.CHINA).strftime("%Y%m%d%H%M%S")
    [listed] = told["payExchangeInfoLists"]
    assert listed["orderNo"] == ready.parcel.number and listed["recpCode"] == "3301960SBM"
    assert [goods["gname"] for goods in listed["goodsInfo"]] == [line.titles["zh-hans"] for line in ready.parcel.lines]
    assert all(goods["itemLink"].startswith("http") for goods in listed["goodsInfo"])
    [upload] = seen(ready).uploads
    assert (upload.status, upload.code) == (200, "10000")
    assert "fe2374-8fnejf97-32839218" in " ".join(one.reason for one in audit.of_buyer(buyer_id=ready.buyer_id))
    assert send(ready, request_id) is DataState.TAKEN and len(grab.uploads) == 1


def test_the_numbers_may_be_those_of_the_payment_document(customs_port: Sandbox, grab: Grab, settings: Any) -> None:
    settings.CUSTOMS_DATA_NUMBERS = "declared"
    ready = paid()
    send(ready, ask(ready.parcel.number))
    [split] = payment_of(ready).splits
    head = grab.last["payExchangeInfoHead"]
    assert head["payTransactionId"] == split.transaction
    assert Decimal(str(head["totalAmount"])) * 100 == split.amount_minor


def test_asked_twice_the_same_bytes_leave(customs_port: Sandbox, grab: Grab) -> None:
    ready, now = paid(), clock.now()
    request_id = ask(ready.parcel.number, now=now)
    send(ready, request_id, now)
    later = now + timedelta(hours=3)
    assert ask(ready.parcel.number, now=later) == request_id
    one = seen(ready)
    assert (one.times, one.state, one.last_at) == (2, DataState.WAITING, later)
    assert services.upload_due(now=later) == 0  # not at once: nobody makes us send by the second
    assert services.upload_due(now=later + verbs.PAUSE) == 1
    send(ready, request_id, later + verbs.PAUSE)
    assert grab.uploads[0] == grab.uploads[1]
    assert len(seen(ready).uploads) == 2


def test_another_session_is_told_the_same_payment(customs_port: Sandbox, grab: Grab) -> None:
    ready = paid()
    for session in ("s-1", "s-2"):
        send(ready, ask(ready.parcel.number, session))
    first, second = (json.loads(text) for text in grab.uploads)
    assert first["payExchangeInfoHead"] == second["payExchangeInfoHead"]
    assert [one["sessionID"] for one in (first, second)] == ["s-1", "s-2"]
    assert first["payExchangeInfoLists"] == second["payExchangeInfoLists"]


@pytest.mark.parametrize("fault", ["hang", "drop", "500", "garbage"])
def test_silence_is_tried_again_with_the_same_bytes(
    customs_port: Sandbox, grab: Grab, settings: Any, fault: str
) -> None:
    ready, now = paid(), clock.now()
    request_id = ask(ready.parcel.number, now=now)
    grab.next = [fault, fault]
    settings.OUTSIDE_TIMEOUT_S = 0.5 if fault == "hang" else 60.0
    assert send(ready, request_id, now) is DataState.WAITING
    assert [(one.code, one.status) for one in seen(ready).uploads] == [("", {"500": 500, "garbage": 200}.get(fault))]
    assert services.upload_due(now=now + timedelta(seconds=59)) == 0
    assert services.upload_due(now=now + timedelta(seconds=60)) == 1
    assert send(ready, request_id, now + timedelta(seconds=60)) is DataState.WAITING
    assert services.upload_due(now=now + timedelta(seconds=179)) == 0  # the pause doubles
    assert services.upload_due(now=now + timedelta(seconds=180)) == 1
    settings.OUTSIDE_TIMEOUT_S = 60.0
    assert send(ready, request_id) is DataState.TAKEN
    assert len(set(grab.uploads)) == 1 and len(grab.uploads) == 3
    assert services.upload_due(now=now + timedelta(days=30)) == 0


def test_an_unregistered_certificate_waits_for_a_person(customs_port: Sandbox, grab: Grab) -> None:
    ready, now = paid(), clock.now()
    request_id = ask(ready.parcel.number, now=now)
    grab.next = ["20004"]
    assert send(ready, request_id, now) is DataState.REFUSED
    one = seen(ready)
    assert (one.code, one.words) == ("20004", "证书未注册")
    assert services.upload_due(now=now + timedelta(days=30)) == 0
    services.upload_again(request_id=request_id, buyer_id=ready.buyer_id, actor="clerk", now=now)
    assert send(ready, request_id) is DataState.TAKEN
    assert grab.uploads[0] == grab.uploads[1]
    assert "REFUSED 20004".lower() in [entry.reason for entry in audit.of_buyer(buyer_id=ready.buyer_id)]


def test_another_refusal_may_pass(customs_port: Sandbox, grab: Grab) -> None:
    ready, now = paid(), clock.now()
    request_id = ask(ready.parcel.number, now=now)
    grab.next = ["20000"] * 20
    at = now
    for n in range(verbs.attempts_max):
        assert send(ready, request_id, at) is DataState.REFUSED
        at += verbs.PAUSE * 2**n
        assert services.upload_due(now=at) == (0 if n + 1 == verbs.attempts_max else 1)
    assert len(seen(ready).uploads) == verbs.attempts_max
    assert services.upload_due(now=at + timedelta(days=365)) == 0


def test_what_was_not_kept_cannot_be_sent(customs_port: Sandbox, grab: Grab) -> None:
    for raw, code in ((None, "no_raw_data"), (("x" * 8001, RESPONSE), "raw_too_long")):
        ready = paid(raw)
        request_id = ask(ready.parcel.number)
        assert send(ready, request_id) is DataState.UNMADE
        assert (seen(ready).code, seen(ready).uploads) == (code, ())
    assert grab.uploads == []


def test_nobody_is_asked_for_what_is_not_set_up(customs_port: Sandbox, grab: Grab, settings: Any) -> None:
    assert list(services.missing_for_data()) == []
    ready = paid()
    request_id = ask(ready.parcel.number)
    settings.CUSTOMS_PAYEE = ""
    with pytest.raises(services.NotSetUp, match="PAYEE"):
        send(ready, request_id)
    settings.CUSTOMS_DATA_NUMBERS = settings.CUSTOMS_PAY_TYPE = "x"
    assert len(list(services.missing_for_data())) == 3
    assert seen(ready).state is DataState.WAITING


def test_what_leaves_is_kept_sealed(customs_port: Sandbox, grab: Grab) -> None:
    ready = paid()
    request_id = ask(ready.parcel.number)
    send(ready, request_id)
    row = models.DataRequest.objects.get(id=request_id)
    assert "张三丰".encode() not in bytes(row.body_sealed)
    assert reading.open_data(row.body_sealed, row.id) == grab.uploads[0]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, urlencode({"openReq": '{"orderNo":"NUMBER","sessionID":"a-1","serviceTime":1533271903898}'})),
        (FORM, urlencode({"orderNo": "NUMBER", "sessionID": "a-1", "serviceTime": "1533271903898"})),
        ("application/json; charset=utf-8", '{"orderNo":"NUMBER","sessionID":"a-1","serviceTime":"1533271903898"}'),
    ],
)
def test_customs_may_ask_in_three_forms(customs_port: Sandbox, client: Client, kind: str, body: str) -> None:
    ready = paid()
    sent = body.replace("NUMBER", ready.parcel.number)
    answer = client.post(URL, sent, content_type=kind)
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (200, "10000", "")
    assert isinstance(answer.json()["serviceTime"], int)
    assert seen(ready).session_id == "a-1"


@pytest.mark.parametrize(
    "told",
    [
        b"", b"openReq=", b"openReq=[]", b"openReq=null", b"openReq={}", b"\xff\xfe", b"openReq=" + b"[" * 9000,
        b"orderNo=KL1&sessionID=a", b"orderNo=KL1&sessionID=a b&serviceTime=1", b"orderNo=&sessionID=a&serviceTime=1",
        b"orderNo=KL1&sessionID=a&serviceTime=-1", b"orderNo=KL1&sessionID=a&serviceTime=x",
        b"orderNo=%00&sessionID=a&serviceTime=1", b"orderNo=KL1&sessionID=" + b"a" * 65 + b"&serviceTime=1",
        b"orderNo=" + b"9" * 61 + b"&sessionID=a&serviceTime=1", b"x=1&" * 3000, b"a" * 20_000,
        "orderNo=订单&sessionID=a&serviceTime=1".encode(),
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_leaves_nothing(client: Client, told: bytes) -> None:
    answer = client.post(URL, told, content_type=FORM)
    assert (answer.status_code, answer.json()["code"]) == (400, "20000")
    assert not models.DataRequest.objects.exists()


def test_an_order_that_nobody_declared_is_unknown(client: Client) -> None:
    answer = client.post(URL, "orderNo=KL-NONE&sessionID=a&serviceTime=1", content_type=FORM)
    assert (answer.status_code, answer.json()["code"]) == (404, "20000")
    assert client.get(URL).status_code == 405
    assert client.post(URL, b"a" * (1024 * 1024 + 1), content_type=FORM).status_code == 413


def test_one_order_is_not_asked_for_without_end(customs_port: Sandbox, client: Client) -> None:
    ready = paid()
    for n in range(verbs.sessions_max):
        ask(ready.parcel.number, f"s-{n}")
    answer = client.post(URL, f"orderNo={ready.parcel.number}&sessionID=one-more&serviceTime=1", content_type=FORM)
    assert answer.status_code == 429
    ask(ready.parcel.number, "s-0")  # a session that is known may be repeated
    found = selectors.data_requests(order_id=ready.order_id, buyer_id=ready.buyer_id)
    assert len(found) == verbs.sessions_max and [one.times for one in found if one.session_id == "s-0"] == [2]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(texts, texts, st.integers(1, 10**9), texts, st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True))
def test_what_is_signed_is_what_is_sent(request_: str, response: str, amount: int, name: str, session: str) -> None:
    data = raw_data.RawData(
        guid="G",
        request=request_,
        response=response,
        platform_code="P",
        company_code="C",
        transaction="T",
        amount=Decimal(amount) / 100,
        currency="142",
        verifying_department="2",
        pay_type="4",
        paid_at=datetime(2026, 11, 28, 16, 0, 1, tzinfo=UTC),
        orders=[raw_data.Goods("KL-1", ((name, "http://x/?a=1&b=2"),)), raw_data.Goods("KL-2", ((name, ""),))],
    )
    made = raw_data.make(data, raw_data.Payee("A", "B", name), session_id=session, service_time=1533282603450)
    whole = made.signed("0a", "c2lnbg==")
    raw, values = parts(whole), json.loads(whole)
    assert list(values) == [
        "sessionID", "payExchangeInfoHead", "payExchangeInfoLists", "serviceTime", "certNo", "signValue"
    ]  # fmt: skip
    assert made.to_sign() == "||".join(
        (
            f'"sessionID":"{session}"',
            f'"payExchangeInfoHead":"{raw["payExchangeInfoHead"]}"',
            f'"payExchangeInfoLists":"{raw["payExchangeInfoLists"]}"',
            '"serviceTime":"1533282603450"',
        )
    )
    head = values["payExchangeInfoHead"]
    assert (head["initalRequest"], head["initalResponse"]) == (request_, response)
    assert head["tradingTime"] == "20261129000001"
    assert [one["orderNo"] for one in values["payExchangeInfoLists"]] == ["KL-1", "KL-2"]


@pytest.mark.parametrize(
    ("amount", "text"),
    [("5", "5.0"), ("5.00", "5.0"), ("100", "100.0"), ("88.08", "88.08"), ("0.5", "0.5"), ("1234567.10", "1234567.1")],
)
def test_a_sum_is_written_as_it_comes_back(amount: str, text: str) -> None:
    assert raw_data.number_text(Decimal(amount)) == text
