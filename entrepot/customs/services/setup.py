"""Introduce ourselves to the port: certificates change hands once, before the first declaration."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from entrepot.customs import keys, port
from entrepot.customs.port import PortSaysNo


def set_up(*, now: datetime) -> None:
    """Make a key if there is none, tell the port our certificate and address, and keep the port's certificate. Over a
    folder nobody can be told: there the two certificates change hands otherwise, and only the key is made.

    Safe to repeat. Refuses PortSilent, PortSaysNo, NotSetUp (a key file that cannot be read is never overwritten).
    """
    path = Path(settings.CUSTOMS_KEY_FILE)
    if settings.CUSTOMS_SIGNER == keys.FILE and not path.exists():
        keys.make_key(path, name=keys.parties().agent.name, now=now)
    if settings.CUSTOMS_TRANSPORT == port.FOLDER:
        return
    ours = keys.identity().certificate.public_bytes(Encoding.PEM).decode()
    theirs = port.enrol(certificate_pem=ours, notify_url=settings.CUSTOMS_NOTIFY_URL)
    try:
        x509.load_pem_x509_certificate(theirs.encode())
    except ValueError as wrong:
        raise PortSaysNo(answer="no certificate") from wrong
    keys.write_secret(Path(settings.CUSTOMS_PORT_CERTIFICATE_FILE), theirs.encode())
