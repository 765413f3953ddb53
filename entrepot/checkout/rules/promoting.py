"""What promotions take off a basket. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from entrepot.checkout.rules.asking import Priced
from entrepot.checkout.types import Promised
from entrepot.kit.money import allocate
from entrepot.pricing.types import Price, Promotion

Lines = Sequence[tuple[Priced, ...]]  # by parcel


def reduced(
    parcels: Lines, promotions: Sequence[Promotion], prices: Mapping[UUID, Price]
) -> tuple[Promised | None, list[tuple[Priced, ...]]]:
    """The promotion that takes off most (the first by code where several do), and the lines less their shares of it.

    One promotion an order. What has a flash sale's price has been reduced already and does not count. Of a promotion
    whose budget is nearly spent only as many times as there are left. The sum is shared by the goods' value, so that
    each line's customs value, and what goes back if it is returned, is what was really paid for it.
    """
    best: Promised | None = None
    chosen: list[Priced] = []
    for promotion in promotions:
        counted = _counted(parcels, promotion, prices)
        promised = _promised(promotion, sum(line.goods_minor for line in counted))
        if promised and (best is None or promised.amount_minor > best.amount_minor):
            best, chosen = promised, counted
    if best is None:
        return None, list(parcels)
    shares = allocate(best.amount_minor, [line.goods_minor for line in chosen])
    off = {id(line): share for line, share in zip(chosen, shares, strict=True)}
    return best, [tuple(replace(line, discount_minor=off.get(id(line), 0)) for line in lines) for lines in parcels]


def _counted(parcels: Lines, promotion: Promotion, prices: Mapping[UUID, Price]) -> list[Priced]:
    return [
        line
        for lines in parcels
        for line in lines
        if promotion.covers(line.sku.id) and prices[line.sku.id].sale is None
    ]


def _promised(promotion: Promotion, goods_minor: int) -> Promised | None:
    times = min(
        goods_minor // promotion.threshold_minor, promotion.times_max, promotion.left_minor // promotion.off_minor
    )
    if times < 1:
        return None
    return Promised(promotion.id, promotion.code, promotion.titles, times * promotion.off_minor)
