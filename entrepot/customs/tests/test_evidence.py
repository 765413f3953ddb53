"""What came and was not taken: refused by name, kept as it came, nothing changed. Tax bills move no declaration."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.customs import reading, services
from entrepot.customs.ceb import dxp
from entrepot.customs.models import Arrival, Declaration, Receipt, TaxBill, TaxInbox
from entrepot.customs.services import evidence
from entrepot.customs.tests.paper_makers import NOW
from entrepot.customs.tests.receipts import T0, declaration, delivery, document, receipt, signed, told
from entrepot.customs.types import DocumentKind
from entrepot.kit import clock
from entrepot.kit.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
ORDER = DocumentKind.ORDER
XXE = '<?xml version="1.0" encoding="{}"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
BOMB = (
    '<?xml version="1.0" encoding="{}"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(8))
    + "]><l>&i;</l>"
)
QUADRATIC = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "{}">]><l>{}</l>'.format("a" * 50_000, "&a;" * 5_000)


def _enveloped(body: bytes) -> bytes:
    return dxp.closed(dxp.opening(dxp.Address("1", "CEB312Message", "DXP1", ["DXP2"]), NOW), body)


GOOD = receipt(ORDER, "NOBODY-1", 2)
HOSTILE: dict[str, tuple[bytes, type[Exception]]] = {
    "entity from a file": (XXE.format("utf-8").encode(), services.WrongSchema),
    "the same in two bytes a character": (XXE.format("utf-16").encode("utf-16"), services.WrongSchema),
    "the same in four": (XXE.format("utf-32").encode("utf-32"), services.WrongSchema),
    "the same in an envelope": (_enveloped(XXE.format("utf-8").encode()), services.WrongSchema),
    "document type elsewhere": (b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>', services.WrongSchema),
    "bomb": (BOMB.format("utf-8").encode(), services.WrongSchema),
    "bomb in two bytes a character": (BOMB.format("utf-16").encode("utf-16"), services.WrongSchema),
    "bomb of one entity": (QUADRATIC.encode(), services.WrongSchema),
    "too deep": (b"<a>" * 100_000, services.WrongSchema),
    "too many attributes": (b"<a " + b" ".join(b"a%d=''" % n for n in range(60_000)) + b"/>", services.WrongSchema),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-none"?><a/>', services.WrongSchema),
    "encoding that hides the text": (b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-', services.WrongSchema),
    "bytes that are no utf-8": (GOOD.replace(b"NOBODY", b"\xff\xfeBODY"), services.WrongSchema),
    "two encodings": ('<?xml version="1.0" encoding="ascii"?><a>清单</a>'.encode("gbk"), services.WrongSchema),
    "more than a message": (b"<a>" + b"x" * 1024 * 1024 + b"</a>", services.WrongSchema),
    "50 MB": (b"<a>" + b"x" * 50 * 1024 * 1024 + b"</a>", services.WrongSchema),
    "50 MB in an envelope": (b"<DxpMsg>" + b"x" * 50 * 1024 * 1024, services.WrongSchema),
    "envelope in an envelope": (_enveloped(_enveloped(GOOD)), services.WrongSchema),
    "empty": (b"", services.WrongSchema),
    "unknown message": (signed("<ceb:Other/>", "999"), services.WrongSchema),
    "a request": (signed("<ceb:Order/>", "311"), services.WrongSchema),
    "another signer": (receipt(ORDER, "NOBODY-1", 2, signer="somebody"), services.ForgedReceipt),
    "no signature": (GOOD[: GOOD.index(b"<ds:Signature")] + b"</ceb:CEB312Message>", services.ForgedReceipt),
    "changed": (GOOD.replace(b"NOBODY-1", b"NOBODY-2"), services.ForgedReceipt),
    "somebody else's order": (GOOD, services.UnknownDocument),
    "somebody else's tax bill": (
        signed(
            "<ceb:Tax><ceb:TaxHeadStatus><ceb:guid>1</ceb:guid><ceb:returnTime>20261121120000000</ceb:returnTime>"
            "<ceb:invtNo>31052026I999999999</ceb:invtNo><ceb:taxNo>1</ceb:taxNo><ceb:status>1</ceb:status>"
            "</ceb:TaxHeadStatus></ceb:Tax>",
            "818",
        ),
        services.UnknownDocument,
    ),
}


def _take(body: bytes) -> int:
    return services.take_receipt(body=body, headers={}, now=clock.now())


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_by_name_and_kept_and_changes_nothing(what: str) -> None:
    body, refusal = HOSTILE[what]
    made = declaration()
    before = Declaration.objects.values().get(id=made.id)
    for times in (1, 2):
        with CaptureQueriesContext(connection) as asked, pytest.raises(refusal) as caught:
            _take(body)
        assert caught.value.message("zh") != caught.value.message("en")  # type: ignore[attr-defined]
        (row,) = Arrival.objects.all()
        assert (row.outcome, row.times, row.size) == (caught.value.code, times, len(body))  # type: ignore[attr-defined]
        assert row.told
        assert bytes(row.sha256) == hashlib.sha256(body).digest()
        assert reading.open_arrival(row.raw_sealed, row.id) == body[: evidence.HEAD_MAX_BYTES]
    writes = [one["sql"] for one in asked if one["sql"].lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert all("customs_arrival" in one for one in writes)
    assert TaxInbox.objects.count() == ("tax bill" in what)  # it waits: its list may become ours
    assert not TaxBill.objects.exists()
    assert Declaration.objects.values().get(id=made.id) == before
    assert not Receipt.objects.exists()
    assert told(made.parcel_id) == []


def test_what_is_refused_is_kept_up_to_a_limit_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "REFUSED_MAX", 3)
    now = clock.now()

    def refuse(body: bytes, minutes: int = 0) -> int:
        with pytest.raises(services.WrongSchema):
            services.take_receipt(body=body, headers={}, now=now + timedelta(minutes=minutes))
        return Arrival.objects.count()

    assert [refuse(b"<%d" % n) for n in range(5)] == [1, 2, 3, 3, 3]
    assert refuse(b"<0") == 3
    assert Arrival.objects.get(sha256=hashlib.sha256(b"<0").digest()).times == 2
    assert [refuse(b"<%d" % n, 61) for n in range(9, 14)] == [4, 5, 6, 6, 6]


def test_what_was_refused_long_ago_is_forgotten_and_what_was_taken_is_not() -> None:
    made = declaration()
    _take(receipt(ORDER, document(made, ORDER).number, 120))
    with pytest.raises(services.WrongSchema):
        _take(b"<")
    assert services.purge(now=clock.now() + timedelta(days=399)) == 0
    assert services.purge(now=clock.now() + timedelta(days=401)) == 1
    assert list(Arrival.objects.values_list("outcome", flat=True)) == [""]


def test_a_stranger_in_a_delivery_is_kept_as_one_and_the_rest_is_taken() -> None:
    made = declaration()
    good, stranger = receipt(ORDER, document(made, ORDER).number, 120), receipt(ORDER, "NOBODY-1", 120)
    body, headers = delivery([stranger, good])
    assert services.take_receipt(body=body, headers=headers, now=clock.now()) == 1
    outcomes = {bytes(row.sha256): row.outcome for row in Arrival.objects.all()}
    assert outcomes == {hashlib.sha256(good).digest(): "", hashlib.sha256(stranger).digest(): "unknown_document"}


def test_what_was_refused_and_is_taken_later_counts_as_taken() -> None:
    made = declaration()
    number = document(made, ORDER).number
    body = receipt(ORDER, number, 120)
    document(made, ORDER).__class__.objects.filter(number=number).update(number="elsewhere")
    with pytest.raises(services.UnknownDocument):
        _take(body)
    document(made, ORDER).__class__.objects.filter(number="elsewhere").update(number=number)
    assert _take(body) == 1
    (row,) = Arrival.objects.all()
    assert (row.outcome, row.told, row.times) == ("", "", 2)
    assert Receipt.objects.get(declaration_id=made.id).arrival_id == row.id


def test_a_message_of_many_returns_is_kept_once() -> None:
    made = [declaration() for _ in range(20)]
    inside = "".join(
        f"<ceb:OrderReturn><ceb:guid>{new_id()}</ceb:guid><ceb:orderNo>{document(one, ORDER).number}</ceb:orderNo>"
        "<ceb:returnStatus>120</ceb:returnStatus><ceb:returnTime>20261121120000000</ceb:returnTime></ceb:OrderReturn>"
        for one in made
    )
    body = _enveloped(signed(inside, "312"))
    assert [_take(body) for _ in range(2)] == [20, 20]
    (row,) = Arrival.objects.all()
    assert (row.root, row.times, row.way) == ("CEB312Message", 2, "http")
    assert reading.open_arrival(row.raw_sealed, row.id) == body
    assert set(Receipt.objects.values_list("arrival_id", "times")) == {(row.id, 2)}


def _bill(number: str, list_number: str) -> bytes:
    moment = f"{T0:%Y%m%d}120000000"
    if number == "816":
        head = (
            f"<ceb:TaxHeadRd><ceb:guid>1</ceb:guid><ceb:returnTime>{moment}</ceb:returnTime>"
            f"<ceb:invtNo>{list_number}</ceb:invtNo><ceb:taxNo>{list_number}_0</ceb:taxNo>"
            "<ceb:customsTax>0.0</ceb:customsTax>"
            "<ceb:valueAddedTax>37.31</ceb:valueAddedTax><ceb:consumptionTax>0.0</ceb:consumptionTax>"
            "<ceb:status>1</ceb:status><ceb:orderNo>KL1</ceb:orderNo></ceb:TaxHeadRd><ceb:TaxListRd><ceb:gnum>1</ceb:gnum>"
            "<ceb:customsTax>0</ceb:customsTax><ceb:valueAddedTax>37.31</ceb:valueAddedTax>"
            "<ceb:consumptionTax>0</ceb:consumptionTax></ceb:TaxListRd>"
        )
    else:
        head = (
            f"<ceb:TaxHeadStatus><ceb:guid>1</ceb:guid><ceb:returnTime>{moment}</ceb:returnTime>"
            f"<ceb:invtNo>{list_number}</ceb:invtNo><ceb:taxNo>{list_number}_0</ceb:taxNo><ceb:status>2</ceb:status>"
            "</ceb:TaxHeadStatus>"
        )
    return signed(f"<ceb:Tax>{head}</ceb:Tax>", number)


@pytest.mark.parametrize("number", ["816", "818"])
def test_a_tax_bill_of_our_list_is_kept_and_moves_nothing(number: str) -> None:
    made = declaration()
    Declaration.objects.filter(id=made.id).update(list_number="31052026I000000001")
    before = Declaration.objects.values().get(id=made.id)
    body = _bill(number, "31052026I000000001")
    assert [_take(body) for _ in range(3)] == [1, 1, 1]
    (row,) = Arrival.objects.all()
    assert (row.root, row.outcome, row.times) == (f"CEB{number}Message", "", 3)
    assert reading.open_arrival(row.raw_sealed, row.id) == body
    assert Declaration.objects.values().get(id=made.id) == before
    with pytest.raises(services.UnknownDocument):
        _take(_bill(number, "31052026I000000002"))


def test_bills_and_receipts_may_come_together() -> None:
    made = declaration()
    made.list_number = made.standing["621"]["invt"] = "31052026I000000001"
    made.save()
    parts = [
        _bill("816", "31052026I000000009"),
        receipt(ORDER, document(made, ORDER).number, 120),
        _bill("816", "31052026I000000001"),
    ]
    body, headers = delivery(parts)
    assert services.take_receipt(body=body, headers=headers, now=clock.now()) == 2
    outcomes = {bytes(row.sha256): row.outcome for row in Arrival.objects.all()}
    assert [outcomes[hashlib.sha256(one).digest()] for one in parts] == ["unknown_document", "", ""]
    assert Receipt.objects.filter(declaration_id=made.id).count() == 1


def test_a_body_of_50_megabytes_is_refused_unread_by_the_parser_and_kept_by_its_head(client: Client) -> None:
    body = b"<a>" + b"x" * 50 * 1024 * 1024
    for times in (1, 2):
        answer = client.post("/callbacks/customs", body, content_type="application/xml")
        assert (answer.status_code, answer.json()["code"]) == (413, "message_too_large")
        (row,) = Arrival.objects.all()
        assert (row.outcome, row.size, row.times, row.way) == ("message_too_large", len(body), times, "http")
        assert bytes(row.sha256) == hashlib.sha256(body).digest()
        assert len(reading.open_arrival(row.raw_sealed, row.id)) == evidence.HEAD_MAX_BYTES


def test_what_is_larger_than_what_is_read_is_kept_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "READ_MAX_BYTES", 100_000)
    asked: list[int] = []

    def read(size: int) -> bytes:
        asked.append(size)
        return b"x" * size

    refusal = services.WrongSchema(faults="x")
    services.keep_too_large(read=read, size=10**12, refusal=refusal, now=clock.now())
    assert (sum(asked), max(asked)) == (100_000, evidence.HEAD_MAX_BYTES)
    row = Arrival.objects.get()
    assert (row.size, bytes(row.sha256)) == (10**12, hashlib.sha256(b"x" * 100_000).digest())
