"""Who buys and who receives are told that a consignment is late: on the first day, after a week, after three."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from entrepot.consignments import models, rules, selectors
from entrepot.consignments.types import Row
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in
from entrepot.outbox.services import emit

LATE = "consignments.late"


def warn_of_delays(*, now: datetime) -> int:
    """Tell of each consignment that became late, or later by one of the steps, once; how many were told."""
    told = 0
    for row in selectors.late(today=day_in(CHINA, now)):
        days = rules.due_warning(row.late_days)
        told += days > 0 and _tell(row, days)
    return told


def _tell(row: Row, days: int) -> bool:
    with transaction.atomic():
        fresh = models.Consignment.objects.filter(id=row.id, warned_days__lt=days).update(warned_days=days)
        if fresh:
            emit(topic=LATE, aggregate_id=row.id, buyer_id=None, payload={"days": days})
    return bool(fresh)


def write_of_delay(*, consignment_id: UUID, now: datetime) -> int:
    """The letter to purchasing and the warehouse; nobody gets one of a consignment that meanwhile came or is over. How
    many it went to. It calls outside, so not inside a transaction."""
    row = next(iter(selectors.late(today=day_in(CHINA, now), ids=[consignment_id])), None)
    if row is None:
        return 0
    place, number = f"{settings.PUBLIC_URL}/office/consignments/{row.id}/", row.number
    planned, expected, days = row.planned_on.isoformat(), row.expected_on.isoformat(), row.late_days
    letter = Letter(
        f"到货延误：{number}（{row.supplier}，{days} 天）",
        f"{row.supplier} 的到货单 {number}（发货通知 {row.asn}，{row.units} 件）晚 {days} 天：计划 {planned}，"
        f"目前预计 {expected}。请向承运人核实并登记最新情况。\n\n{place}",
        f"Consignment late: {number} ({row.supplier}, {days} days)",
        f"Consignment {number} of {row.supplier} (notice {row.asn}, {row.units} units) is {days} days late: planned "
        f"for {planned}, now expected on {expected}. Please ask the carrier and write down what is known.\n\n{place}",
    )
    return identity.write_to_staff(roles=[Role.PURCHASING, Role.WAREHOUSE], letter=letter)
