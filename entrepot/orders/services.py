"""Verbs of orders: write what was agreed, and move it on. Who moves a state is told by the row count."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec.structs import asdict

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.orders import rules
from entrepot.orders.correcting import NoCorrection as NoCorrection
from entrepot.orders.correcting import WhyMissing as WhyMissing
from entrepot.orders.correcting import correct_allowance as correct_allowance
from entrepot.orders.correcting import count_in_year as count_in_year
from entrepot.orders.correcting import lift_correction as lift_correction
from entrepot.orders.models import AnnualUse
from entrepot.orders.rules import year_of
from entrepot.orders.sealed import seal_consignee
from entrepot.orders.types import (
    Order,
    OrderDraft,
    OrderEvent,
    OrderParcel,
    OrderState,
    ParcelState,
    Recorded,
)
from entrepot.outbox.services import told

NOTE_MAX = 300
BY_KEY = "SET LOCAL enable_seqscan = off"  # rows are found so, also where a statement is planned for an empty table
LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT = 2_000, "5s"  # of a transaction that places orders
PLACED, PAID, RELEASED = "orders.placed", "orders.paid", "orders.parcel_released"


class AllowanceMoved(Refusal):
    """The same person ordered something else since the quote: it must be asked for again. Nothing was written."""

    code = "allowance_moved"
    zh = "同一实名信息刚刚下过其他订单，年度额度已变化，请重试"
    en = "Another order with the same real name was just placed, which changes the yearly allowance; please try again"


def record(*, draft: OrderDraft) -> Order | None:
    """Write an order as agreed: its parcels, lines, first event and what it uses of the year's allowance.

    None where the buyer has placed an order under this key: nothing was written. A call with the same key at the same
    moment waits for it. One statement, which tells `orders.placed` too; the address is sealed. Refuses AllowanceMoved;
    raises ValueError for a draft that does not add up.
    """
    (recorded,) = record_many(drafts=[draft])
    if recorded is Recorded.MOVED:
        raise AllowanceMoved(orders=[draft.id])
    if recorded is Recorded.TAKEN:
        return None
    name, phone, place = rules.masked(draft.consignee)
    return Order(
        id=draft.id,
        buyer_id=draft.buyer_id,
        storefront_id=draft.storefront_id,
        number=draft.number,
        state=OrderState.PLACED,
        currency=draft.currency,
        total_minor=draft.total_minor,
        real_name_id=draft.real_name_id,
        language=draft.language,
        placed_at=draft.placed_at,
        pay_until=draft.pay_until,
        consignee=name,
        consignee_phone=phone,
        consignee_place=place,
        parcels=draft.parcels,
        events=(OrderEvent(1, None, OrderState.PLACED.value, draft.placed_at, ""),),
        wished=draft.wished,
    )


def record_many(*, drafts: Sequence[OrderDraft], lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> list[Recorded]:
    """Write orders as agreed, each for itself, first come first served; what became of each, in their order.

    One statement, however many. Two of one person count against the year one after the
    other: the second is right where its quote knew of the first. Refuses AllowanceMoved for the `orders` whose person's
    year moved in the very moment of writing: then nothing may stand, and the caller's transaction must end.
    Raises ValueError for a draft that does not add up.
    """
    wrong = next((found for draft in drafts if (found := rules.fault(draft))), None)
    if wrong is not None:
        raise ValueError(f"the draft's {wrong} do not add up")
    params = {
        "orders": sql.document([_order_columns(n, draft) for n, draft in enumerate(drafts)]),
        "parcels": sql.document(
            [_parcel_columns(position, parcel) for draft in drafts for position, parcel in enumerate(draft.parcels, 1)]
        ),
        "lines": sql.document(
            [
                {"order_id": draft.id, **asdict(line)}
                for draft in drafts
                for parcel in draft.parcels
                for line in parcel.lines
            ]
        ),
        "lock_timeout": f"{lock_timeout_ms}ms",
        "statement_timeout": STATEMENT_TIMEOUT,
    }
    with transaction.atomic(savepoint=False):
        sql.run(BY_KEY)
        rows = sql.hot_rows(sql.load("orders", "record"), params | told(topics=[PLACED]))
        outcomes = [row["outcome"] for row in rows]
        late = [draft.id for draft, outcome in zip(drafts, outcomes, strict=True) if outcome == "late"]
        if late:
            raise AllowanceMoved(orders=late)
    return [Recorded(outcome) for outcome in outcomes]


def hold_allowances(*, id_hashes: Collection[bytes], at: datetime) -> dict[bytes, int]:
    """What people have used of the year (minor units), kept from changing until the transaction ends."""
    rows = AnnualUse.objects.select_for_update().filter(id_hash__in=id_hashes, year=year_of(at)).order_by("id_hash")
    return {bytes(row.id_hash): row.used_minor + row.corrected_minor for row in rows}


def mark_paid(
    *, order_id: UUID, buyer_id: UUID, payment_id: UUID, now: datetime, facts: Mapping[str, Any] | None = None
) -> bool:
    """Placed becomes paid, with its parcels, by this payment. True for the one call that turned it.

    Tells `orders.paid` {order_id} with `facts` of the payment: ids and numbers, nothing personal.
    """
    paid = {"paid_at": now, "payment_id": payment_id, "topic": PAID, "payload": sql.document(facts or {})}
    return _turn(order_id, buyer_id, OrderState.PLACED, OrderState.PAID, now, **paid)


def cancel(*, order_id: UUID, buyer_id: UUID, reason: str, now: datetime) -> bool:
    """An unpaid order is cancelled and its allowance given back. `reason` is a word of `NOTES` or a sentence.

    True for the one call that cancelled it; False when it was paid or cancelled before.
    """
    return _turn(order_id, buyer_id, OrderState.PLACED, OrderState.CANCELLED, now, allowance=-1, note=reason)


def reinstate(
    *,
    order_id: UUID,
    buyer_id: UUID,
    payment_id: UUID,
    note: str,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """A cancelled order whose payment came late stands again, as paid, and is told so. True for the one call.

    Not an order that was paid before, nor one of which a late payment was refused.
    """
    paid = {
        "paid_at": now,
        "payment_id": payment_id,
        "allowance": 1,
        "note": note,
        "topic": PAID,
        "payload": sql.document(facts or {}),
    }
    return _turn(order_id, buyer_id, OrderState.CANCELLED, OrderState.PAID, now, **paid)


def refuse_payment(*, order_id: UUID, buyer_id: UUID, note: str, now: datetime) -> bool:
    """The payment of a cancelled order came too late: say so in the timeline, once. True if it was said now."""
    params = {"order_id": order_id, "buyer_id": buyer_id, "event_id": new_id(), "note": note[:NOTE_MAX], "at": now}
    with transaction.atomic(savepoint=False):
        return sql.run(sql.load("orders", "refuse_payment"), params) == 1


def take_overdue(*, before: datetime, batch: int, now: datetime) -> list[tuple[UUID, UUID]]:
    """(order_id, buyer_id) of unpaid orders whose time ended before `before`; each order is handed out once."""
    with transaction.atomic(savepoint=False):
        rows = sql.rows(sql.load("orders", "take_overdue"), {"before": before, "batch": batch, "at": now})
    return [(row["id"], row["buyer_id"]) for row in rows]


def mark_parcel(
    *,
    parcel_id: UUID,
    order_id: UUID,
    buyer_id: UUID,
    state: ParcelState,
    note: str,
    now: datetime,
    explanation: Mapping[str, Any] | None = None,
) -> bool:
    """Move a parcel on, if it is in a state that `rules.MAY_FOLLOW` allows; the last one to end ends the order.

    `explanation`: the landed-cost answer word for word, kept for ever; the first one written down stays.

    True for the one call that moved it. Repeated and late news change nothing and return False.
    """
    return _mark((parcel_id, order_id, buyer_id), state, note, now, explanation=explanation) is not None


def release_parcel(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime) -> list[tuple[UUID, UUID]] | None:
    """Customs has released the parcel: the (line_id, sku_id) of the goods that may leave, once; None where it was
    released before or cannot be. Tells `orders.parcel_released` {order_id, parcel_id} in the same statement."""
    found = _mark((parcel_id, order_id, buyer_id), ParcelState.RELEASED, "", now, RELEASED)
    return None if found is None else [(UUID(line["id"]), UUID(line["sku_id"])) for line in found]


def restore_allowance(*, parcel_id: UUID, order_id: UUID, buyer_id: UUID, restored_minor: int) -> bool:
    """Goods of a released parcel came back: `restored_minor` of its allowance, in all, no longer count against the year
    they were ordered in (GAC 45/2020). True if this call gave something back; repeating it, or a figure below the one
    before or above the parcel's own, changes nothing.
    """
    params = {"parcel_id": parcel_id, "order_id": order_id, "buyer_id": buyer_id, "restored_minor": restored_minor}
    with transaction.atomic(savepoint=False):
        return sql.run(sql.load("orders", "restore_allowance"), params) == 1


def _mark(
    key: tuple[UUID, UUID, UUID],
    state: ParcelState,
    note: str,
    now: datetime,
    topic: str | None = None,
    explanation: Mapping[str, Any] | None = None,
) -> list[dict[str, str]] | None:
    """The parcel's lines if this call moved it."""
    parcel_id, order_id, buyer_id = key
    ends = state in (ParcelState.DELIVERED, ParcelState.CANCELLED)
    params = {
        "order_id": order_id,
        "buyer_id": buyer_id,
        "parcel_id": parcel_id,
        "state": state.value,
        "before": [allowed.value for allowed in rules.MAY_FOLLOW[state]],
        "ends": ends,
        "delivered": state is ParcelState.DELIVERED,
        "released": state is ParcelState.RELEASED,
        "event_id": new_id(),
        "end_event_id": new_id(),
        "at": now,
        "note": note[:NOTE_MAX],
        "explanation": None if explanation is None else sql.document(explanation),
        "fact_id": new_id(),
        "topic": topic,
    }
    with transaction.atomic(savepoint=False):
        rows = sql.hot_rows(sql.load("orders", "mark_parcel"), params | told(topics=[topic] if topic else []))
    lines: list[dict[str, str]] | None = json.loads(rows[0]["lines"]) if rows else None
    return lines


def _turn(order_id: UUID, buyer_id: UUID, before: OrderState, after: OrderState, now: datetime, **more: Any) -> bool:
    params = {
        "order_id": order_id,
        "buyer_id": buyer_id,
        "before": before.value,
        "after": after.value,
        "paid_at": None,
        "payment_id": None,
        "allowance": 0,
        "note": "",
        "event_id": new_id(),
        "fact_id": new_id(),
        "topic": None,
        "payload": "{}",
        "at": now,
        **more,
    }
    params["note"] = params["note"][:NOTE_MAX]
    with transaction.atomic(savepoint=False):
        params |= told(topics=[params["topic"]] if params["topic"] else [])
        return sql.hot_run(sql.load("orders", "turn"), params) == 1


def _order_columns(n: int, draft: OrderDraft) -> dict[str, Any]:
    name, phone, place = rules.masked(draft.consignee)
    names = ("id", "buyer_id", "storefront_id", "number", "currency", "total_minor", "real_name_id", "used_minor")
    more = ("language", "placed_at", "pay_until", "place_key")
    return {
        "n": n,
        **_pick(draft, names + more),
        "id_hash": _bytea(draft.id_hash),
        "year": year_of(draft.placed_at),
        "allowance_minor": sum(parcel.allowance_minor for parcel in draft.parcels),
        "consignee_sealed": _bytea(seal_consignee(draft.consignee, draft.id)),
        "consignee_name": name,
        "consignee_phone": phone,
        "consignee_place": place,
        "parcels_open": len(draft.parcels),
        "request_hash": None if draft.request_hash is None else _bytea(draft.request_hash),
        "wished": draft.wished or None,
        "event_id": new_id(),
        "use_id": new_id(),
        "fact_id": new_id(),
    }


def _parcel_columns(position: int, parcel: OrderParcel) -> dict[str, Any]:
    names = ("id", "order_id", "number", "warehouse_id", "trade_mode", "goods_minor", "discount_minor", "freight_minor")
    more = ("tax_minor", "allowance_minor", "asked", "delivery")
    return {"position": position, **_pick(parcel, names + more)}


def _pick(item: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}


def _bytea(value: bytes) -> str:
    """As PostgreSQL reads bytes out of a text."""
    return f"\\x{value.hex()}"
