"""Write to the buyer that a parcel waits for a choice: which order, why, until when and where to choose."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from entrepot.checkout.models import LimitCase
from entrepot.checkout.types import ANNUAL
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.kit.clock import CHINA
from entrepot.orders import selectors as orders


def tell_buyer(*, case_id: UUID, buyer_id: UUID) -> bool:
    """A letter to the buyer, unless the choice is made or over, or there is no mail address: the order's page says it
    too. Calls outside, so not inside a transaction."""
    case = LimitCase.objects.filter(buyer_id=buyer_id, id=case_id, choice="", ended_at__isnull=True).first()
    order = orders.order(order_id=case.order_id, buyer_id=buyer_id) if case else None
    if case is None or order is None:
        return False
    by, place = case.answer_by.astimezone(CHINA), f"/orders/{order.number}/"
    annual = case.code == ANNUAL
    zh_why = "超过个人跨境零售进口年度限值" if annual else "超过跨境零售进口单次限值"
    en_limit = "the yearly limit of one person" if annual else "the limit of one cross-border purchase"
    return identity.write_to(
        person_id=buyer_id,
        letter=Letter(
            f"订单 {order.number} 请选择处理方式",
            f"海关未放行您订单 {order.number} 的一个包裹：{zh_why}。\n\n"
            f"请在 {by:%Y年%m月%d日 %H:%M}（北京时间）前选择处理方式，逾期未选将全额退款：\n\n"
            f"{settings.PUBLIC_URL}{place}",
            f"Order {order.number}: please choose how to go on",
            f"Customs did not let a parcel of your order {order.number} pass: it is above {en_limit}.\n\n"
            f"Please choose how to go on by {by:%d %B %Y %H:%M} (China time). Without an answer its money goes back in "
            f"full:\n\n{settings.PUBLIC_URL}/en{place}",
        ),
    )
