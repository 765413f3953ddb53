from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from entrepot.kit.refusals import Refusal
from entrepot.payments import providers
from entrepot.payments.providers.port import RefundFact, Said, Unreadable
from entrepot.payments.services.advance import Settle, advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.services.refunding import end_refund
from entrepot.payments.types import Captured

notice_bytes_max = 256 * 1024


class ForgedNotice(Refusal):
    """Not signed by the provider, too old, or not what it would say. Nothing of it is kept."""

    code = "forged_notice"
    status = 400
    zh = "支付通知验签失败"
    en = "The payment notice is not authentic"


def take_notice(
    *, provider: str, body: bytes, headers: Mapping[str, str], now: datetime, then: Settle | None = None
) -> Captured | None:
    """Take a provider's notice: any order, repeated, before or after our own calls. None: it was about a refund.

    `then` settles a fresh capture inside the transaction that moved it; without it `payments.captured` is told.
    Refuses ForgedNotice, UnknownPayment, AmountDiffers, UnknownProvider, PaymentBusy. One statement for a capture.
    """
    adapter = providers.provider(provider)
    try:
        if len(body) > notice_bytes_max:
            raise Unreadable("too long")
        fact = adapter.read_notice(body, headers, now)
    except Unreadable as wrong:
        raise ForgedNotice from wrong
    raw = Raw("notice", Said(body.decode(), "", None), once=True)
    if isinstance(fact, RefundFact):
        end_refund(fact=fact, raw=raw, now=now)
        return None
    return advance(fact=fact, raw=raw, now=now, then=then)
