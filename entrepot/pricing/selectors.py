"""Questions about prices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.kit.money import Money
from entrepot.pricing.models import PriceList as Row
from entrepot.pricing.types import Price, PriceList

IDS_MAX = 5_000


def prices(*, storefront_id: UUID, currency: str, sku_ids: Collection[UUID], at: datetime) -> dict[UUID, Price]:
    """The price of each SKU at a moment, by SKU, in one statement. SKUs without a price are left out."""
    if len(sku_ids) > IDS_MAX:
        raise ValueError(f"at most {IDS_MAX} articles at once")
    if not sku_ids:
        return {}
    params = {"sku_ids": list(set(sku_ids)), "storefront_id": storefront_id, "currency": currency, "at": at}
    return _by_sku(sql.hot_rows(sql.load("pricing", "prices"), params), currency)


def every_price(*, storefront_id: UUID, currency: str, at: datetime) -> dict[UUID, Price]:
    """The price of each SKU of a storefront that has one at a moment, by SKU, in one statement."""
    params = {"storefront_id": storefront_id, "currency": currency, "at": at}
    return _by_sku(sql.rows(sql.load("pricing", "every"), params), currency)


def _by_sku(rows: Iterable[Mapping[str, Any]], currency: str) -> dict[UUID, Price]:
    return {
        row["sku_id"]: Price(
            sku_id=row["sku_id"],
            list_id=row["list_id"],
            amount=Money(row["amount_minor"], currency),
            was=None if row["was_minor"] is None else Money(row["was_minor"], currency),
        )
        for row in rows
    }


def lists(*, storefront_id: UUID) -> tuple[PriceList, ...]:
    """The price lists of a storefront, by currency."""
    rows = Row.objects.filter(storefront_id=storefront_id).order_by("currency")
    return tuple(PriceList(id=row.id, storefront_id=row.storefront_id, currency=row.currency) for row in rows)
