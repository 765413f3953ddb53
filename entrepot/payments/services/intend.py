from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.payments import providers, rules
from entrepot.payments.types import PaymentIntent, PaymentState

splits_max = 50


class AlreadyPaid(Refusal):
    code = "already_paid"
    zh = "订单已支付，无需重复支付"
    en = "This order has been paid already"


class IntentDiffers(Refusal):
    """The order has an open payment of another amount."""

    code = "intent_differs"
    zh = "该订单已有一笔金额不同的待支付记录"
    en = "The order already has an open payment of another amount"


def intend(*, intent: PaymentIntent, now: datetime) -> UUID:
    """Store that an order wants to be paid, in the caller's transaction: the provider hears of it when it is opened.

    An order has one open payment at a time: asking again returns it. After a failed one a new one is made.
    Refuses AlreadyPaid, IntentDiffers, UnknownProvider. Raises ValueError if the shares do not add up. One statement.
    """
    if not 0 < len(intent.splits) <= splits_max:
        raise ValueError(f"1 to {splits_max} shares")
    if sum(split.amount_minor for split in intent.splits) != intent.amount_minor:
        raise ValueError("the shares do not add up to the amount")
    if len({split.number for split in intent.splits}) != len(intent.splits):
        raise ValueError("two shares have one number")
    providers.provider(intent.provider)
    params = {
        "id": new_id(),
        "buyer_id": intent.buyer_id,
        "order_id": intent.order_id,
        "order_number": intent.order_number,
        "provider": intent.provider,
        "currency": intent.currency,
        "amount_minor": intent.amount_minor,
        "payer_real_name_id": intent.payer_real_name_id,
        "language": intent.language,
        "pay_until": intent.pay_until,
        "ask_at": now + rules.first_ask,
        "now": now,
        "split_ids": [new_id() for _ in intent.splits],
        "parcel_ids": [split.parcel_id for split in intent.splits],
        "numbers": [split.number for split in intent.splits],
        "amounts": [split.amount_minor for split in intent.splits],
    }
    with transaction.atomic(savepoint=False):
        statement = sql.load("payments", "intend")
        # No row: another call stored one between our look and our insert; a second look sees it.
        rows = sql.rows(statement, params) or sql.rows(statement, params)
    if PaymentState(rows[0]["state"]) not in {PaymentState.PENDING, PaymentState.OPEN}:
        raise AlreadyPaid
    if rows[0]["amount_minor"] != intent.amount_minor:
        raise IntentDiffers
    found: UUID = rows[0]["id"]
    return found
