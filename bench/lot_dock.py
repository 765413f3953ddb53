"""Scans at the dock, for `bench.lots`: many in a call and one in a call, by the verb and as the page sends them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from uuid import UUID

from bench.copies import read
from bench.lot_pages import worker
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.receiving import services
from entrepot.receiving.types import Scan
from entrepot.web.common.tests.makers import log_in

A_MINUTE_MIN = 10_000
ONE_BY_ONE, TOGETHER, AT_ONCE = 2_000, 10_000, 200


def measure() -> bool:
    """Whether one process takes as many a minute in each way; a scan is a lot of a consignment of twenty."""
    ((receipt, consignment),) = read(
        "SELECT id::text, consignment_id::text FROM receiving_receipt WHERE state = 'open' ORDER BY id DESC LIMIT 1"
    )
    codes = [
        (str(code), str(lot))
        for code, lot in read(
            "SELECT s.gtin, l.lot FROM consignments_line l JOIN catalogue_sku s ON s.id = l.sku_id"
            f" WHERE l.consignment_id = '{consignment}'"
        )
    ]
    receipt_id = UUID(str(receipt))

    def scans(n: int) -> list[Scan]:
        made = (codes[i % len(codes)] for i in range(n))
        return [Scan(id=new_id(), code=code, units=1, lot=lot) for code, lot in made]

    def verb(found: list[Scan]) -> None:
        answers = services.take_scans(receipt_id=receipt_id, scans=found, actor="bench", now=now())
        if any(one.refusal for one in answers):
            raise RuntimeError(next(one.refusal for one in answers if one.refusal))

    from django.test import Client

    client = log_in(Client(), worker(Role.WAREHOUSE))

    def page(found: list[Scan]) -> None:
        told = [{"id": str(one.id), "code": one.code, "lot": one.lot, "units": one.units} for one in found]
        answer = client.post(
            f"/office/receipts/{receipt_id}/scans/", json.dumps({"scans": told}), content_type="application/json"
        )
        if answer.status_code != 200 or any(one["state"] != "taken" for one in answer.json()["answers"]):
            raise RuntimeError(answer.content[:200])

    ways: list[tuple[str, Callable[[list[Scan]], None], int]] = [
        ("verb", verb, AT_ONCE), ("page", page, AT_ONCE), ("verb", verb, 1), ("page", page, 1),
    ]  # fmt: skip
    print(f"\n{'scans at the dock':<34}{'a minute':>11}{'CPU of ours, ms a call':>25}")
    fine = [_way(name, send, scans, size) for name, send, size in ways]
    return all(fine)


def _way(name: str, send: Callable[[list[Scan]], None], scans: Callable[[int], list[Scan]], size: int) -> bool:
    whole = TOGETHER if size > 1 else ONE_BY_ONE
    for _ in range(3):
        send(scans(size))
    calls = [scans(size) for _ in range(whole // size)]
    began, spent = time.perf_counter(), time.process_time()
    for one in calls:
        send(one)
    took, cpu = time.perf_counter() - began, time.process_time() - spent
    a_minute = 60 * whole / took
    print(f"{f'{name}, {size} in a call':<34}{a_minute:>11,.0f}{1e3 * cpu / len(calls):>25.1f}", flush=True)
    return a_minute >= A_MINUTE_MIN
