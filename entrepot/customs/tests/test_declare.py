"""Declaring: what leaves, what is held back, what may be repeated, and what it costs."""

from __future__ import annotations

import hashlib
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from entrepot.audit import selectors as audit
from entrepot.audit.types import AuditEntry
from entrepot.customs import port, reading, selectors, services
from entrepot.customs.ceb import message
from entrepot.customs.models import Declaration, Document, Exchange, Number
from entrepot.customs.services import sending
from entrepot.customs.services.facts import gather
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.tests.receipts import told, topics
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.orders.tests.makers import CONSIGNEE
from entrepot.outbox.testing import drain
from entrepot.payments.types import PayerCheck
from entrepot.stock.types import WarehouseKind
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customs_port")]


def _readings(ready: Ready) -> list[AuditEntry]:
    return [one for one in audit.of_buyer(buyer_id=ready.buyer_id) if one.action == "identity.real_name_read"]


def _rules(ready: Any) -> set[str]:
    made = seen(ready)
    assert made.state is DeclarationState.HELD
    assert made.held_code == "match"
    assert all(document.sent_at is None for document in made.documents)
    return {one.rule for one in made.differences}


def test_documents_are_kept_sealed_with_their_hash_and_never_shown_without_a_trace() -> None:
    ready = parcel(id_number="11010519491231002X")
    made = declared(ready)
    for row in Document.objects.filter(declaration_id=made.id):
        assert b"11010519491231002X" not in bytes(row.xml_sealed)
        xml = selectors.document_xml(
            document_id=row.id,
            buyer_id=ready.buyer_id,
            reader="clerk-1",
            reason="question of the buyer",
            now=clock.now(),
        )
        assert hashlib.sha256(xml).digest() == bytes(row.sha256)
        assert message.read(xml).head["guid"] == str(row.id).upper()
    read = [one for one in audit.of_buyer(buyer_id=ready.buyer_id) if one.action == "customs.document_read"]
    assert [one.actor for one in read] == ["clerk-1"] * 4
    with pytest.raises(selectors.ReasonMissing):
        selectors.document_xml(document_id=row.id, buyer_id=ready.buyer_id, reader="x", reason=" ", now=clock.now())
    with pytest.raises(selectors.NoDocument):
        selectors.document_xml(document_id=row.id, buyer_id=new_id(), reader="x", reason="y", now=clock.now())


def test_reading_the_real_name_is_logged() -> None:
    ready = parcel()
    declared(ready)
    (entry,) = _readings(ready)
    assert entry.actor == "customs.declare"
    assert ready.parcel.number in entry.reason


def test_the_flow_is_told_and_the_exchange_kept() -> None:
    ready = parcel()
    made = declared(ready)
    assert told(ready.parcel.id) == [
        (
            "customs.declared",
            {
                "declaration_id": str(made.id),
                "order_id": str(ready.order_id),
                "parcel_id": str(ready.parcel.id),
            },
        )
    ]
    exchanges = Exchange.objects.filter(buyer_id=ready.buyer_id)
    assert [row.status for row in exchanges] == [200, 200, 200]
    assert all(len(bytes(row.envelope_sha256)) == 32 for row in exchanges)


def test_repeating_changes_nothing_and_sends_nothing_twice(customs_port: Sandbox) -> None:
    ready = parcel()
    first = declared(ready)
    again = declared(ready)
    assert (again.id, len(again.documents)) == (first.id, 4)
    assert [one.attempts for one in again.documents] == [1, 1, 1, 0]
    assert answered(customs_port) == 6
    assert len(_readings(ready)) == 1


# What is held back before anything leaves.


def test_another_payer_is_held() -> None:
    ready = parcel(payer_check=PayerCheck.DIFFERENT)
    declared(ready)
    assert _rules(ready) == {"payer"}
    assert topics(ready.parcel.id) == ["customs.held"]
    assert told(ready.parcel.id)[0][1]["code"] == "match"


def test_another_consignee_at_the_carrier_is_held_and_masked() -> None:
    other = replace(CONSIGNEE, name="李四", phone="+8613912345678", detail="人民路9号")
    ready = parcel(waybill_to=other)
    declared(ready)
    assert _rules(ready) == {"consignee_name", "consignee_phone", "consignee_address"}
    shown = "".join(one.left + one.right for one in seen(ready).differences)
    assert "李四" not in shown
    assert "13912345678" not in shown


def test_goods_of_two_item_records_are_held() -> None:
    ready = parcel(item_records=("REC-1", "REC-2"))
    declared(ready)
    assert _rules(ready) == {"item_record"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"origin": "XX"}, "XX"),
        ({"hs_code": "12"}, "gcode"),
        ({"sales_unit": "999"}, "999"),
        ({"hs_code": ""}, "gcode"),
    ],
)
def test_facts_that_make_no_document_are_held_and_named(line: dict[str, Any], said: str) -> None:
    ready = parcel(line=line)
    made = declared(ready)
    assert _rules(ready) == {"incomplete"}
    assert said in made.differences[0].zh
    assert said in made.differences[0].en
    assert made.documents == ()


@pytest.mark.parametrize("kind", [DocumentKind.PAYMENT, DocumentKind.WAYBILL])
def test_a_number_of_another_declaration_is_held(kind: DocumentKind) -> None:
    ready = parcel()
    facts = gather(**ready.key, reader="test", now=clock.now())
    company, number = {
        DocumentKind.PAYMENT: (facts.payment.payment_company_code, facts.split.transaction),
        DocumentKind.WAYBILL: (facts.waybill.carrier_code, facts.waybill.number),
    }[kind]
    used = Number.objects.create(kind=kind, company=company, number=number, declaration_id=new_id(), at=clock.now())
    declared(ready)
    assert _rules(ready) == {"number_used"}
    used.refresh_from_db()
    assert used.declaration_id != seen(ready).id


def test_a_waybill_number_is_free_again_after_six_months() -> None:
    ready = parcel()
    facts = gather(**ready.key, reader="test", now=clock.now())
    Number.objects.create(
        kind="511", company=facts.waybill.carrier_code, number=facts.waybill.number, declaration_id=new_id(),
        at=clock.now() - timedelta(days=190),
    )  # fmt: skip
    assert declared(ready).state is DeclarationState.MATCHING


# What is refused.


def test_what_is_missing_is_refused_by_name_and_nothing_is_written(settings: Any, tmp_path: Any) -> None:
    ready = parcel(carry=False)
    with pytest.raises(services.NoWaybill):
        services.declare(**ready.key, now=clock.now())
    with pytest.raises(services.NoParcel):
        services.declare(**{**ready.key, "parcel_id": new_id()}, now=clock.now())
    with pytest.raises(services.NoParcel):
        services.declare(**{**ready.key, "buyer_id": new_id()}, now=clock.now())
    other = parcel()
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "none.pem")
    with pytest.raises(services.NotSetUp):
        services.declare(**other.key, now=clock.now())
    settings.CUSTOMS_AGENT = ""
    with pytest.raises(services.NotSetUp):
        services.declare(**other.key, now=clock.now())
    assert not Declaration.objects.exists()


def test_check_says_what_is_missing(settings: Any, tmp_path: Any) -> None:
    assert list(services.missing(now=clock.now())) == []
    assert "not valid" in " ".join(services.missing(now=clock.now() + timedelta(days=9999)))
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "none.pem")
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = str(tmp_path / "none2.pem")
    settings.CUSTOMS_ASSURE_CODE = ""
    assert len(list(services.missing(now=clock.now()))) == 3
    broken = tmp_path / "none.pem"
    broken.write_text("no key")
    assert len(list(services.missing(now=clock.now()))) == 3
    with pytest.raises(services.NotSetUp):
        services.set_up(now=clock.now())
    assert broken.read_text() == "no key"


# Killed at any point, sent again.


def test_killed_before_anything_left(monkeypatch: pytest.MonkeyPatch, customs_port: Sandbox) -> None:
    ready = parcel()

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["entrepot.customs.services.declare"], "post", die)
        with pytest.raises(Killed):
            services.declare(**ready.key, now=clock.now())
    assert seen(ready).state is DeclarationState.DRAFT
    assert declared(ready).state is DeclarationState.MATCHING
    assert answered(customs_port) == 6


def test_killed_after_the_port_had_them_and_before_we_knew(
    monkeypatch: pytest.MonkeyPatch,
    customs_port: Sandbox,
) -> None:
    ready = parcel()

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sending, "take", die)
        with pytest.raises(Killed):
            services.declare(**ready.key, now=clock.now())
    assert seen(ready).state is DeclarationState.DRAFT
    assert declared(ready).state is DeclarationState.MATCHING
    assert {row.status for row in Exchange.objects.all()} == {port.DUPLICATE}
    answered(customs_port)
    drain()
    answered(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED


def test_a_port_that_is_down_is_tried_again(customs_port: Sandbox) -> None:
    ready = parcel()
    customs_port.control("customs", down=True)
    for _ in range(2):
        with pytest.raises(services.PortSilent):
            services.declare(**ready.key, now=clock.now())
    assert seen(ready).state is DeclarationState.DRAFT
    assert [row.status for row in Exchange.objects.all()] == [503] * 6
    customs_port.control("customs", down=False)
    assert declared(ready).state is DeclarationState.MATCHING
    assert [one.attempts for one in seen(ready).documents] == [3, 3, 3, 0]


def test_one_lost_answer_among_three(customs_port: Sandbox) -> None:
    """The port did the work and closed without a word: the next try is a duplicate, and that is success."""
    ready = parcel()
    customs_port.control("customs", next=["hang_up"])
    with pytest.raises(services.PortSilent):
        services.declare(**ready.key, now=clock.now())
    assert seen(ready).state is DeclarationState.DRAFT
    assert declared(ready).state is DeclarationState.MATCHING
    assert [one.attempts for one in seen(ready).documents] == [2, 1, 1, 0]


def test_a_port_that_does_not_know_us_says_so(settings: Any) -> None:
    ready = parcel()
    settings.CUSTOMS_DXP_ID = "SOMEBODYELSE"
    with pytest.raises(services.PortSaysNo) as caught:
        services.declare(**ready.key, now=clock.now())
    assert "unknown_sender" in caught.value.message("en")


def test_a_silent_port_is_reminded_and_lost_receipts_come_again(customs_port: Sandbox) -> None:
    ready = parcel()
    customs_port.control("customs", lose=True)
    declared(ready)
    assert answered(customs_port) == 0
    customs_port.control("customs", lose=False)
    later = clock.now()
    for _ in range(2):
        later += timedelta(minutes=16)
        assert services.remind(now=later) == 1
        assert services.remind(now=later) == 0
        drain()
        answered(customs_port)
    assert seen(ready).state is DeclarationState.RELEASED
    assert services.remind(now=later + timedelta(days=30)) == 0


def test_what_never_left_is_found_by_the_clock(customs_port: Sandbox) -> None:
    ready = parcel()
    customs_port.control("customs", down=True)
    with pytest.raises(services.PortSilent):
        services.declare(**ready.key, now=clock.now())
    customs_port.control("customs", down=False)
    assert services.remind(now=clock.now() + timedelta(minutes=3)) == 1
    drain()
    assert seen(ready).state is DeclarationState.MATCHING


# What it costs.


@pytest.mark.parametrize("kind", [WarehouseKind.BONDED, WarehouseKind.OVERSEAS])
def test_statements_of_one_parcel(customs_port: Sandbox, kind: WarehouseKind) -> None:
    """Our own and those of the contexts below: the story must stay thin."""
    ready = parcel(lines=5, kind=kind)

    def count(run: Any) -> int:
        with CaptureQueriesContext(connection) as caught:
            run()
        frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return len([one for one in caught if not one["sql"].startswith(frame)])

    declaring_cost = count(lambda: services.declare(**ready.key, now=clock.now()))
    receipts_cost = count(lambda: answered(customs_port))
    made = seen(ready)
    list_cost = count(lambda: services.send(declaration_id=made.id, buyer_id=made.buyer_id, now=clock.now()))
    release_cost = count(lambda: answered(customs_port))
    assert seen(ready).state is DeclarationState.RELEASED
    assert declaring_cost <= 11
    assert receipts_cost == 6  # one each; the order to send the list is in the last one
    assert list_cost == 2
    # one each, the tax bill with them, and the account book's; the event is in the release
    assert release_cost == (5 if kind is WarehouseKind.BONDED else 4)


def test_queue_and_counts() -> None:
    held, fine = parcel(payer_check=PayerCheck.DIFFERENT), parcel()
    declared(held)
    declared(fine)
    queue = selectors.queue(state=DeclarationState.HELD)
    assert [one.parcel_id for one in queue.declarations] == [held.parcel.id]
    assert queue.declarations[0].held_note["zh-hans"]
    assert queue.declarations[0].held_note["en"].isascii()
    assert [one.id for one in selectors.queue(text=fine.parcel.number.lower()).declarations] == [seen(fine).id]
    assert selectors.queue(page=2).declarations == ()
    assert selectors.counts()[DeclarationState.HELD] == 1
    assert len(selectors.declarations(order_id=fine.order_id, buyer_id=fine.buyer_id)) == 1
    assert selectors.declaration(parcel_id=fine.parcel.id, buyer_id=new_id()) is None


def test_what_was_sent_is_what_is_stored(customs_port: Sandbox) -> None:
    ready = parcel()
    made = declared(ready)
    stored = {row.id: reading.open_document(row.xml_sealed, row.id) for row in Document.objects.all()}
    assert len(stored) == 4
    papers = customs_port.http.get("/customs/papers", params={"order_no": ready.parcel.number}).json()
    assert {one["guid"] for one in papers} == {one.guid for one in made.documents if one.kind != DocumentKind.LIST}
