"""What a buyer does about a recall: read the notice, and have the money back for what does not come back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.checkout import selectors as checkout
from entrepot.kit.refusals import Refusal
from entrepot.recalls import models, selectors
from entrepot.recalls.services.opening import UnknownRecall
from entrepot.recalls.types import RecallState
from entrepot.returns import services as returns
from entrepot.returns.types import Amounts, Application, KeptWish, Reason, Return


class RecallOver(Refusal):
    code = "recall_over"
    zh = "该召回已经结束，请联系客服"
    en = "This recall is closed; please write to us"


class MustSendBack(Refusal):
    code = "must_send_back"
    zh = "请先退回商品，收到后退款"
    en = "Please send the goods back; the money follows when they are here"


class NothingToPay(Refusal):
    code = "nothing_to_pay"
    zh = "没有可以退款的召回商品：可能已经退款或正在退回"
    en = "None of the recalled goods is left to be paid for: it was refunded, or is on its way back"


class NotRecalled(Refusal):
    code = "not_recalled"
    zh = "所选商品不在召回范围内，请选择其他退货原因"
    en = "Not all of these goods were recalled: please give another reason"


def see(*, buyer_id: UUID, recall_ids: Collection[UUID], now: datetime) -> int:
    """The buyer has the notices before their eyes. Returns how many were new to them."""
    rows = models.Notice.objects.filter(buyer_id=buyer_id, recall_id__in=recall_ids, seen_at__isnull=True)
    return rows.update(seen_at=now)


def apply(*, asked: Application, now: datetime) -> Return:
    """As `returns.apply`, for buyers: that goods were recalled they say of those that were. What is recalled is paid
    for whatever state it comes back in. Refuses NotRecalled and what `returns.apply` refuses."""
    if asked.reason is Reason.RECALLED:
        told = selectors.notices(buyer_id=asked.buyer_id, order_id=asked.order_id)
        if not asked.units.keys() <= {line_id for one in told for line_id in one.units}:
            raise NotRecalled(field="reason")
    return returns.apply(asked=asked, now=now)


def pay_back(*, recall_id: UUID, buyer_id: UUID, order_id: UUID, now: datetime) -> Amounts:
    """Give back everything paid for the recalled units of an order that stay with their buyer. Nothing is paid twice:
    acts of one buyer on one recall wait for each other.

    Refuses UnknownRecall, RecallOver, MustSendBack, NothingToPay, ReturnBusy.
    """
    total = Amounts()
    with transaction.atomic():
        notice = models.Notice.objects.select_for_update().filter(buyer_id=buyer_id, recall_id=recall_id).first()
        recall = models.Recall.objects.filter(id=recall_id).first()
        if notice is None or recall is None:
            raise UnknownRecall(what="recall")
        if recall.state != RecallState.OPEN:
            raise RecallOver
        offers = selectors.offers(recall_id=recall_id, buyer_id=buyer_id, order_id=order_id, now=now)
        for parcel_id, offer in sorted(offers.items()):
            if offer.keep and offer.units:
                key = f"{recall.number}:{parcel_id}:{offer.kept}"
                paid = asdict(checkout.settled(parcel_id=parcel_id, buyer_id=buyer_id))
                wish = KeptWish(buyer_id, order_id, parcel_id, offer.units, key, f"buyer:{recall.number}", **paid)
                total += returns.pay_kept(wish=wish, now=now)
        if not total.total_minor:
            raise MustSendBack if any(one.units and not one.keep for one in offers.values()) else NothingToPay
    return total
