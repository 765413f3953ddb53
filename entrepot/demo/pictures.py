"""Draw the pictures of articles that have none and hang them up: half of the cores draw, the others store."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import IO
from uuid import UUID

from entrepot.catalogue import selectors, services
from entrepot.catalogue.types import ImageDraft
from entrepot.demo import content
from entrepot.demo.art.render import Job, kinds_of
from entrepot.demo.content import Item

PRODUCTS_A_CALL = 8
DRAWERS = max(1, (os.cpu_count() or 1) // 2)  # processes
COLOURS_MAX = 3  # fronts a product gets
_HEAD_BYTES = 4


class DrawingFailed(RuntimeError):
    """The drawing process ended before its work was done; its words were on standard error."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The pictures of one product in their order, each with the SKUs that show it as their own."""

    product_id: UUID
    jobs: tuple[Job, ...]
    sku_ids: tuple[tuple[UUID, ...], ...]


def hang(
    *,
    items: Sequence[Item],
    products: Mapping[str, UUID],
    ids: Mapping[str, UUID],
    report: Callable[[str, float], None],
    now: datetime,
) -> int:
    """Give every product without a picture its own; says how many were hung."""
    report("pictures", 0)
    bare = {product.slug for product in selectors.products(ids=products.values()).values() if not product.images}
    plans = [plan(item, products[item.slug], ids) for item in items if item.slug in bare]
    done = 0
    with drawn([job for one in plans for job in one.jobs]) as pictures:
        for start in range(0, len(plans), PRODUCTS_A_CALL):
            some = plans[start : start + PRODUCTS_A_CALL]
            drafts = [ImageDraft(one.product_id, next(pictures), sku_ids) for one in some for sku_ids in one.sku_ids]
            services.add_images(drafts=drafts, now=now)
            done += len(drafts)
            report("pictures", min((start + len(some)) / len(plans), 0.99))
    report("pictures", 1)
    return done


def plan(item: Item, product_id: UUID, ids: Mapping[str, UUID]) -> Plan:
    """A front per colour (or one), then a close look, then the carton where there is one."""
    name, brand_colour = content.brand_looks()[item.brand]
    accent = item.look.get("accent", brand_colour)
    department = content.parents()[item.category]

    def job(kind: str, body: str) -> Job:
        return Job(item.form, kind, department, name, body, accent, dict(item.look))

    by_colour: dict[str, list[UUID]] = {}
    for variant in item.variants:
        body = variant.colour or item.look.get("body", brand_colour)
        by_colour.setdefault(body, []).append(ids[variant.code])
    fronts = list(by_colour.items())[:COLOURS_MAX]
    others = kinds_of(item.form)[1:]
    return Plan(
        product_id,
        (*(job("front", body) for body, _ in fronts), *(job(kind, fronts[0][0]) for kind in others)),
        (*(tuple(sku_ids) for _, sku_ids in fronts), *(() for _ in others)),
    )


@contextmanager
def drawn(jobs: Sequence[Job]) -> Iterator[Iterator[bytes]]:
    """The pictures of the jobs, in their order, drawn by other processes while the caller stores the ones before."""
    with ExitStack() as opened:
        drawers = [opened.enter_context(_drawing(jobs[n::DRAWERS])) for n in range(min(DRAWERS, len(jobs)))]
        yield (_next(drawers[n % DRAWERS]) for n in range(len(jobs)))


@contextmanager
def _drawing(jobs: Sequence[Job]) -> Iterator[SimpleQueue[bytes]]:
    """One drawing process. It draws on while the caller is busy: what is drawn waits here, some 40 kB a picture."""
    command = [sys.executable, "-m", "entrepot.demo.art.work"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n".join(json.dumps(asdict(job)) for job in jobs).encode())
        process.stdin.close()
        waiting: SimpleQueue[bytes] = SimpleQueue()
        reader = Thread(target=_read, args=(process.stdout, waiting))
        reader.start()
        try:
            yield waiting
        finally:
            process.kill()
            reader.join()


def _read(pipe: IO[bytes], waiting: SimpleQueue[bytes]) -> None:
    """Until the process ends; an empty picture says that it did."""
    while len(head := pipe.read(_HEAD_BYTES)) == _HEAD_BYTES:
        waiting.put(pipe.read(struct.unpack(">I", head)[0]))
    waiting.put(b"")


def _next(waiting: SimpleQueue[bytes]) -> bytes:
    picture = waiting.get()
    if not picture:
        raise DrawingFailed
    return picture
