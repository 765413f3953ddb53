"""Questions about prices, flash sales, promotions and purchase limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Case, When

from entrepot.kit import sql
from entrepot.kit.money import Money
from entrepot.pricing import cached
from entrepot.pricing.models import PriceList as Row
from entrepot.pricing.models import Promotion as PromotionRow
from entrepot.pricing.models import PurchaseLimit, Take
from entrepot.pricing.types import (
    BuyingLimit,
    Disagreement,
    Limit,
    Price,
    PriceList,
    Promotion,
    PromotionState,
    Sale,
    SaleItem,
    SalePrice,
    TakeState,
)
from entrepot.pricing.types import Take as TakeWish

IDS_MAX = 5_000
SALES_MAX = 100


def prices(*, storefront_id: UUID, currency: str, sku_ids: Collection[UUID], at: datetime) -> dict[UUID, Price]:
    """The price of each SKU at a moment, by SKU, in one statement. SKUs without a price are left out.

    While a flash sale has units left its price is the price, and says so.
    """
    if len(sku_ids) > IDS_MAX:
        raise ValueError(f"at most {IDS_MAX} articles at once")
    if not sku_ids:
        return {}
    params = {"sku_ids": list(set(sku_ids)), "storefront_id": storefront_id, "currency": currency, "at": at}
    names, found = sql.hot(sql.load("pricing", "prices"), params)
    read = [_read(currency, tuple(names), row) for row in found]
    return {price.sku_id: price for price in read}


def every_price(*, storefront_id: UUID, currency: str, at: datetime) -> dict[UUID, Price]:
    """The price of each SKU of a storefront that has one at a moment, by SKU, in one statement."""
    params = {"storefront_id": storefront_id, "currency": currency, "at": at}
    return {row["sku_id"]: _price(row, currency) for row in sql.rows(sql.load("pricing", "every"), params)}


@lru_cache(maxsize=4_096)
def _read(currency: str, names: tuple[str, ...], values: tuple[Any, ...]) -> Price:
    """In a rush the same rows are read for every batch."""
    return _price(dict(zip(names, values, strict=True)), currency)


def _price(row: Mapping[str, Any], currency: str) -> Price:
    amount, was, sale = row["amount_minor"], row["was_minor"], None
    if row["item_id"] is not None:  # the ordinary price is struck through, unless the sale names another
        amount, was = row["sale_minor"], row["sale_was_minor"] or amount
        sale = SalePrice(row["item_id"], row["sale_id"], row["units_left"], row["limit_per_person"], row["door"])
    return Price(
        sku_id=row["sku_id"],
        list_id=row["list_id"],
        amount=Money(amount, currency),
        was=None if was is None else Money(was, currency),
        sale=sale,
        limit=None if row["limit_quantity"] is None else BuyingLimit(row["limit_quantity"], row["limit_days"]),
    )


def lists(*, storefront_id: UUID) -> tuple[PriceList, ...]:
    """The price lists of a storefront, by currency."""
    rows = Row.objects.filter(storefront_id=storefront_id).order_by("currency")
    return tuple(PriceList(id=row.id, storefront_id=row.storefront_id, currency=row.currency) for row in rows)


def sales(*, storefront_id: UUID | None, since: datetime, at: datetime | None = None) -> tuple[Sale, ...]:
    """Flash sales that end after `since`, by the clock or called off, of one storefront or all, as they begin: the
    `SALES_MAX` nearest to `at` (None: to `since`), first of all those that run then."""
    return _sales(storefront_id=storefront_id, since=since, at=at or since)


def sale(*, sale_id: UUID) -> Sale | None:
    return next(iter(_sales(id=sale_id)), None)


def sale_by_code(*, storefront_id: UUID, code: str) -> Sale | None:
    return next(iter(_sales(storefront_id=storefront_id, code=code)), None) if code else None


def _sales(**asked: Any) -> tuple[Sale, ...]:
    every = {"storefront_id": None, "id": None, "code": "", "since": "-infinity", "at": "epoch", "most": SALES_MAX}
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in sql.rows(sql.load("pricing", "sales"), {**every, **asked}):
        found.setdefault(row["id"], []).append(row)
    return tuple(_sale(rows) for rows in found.values())


def _sale(rows: list[Mapping[str, Any]]) -> Sale:
    first = rows[0]
    names = ("price_minor", "was_minor", "units", "taken", "limit_per_person", "sku_id")
    copied = ("id", "list_id", "storefront_id", "currency", "code", "starts_at", "ends_at")
    return Sale(
        **{name: first[name] for name in copied},
        titles=sql.json_value(first["titles"]),
        admit_per_s=first["admit_per_s"],
        early=first["early"],
        seed=bytes(first["seed"] or b""),
        called_off_at=first["called_off_at"],
        numbers=first["numbers"],
        items=tuple(SaleItem(id=row["item_id"], **{name: row[name] for name in names}) for row in rows),
    )


def promotions(*, storefront_id: UUID, currency: str, at: datetime) -> tuple[Promotion, ...]:
    """Promotions of a storefront that run at a moment and have budget left, by code; what another process changed is
    seen after `cached.KEPT_S` seconds, and asked for anew where an order is written."""
    found = cached.standing(storefront_id, currency, at)
    return tuple(one for one in found if one.state(at) is PromotionState.RUNNING)


def planned_promotions(*, since: datetime, at: datetime | None = None) -> tuple[Promotion, ...]:
    """Promotions of all storefronts that end after `since`, as they stand: those that are not over at `at` (None: at
    `since`) before the others, the newest first, at most `SALES_MAX`."""
    over = Case(When(ends_at__gt=at or since, called_off_at__isnull=True, then=0), default=1)
    rows = PromotionRow.objects.filter(ends_at__gt=since).select_related("price_list").order_by(over, "-planned_at")
    return tuple(map(cached.promotion_of, rows[:SALES_MAX]))


def promotion(*, promotion_id: UUID) -> Promotion | None:
    """As it stands."""
    return next(
        map(cached.promotion_of, PromotionRow.objects.filter(id=promotion_id).select_related("price_list")), None
    )


def uses(*, promotion_ids: Collection[UUID], people: Collection[bytes]) -> dict[tuple[UUID, bytes], int]:
    """How many standing orders of each of these people have each of these promotions, of those with a limit for one
    person, by promotion and person: the 16 bytes of an account's id, or the keyed hash of an identity. Who has none is
    left out. One statement."""
    params = {"promotion_ids": sql.array(promotion_ids), "people": sql.bytes_array(people)}
    found = sql.hot(sql.load("pricing", "uses"), params)[1]
    return {(promotion_id, bytes(person)): orders for promotion_id, person, orders in found}


def pace(*, sale_id: UUID, since: datetime, at: datetime) -> dict[int, int]:
    """Orders of a sale by how many minutes before `at` they took their units, back to `since`."""
    rows = sql.rows(sql.load("pricing", "pace"), {"sale_id": sale_id, "since": since, "at": at})
    return {row["minutes_ago"]: row["orders"] for row in rows}


def limits(*, at: datetime) -> tuple[Limit, ...]:
    """Purchase limits in force, the newest first: at most `IDS_MAX`."""
    rows = PurchaseLimit.objects.filter(valid_from__lte=at).exclude(valid_to__lte=at).order_by("-set_at")[:IDS_MAX]
    return tuple(Limit(row.id, row.sku_id, row.quantity, row.days, row.valid_from, row.valid_to) for row in rows)


def discrepancies() -> list[Disagreement]:
    """Counters of sales and limits that are not the sum of what was taken. Reads everything."""
    return [Disagreement(**row) for row in sql.rows(sql.load("pricing", "discrepancies"))]


def given_back(*, order_id: UUID, sku_ids: Collection[UUID]) -> list[TakeWish]:
    """What an order had taken of sales and under limits and has given back. One statement."""
    closed = Take.objects.filter(sku_id__in=list(sku_ids), order_id=order_id, state=TakeState.GIVEN_BACK)
    return [
        TakeWish(one.order_id, one.buyer_id, bytes(one.identity), one.sku_id, one.item_id, one.quantity)
        for one in closed.order_by("sku_id")
    ]
