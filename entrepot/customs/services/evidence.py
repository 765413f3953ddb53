"""Everything that came: what was taken is kept with what follows from it, what was not is kept here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction

from entrepot.customs import folder, models, reading
from entrepot.customs.port import HTTP
from entrepot.customs.services.telling import Arrived
from entrepot.kit import sql
from entrepot.kit.refusals import Refusal

HEAD_MAX_BYTES = 64 * 1024  # kept of what was refused
READ_MAX_BYTES = 64 * 1024 * 1024  # of what is too large, to hash it
REFUSED_MAX = 1_000  # new ones an hour
REFUSED_FOR = timedelta(days=400)
PURGE_MAX = 10_000
TOLD_MAX = 1_000
_log = logging.getLogger(__name__)


def hashed(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def arrival(body: bytes, way: str, root: str) -> Arrived:
    """A message as it came, ready to be kept."""
    digest = hashed(body)
    id_ = UUID(bytes=digest[:16])
    return Arrived(id_, way, root, len(body), digest, reading.seal_arrival(body, id_))


def refused(body: bytes, way: str, refusal: Refusal, now: datetime) -> None:
    """Keep what was refused, and why."""
    _keep(body[:HEAD_MAX_BYTES], len(body), hashed(body), (way, "", refusal), now)


def keep_too_large(*, read: Callable[[int], bytes], size: int, refusal: Refusal, now: datetime) -> None:
    """Keep what a body was that is refused for its size: its head, its length and its hash, never the whole of it in
    memory. Of more than `READ_MAX_BYTES` the hash is of so many."""
    digest, head, left = hashlib.sha256(), b"", min(size, READ_MAX_BYTES)
    while left > 0 and (part := read(min(left, HEAD_MAX_BYTES))):
        head, left = head or part, left - len(part)
        digest.update(part)
    _keep(head, size, digest.digest(), (HTTP, "", refusal), now)


def refused_file(path: Path, refusal: Refusal, now: datetime) -> None:
    """Keep what a refused file of any size was, and move the file aside whole."""
    digest = folder.digest(path)
    _keep(folder.head(path, HEAD_MAX_BYTES), path.stat().st_size, digest, ("folder", "", refusal), now)
    folder.put_aside(path, digest)


def unknown(ones: Sequence[tuple[bytes, Arrived]], refusal: Refusal, now: datetime) -> None:
    """Messages of a delivery that are about no document of ours, while others of it are."""
    for body, one in ones:
        _keep(body[:HEAD_MAX_BYTES], one.size, one.sha256, (one.way, one.root, refusal), now)


def taken(ones: Sequence[Arrived], now: datetime) -> None:
    """Messages that are kept and speak of a batch, not of one document of ours."""
    for one in ones:
        sql.run(
            sql.load("customs", "keep"),
            {
                "id": one.id,
                "way": one.way,
                "root": one.root,
                "size": one.size,
                "sha256": one.sha256,
                "raw_sealed": one.raw_sealed,
                "at": now,
            },
        )


def _keep(head: bytes, size: int, digest: bytes, why: tuple[str, str, Refusal], now: datetime) -> None:
    way, root, refusal = why
    id_ = UUID(bytes=digest[:16])
    kept = sql.run(
        sql.load("customs", "refuse"),
        {
            "id": id_,
            "way": way,
            "root": root,
            "size": size,
            "sha256": digest,
            "raw_sealed": reading.seal_arrival(head, id_),
            "outcome": refusal.code,
            "told": refusal.message("en")[:TOLD_MAX],
            "at": now,
            "most": REFUSED_MAX,
        },
    )
    if not kept:
        _log.warning("refused as %s and not kept: more than %s an hour", refusal.code, REFUSED_MAX)


def purge(*, now: datetime) -> int:
    """Forget what was refused long ago. Returns how many."""
    with transaction.atomic():
        old = models.Arrival.objects.exclude(outcome="").filter(first_at__lt=now - REFUSED_FOR)
        ids = list(old.values_list("id", flat=True)[:PURGE_MAX])
        return models.Arrival.objects.filter(id__in=ids).delete()[0]
