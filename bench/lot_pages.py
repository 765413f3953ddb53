"""The pages of whoever buys, counts and keeps the books, drawn among a million lots, for `bench.lots`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.copies import read
from entrepot.identity import services as identity
from entrepot.identity.types import PersonDraft, Role
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.ids import new_id
from entrepot.stock import services
from entrepot.web.common.tests.makers import log_in

PAGE_MS_MAX, ROUNDS = 150, 9


class Spent:
    """What the statements of a page cost: how many, and how long they took to be answered."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *told: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*told)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began


def worker(*roles: Role) -> UUID:
    """Somebody who works here, another one each time."""
    name = f"{new_id().hex}@example.com"
    return identity.enrol(draft=PersonDraft(password=name, email=name, roles=frozenset(roles)), now=now())


def measure() -> bool:
    """Whether each page comes in time: the middle of nine, warm."""
    from django.test import Client

    began = time.perf_counter()
    if services.sum_up_today(now=now()):  # as a worker does every five minutes
        print(f"\n{'today summed up':<34}{time.perf_counter() - began:>9.2f} s")
    client, fine = log_in(Client(), worker(*Role)), True
    print(f"\n{'page':<46}{'statements':>11}{'ms':>8}{'most':>8}{'CPU, ms':>9}{'waiting, ms':>13}{'kB':>7}")
    for path, name in _paths().items():
        took, used, spent = [], [], Spent()
        for n in range(ROUNDS + 1):
            ms, cpu, size = _drawn(client, path, spent if n == ROUNDS else None)
            if n:  # the first loads templates and plans
                took.append(ms)
                used.append(cpu)
        ms, cpu = statistics.median(took), statistics.median(used)
        fine = fine and ms <= PAGE_MS_MAX
        print(
            f"{name:<46}{spent.count:>11}{ms:>8.0f}{max(took):>8.0f}{cpu:>9.0f}{1e3 * spent.seconds:>13.0f}"
            f"{size / 1_000:>7.0f}{'' if ms <= PAGE_MS_MAX else '  over ' + str(PAGE_MS_MAX)}",
            flush=True,
        )
    return fine


def _drawn(client: Any, path: str, spent: Spent | None) -> tuple[float, float, int]:
    """Milliseconds by the clock and of our CPU, and how many bytes came."""
    from django.db import connection

    began, cpu = time.perf_counter(), time.process_time()
    if spent is None:
        answer = client.get(f"/office/{path}")
    else:
        with connection.execute_wrapper(spent):
            answer = client.get(f"/office/{path}")
    took = 1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - cpu)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return *took, len(answer.content)


def _one(question: str) -> str:
    return str(read(question)[0][0])


def _paths() -> dict[str, str]:
    """By address how a line of the report calls it."""
    on = day_in(CHINA, now()) - timedelta(days=40)
    sku = _one("SELECT s.code FROM catalogue_sku s JOIN stock_lot o ON o.sku_id = s.id ORDER BY o.id LIMIT 1")
    known = {
        "order": _one("SELECT id FROM procurement_order WHERE state = 'sent' ORDER BY id DESC LIMIT 1"),
        "consignment": _one("SELECT id FROM consignments_consignment WHERE state <> 'closed' ORDER BY id DESC LIMIT 1"),
        "receipt": _one("SELECT id FROM receiving_receipt WHERE state = 'open' ORDER BY id DESC LIMIT 1"),
        "big": _one("SELECT id FROM procurement_landing ORDER BY lots DESC, id DESC LIMIT 1"),
        "landing": _one("SELECT id FROM procurement_landing ORDER BY lots, id DESC LIMIT 1"),
        "transfer": _one("SELECT id FROM stock_transfer ORDER BY id DESC LIMIT 1"),
        "count": _one("SELECT id FROM stock_count ORDER BY id DESC LIMIT 1"),
        "proposal": _one("SELECT id FROM replenishment_proposal ORDER BY id DESC LIMIT 1"),
        "recall": _one("SELECT id FROM recalls_recall ORDER BY id DESC LIMIT 1"),
        "lot": _one("SELECT id FROM stock_lot ORDER BY id LIMIT 1"),
    }
    number = _one("SELECT number FROM procurement_order ORDER BY id LIMIT 1")
    listed = [
        "", "stock/", "stock/?page=90", "stock/?page=1000", "stock/?warehouse=SHOP1", "stock/?warehouse=FEW",
        f"stock/?q={sku}", f"stock/?on={on}", f"stock/?on={on}&page=90", "stock/value/", f"stock/value/?on={on}",
        f"codes/?q={sku}", "codes/{lot}/", "purchases/", "purchases/?state=sent", "purchases/?page=500",
        f"purchases/?q={number}", "purchases/{order}/", "purchases/new/", "consignments/", "consignments/?state=late",
        "consignments/?state=closed&page=500", "consignments/?q=ASN-77", "consignments/{consignment}/",
        "receipts/{receipt}/", "receipts/differences/", "receipts/differences/?state=settled", "landings/",
        "landings/?page=90", "landings/{landing}/", "landings/{big}/?page=90", "transfers/", "transfers/?state=short",
        "transfers/{transfer}/", "counts/", "counts/?page=20", "counts/{count}/", "recalls/", "recalls/?state=open",
        f"recalls/new/?q={sku}", "recalls/{recall}/?state=sold&page=9", "replenishment/",
        "replenishment/?state=approved", "replenishment/{proposal}/", "suppliers/", "authorisations/", "commitments/",
    ]  # fmt: skip
    named = {path.format(**known): path for path in listed}
    return {path: f"/office/{name}" for path, name in named.items()}
