"""A parcel that its buyer wants as general trade has been declared and released so: it goes on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.checkout.models import LimitCase
from entrepot.checkout.services.fulfil import follow_customs
from entrepot.checkout.services.general import end_cases
from entrepot.checkout.types import Way
from entrepot.customs import services as customs
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.stock import services as stock


class NotGeneral(Refusal):
    code = "not_general_trade"
    zh = "买家没有选择一般贸易，或尚未补足税款差额"
    en = "The buyer has not chosen general trade, or has not paid the difference yet"


def clear_general(*, parcel_id: UUID, buyer_id: UUID, number: str, actor: str, now: datetime) -> None:
    """A clerk says by which general-trade declaration customs released the goods: they leave their account book and go
    to the carrier, and count against the year no more. In place of what was called back or has expired meanwhile other
    lots go. One transaction. Refuses NotGeneral and what `customs.release_general` and the release refuse."""
    with transaction.atomic():
        news = customs.release_general(parcel_id=parcel_id, buyer_id=buyer_id, number=number, actor=actor, now=now)
        cases = LimitCase.objects.select_for_update().filter(buyer_id=buyer_id, parcel_id=parcel_id)
        case = cases.filter(ended_at__isnull=True, choice=Way.GENERAL, settled_at__isnull=False).first()
        order = orders.order(order_id=news.order_id, buyer_id=buyer_id) if case else None
        if case is None or order is None:
            raise NotGeneral
        goods = {line.sku_id for one in order.parcels if one.id == parcel_id for line in one.lines}
        stock.replace_stopped(  # what cannot be, the release refuses
            reference=order.id, sku_ids=goods, channel_id=order.storefront_id, same_record=True, now=now
        )
        follow_customs(news=news, now=now)
        end_cases(parcel_id=parcel_id, buyer_id=buyer_id, outcome=Way.GENERAL, now=now)
        used = next(one.allowance_minor for one in order.parcels if one.id == parcel_id)
        order_verbs.restore_allowance(
            parcel_id=parcel_id, order_id=news.order_id, buyer_id=buyer_id, restored_minor=used
        )
