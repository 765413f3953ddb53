"""Many reports about one parcel at one moment tell each fact once. The control takes the lock off and tells twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import WAIT_S, until_waiting
from entrepot.shipping import models
from entrepot.shipping.carriers.port import Report, Seen
from entrepot.shipping.services import told, tracking

CALLS = 24

pytestmark = pytest.mark.django_db(transaction=True)


def reports_at_one_moment(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each fact was told, when half of the calls report a pick-up and half the delivery."""
    heard: Counter[str] = Counter()
    monkeypatch.setattr(told, "emit", lambda **event: heard.update([event["topic"]]))
    now = clock.now()
    waybill = models.Waybill.objects.create(
        buyer_id=new_id(), order_id=new_id(), parcel_id=new_id(), order_number="KL1-1", carrier="sandbox",
        state="booked", number="SX1", trade_mode="1210", freight_minor=0, insurance_minor=0, weight_g=1,
        goods_text="x", consignee_sealed=b"x", requested_at=now, booked_at=now,
    )  # fmt: skip

    def report(number: int) -> None:
        code = "delivered" if number % 2 else "picked_up"
        seen = Seen(f"{code}-{number % 4}", code, now + timedelta(seconds=number), "", "x", "x")
        try:
            tracking._take(Report(waybill.id, waybill.buyer_id, (seen,)), now)
        finally:
            connection.close()

    monkeypatch.setattr(tracking, "LOCK_TIMEOUT", f"{WAIT_S}s")
    with ThreadPoolExecutor(CALLS) as pool:
        # All of them look at the waybill before any of them may write: the row is held until they all wait for it.
        with transaction.atomic():
            models.Waybill.objects.select_for_update().get(id=waybill.id)
            waiting = [pool.submit(report, number) for number in range(CALLS)]
            until_waiting(CALLS)
        for one in waiting:
            one.result(timeout=WAIT_S)
    return heard


def test_each_fact_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reports_at_one_moment(monkeypatch) == {told.DISPATCHED: 1, told.DELIVERED: 1}
    assert models.Waybill.objects.get().state == "delivered"
    assert models.Scan.objects.count() == 4  # each event once


def test_control_without_the_lock_facts_are_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = sql.load("shipping", "take_scans")
    careless = guarded.replace("FOR UPDATE OF w", "")
    assert careless != guarded
    monkeypatch.setattr(sql, "load", lambda context, verb: careless)
    assert sum(reports_at_one_moment(monkeypatch).values()) > 2
