"""Write to staff that something waits at the customs desk."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from entrepot.customs import models
from entrepot.customs.rules.ageing import HEAD
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role

PLACE = "/office/declarations/stuck/"


def call_staff(*, level: int, ids: Sequence[UUID], count: int, again: bool) -> int:
    """A letter to the customs desk, and from the second level on to operators, who are in charge. It names customs
    order numbers and nothing of the buyers. Returns how many it went to; 0 also where all of it has moved on.
    Calls outside, so not inside a transaction."""
    rows = models.Escalation.objects.filter(id__in=ids, ended_at__isnull=True).order_by("since")
    standing = list(rows.values_list("order_number", "kind"))
    if not standing:
        return 0
    roles = {Role.CUSTOMS, Role.OPERATOR} if level >= HEAD else {Role.CUSTOMS}
    lines = "\n".join(f"  {number}  {kind}" for number, kind in standing)
    place = settings.PUBLIC_URL + PLACE
    zh = "仍无人处理" if again else "停留过久"
    en = "still unanswered" if again else "stand still for too long"
    letter = Letter(
        f"海关单证{zh}：{count} 份（{level} 级）",
        f"以下单证（海关订单编号、单证类型）{zh}，请处理：\n\n{lines}\n\n{place}",
        f"{count} customs documents {en} (level {level})",
        f"These documents (customs order, kind) {en}:\n\n{lines}\n\n{place}",
    )
    return identity.write_to_staff(roles=roles, letter=letter)
