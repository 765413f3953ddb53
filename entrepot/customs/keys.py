"""Our signing key and the port's certificate, in the files that the settings name; who we are at customs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from entrepot.customs import folder, port, signer
from entrepot.customs.ceb import sm2
from entrepot.customs.ceb.signing import RSA_SHA1, SM2_ANNEX, SM2_SIGNERS, BadSignature, Identity, Scheme, verifies
from entrepot.customs.ceb.tables import RECEIVERS_MAX
from entrepot.customs.rules.papers import Parties, Party
from entrepot.kit.refusals import Refusal

KEY_BITS = 2048
VALID_FOR = timedelta(days=3650)
FILE, PKCS12, SERVICE = "file", "pkcs12", "service"
_SM2 = {"signers": SM2_SIGNERS, "annex": SM2_ANNEX}
_HERE = ("localhost", "127.0.0.1", "::1")
_PROBE = b"is this the key of that certificate?"


class NotSetUp(Refusal):
    """Nothing can be declared or taken yet: `entrepot check` names what is missing."""

    code = "customs_not_set_up"
    status = 503
    zh = "海关申报尚未配置：{what}"
    en = "Customs is not set up: {what}"


def identity() -> Identity:
    """Who signs for us: a key of a file, or a service that holds it, with its certificate. Refuses NotSetUp."""
    source = _source()
    try:
        return _identity(source, tuple(Path(path).stat().st_mtime_ns for path in source.paths))
    except sm2.NotInstalled as wrong:
        raise NotSetUp(what="gmssl-pyx") from wrong
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm, BadSignature) as wrong:
        raise NotSetUp(what=source.setting) from wrong


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the settings say that the key is. `certificate` is empty where it lies with the key."""

    how: str
    key: str
    certificate: str
    password: str = field(repr=False)
    sm2: Scheme

    @property
    def paths(self) -> tuple[str, ...]:
        if self.how == SERVICE:
            return (self.certificate,)
        return (self.key, self.certificate) if self.certificate else (self.key,)

    @property
    def setting(self) -> str:
        return "ENTREPOT_CUSTOMS_CERTIFICATE_FILE" if self.how == SERVICE else "ENTREPOT_CUSTOMS_KEY_FILE"


def _source() -> _Source:
    if settings.CUSTOMS_SIGNER not in (FILE, PKCS12, SERVICE):
        raise NotSetUp(what="ENTREPOT_CUSTOMS_SIGNER")
    if settings.CUSTOMS_SM2 not in _SM2:
        raise NotSetUp(what="ENTREPOT_CUSTOMS_SM2")
    if settings.CUSTOMS_SIGNER == SERVICE:
        if not settings.CUSTOMS_SIGNER_URL:
            raise NotSetUp(what="ENTREPOT_CUSTOMS_SIGNER_URL")
        if settings.CUSTOMS_SIGNER_TAKES not in (signer.DATA, signer.DIGEST):
            raise NotSetUp(what="ENTREPOT_CUSTOMS_SIGNER_TAKES")
    return _Source(
        settings.CUSTOMS_SIGNER,
        settings.CUSTOMS_KEY_FILE,
        settings.CUSTOMS_CERTIFICATE_FILE,
        settings.CUSTOMS_KEY_PASSWORD,
        _SM2[settings.CUSTOMS_SM2],
    )


@lru_cache(maxsize=8)
def _identity(source: _Source, _changed: tuple[int, ...]) -> Identity:
    """A key in a file is tried on its certificate before it is believed; a service's at each signature."""
    password = source.password.encode() or None
    beside = Path(source.certificate).read_bytes() if source.certificate else b""
    if source.how == SERVICE:
        certificate = x509.load_pem_x509_certificate(beside)
        scheme = _scheme(certificate, source.sm2)
        return Identity(signer.Service(certificate, scheme.algorithm), certificate, scheme)
    content = Path(source.key).read_bytes()
    if source.how == PKCS12:
        key, inside, _ = pkcs12.load_key_and_certificates(content, password)
        if inside is None and not beside:
            raise ValueError("no certificate in it")
        certificate = x509.load_pem_x509_certificate(beside) if beside or inside is None else inside
        made = Identity(_rsa(key), certificate)
    else:
        certificate = x509.load_pem_x509_certificate(beside or content)
        scheme = _scheme(certificate, source.sm2)
        made = Identity(_key_of(content, password, certificate, scheme), certificate, scheme)
    if not verifies(certificate, made.scheme.algorithm, made.sign(_PROBE), _PROBE):
        raise ValueError("the certificate is another key's")
    return made


def _key_of(
    content: bytes, password: bytes | None, certificate: x509.Certificate, scheme: Scheme
) -> rsa.RSAPrivateKey | sm2.PrivateKey:
    if scheme is RSA_SHA1:
        return _rsa(load_pem_private_key(content, password))
    return sm2.load_private_key(content, sm2.public_key_of(certificate))


def _rsa(key: object) -> rsa.RSAPrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key is not RSA")
    return key


def _scheme(certificate: x509.Certificate, for_sm2: Scheme) -> Scheme:
    try:
        sm2.public_key_of(certificate)
    except sm2.NotSm2:
        return RSA_SHA1
    sm2.curve()
    return for_sm2


def port_certificate() -> x509.Certificate:
    """The certificate that the port signs its receipts with. Refuses NotSetUp."""
    path = Path(settings.CUSTOMS_PORT_CERTIFICATE_FILE)
    try:
        return _certificate(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as wrong:
        raise NotSetUp(what="ENTREPOT_CUSTOMS_PORT_CERTIFICATE_FILE") from wrong


@lru_cache(maxsize=4)
def _certificate(path: Path, _changed: int) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def parties() -> Parties:
    """Who declares, from the settings. Refuses NotSetUp."""
    missing = next((name for name, value in _named().items() if not value), None)
    if missing is not None:
        raise NotSetUp(what=missing)
    platform, merchant, agent = (
        _party(text) for text in (settings.CUSTOMS_PLATFORM, settings.CUSTOMS_MERCHANT, settings.CUSTOMS_AGENT)
    )
    return Parties(
        platform=platform,
        merchant=merchant,
        agent=agent,
        assure_code=settings.CUSTOMS_ASSURE_CODE,
        dxp_id=settings.CUSTOMS_DXP_ID,
        receiver=settings.CUSTOMS_RECEIVER,
    )


def _named() -> dict[str, str]:
    return {
        "ENTREPOT_CUSTOMS_PLATFORM": settings.CUSTOMS_PLATFORM,
        "ENTREPOT_CUSTOMS_MERCHANT": settings.CUSTOMS_MERCHANT,
        "ENTREPOT_CUSTOMS_AGENT": settings.CUSTOMS_AGENT,
        "ENTREPOT_CUSTOMS_ASSURE_CODE": settings.CUSTOMS_ASSURE_CODE,
        "ENTREPOT_CUSTOMS_DXP_ID": settings.CUSTOMS_DXP_ID,
        "ENTREPOT_CUSTOMS_RECEIVER": settings.CUSTOMS_RECEIVER,
    }


def _party(text: str) -> Party:
    """A setting "code:name"."""
    code, _, name = text.partition(":")
    if not (0 < len(code) <= 18 and 0 < len(name) <= 100):
        raise NotSetUp(what=text)
    return Party(code, name)


def make_key(path: Path, *, name: str, now: datetime) -> None:
    """Write a fresh key with a self-signed certificate, readable by the owner only. For the demo and for tests: in
    production the key is the one whose certificate the port issued."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID_FOR)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    write_secret(path, pem)


def write_secret(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


def missing(*, now: datetime) -> Iterator[str]:
    """What keeps parcels from being declared, a sentence each with what to do. For `entrepot check`."""
    for name, value in _named().items():
        if not value:
            yield f"{name} is not set: customs has no party to enter in the declaration"
    yield from _unsigned(now)
    yield from _unsent()
    try:
        port_certificate()
    except NotSetUp:
        yield f"no port certificate in {settings.CUSTOMS_PORT_CERTIFICATE_FILE}: run `entrepot customs_setup`"


def _unsent() -> Iterator[str]:
    """What keeps messages from leaving."""
    receivers = len(port.receivers())
    if not 0 < receivers <= RECEIVERS_MAX:
        yield f"ENTREPOT_CUSTOMS_RECEIVER names {receivers} receivers: 1 to {RECEIVERS_MAX}, comma-separated"
    if settings.CUSTOMS_TRANSPORT not in (port.HTTP, port.FOLDER):
        yield "ENTREPOT_CUSTOMS_TRANSPORT is neither http nor folder"
    elif settings.CUSTOMS_TRANSPORT == port.FOLDER:
        try:
            unwritable = [place for place in map(folder.folder, folder.ALL) if not os.access(place, os.W_OK | os.X_OK)]
        except OSError:
            unwritable = [Path(settings.CUSTOMS_FOLDER)]
        for place in unwritable:
            yield f"{place} cannot be written: ENTREPOT_CUSTOMS_FOLDER"


def _unsigned(now: datetime) -> Iterator[str]:
    """What keeps us from signing."""
    try:
        certificate = identity().certificate
    except NotSetUp as wrong:
        what = wrong.data["what"]
        where = f"no key with its certificate in {settings.CUSTOMS_KEY_FILE}"
        yield {
            "ENTREPOT_CUSTOMS_SIGNER": "ENTREPOT_CUSTOMS_SIGNER is neither file, pkcs12 nor service",
            "ENTREPOT_CUSTOMS_SM2": "ENTREPOT_CUSTOMS_SM2 is neither signers nor annex",
            "ENTREPOT_CUSTOMS_SIGNER_URL": "ENTREPOT_CUSTOMS_SIGNER_URL is not set: the address of the signing service",
            "ENTREPOT_CUSTOMS_SIGNER_TAKES": "ENTREPOT_CUSTOMS_SIGNER_TAKES is neither data nor digest",
            "ENTREPOT_CUSTOMS_CERTIFICATE_FILE": (
                f"no certificate of the signing service in {settings.CUSTOMS_CERTIFICATE_FILE or 'any file'}: set"
                " ENTREPOT_CUSTOMS_CERTIFICATE_FILE"
            ),
            "gmssl-pyx": "the key is SM2, and gmssl-pyx, which this machine has no wheel of, is not installed",
        }.get(what, f"{where}, or not its password: run `entrepot customs_setup`")
        return
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        yield "the certificate that we sign with is not valid today"
    address = urlsplit(settings.CUSTOMS_SIGNER_URL)
    if settings.CUSTOMS_SIGNER == SERVICE and address.scheme != "https" and address.hostname not in _HERE:
        yield "ENTREPOT_CUSTOMS_SIGNER_URL is not https: anybody between could have things signed"
