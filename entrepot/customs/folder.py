"""The drop folders of a carrier's own program: what we put into `out` it sends, what comes it puts into `in`.

A file appears whole or not at all: it is written beside, made durable, and renamed. `refused` keeps what came and could
not be taken, whole; what was taken is in the database, byte for byte, and its file goes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from entrepot.kit.outside import NoReply, Reply

ALL = IN, OUT, REFUSED = "in", "out", "refused"
SETTLED = timedelta(seconds=2)  # a file that changed since may still be written, by a program that does not rename
FILES_MAX = 1_000  # taken in one go
NAME_MAX = 200  # characters kept of a file's name
PART_BYTES = 1024 * 1024


def drop(name: str, content: bytes) -> Reply:
    """Put one file into `out`. Answers as the port does over HTTP: 202, 409 where it lies there already, 422 where
    something else lies there under its name. Raises NoReply where the folder does not take it."""
    try:
        place = folder(OUT) / f"{name}.xml"
        if place.exists():
            return Reply(409 if place.read_bytes() == content else 422, b"", {})
        _write(place, content)
    except OSError as wrong:
        raise NoReply(type(wrong).__name__) from wrong
    return Reply(202, b"", {})


def _write(place: Path, content: bytes) -> None:
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place)
    _keep_names(place.parent)


def _keep_names(where: Path) -> None:
    """A renamed file survives a power cut once its folder is written too."""
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def arrived(now: datetime) -> Iterator[Path]:
    """The files in `in` that are whole, the oldest first."""
    until_ns = int((now - SETTLED).timestamp() * 1e9)
    found = []
    for path in folder(IN).iterdir():
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        changed_ns = path.stat().st_mtime_ns
        if changed_ns <= until_ns:
            found.append((changed_ns, path.name, path))
    yield from (path for _, _, path in sorted(found)[:FILES_MAX])


def digest(path: Path) -> bytes:
    """SHA-256 of a file of any size, never the whole of it in memory."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            total.update(part)
    return total.digest()


def head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def put_aside(path: Path, sha256: bytes) -> None:
    """Move what was refused to `refused`, under a name that only the same bytes can have."""
    try:
        path.replace(folder(REFUSED) / f"{sha256.hex()[:16]}-{path.name[-NAME_MAX:]}")
    except FileNotFoundError:  # somebody else was faster
        return
    _keep_names(path.parent)


def folder(which: str) -> Path:
    place = Path(settings.CUSTOMS_FOLDER) / which
    place.mkdir(parents=True, exist_ok=True)
    return place
