"""What waits together leaves together: one message, one guid, one signature, one exchange. One bad document holds no
other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from entrepot.customs import keys, models, port, reading, services
from entrepot.customs.ceb import dxp, message, signing
from entrepot.customs.rules import words
from entrepot.customs.services import batches, sending
from entrepot.customs.services.bulk import Undeclared
from entrepot.customs.tests.makers import Ready, answered, declared, parcel, seen
from entrepot.customs.tests.receipts import T0, format_receipt
from entrepot.customs.types import DeclarationState, DocumentKind, Known
from entrepot.kit import clock, sql
from entrepot.orders import selectors as orders
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.shipping import selectors as shipping
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every job here has stood in line long enough to look for others."""
    monkeypatch.setattr(sending, "WAITED", timedelta(0))


def _paid(count: int, **changes: Any) -> list[Ready]:
    """Paid parcels that their own events do not declare."""
    made = [parcel(**changes) for _ in range(count)]
    sql.run("DELETE FROM procrastinate_jobs")
    return made


def _undeclared(ready: Ready) -> Undeclared:
    found = orders.with_consignee(order_id=ready.order_id, buyer_id=ready.buyer_id)
    carriage = shipping.carriage(parcel_id=ready.parcel.id, buyer_id=ready.buyer_id)
    assert found is not None and carriage is not None
    payment = payments.payment(order_id=ready.order_id, buyer_id=ready.buyer_id)
    assert payment is not None
    return Undeclared(ready.parcel.id, ready.order_id, ready.buyer_id, Known(*found, payment, *carriage))


def _many(ready: Sequence[Ready]) -> services.Declared:
    return services.declare_many(parcels=[_undeclared(one) for one in ready], now=clock.now())


def _states(ready: Sequence[Ready]) -> list[DeclarationState]:
    return [seen(one).state for one in ready]


def _message(batch: models.Batch) -> bytes:
    """The message as it left, made again of what is kept."""
    packed = batches.load(batch.id, clock.now())
    assert packed is not None
    return packed.xml


def test_many_parcels_leave_in_one_message_of_each_kind_and_are_released(customs_port: Sandbox) -> None:
    ready = _paid(5, lines=2)
    told = _many(ready)
    assert (told.count, told.refused) == (5, {})
    assert _states(ready) == [DeclarationState.MATCHING] * 5
    assert sorted(models.Batch.objects.values_list("kind", "documents")) == [("311", 5), ("411", 5), ("511", 5)]
    assert models.BatchExchange.objects.count() == 3
    assert not models.Exchange.objects.exists()
    for row in models.Batch.objects.all():
        xml, exchange = _message(row), models.BatchExchange.objects.get(batch_id=row.id)
        assert hashlib.sha256(dxp.closed(bytes(exchange.opening), xml)).digest() == bytes(exchange.envelope_sha256)
        signing.verify(etree.fromstring(xml), keys.identity().certificate)
    assert answered(customs_port) > 0
    drain()  # the lists, due one by one, leave in one message too
    assert models.Batch.objects.get(kind="621").documents == 5
    assert set(models.Document.objects.values_list("attempts", flat=True)) == {1}
    answered(customs_port)
    assert _states(ready) == [DeclarationState.RELEASED] * 5


def test_lists_of_parcels_declared_alone_leave_together_and_one_alone_leaves_as_it_is(customs_port: Sandbox) -> None:
    ready = _paid(3)
    for one in ready:
        declared(one)
    answered(customs_port)
    drain()
    assert list(models.Batch.objects.values_list("kind", "documents")) == [("621", 3)]
    (lone,) = _paid(1)
    declared(lone)
    answered(customs_port)
    drain()
    assert models.Batch.objects.count() == 1
    answered(customs_port)
    assert _states([*ready, lone]) == [DeclarationState.RELEASED] * 4


def test_repeating_changes_nothing_and_a_silent_port_gets_the_same_bytes_later(customs_port: Sandbox) -> None:
    ready = _paid(3)
    customs_port.control("customs", down=True)
    with pytest.raises(services.PortSilent):
        _many(ready)
    assert _states(ready) == [DeclarationState.DRAFT] * 3
    before = _message(models.Batch.objects.get())
    customs_port.control("customs", down=False)
    _many(ready)
    assert _message(models.Batch.objects.get(kind="311")) == before
    assert _states(ready) == [DeclarationState.MATCHING] * 3
    _many(ready)
    assert models.Batch.objects.count() == 3
    assert list(models.BatchExchange.objects.order_by("id").values_list("status", flat=True)) == [503, 200, 200, 200]


def test_a_reminder_sends_the_batch_once_for_all_of_it(customs_port: Sandbox) -> None:
    ready = _paid(3)
    customs_port.control("customs", lose=True)
    _many(ready)
    customs_port.control("customs", lose=False)
    customs_port.collect("customs")
    later = clock.now() + sending.SILENCE * 2
    for one in ready:
        made = seen(one)
        services.send_again(declaration_id=made.id, buyer_id=made.buyer_id, now=later)
    assert models.BatchExchange.objects.filter(status=port.DUPLICATE).count() == 3
    assert answered(customs_port) > 0
    assert {one.status for ready_one in ready for one in seen(ready_one).documents if one.kind in ("311", "411")} == {
        120
    }


def test_a_bad_parcel_holds_no_other(customs_port: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = _paid(3)
    poor = parcel(line={"declared_name": ""})
    told = _many([*ready, poor])
    assert told.count == 3
    assert _states(ready) == [DeclarationState.MATCHING] * 3
    assert seen(poor).state is DeclarationState.HELD


def _refusing(monkeypatch: pytest.MonkeyPatch, mark: bytes) -> list[int]:
    """A port that takes no envelope with a document of this number; the sizes of the messages it was sent."""
    sizes: list[int] = []
    send = port.send

    def picky(*, document_id: UUID, kind: DocumentKind, xml: bytes, made_at: Any) -> port.Sent:
        sent = send(document_id=document_id, kind=kind, xml=xml, made_at=made_at)
        sizes.append(len(etree.fromstring(xml).findall("{*}Order")))
        if mark not in xml:
            return sent
        return port.Sent(document_id, sent.opening, sent.envelope_sha256, 400, b'{"code": "bad"}')

    monkeypatch.setattr(port, "send", picky)
    return sizes


def test_what_the_port_does_not_take_as_a_whole_goes_on_in_halves(
    customs_port: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = _paid(8)
    bad = ready[5]
    sizes = _refusing(monkeypatch, bad.parcel.number.encode())
    told = _many(ready)
    assert [size for size in sizes if size] == [8, 4, 4, 2, 1, 1, 2]
    assert list(told.refused) == [bad.parcel.id]
    assert isinstance(told.refused[bad.parcel.id], services.PortSaysNo)
    assert [seen(one).state for one in ready if one is not bad] == [DeclarationState.MATCHING] * 7
    assert seen(bad).state is DeclarationState.DRAFT


def test_a_job_takes_the_others_along_and_gives_the_refused_one_back_alone(
    customs_port: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = _paid(4)
    for one in ready:
        declared(one)
    answered(customs_port)
    bad = ready[2]
    _refusing(monkeypatch, bad.parcel.number.encode())
    with pytest.raises(services.PortSaysNo):
        drain()  # the one that was given back raises when its turn comes
    monkeypatch.undo()
    assert [seen(one).state for one in ready if one is not bad] == [DeclarationState.LISTED] * 3
    assert seen(bad).state is DeclarationState.MATCHING


def test_a_batch_that_customs_finds_badly_made_goes_on_in_halves_until_one_is_held(
    customs_port: Sandbox, settings: Any
) -> None:
    ready = _paid(4)
    customs_port.control("customs", next=["format"])
    _many(ready)
    batch = models.Batch.objects.get(kind="311")
    (told,) = [
        one
        for one in customs_port.collect("customs")
        if "CEB900" in one["body"] and str(batch.id).upper() in one["body"]
    ]
    for _ in range(2):
        assert services.take_receipt(body=told["body"].encode(), headers=told["headers"], now=clock.now()) == 1
    drain()
    assert sorted(models.Batch.objects.filter(kind="311").values_list("documents", flat=True)) == [2, 2, 4]
    assert not models.Document.objects.filter(batch_id=batch.id).exists()
    answered(customs_port)
    assert {one.status for each in ready for one in seen(each).documents if one.kind == "311"} == {120}


def test_a_batch_of_one_that_is_badly_made_holds_its_declaration(customs_port: Sandbox, port_key: None) -> None:
    (ready,) = [parcel()]
    _many([ready])
    batch = models.Batch.objects.get(kind="311")
    body = format_receipt(DocumentKind.ORDER, batch.id, T0)
    assert services.take_receipt(body=body, headers={}, now=clock.now()) == 1
    assert (seen(ready).state, seen(ready).held_code) == (DeclarationState.HELD, words.FORMAT)


def test_a_message_is_as_large_as_the_port_takes() -> None:
    big = batches.Loose(UUID(int=1), UUID(int=1), DocumentKind.ORDER, b"x" * (batches.BYTES_MAX // 3))
    small = batches.Loose(UUID(int=1), UUID(int=1), DocumentKind.ORDER, b"x")
    assert [len(one) for one in batches.chunks([big] * 7)] == [3, 3, 1]
    assert [len(one) for one in batches.chunks([small] * 250)] == [100, 100, 50]
    assert list(batches.chunks([])) == []


def test_a_document_cut_out_is_what_was_written_into_it(customs_port: Sandbox) -> None:
    made = declared(parcel(lines=3))
    for row in models.Document.objects.filter(declaration_id=made.id):
        xml = reading.open_document(row.xml_sealed, row.id)
        content = xml.partition(b"\n")[2]
        part, tail = message.cut(xml)
        assert message.joined(DocumentKind(row.kind), id_=row.id, parts=[part], tail=tail) == content
