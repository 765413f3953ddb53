from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.shipping import carriers, models, rules
from entrepot.shipping.carriers.port import Report, Unreadable
from entrepot.shipping.reading import find, waybill_of
from entrepot.shipping.services.booking import CarrierSilent, UnknownWaybill
from entrepot.shipping.services.told import DELIVERED, DISPATCHED, Follow, moved
from entrepot.shipping.types import WaybillState

LOCK_TIMEOUT = "2s"
report_bytes_max = 256 * 1024


class ForgedScan(Refusal):
    """Not signed by the carrier, too old, or not what it would say. Nothing of it is kept."""

    code = "forged_scan"
    status = 400
    zh = "物流轨迹通知验签失败"
    en = "The tracking message is not authentic"


class WaybillBusy(Refusal):
    """Another call held this waybill for longer than the lock timeout. Nothing was written."""

    code = "waybill_busy"
    status = 503
    zh = "该运单正在处理，请稍后重试"
    en = "This waybill is being worked on; please try again"


def take_scan(
    *, carrier: str, body: bytes, headers: Mapping[str, str], now: datetime, then: Follow | None = None
) -> None:
    """Take a carrier's report: any order, repeated. Dispatch and delivery are followed by `then` in the transaction,
    once each; without it `shipping.dispatched` and `shipping.delivered` are told.

    A delivery that is reported before anything else tells both. Refuses ForgedScan, UnknownWaybill, UnknownCarrier,
    WaybillBusy. One statement, and one for each thing told.
    """
    adapter = carriers.carrier(carrier)
    try:
        if len(body) > report_bytes_max:
            raise Unreadable("too long")
        report = adapter.read_report(body, headers, now)
    except Unreadable as wrong:
        raise ForgedScan from wrong
    _take(report, now, then)


def follow(*, waybill_id: UUID, buyer_id: UUID, now: datetime) -> None:
    """Ask the carrier about a parcel on its way and take over its scans: reports get lost. When to ask again is written
    before: an answer that breaks us must not keep the parcels behind it from being asked about.

    Calls outside, so not inside a transaction. Refuses UnknownWaybill, CarrierSilent.
    """
    with transaction.atomic(durable=True):
        rows = find(buyer_id=buyer_id, waybill_id=waybill_id)
    if not rows:
        raise UnknownWaybill(what=str(waybill_id))
    waybill = waybill_of(rows[0])
    if waybill.state is not WaybillState.DISPATCHED:
        return
    since = rows[0]["dispatched_at"] or now
    models.Waybill.objects.filter(buyer_id=buyer_id, id=waybill_id, state=WaybillState.DISPATCHED).update(
        ask_at=rules.next_ask(since=since, now=now)
    )
    answer = carriers.carrier(waybill.carrier).query(waybill_id, now)
    if isinstance(answer, Report) and answer.scans:
        _take(answer, now)
    if answer is None:
        raise CarrierSilent


def _take(report: Report, now: datetime, then: Follow | None = None) -> None:
    with transaction.atomic(), _waiting():
        rows = sql.hot_rows(sql.load("shipping", "take_scans"), _params(report, now)) if report.scans else []
        for row in rows:
            key = (report.buyer_id, row["order_id"], row["parcel_id"])
            if row["before"] == WaybillState.BOOKED and row["after"] != WaybillState.BOOKED:
                moved(DISPATCHED, key, then)
            if row["before"] != WaybillState.DELIVERED and row["after"] == WaybillState.DELIVERED:
                moved(DELIVERED, key, then)
    if report.scans and not rows:
        raise UnknownWaybill(what=str(report.waybill_id))


def _params(report: Report, now: datetime) -> dict[str, Any]:
    scans = report.scans
    return {
        "buyer_id": report.buyer_id,
        "id": report.waybill_id,
        "scan_ids": [new_id() for _ in scans],
        "events": [scan.event for scan in scans],
        "codes": [scan.code for scan in scans],
        "moments": [scan.at for scan in scans],
        "places": [scan.place for scan in scans],
        "zh": [scan.zh for scan in scans],
        "en": [scan.en for scan in scans],
        "first_at": min(scan.at for scan in scans),
        "delivered_at": min((scan.at for scan in scans if scan.code == rules.DELIVERED), default=None),
        "ask_at": now + rules.first_ask,
        "lock_timeout": LOCK_TIMEOUT,
        "now": now,
    }


@contextmanager
def _waiting() -> Iterator[None]:
    try:
        yield
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise WaybillBusy from late
        raise
