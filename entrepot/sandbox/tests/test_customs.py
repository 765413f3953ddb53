"""The customs port as a stranger meets it: envelopes, registration, switches. What it judges is tested by its user."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

NOTIFY = "http://127.0.0.1:9/nowhere"


def _certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(5)
        .not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM).decode()


RSA = _certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _envelope(message: bytes, guid: str | None = None, kind: str = "CEB311Message", sender: str = "STRANGER") -> bytes:
    data = base64.b64encode(message).decode()
    return (
        f'<DxpMsg xmlns="http://www.chinaport.gov.cn/dxp" ver="1.0"><TransInfo><CopMsgId>'
        f"{guid or str(uuid.uuid4()).upper()}</CopMsgId><SenderId>{sender}</SenderId><ReceiverIds><ReceiverId>P"
        f"</ReceiverId></ReceiverIds><CreatTime>2026-11-21T12:00:00</CreatTime><MsgType>{kind}</MsgType></TransInfo>"
        f"<Data>{data}</Data></DxpMsg>"
    ).encode()


def _enrol(port: Sandbox) -> None:
    wish = {"dxp_id": "STRANGER", "certificate": RSA, "notify_url": NOTIFY}
    assert port.http.post("/customs/certificates", json=wish).status_code == 200


def test_certificates_change_hands(sandbox: Sandbox) -> None:  # noqa: F811
    _enrol(sandbox)
    wish = {"dxp_id": "STRANGER", "certificate": RSA, "notify_url": NOTIFY}
    answer = sandbox.http.post("/customs/certificates", json=wish).json()
    assert x509.load_pem_x509_certificate(answer["certificate"].encode())


@pytest.mark.parametrize("field", ["dxp_id", "certificate", "notify_url"])
def test_half_a_registration_is_refused(sandbox: Sandbox, field: str) -> None:  # noqa: F811
    wish = {"dxp_id": "HALF", "certificate": RSA, "notify_url": NOTIFY}
    assert sandbox.http.post("/customs/certificates", json={**wish, field: ""}).status_code == 400
    elliptic = _certificate(ec.generate_private_key(ec.SECP256R1()))
    for wrong in ("no certificate", elliptic):
        assert sandbox.http.post("/customs/certificates", json={**wish, "certificate": wrong}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<DxpMsg/>",
        _envelope(b""),
        _envelope(b"x", guid="not-a-guid"),
        _envelope(b"x", kind="CEB999Message"),
        _envelope(b"x").replace(b"<Data>", b"<Data>!!!"),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><DxpMsg>&x;</DxpMsg>',
    ],
    ids=range(8),
)
def test_what_is_no_envelope_is_refused(sandbox: Sandbox, body: bytes) -> None:  # noqa: F811
    answer = sandbox.http.post("/customs/dxp", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_envelope")


def test_strangers_are_refused(sandbox: Sandbox) -> None:  # noqa: F811
    answer = sandbox.http.post("/customs/dxp", content=_envelope(b"<a/>", sender="NEVERSEEN"))
    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_sender")


BOMB = b"<!DOCTYPE a [" + b"".join(
    b'<!ENTITY e%d "%s">' % (n + 1, b"&e%d;" % n * 10) for n in range(9)
) + b']><CEB311Message xmlns="http://www.chinaport.gov.cn/ceb">&e9;</CEB311Message>'  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        b"no xml",
        b"<a/>",
        b'<CEB311Message xmlns="http://www.chinaport.gov.cn/ceb"/>',
        BOMB,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
        b"<a>" * 100_000,
        "<a>\u8ba2</a>".encode("gbk"),
    ],
    ids=range(8),
)
def test_a_bad_message_in_a_good_envelope_is_answered_by_900(sandbox: Sandbox, message: bytes) -> None:  # noqa: F811
    _enrol(sandbox)
    guid = str(uuid.uuid4()).upper()
    assert sandbox.http.post("/customs/dxp", content=_envelope(message, guid)).status_code == 200
    (one,) = sandbox.collect("customs")
    assert one["url"] == NOTIFY
    assert f"<oriCopMsgId>{guid}</oriCopMsgId>" in one["body"]
    assert "<oriMessageType>CEB311Message</oriMessageType>" in one["body"]
    assert "SignatureValue" in one["body"]
    again = sandbox.http.post("/customs/dxp", content=_envelope(message, guid))
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_message")
    other = sandbox.http.post("/customs/dxp", content=_envelope(message + b" ", guid))
    assert (other.status_code, other.json()["code"]) == (422, "guid_reused")


def test_faults_that_mean_nothing_are_refused(sandbox: Sandbox) -> None:  # noqa: F811
    for wrong in ("refuse", "refuse:-999999", "refuse:120", "status:800", "explode", "refuse:-62100"):
        assert sandbox.http.post("/customs/control", json={"next": [wrong]}).status_code == 400
    for used in ("abc", "-1", 5, None):
        assert sandbox.http.post("/customs/control", json={"elsewhere": {"x": used}}).status_code == 400
    for right in (
        "refuse:-621005",
        "refuse:4",
        "refuse:100",
        "status:500",
        "format",
        "lose",
        "hang_up",
        "down",
        "slow",
    ):
        assert sandbox.control("customs", next=[right])["next"] == [right]


def test_decisions_need_a_list(sandbox: Sandbox) -> None:  # noqa: F811
    assert sandbox.http.post("/customs/lists/decide", json={"order_no": "NONE", "status": 800}).status_code == 404
    for status in ("800", 8, True, None):
        assert sandbox.http.post("/customs/lists/decide", json={"order_no": "X", "status": status}).status_code == 400
    assert sandbox.http.get("/customs/papers", params={"order_no": "NONE"}).json() == []


def test_down_and_one_down(sandbox: Sandbox) -> None:  # noqa: F811
    _enrol(sandbox)
    sandbox.control("customs", next=["down"])
    assert sandbox.http.post("/customs/dxp", content=_envelope(b"<a/>")).status_code == 503
    assert sandbox.http.post("/customs/dxp", content=_envelope(b"<a/>")).status_code == 200
    sandbox.control("customs", down=True)
    assert sandbox.http.post("/customs/dxp", content=_envelope(b"<a/>")).status_code == 503
