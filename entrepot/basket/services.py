"""Verbs of the basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from entrepot.basket.models import Line
from entrepot.basket.rules import KEPT_DAYS, LINES_MAX, QUANTITY_MAX
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Sku
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal


class QuantityInvalid(Invalid):
    code = "quantity_invalid"
    zh = "数量须为{least}至{limit}的整数"
    en = "The quantity must be a whole number from {least} to {limit}"


class BasketFull(Refusal):
    code = "basket_full"
    zh = "购物车最多{limit}种商品，请先结算或移除部分商品"
    en = "A basket holds at most {limit} articles; order or remove some first"


def put(
    *, buyer_id: UUID, storefront_id: UUID, sku_id: UUID, quantity: int, now: datetime, sku: Sku | None = None
) -> None:
    """Have `quantity` units of the SKU in the basket; 0 takes it out. Doing it twice is doing it once.

    `sku`: the article, where the caller has just read it. Refuses QuantityInvalid(quantity), NotFound for a SKU that
    is not on sale, BasketFull.
    """
    _check(quantity, 0)
    key = {"buyer_id": buyer_id, "storefront_id": storefront_id, "sku_id": sku_id}
    if quantity == 0:
        with transaction.atomic():
            Line.objects.filter(**key).delete()
        return
    _write(key, sku or catalogue.skus(ids=[sku_id]).get(sku_id), quantity=quantity, on_top=False, at=now)


def add(*, buyer_id: UUID, storefront_id: UUID, sku_id: UUID, quantity: int, now: datetime) -> None:
    """Put `quantity` more units of the SKU into the basket, as far as it takes them: at most `QUANTITY_MAX` of one.

    Refuses what `put` refuses, and 0.
    """
    _check(quantity, 1)
    key = {"buyer_id": buyer_id, "storefront_id": storefront_id, "sku_id": sku_id}
    _write(key, catalogue.skus(ids=[sku_id]).get(sku_id), quantity=quantity, on_top=True, at=now)


def _check(quantity: int, least: int) -> None:
    if not isinstance(quantity, int) or not least <= quantity <= QUANTITY_MAX:
        raise QuantityInvalid(field="quantity", least=least, limit=QUANTITY_MAX)


def _write(key: Mapping[str, UUID], sku: Sku | None, *, quantity: int, on_top: bool, at: datetime) -> None:
    if sku is None or not sku.active:
        raise NotFound(field="sku_id", what="SKU")
    limits = {"lines_max": LINES_MAX, "quantity_max": QUANTITY_MAX}
    params = {**key, **limits, "id": new_id(), "quantity": quantity, "on_top": on_top, "at": at}
    if sql.hot_run(sql.load("basket", "put"), params) == 0:
        raise BasketFull(field="sku_id", limit=LINES_MAX)


def merge(*, visitor_id: UUID, buyer_id: UUID, storefront_id: UUID, now: datetime) -> None:
    """What a visitor gathered joins the buyer's basket at log-in; the visitor's is empty afterwards.

    Quantities of the same SKU are added up to the limit; articles beyond the basket's limit are left behind,
    the oldest of the visitor's first in.
    """
    if visitor_id == buyer_id:
        return
    params = {
        "visitor_id": visitor_id,
        "buyer_id": buyer_id,
        "storefront_id": storefront_id,
        "at": now,
        "quantity_max": QUANTITY_MAX,
        "lines_max": LINES_MAX,
    }
    with transaction.atomic():
        sql.run(sql.load("basket", "merge"), params)


def clear(*, buyer_id: UUID, storefront_id: UUID) -> None:
    """Empty the basket."""
    with transaction.atomic():
        Line.objects.filter(buyer_id=buyer_id, storefront_id=storefront_id).delete()


def take_out(*, ordered: Sequence[tuple[UUID, UUID, Mapping[UUID, int]]]) -> set[int]:
    """What was ordered leaves the baskets, (buyer_id, storefront_id, units by SKU) each; all else stays. One statement.

    A line with more units than were ordered keeps the others. Returns the positions of those whose basket does not hold
    so much (any more), because another order took it or the buyer did: where there is one nothing may stand, and the
    caller's transaction must end.
    """
    lines = [
        {"n": n, "buyer_id": buyer_id, "storefront_id": storefront_id, "sku_id": sku_id, "quantity": quantity}
        for n, (buyer_id, storefront_id, units) in enumerate(ordered)
        for sku_id, quantity in units.items()
    ]
    rows = sql.hot_rows(sql.load("basket", "take_out"), {"lines": sql.document(lines)})
    return {row["n"] for row in rows}


def forget(*, now: datetime) -> int:
    """Delete lines of baskets that nobody touched for `KEPT_DAYS`. Returns how many."""
    since = now - timedelta(days=KEPT_DAYS)
    touched = Line.objects.filter(
        buyer_id=OuterRef("buyer_id"), storefront_id=OuterRef("storefront_id"), changed_at__gte=since
    )
    with transaction.atomic():
        return Line.objects.filter(~Exists(touched), changed_at__lt=since).delete()[0]
