"""Who buys and who receives are told that a consignment is late: on the first day, after a week, after three."""

from __future__ import annotations

from datetime import date, datetime, timedelta
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
    today = day_in(CHINA, now)
    row = next(iter(selectors.late(today=today, ids=[consignment_id])), None)
    if row is None:
        return 0
    return identity.write_to_staff(roles=[Role.PURCHASING, Role.WAREHOUSE], letter=_letter(row, today))


def _letter(row: Row, today: date) -> Letter:
    """Known to come so much later than planned; or for longer still nobody has told what should have happened."""
    place, number, days = f"{settings.PUBLIC_URL}/office/consignments/{row.id}/", row.number, row.late_days
    planned, expected = row.planned_on.isoformat(), row.expected_on.isoformat()
    of_zh = f"{row.supplier} 的到货单 {number}（发货通知 {row.asn}，{row.units} 件）"
    of_en = f"Consignment {number} of {row.supplier} (notice {row.asn}, {row.units} units)"
    ask_zh = f"请向承运人核实并登记最新情况。\n\n{place}"
    ask_en = f"Please ask the carrier and write down what is known.\n\n{place}"
    if row.late_days <= (row.expected_on - row.planned_on).days:
        return Letter(
            f"到货延误：{number}（{row.supplier}，{days} 天）",
            f"{of_zh}晚 {days} 天：计划 {planned}，目前预计 {expected}。{ask_zh}",
            f"Consignment late: {number} ({row.supplier}, {days} days)",
            f"{of_en} is {days} days late: planned for {planned}, now expected on {expected}. {ask_en}",
        )
    due = (today - timedelta(days=days)).isoformat()
    return Letter(
        f"到货单没有消息：{number}（{row.supplier}，{days} 天）",
        f"{of_zh}的下一步应在 {due} 前登记，{days} 天没有消息；计划 {planned} 到达。{ask_zh}",
        f"No news of a consignment: {number} ({row.supplier}, {days} days)",
        f"{of_en} has been without news for {days} days: its next step was due on {due}, its arrival is planned for "
        f"{planned}. {ask_en}",
    )
