"""An order's row is its guard; what happens to it is noted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.procurement import models
from entrepot.procurement.services.checking import UnknownParty
from entrepot.procurement.types import OrderState


class NotNow(Refusal):
    code = "purchase_not_now"
    zh = "采购订单当前的状态不能进行此操作，请刷新后再看"
    en = "The purchase order is in a state in which this cannot be done: look again first"


def locked(order_id: UUID) -> models.Order:
    """The order, kept from changing until the transaction ends. Refuses UnknownParty."""
    row = models.Order.objects.select_for_update().filter(id=order_id).first()
    if row is None:
        raise UnknownParty(what="purchase order")
    return row


def move(order_id: UUID, before: Collection[OrderState], **changes: Any) -> models.Order:
    """Change an order that is in one of these states. Refuses UnknownParty, NotNow."""
    rows = models.Order.objects.filter(id=order_id)
    if not rows.filter(state__in=list(before)).update(**changes):
        raise NotNow if rows.exists() else UnknownParty(what="purchase order")
    return rows.get()


def note_event(order: models.Order, *, kind: str, actor: str, now: datetime, note: str = "") -> None:
    models.Event.objects.create(id=new_id(), order_id=order.id, at=now, actor=actor, kind=kind, note=note[:200])
