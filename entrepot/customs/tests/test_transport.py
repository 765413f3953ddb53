"""How messages travel: the envelope, several receivers, folders that a carrier's program empties and fills."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from entrepot.customs import folder, reading, services
from entrepot.customs.ceb import dxp, message
from entrepot.customs.ceb.tables import DXP
from entrepot.customs.models import Arrival, Document, Exchange, Receipt
from entrepot.customs.rules.standing import THREE
from entrepot.customs.tests.makers import declared, parcel, seen
from entrepot.customs.tests.paper_makers import NOW
from entrepot.customs.tests.receipts import declaration, document, receipt
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import clock
from entrepot.outbox.testing import drain
from tests.sandboxed import Sandbox

FIVE = [f"DXPEDCCEB000000{n}" for n in range(5)]


def _wrapped(content: bytes = b"<a/>", receivers: Any = ("DXPEDCCEB0000002",)) -> bytes:
    address = dxp.Address("4F2011FC-4ED0-478C-B190-22E76EF8B78A", "CEB311Message", "DXP<&>1", receivers)
    return dxp.closed(dxp.opening(address, NOW), content)


def test_the_envelope_names_up_to_five_receivers_and_holds_the_bytes() -> None:
    content = bytes(range(256))
    for count in range(1, 6):
        envelope = dxp.checked(_wrapped(content, FIVE[:count]))
        root = etree.fromstring(envelope)
        found = [(element.tag.rpartition("}")[2], element.text) for element in root[0] if not len(element)]
        assert found == [
            ("CopMsgId", "4F2011FC-4ED0-478C-B190-22E76EF8B78A"), ("SenderId", "DXP<&>1"),
            ("CreatTime", "2026-11-21T12:00:00"), ("MsgType", "CEB311Message"),
        ]  # fmt: skip
        assert [element.text for element in root.iter(f"{{{DXP}}}ReceiverId")] == FIVE[:count]
        assert dxp.unwrap(envelope) == content
    for receivers in ([], [*FIVE, "X"]):
        with pytest.raises(message.NotWellMade, match="ReceiverIds"):
            _wrapped(content, receivers)
    for wrong in ([""], ["X" * 61]):
        with pytest.raises(message.NotWellMade, match="ReceiverId"):
            dxp.checked(_wrapped(content, wrong))


def test_what_carriers_add_is_passed_over_and_what_is_no_envelope_is_refused() -> None:
    good = _wrapped(b"<a/>")
    more = b'<AddInfo><FileName>x</FileName></AddInfo><Signature xmlns="urn:x">1</Signature></DxpMsg>'
    assert dxp.unwrap(good.replace(b"</DxpMsg>", more).replace(b"<Data>", b"<Data>\n ")) == b"<a/>"
    for bad in (
        good.replace(b"PGEvPg==", b"PGEvPg="),
        good.replace(b"<Data>PGEvPg==</Data>", b""),
        good.replace(b"CopMsgId", b"Id"),
        good.replace(DXP.encode(), b"urn:x"),
        good.replace(b"?>", b'?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">', 1),
        b"<DxpMsg/>",
        b"DxpMsg",
        good + b" " * dxp.ENVELOPE_MAX_BYTES,
    ):
        assert dxp.is_envelope(bad)
        with pytest.raises(message.NotWellMade):
            dxp.unwrap(bad)


pytestmark = pytest.mark.django_db


@pytest.fixture
def folders(settings: Any, tmp_path: Path, customs_port: Sandbox) -> Path:
    settings.CUSTOMS_TRANSPORT = "folder"
    settings.CUSTOMS_FOLDER = str(tmp_path / "customs")
    settings.CUSTOMS_RECEIVER = ", ".join(FIVE[:2])
    return tmp_path / "customs"


def _put(folders: Path, name: str, content: bytes, age_s: int = 60) -> Path:
    """A file as a carrier's program leaves it, some time ago."""
    place = folders / "in" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    then = (clock.now() - timedelta(seconds=age_s)).timestamp()
    os.utime(place, (then, then))
    return place


def _files(folders: Path, which: str) -> list[str]:
    return sorted(os.listdir(folders / which)) if (folders / which).exists() else []


def test_what_left_can_be_made_again_byte_for_byte(customs_port: Sandbox) -> None:
    made = declared(parcel())
    rows = list(Exchange.objects.filter(document__declaration_id=made.id).order_by("id"))
    assert [row.document_id for row in rows] == [one.id for one in made.documents if one.kind in THREE]
    for row in rows:
        one = Document.objects.get(id=row.document_id)
        envelope = dxp.closed(bytes(row.opening), reading.open_document(one.xml_sealed, one.id))
        assert hashlib.sha256(envelope).digest() == bytes(row.envelope_sha256)
        assert dxp.unwrap(envelope) == reading.open_document(one.xml_sealed, one.id)


def test_a_file_appears_whole_under_the_messages_guid_and_once(folders: Path) -> None:
    made = declared(parcel())
    assert made.state is DeclarationState.MATCHING
    names = sorted(f"{one.guid}.xml" for one in made.documents if one.kind in THREE)
    assert _files(folders, "out") == names
    before = {name: (folders / "out" / name).read_bytes() for name in names}
    for one in made.documents:
        if one.kind in THREE:
            row = Document.objects.get(id=one.id)
            assert dxp.unwrap(before[f"{one.guid}.xml"]) == reading.open_document(row.xml_sealed, row.id)
            assert (
                b"".join(f"<ReceiverId>{name}</ReceiverId>".encode() for name in FIVE[:2]) in before[f"{one.guid}.xml"]
            )
    (folders / "out" / names[0]).unlink()  # the carrier's program took it
    sent = services.send_again(declaration_id=made.id, buyer_id=made.buyer_id, now=clock.now())
    assert sent == 3
    assert {name: (folders / "out" / name).read_bytes() for name in names} == before
    statuses = Exchange.objects.filter(document__declaration_id=made.id).order_by("id").values_list("status", flat=True)
    assert sorted(statuses) == [202, 202, 202, 202, 409, 409]


def test_something_else_under_the_name_and_a_folder_that_takes_nothing_are_named(folders: Path, settings: Any) -> None:
    ready = parcel()
    folders.write_text("no folder")
    with pytest.raises(services.PortSilent):
        declared(ready)
    assert seen(ready).state is DeclarationState.DRAFT
    folders.unlink()
    first = seen(ready).documents[0]
    (folders / "out").mkdir(parents=True)
    (folders / "out" / f"{first.guid}.xml").write_text("another")
    with pytest.raises(services.PortSaysNo):
        declared(ready)
    assert (folders / "out" / f"{first.guid}.xml").read_text() == "another"


def _carry(folders: Path, port: Sandbox) -> None:
    """The carrier's program: what lies in `out` goes to the port, what the port has to say goes into `in`."""
    for path in sorted((folders / "out").iterdir()):
        assert port.http.post("/customs/dxp", content=path.read_bytes()).status_code == 200
        path.unlink()
    for n, one in enumerate(port.collect("customs")):
        _put(folders, f"{n:03}.xml", _wrapped(one["body"].encode()), age_s=600 - n)


def test_a_parcel_is_released_through_folders_alone(folders: Path, customs_port: Sandbox) -> None:
    ready = parcel(lines=2)
    declared(ready)
    for _ in range(2):
        _carry(folders, customs_port)
        assert services.collect(now=clock.now()) in (
            4,
            6,
        )  # the list's three receipts with its tax bill; the documents' six
        drain()
    assert seen(ready).state is DeclarationState.RELEASED
    assert _files(folders, "in") == _files(folders, "refused") == []
    ids = Receipt.objects.filter(buyer_id=ready.buyer_id).values("arrival_id")
    assert set(Arrival.objects.filter(id__in=ids).values_list("way", "outcome")) == {("folder", "")}


def test_files_are_taken_oldest_first_and_only_when_they_are_whole(
    folders: Path, settings: Any, port_key: None, tmp_path: Path
) -> None:
    made = declaration()
    order = document(made, DocumentKind.ORDER)

    def say(status: int) -> bytes:
        return receipt(DocumentKind.ORDER, order.number, status)

    _put(folders, "b.xml", say(120), age_s=5)
    _put(folders, "a.xml", say(2), age_s=60)
    _put(folders, "fresh.xml", say(100), age_s=0)
    _put(folders, ".hidden.xml", say(100))
    elsewhere = tmp_path / "elsewhere.xml"
    elsewhere.write_bytes(say(100))
    (folders / "in" / "link.xml").symlink_to(elsewhere)
    (folders / "in" / "folder").mkdir()
    certificate, settings.CUSTOMS_PORT_CERTIFICATE_FILE = settings.CUSTOMS_PORT_CERTIFICATE_FILE, "/nowhere"
    with pytest.raises(services.NotSetUp):
        services.collect(now=clock.now())
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = certificate
    assert services.collect(now=clock.now()) == 2
    assert _files(folders, "in") == [".hidden.xml", "folder", "fresh.xml", "link.xml"]
    assert elsewhere.exists()
    kept = Receipt.objects.filter(declaration_id=made.id).order_by("id").values_list("status", flat=True)
    assert list(kept) == [2, 120]
    assert services.collect(now=clock.now() + timedelta(minutes=1)) == 1


def test_what_cannot_be_taken_is_moved_aside_whole_and_the_rest_goes_on(folders: Path, port_key: None) -> None:
    made = declaration()
    good = receipt(DocumentKind.ORDER, document(made, DocumentKind.ORDER).number, 120)
    stranger = receipt(DocumentKind.ORDER, "NOBODY", 800)
    bad = {"1.xml": b"<a>", "2.xml": stranger, "3.xml": good.replace(b">120<", b">800<"), "4.xml": b""}
    for name, content in bad.items():
        _put(folders, name, content)
    huge = _put(folders, "5.xml", b"<a/>")
    with huge.open("r+b") as file:
        file.truncate(50 * 1024 * 1024)
    old = (clock.now() - timedelta(minutes=1)).timestamp()
    os.utime(huge, (old, old))
    _put(folders, "9.xml", good)
    assert services.collect(now=clock.now()) == 1
    assert _files(folders, "in") == []
    aside = {name.partition("-")[2]: folders / "refused" / name for name in _files(folders, "refused")}
    assert sorted(aside) == ["1.xml", "2.xml", "3.xml", "4.xml", "5.xml"]
    assert {name: aside[name].read_bytes() for name in bad} == bad
    assert aside["5.xml"].stat().st_size == 50 * 1024 * 1024
    rows = {bytes(row.sha256): row for row in Arrival.objects.exclude(outcome="")}
    told = {name: rows[folder.digest(path)] for name, path in aside.items()}
    assert {name: row.outcome for name, row in told.items()} == {
        "1.xml": "wrong_schema", "2.xml": "unknown_document", "3.xml": "forged_receipt", "4.xml": "wrong_schema",
        "5.xml": "wrong_schema",
    }  # fmt: skip
    assert (told["5.xml"].size, "larger than" in told["5.xml"].told) == (50 * 1024 * 1024, True)
    assert len(reading.open_arrival(told["5.xml"].raw_sealed, told["5.xml"].id)) == 64 * 1024
    assert reading.open_arrival(told["2.xml"].raw_sealed, told["2.xml"].id) == stranger


def test_nothing_is_collected_where_messages_go_another_way(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOMS_FOLDER = str(tmp_path / "none")
    assert services.collect(now=datetime.now(tz=clock.CHINA)) == 0
    assert not (tmp_path / "none").exists()
    settings.CUSTOMS_TRANSPORT = "pigeon"
    assert "neither http nor folder" in "; ".join(services.missing(now=clock.now()))
    settings.CUSTOMS_TRANSPORT = "folder"
    settings.CUSTOMS_RECEIVER = ",".join("ABCDEF")
    assert "names 6 receivers" in "; ".join(services.missing(now=clock.now()))
    settings.CUSTOMS_FOLDER = str(tmp_path / "file")
    Path(settings.CUSTOMS_FOLDER).write_text("")
    assert "ENTREPOT_CUSTOMS_FOLDER" in "; ".join(services.missing(now=clock.now()))
