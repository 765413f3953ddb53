"""Who signs: keys in files, and a service over HTTP that holds one. What does not fit together is named."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from entrepot.customs import keys, services
from entrepot.customs.ceb import message, signing, sm2
from entrepot.customs.tests.paper_makers import NOW, SM2_CERTIFICATE, SM2_KEY, built, identity, sm2_identity
from entrepot.customs.types import DocumentKind
from entrepot.kit import clock

PASSWORD = b"a long word"


def _pem(who: signing.Identity, password: bytes = b"") -> bytes:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return who.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)  # type: ignore[union-attr]


def _certificate(who: signing.Identity) -> bytes:
    return who.certificate.public_bytes(Encoding.PEM)


def _signs(scheme: signing.Scheme, certificate: Any) -> None:
    """What identity() signs is verified, and names the scheme."""
    who = keys.identity()
    assert who.scheme == scheme
    root = message.parse(signing.sealed(signing.canonical(built(DocumentKind.LIST)), who))
    signing.verify(root, certificate)


def test_a_pem_file_with_or_without_password_and_the_certificate_beside_it(settings: Any, tmp_path: Path) -> None:
    who = identity()
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "key.pem")
    Path(settings.CUSTOMS_KEY_FILE).write_bytes(_pem(who) + _certificate(who))
    _signs(signing.RSA_SHA1, who.certificate)
    settings.CUSTOMS_CERTIFICATE_FILE = str(tmp_path / "certificate.pem")
    settings.CUSTOMS_KEY_PASSWORD = PASSWORD.decode()
    Path(settings.CUSTOMS_CERTIFICATE_FILE).write_bytes(_certificate(who))
    Path(settings.CUSTOMS_KEY_FILE).write_bytes(_pem(who, PASSWORD))
    _signs(signing.RSA_SHA1, who.certificate)
    settings.CUSTOMS_KEY_PASSWORD = "another"
    with pytest.raises(services.NotSetUp, match="KEY_FILE"):
        keys.identity()


@pytest.mark.parametrize(("setting", "scheme"), [("signers", signing.SM2_SIGNERS), ("annex", signing.SM2_ANNEX)])
def test_an_sm2_key_signs_as_the_setting_says(
    settings: Any, tmp_path: Path, setting: str, scheme: signing.Scheme
) -> None:
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "key.pem")
    settings.CUSTOMS_SM2 = setting
    Path(settings.CUSTOMS_KEY_FILE).write_text(SM2_KEY + SM2_CERTIFICATE)
    _signs(scheme, sm2_identity().certificate)


def test_a_pkcs12_file(settings: Any, tmp_path: Path) -> None:
    who = identity()
    settings.CUSTOMS_SIGNER = "pkcs12"
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "key.p12")
    settings.CUSTOMS_KEY_PASSWORD = PASSWORD.decode()
    encryption = BestAvailableEncryption(PASSWORD)
    whole = pkcs12.serialize_key_and_certificates(b"us", who.key, who.certificate, None, encryption)  # type: ignore[arg-type]
    Path(settings.CUSTOMS_KEY_FILE).write_bytes(whole)
    _signs(signing.RSA_SHA1, who.certificate)
    settings.CUSTOMS_KEY_PASSWORD = ""
    with pytest.raises(services.NotSetUp):
        keys.identity()


def test_a_certificate_of_another_key_is_never_signed_with(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "key.pem")
    for mixed in (
        _pem(identity()) + _certificate(identity("somebody else")),
        _pem(identity()) + SM2_CERTIFICATE.encode(),
        SM2_KEY.encode() + _certificate(identity()),
    ):
        Path(settings.CUSTOMS_KEY_FILE).write_bytes(mixed)
        with pytest.raises(services.NotSetUp):
            keys.identity()


class _Machine(BaseHTTPRequestHandler):
    """A signing service, written against its description: it shares no code with who asks it."""

    told: dict[str, Any]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.told["asked"] = {**asked, "token": self.headers.get("Authorization")}
        body = json.dumps({"signature": base64.b64encode(self._signature(asked)).decode()}).encode()
        self.send_response(self.told.get("status", 200))
        self.end_headers()
        self.wfile.write(self.told.get("body", body))

    def _signature(self, asked: dict[str, str]) -> bytes:
        data = base64.b64decode(asked.get("data") or asked["digest"])
        if asked["algorithm"] == "rsa-sha1":
            who = identity(*self.told.get("who", ()))
            form = hashes.SHA1() if "data" in asked else utils.Prehashed(hashes.SHA1())
            return who.key.sign(data, padding.PKCS1v15(), form)  # type: ignore[union-attr, call-arg, arg-type]
        key = sm2_identity().key
        assert isinstance(key, sm2.PrivateKey)
        if "digest" in asked:
            der = gmssl_pyx.sm2_sign_sm3_digest(key.number, data)
        else:
            der = gmssl_pyx.sm2_sign(key.number, key.public.point, data)
        return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def machine(settings: Any, tmp_path: Path) -> Iterator[dict[str, Any]]:
    told: dict[str, Any] = {}
    server = HTTPServer(("127.0.0.1", 0), type("Machine", (_Machine,), {"told": told}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.CUSTOMS_SIGNER = "service"
    settings.CUSTOMS_SIGNER_URL = f"http://127.0.0.1:{server.server_port}/sign"
    settings.CUSTOMS_SIGNER_TOKEN = "let me"
    settings.CUSTOMS_CERTIFICATE_FILE = str(tmp_path / "certificate.pem")
    Path(settings.CUSTOMS_CERTIFICATE_FILE).write_bytes(_certificate(identity()))
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("takes", ["data", "digest"])
def test_a_service_signs_with_rsa_and_sm2(machine: dict[str, Any], settings: Any, takes: str) -> None:
    settings.CUSTOMS_SIGNER_TAKES = takes
    _signs(signing.RSA_SHA1, identity().certificate)
    assert machine["asked"]["token"] == "Bearer let me"
    assert machine["asked"]["key"] == f"{identity().certificate.serial_number:08x}"
    assert takes in machine["asked"]
    Path(settings.CUSTOMS_CERTIFICATE_FILE).write_text(SM2_CERTIFICATE)
    _signs(signing.SM2_SIGNERS, sm2_identity().certificate)
    assert len(base64.b64decode(machine["asked"][takes])) == 32 or takes == "data"


def test_a_service_that_does_not_sign_is_named(machine: dict[str, Any], settings: Any) -> None:
    def sign() -> None:
        keys.identity().sign(b"x")

    for told, refusal in (
        ({"status": 500}, services.SignerSilent),
        ({"status": 429}, services.SignerSilent),
        ({"status": 401}, services.SignerSaysNo),
        ({"body": b"sorry"}, services.SignerSaysNo),
        ({"body": b"[]"}, services.SignerSaysNo),
        ({"body": b'{"signature": 5}'}, services.SignerSaysNo),
        ({"body": b'{"signature": "AAAA"}'}, services.SignerSaysNo),
        ({"who": ("somebody else",)}, services.SignerSaysNo),
    ):
        machine.clear()
        machine.update(told)
        with pytest.raises(refusal) as caught:
            sign()
        assert caught.value.message("zh") != caught.value.message("en")
    machine.clear()
    sign()
    settings.CUSTOMS_SIGNER_URL = "http://127.0.0.1:9/"
    with pytest.raises(services.SignerSilent):
        sign()


def test_check_tells_what_keeps_us_from_signing(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = str(tmp_path / "port.pem")
    Path(settings.CUSTOMS_PORT_CERTIFICATE_FILE).write_bytes(_certificate(identity("port")))
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "key.pem")

    def told(now: Any = NOW) -> str:
        return "; ".join(services.missing(now=now))

    assert "no key with its certificate in" in told()
    Path(settings.CUSTOMS_KEY_FILE).write_bytes(_pem(identity()) + _certificate(identity()))
    assert told() == ""
    assert "not valid today" in told(NOW + timedelta(days=400))
    for setting, wrong in (
        ("CUSTOMS_SIGNER", "magic"),
        ("CUSTOMS_SM2", "both"),
    ):
        was = getattr(settings, setting)
        setattr(settings, setting, wrong)
        assert f"ENTREPOT_{setting} is neither" in told()
        setattr(settings, setting, was)
    settings.CUSTOMS_SIGNER = "service"
    assert "ENTREPOT_CUSTOMS_SIGNER_URL is not set" in told()
    settings.CUSTOMS_SIGNER_URL = "http://signer.example/"
    assert "ENTREPOT_CUSTOMS_CERTIFICATE_FILE" in told()
    settings.CUSTOMS_CERTIFICATE_FILE = settings.CUSTOMS_PORT_CERTIFICATE_FILE
    assert "not https" in told()
    settings.CUSTOMS_SIGNER_URL = "https://signer.example/"
    assert told() == ""
    settings.CUSTOMS_SIGNER_TAKES = "paper"
    assert "neither data nor digest" in told()


def test_a_key_on_a_machine_without_the_library_is_named(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CUSTOMS_KEY_FILE = str(tmp_path / "key.pem")
    Path(settings.CUSTOMS_KEY_FILE).write_text(SM2_KEY + SM2_CERTIFICATE)
    monkeypatch.setattr(sm2, "gmssl_pyx", None)
    with pytest.raises(services.NotSetUp, match="gmssl-pyx"):
        keys.identity()
    assert "gmssl-pyx" in "; ".join(services.missing(now=clock.now()))
