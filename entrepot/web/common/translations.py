"""Message catalogues: `.po` files are kept, `.mo` files are made from them when a process starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

WEB = Path(__file__).resolve().parent.parent


def catalogues() -> Iterator[Path]:
    """Every `entrepot/web/*/locale/*/LC_MESSAGES/django.po`."""
    yield from sorted(WEB.glob("*/locale/*/LC_MESSAGES/django.po"))


def compile_all() -> list[Path]:
    """Make each `.mo` that is missing or older than its `.po`; returns those made. Cheap when all are fresh.

    Written beside the `.po` and moved into place, so that processes that start together do not read half a file.
    """
    made = []
    for po in catalogues():
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns > po.stat().st_mtime_ns:
            continue
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parent.parent.name)
        part = mo.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as target:
            write_mo(target, catalogue)
        part.replace(mo)
        made.append(mo)
    return made
