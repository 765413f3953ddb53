"""Taking units at a sale's price and counting purchase limits, for a whole batch of orders, and giving them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import CheckViolation, LockNotAvailable, UniqueViolation

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.pricing.services.prices import tell
from entrepot.pricing.types import Take

TAKES_MAX = 2_000  # in one batch
RACES_MAX = 4  # looks before a batch gives up
LOCK_TIMEOUT_MS = 2_000


class SoldOutAtPrice(Refusal):
    """`left` units can still be had at the sale's price; at the ordinary one there may be more."""

    code = "sold_out_at_price"
    zh = "抢购价名额不足，还剩 {left} 件"
    en = "Not enough is left at the sale's price: {left}"


class LimitReached(Refusal):
    """`limit` units to one person (account or identity), of which `bought` are bought."""

    code = "purchase_limit"
    zh = "每人限购 {limit} 件，您已购买 {bought} 件"
    en = "At most {limit} for one person; you have bought {bought}"


class SaleOver(Refusal):
    """The sale at whose price the article was quoted has ended, or was called off."""

    code = "sale_over"
    zh = "抢购已结束，价格已恢复"
    en = "The sale is over and its price with it"


class RushBusy(Refusal):
    """Others held the same goods for longer than the lock timeout. Nothing was written."""

    code = "rush_busy"
    status = 503
    retry_after_s = 1
    zh = "抢购人数过多，请稍后重试"
    en = "Many buyers want these goods right now; please try again"


class TakeRaced(Refusal):
    """The same people took the same goods at the same moments, again and again. Nothing was written."""

    code = "take_raced"
    retry_after_s = 1
    zh = "同一人正在同时下单，请重试"
    en = "The same person is ordering at the same moment; please try again"


Refused = SoldOutAtPrice | LimitReached | SaleOver


def take_many(*, takes: Sequence[Take], at: datetime, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> Mapping[UUID, Refused]:
    """Take units and count limits for many orders, first come first served: the refused orders, each with its reason.

    An order stands in `takes` where its first take stands; it is served whole or not at all, as if all before it had
    been asked one after the other. All that is not refused is taken; what an order has taken already is not taken
    again. Which purchase limits bind is looked up here. One statement, and one more for each round in which it depends
    on a refused order whether a later one is served.

    Refuses RushBusy, TakeRaced: then nothing was written.
    """
    if len(takes) > TAKES_MAX:
        raise ValueError(f"at most {TAKES_MAX} takes in one batch")
    waiting: dict[UUID, list[Take]] = {}
    for take in takes:
        waiting.setdefault(take.order_id, []).append(take)
    for one in waiting.values():
        if len({take.sku_id for take in one}) != len(one) or min(take.quantity for take in one) < 1:
            raise ValueError("an order takes at least one unit of an article, each article once")
    refused: dict[UUID, Refused] = {}
    while waiting:
        rows = _taken(list(waiting.values()), at, lock_timeout_ms)
        for row in rows:
            if row["what"] is not None:
                refused.setdefault(row["order_id"], _refusal(row))
            waiting.pop(row["order_id"], None)
    return refused


def _refusal(row: Mapping[str, Any]) -> Refused:
    named = {"sku_id": str(row["sku_id"])}
    if row["what"] == "over":
        return SaleOver(field="wishes", **named)
    if row["what"] == "units":
        return SoldOutAtPrice(field="wishes", left=row["free"], **named)
    return LimitReached(field="wishes", limit=row["most"], bought=row["most"] - row["free"], **named)


def _taken(orders: Sequence[Sequence[Take]], at: datetime, lock_timeout_ms: int) -> list[dict[str, Any]]:
    params = {
        "takes": sql.document([_columns(place, take) for place, order in enumerate(orders) for take in order]),
        "at": at,
        "lock_timeout": f"{lock_timeout_ms}ms",
    }
    for _ in range(RACES_MAX):
        try:
            with transaction.atomic():
                rows = sql.hot_rows(sql.load("pricing", "take"), params)
                _tell([(row["gone"], row["sku_id"]) for row in rows])
                return rows
        except OperationalError as late:
            if isinstance(late.__cause__, LockNotAvailable):
                raise RushBusy from late
            raise
        except IntegrityError as clash:  # a person's first row came from elsewhere since we looked: look again
            if not isinstance(clash.__cause__, CheckViolation | UniqueViolation):
                raise
    raise TakeRaced


def _columns(place: int, take: Take) -> dict[str, Any]:
    return {
        "place": place,
        "id": new_id(),
        "order_id": take.order_id,
        "buyer_id": take.buyer_id,
        "id_hash": take.id_hash.hex(),
        "sku_id": take.sku_id,
        "item_id": take.item_id,
        "quantity": take.quantity,
    }


def _tell(turned: Sequence[tuple[UUID | None, UUID]]) -> None:
    """The price of an article turns when the last unit at a sale's price is taken, and when the first comes back."""
    for list_id in {list_id for list_id, _ in turned if list_id is not None}:
        tell(list_id=list_id, sku_ids={sku_id for its, sku_id in turned if its == list_id})


def give_back(
    *, order_id: UUID, units: Mapping[UUID, int], at: datetime, lock_timeout_ms: int = LOCK_TIMEOUT_MS
) -> int:
    """Give back so many units of articles, as far as the order took them: to the sale, and to the person's limits.

    Returns the units given back, 0 if the order holds none (any more). Refuses RushBusy.
    """
    named = {"sku_ids": list(units), "units": list(units.values())}
    params = {"order_id": order_id, **named, "at": at, "lock_timeout": f"{lock_timeout_ms}ms"}
    try:
        with transaction.atomic(savepoint=False):
            rows = sql.hot_rows(sql.load("pricing", "give_back"), params)
            _tell([(row["fresh"], row["sku_id"]) for row in rows])
    except OperationalError as late:
        if isinstance(late.__cause__, LockNotAvailable):
            raise RushBusy from late
        raise
    return sum(row["quantity"] for row in rows)
