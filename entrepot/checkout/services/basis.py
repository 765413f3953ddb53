"""What an order's sums rest on, and whether it still stands when the order is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from entrepot.catalogue.types import Classification, Sku
from entrepot.checkout.quoting import JURISDICTION, Seen
from entrepot.kit import sql
from entrepot.kit.refusals import Refusal
from entrepot.orders.types import OrderDraft
from entrepot.pricing.types import Price
from entrepot.tariff.services import newest_editions


class OfferMoved(Refusal):
    """A price, a limit, an article or a rate book became another between quote and writing, again and again."""

    code = "offer_moved"
    retry_after_s = 1
    zh = "商品的价格或信息刚刚变更，请查看新的金额后再下单"
    en = "A price or an article was changed this very moment; please look at the new amount and order again"


class Basis(msgspec.Struct, frozen=True):
    """One article as it was read for a quote at a moment."""

    at: datetime
    day: date
    sku: Sku
    decided: Classification
    price: Price

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for what was read together, so that a batch asks for each article once."""
        price = self.price
        return (
            self.sku.id,
            price.list_id,
            price.amount.minor,
            price.sale_item_id,
            price.limit,
            self.at,
            id(self.decided),
        )

    def columns(self, n: int) -> dict[str, Any]:
        sku, decided, price = self.sku, self.decided, self.price
        return {
            "n": n,
            "sku_id": sku.id,
            "list_id": price.list_id,
            "amount_minor": price.amount.minor,
            "at_sale": price.sale is not None,
            "limited": price.limit is not None,
            "at": self.at,
            "day": self.day,
            "jurisdiction": JURISDICTION,
            "origin": sku.origin,
            "net_weight_g": sku.net_weight_g,
            "gross_weight_g": sku.gross_weight_g,
            "sell_until": sku.sell_until,
            "hs_code": decided.hs_code,
            "sales_unit": decided.sales_unit,
            "unit1": decided.unit1,
            "quantity1": decided.quantity1,
            "unit2": decided.unit2,
            "quantity2": decided.quantity2,
            "declared_name": decided.declared_name,
            "model": decided.model,
        }


def basis_of(*, draft: OrderDraft, seen: Seen, at: datetime) -> tuple[Basis, ...]:
    """What the sums of an order rest on, each article once."""
    prices = seen.prices[draft.storefront_id]
    found = []
    for sku_id in draft.units:
        sku, decided = seen.articles[sku_id]
        assert decided is not None  # else it would not have been quoted
        found.append(Basis(at, seen.day, sku, decided, prices[sku_id]))
    return tuple(found)


def overtaken(*, orders: Iterable[tuple[OrderDraft, tuple[Basis, ...]]]) -> dict[UUID, OfferMoved]:
    """The orders whose sums would be others by now, by id. One statement, in the transaction that writes them.

    A sale's price and a limit that was seen are judged by taking them (`pricing.take_many`)."""
    orders = list(orders)
    places: dict[tuple[Any, ...], tuple[int, Basis]] = {}
    for _, basis in orders:
        for one in basis:
            places.setdefault(one.key, (len(places), one))
    books = {code for draft, _ in orders for parcel in draft.parcels for code in parcel.asked.get("books", ())}
    params = {
        "basis": sql.document([one.columns(n) for n, one in places.values()]),
        "books": sorted(books),
    }
    gone = {row["n"] for row in sql.hot_rows(sql.load("checkout", "overtaken"), params)}
    if None in gone:
        newest_editions.forget()  # or they would be quoted by the old ones again
    return {draft.id: OfferMoved() for draft, basis in orders if _moved(basis, places, gone)} if gone else {}


def _moved(
    basis: tuple[Basis, ...], places: Mapping[tuple[Any, ...], tuple[int, Basis]], gone: set[int | None]
) -> bool:
    return None in gone or any(places[one.key][0] in gone for one in basis)
