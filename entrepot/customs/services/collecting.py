"""Take what a carrier's program has put into our folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from entrepot.customs import folder, port
from entrepot.customs.ceb import dxp
from entrepot.customs.services import evidence
from entrepot.customs.services.receipts import ForgedReceipt, UnknownDocument, WrongSchema, take_receipt


def collect(*, now: datetime) -> int:
    """Take every whole file of the folder, the oldest first; how many. What is refused is kept as evidence and moved
    aside, and the next file is looked at. Two at once do no harm. Nothing where the transport is another one.

    Refuses NotSetUp: then everything stays where it lies.
    """
    if settings.CUSTOMS_TRANSPORT != port.FOLDER:
        return 0
    return sum(_collected(path, now) for path in folder.arrived(now))


def _collected(path: Path, now: datetime) -> bool:
    try:
        if path.stat().st_size > dxp.ENVELOPE_MAX_BYTES:
            evidence.refused_file(path, WrongSchema(faults=f"larger than {dxp.ENVELOPE_MAX_BYTES} bytes"), now)
            return False
        body = path.read_bytes()
    except FileNotFoundError:  # somebody else was faster
        return False
    try:
        take_receipt(body=body, headers={}, now=now, way=port.FOLDER)
    except (WrongSchema, ForgedReceipt, UnknownDocument):
        folder.put_aside(path, evidence.hashed(body))
        return False
    path.unlink(missing_ok=True)
    return True
