from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec.structs import asdict

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
    return intend_many(intents=[intent], now=now)[0]


def intend_many(*, intents: Sequence[PaymentIntent], now: datetime) -> list[UUID]:
    """`intend` for many orders in one statement: their payments in their order. What one refuses, all are refused."""
    for intent in intents:
        check(intent=intent)
    rows = [_columns(n, intent) for n, intent in enumerate(intents)]
    shares = [
        {"id": new_id(), "payment_id": row["id"], "position": position, **asdict(split)}
        for row, intent in zip(rows, intents, strict=True)
        for position, split in enumerate(intent.splits, 1)
    ]
    params = {
        "intents": sql.document(rows),
        "shares": sql.document(shares),
        "now": now,
        "ask_at": now + rules.first_ask,
    }
    with transaction.atomic(savepoint=False):
        statement = sql.load("payments", "intend")
        found = sql.hot_rows(statement, params)
        if len(found) < len(intents):
            # Another call stored one between our look and our insert; a second look sees it.
            found = sql.hot_rows(statement, params)
    by_place = {row["n"]: row for row in found}
    for n, intent in enumerate(intents):
        if PaymentState(by_place[n]["state"]) not in {PaymentState.PENDING, PaymentState.OPEN}:
            raise AlreadyPaid
        if by_place[n]["amount_minor"] != intent.amount_minor:
            raise IntentDiffers
    return [by_place[n]["id"] for n in range(len(intents))]


def check(*, intent: PaymentIntent) -> None:
    """Whether it can be stored at all. Refuses UnknownProvider. Raises ValueError if the shares do not add up."""
    if not 0 < len(intent.splits) <= splits_max:
        raise ValueError(f"1 to {splits_max} shares")
    if sum(split.amount_minor for split in intent.splits) != intent.amount_minor:
        raise ValueError("the shares do not add up to the amount")
    if len({split.number for split in intent.splits}) != len(intent.splits):
        raise ValueError("two shares have one number")
    providers.check(intent.provider)


def _columns(n: int, intent: PaymentIntent) -> dict[str, Any]:
    columns = asdict(intent)
    del columns["splits"]
    return {"n": n, "id": new_id(), **columns}
