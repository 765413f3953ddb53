"""Letters to the buyers of recalled goods: they say what to do, not only where to look, for somebody may be harmed."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.orders import selectors as orders
from entrepot.recalls import models
from entrepot.recalls.types import AffectedState, Relief

LETTERS = 100
LEASE = timedelta(minutes=10)


def tell(row: models.Recall, now: datetime) -> int:
    """Write to everybody who was not told the facts of their notice yet. Returns how many letters left.

    Who has no address, or one that takes no mail, finds the notice in their account. Two who tell at once share the
    letters: each is taken by one of them. Not inside a transaction; stopped between a letter and its mark, that one
    letter is written again after `LEASE`.
    """
    sent = _tell_reliefs(row, now)
    waiting = models.Notice.objects.filter(_free(now), recall_id=row.id).exclude(told=F("facts"))
    while page := list(waiting.order_by("id")[:LETTERS]):
        numbers = _orders(row.id, [one.buyer_id for one in page])
        for notice in page:
            if not waiting.filter(buyer_id=notice.buyer_id, id=notice.id).update(taken_at=now):
                continue
            mailed = _write(notice.buyer_id, _letter(row, numbers.get(notice.buyer_id, [])))
            sent += mailed
            changes = {"told": notice.facts, "told_at": now, "mailed": mailed, "seen_at": None, "taken_at": None}
            models.Notice.objects.filter(buyer_id=notice.buyer_id, id=notice.id).update(**changes)
    return sent


def _free(now: datetime) -> Q:
    """Nobody is writing the letter."""
    return Q(taken_at__isnull=True) | Q(taken_at__lt=now - LEASE)


def _tell_reliefs(row: models.Recall, now: datetime) -> int:
    """Write to whose order held goods that did not leave, once for each order and what became of them. Marked before
    the letter leaves: nobody is harmed by goods that stayed here. Who had not paid has nothing to hear."""
    waiting = models.Affected.objects.filter(recall_id=row.id, relief_told_at__isnull=True).exclude(relief="")
    sent = 0
    while page := list(waiting.order_by("id")[:LETTERS]):
        for one in page:
            same = waiting.filter(buyer_id=one.buyer_id, order_id=one.order_id, relief=one.relief)
            if same.update(relief_told_at=now) and _paid(one):
                sent += _write(one.buyer_id, _relief_letter(row, one))
    return sent


def _paid(one: models.Affected) -> bool:
    order = orders.order(order_id=one.order_id, buyer_id=one.buyer_id)
    return order is not None and order.payment_id is not None


def _relief_letter(row: models.Recall, one: models.Affected) -> Letter:
    number, page = one.order_number, f"{settings.PUBLIC_URL}/{{}}orders/{one.order_number}/"
    if one.relief == Relief.REPLACED:
        zh = f"订单 {number} 中的商品有一批正在召回（{row.number}）。发货前我们已为您换成其他批次，您无需操作。"
        en = (
            f"One lot of goods in your order {number} is being recalled ({row.number}). It has not left our warehouse: "
            "you get the same goods of another lot. There is nothing for you to do."
        )
    else:
        zh = f"订单 {number} 中的商品正在召回（{row.number}），该包裹不再发出，已付款项将原路退回。"
        en = (
            f"Goods in your order {number} are being recalled ({row.number}). The parcel is not sent; what you paid "
            "for it goes back the way it came."
        )
    return Letter(
        f"订单 {number}：召回商品不会发出",
        f"{zh}\n\n{page.format('')}",
        f"Order {number}: recalled goods do not leave",
        f"{en}\n\n{page.format('en/')}",
    )


def _write(buyer_id: UUID, letter: Letter) -> bool:
    try:
        return identity.write_to(person_id=buyer_id, letter=letter)
    except SMTPRecipientsRefused:
        return False


def _orders(recall_id: UUID, buyers: list[UUID]) -> dict[UUID, list[str]]:
    rows = models.Affected.objects.filter(buyer_id__in=buyers, recall_id=recall_id, state=AffectedState.SOLD)
    found: dict[UUID, list[str]] = {}
    for buyer_id, number in rows.values_list("buyer_id", "order_number").distinct().order_by("order_number"):
        found.setdefault(buyer_id, []).append(number)
    return found


def _letter(row: models.Recall, numbers: list[str]) -> Letter:
    zh = "\n".join(f"订单 {number}：{settings.PUBLIC_URL}/orders/{number}/" for number in numbers)
    en = "\n".join(f"Order {number}: {settings.PUBLIC_URL}/en/orders/{number}/" for number in numbers)
    return Letter(
        f"商品召回 {row.number}：请立即停止使用",
        f"您购买的商品正在召回。\n\n原因：{row.reason_zh}\n\n请您：{row.instruction_zh}\n\n"
        f"涉及的商品与处理方式见订单页面：\n{zh}",
        f"Product recall {row.number}: please stop using it",
        f"Goods that you bought are being recalled.\n\nWhy: {row.reason_en}\n\nPlease: {row.instruction_en}\n\n"
        f"Which goods, and what you get, is on the page of your order:\n{en}",
    )
