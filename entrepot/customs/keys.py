"""Our signing key and the port's certificate, in the files that the settings name; who we are at customs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from entrepot.customs.ceb.signing import Identity
from entrepot.customs.rules.papers import Parties, Party
from entrepot.kit.refusals import Refusal

KEY_BITS = 2048
VALID_FOR = timedelta(days=3650)


class NotSetUp(Refusal):
    """Nothing can be declared or taken yet: `entrepot check` names what is missing."""

    code = "customs_not_set_up"
    status = 503
    zh = "海关申报尚未配置：{what}"
    en = "Customs is not set up: {what}"


def identity() -> Identity:
    """Our key with its certificate. Refuses NotSetUp."""
    path = Path(settings.CUSTOMS_KEY_FILE)
    try:
        return _identity(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, TypeError) as wrong:
        raise NotSetUp(what="ENTREPOT_CUSTOMS_KEY_FILE") from wrong


@lru_cache(maxsize=4)
def _identity(path: Path, _changed: int) -> Identity:
    content = path.read_bytes()
    key = load_pem_private_key(content, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key is not RSA")
    return Identity(key, x509.load_pem_x509_certificate(content))


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
    try:
        certificate = identity().certificate
    except NotSetUp:
        yield f"no RSA key with certificate in {settings.CUSTOMS_KEY_FILE}: run `entrepot customs_setup`"
    else:
        if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
            yield f"the certificate in {settings.CUSTOMS_KEY_FILE} is not valid today"
    try:
        port_certificate()
    except NotSetUp:
        yield f"no port certificate in {settings.CUSTOMS_PORT_CERTIFICATE_FILE}: run `entrepot customs_setup`"
