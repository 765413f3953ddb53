"""What the house writes into an order's timeline."""

from __future__ import annotations

from collections.abc import Mapping

# Words that the house writes into the timeline, with what a reader sees.
NOTES: Mapping[str, Mapping[str, str]] = {
    "unpaid": {"zh-hans": "超过付款时限，订单已取消", "en": "Not paid in time; the order was cancelled"},
    "buyer": {"zh-hans": "买家取消了订单", "en": "Cancelled by the buyer"},
    "late_payment": {
        "zh-hans": "付款到达时订单已过期；货品仍有库存，订单已恢复",
        "en": "The payment came after the order had expired; the goods were still there, so the order stands again",
    },
    "late_payment_refunded": {
        "zh-hans": "付款到达时订单已过期且货品已售罄，款项将原路退回",
        "en": "The payment came after the order had expired and the goods were gone; the money goes back",
    },
    "late_payment_price_gone": {
        "zh-hans": "付款到达时订单已过期，下单时的优惠价已不能保留，款项将原路退回",
        "en": "The payment came after the order had expired and its reduced price was gone; the money goes back",
    },
    "late_payment_over_year": {
        "zh-hans": "付款到达时订单已过期，本年度额度也已不足，款项将原路退回",
        "en": "The payment came after the order had expired and the year's allowance was used up; the money goes back",
    },
    "late_payment_over_limit": {
        "zh-hans": "付款到达时订单已过期，商品限购数量也已用完，款项将原路退回",
        "en": "The payment came after the order had expired and the purchase limit was used up; the money goes back",
    },
    "cancelled_payment_refunded": {
        "zh-hans": "付款到达时买家已取消订单，款项将原路退回",
        "en": "The payment came after the buyer had cancelled the order; the money goes back",
    },
    "-621005": {
        "zh-hans": "海关：超过跨境零售进口单次限值，请在订单页选择处理方式",
        "en": "Customs: above the limit of one cross-border purchase; choose on the order's page how to go on",
    },
    "-621018": {
        "zh-hans": "海关：超过个人年度限值，请在订单页选择处理方式",
        "en": "Customs: above the person's yearly limit; choose on the order's page how to go on",
    },
    "called_off": {
        "zh-hans": "该包裹已取消，款项将原路退回",
        "en": "This parcel was called off; its money goes back the way it came",
    },
}


def note_text(note: str, language: str) -> str:
    """What the timeline shows for a note; a code or free text is shown as it is."""
    texts = NOTES.get(note)
    return note if texts is None else texts["zh-hans" if language.lower().startswith("zh") else "en"]
