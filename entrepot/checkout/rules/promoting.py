"""What promotions take off a basket. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from entrepot.checkout.rules.asking import Priced
from entrepot.checkout.types import Ahead, Promised, UsedUp
from entrepot.kit.money import allocate
from entrepot.pricing.types import Price, Promotion

Lines = Sequence[tuple[Priced, ...]]  # by parcel
Uses = Mapping[tuple[UUID, bytes], int]  # standing orders by promotion and account or identity


class Reduced(msgspec.Struct, frozen=True):
    """The lines less their shares of what the promotion takes off, the next promotion to be reached, and those that
    would have taken off more, had the person not used them up."""

    parcels: Lines
    promised: Promised | None = None
    ahead: Ahead | None = None
    used_up: tuple[UsedUp, ...] = ()


def closed_to(people: Collection[bytes], promotions: Sequence[Promotion], uses: Uses) -> frozenset[UUID]:
    """The promotions that one person, by account or identity, has had as often as one may."""
    return frozenset(
        one.id
        for one in promotions
        if one.per_person is not None and any(uses.get((one.id, who), 0) >= one.per_person for who in people)
    )


def reduced(
    parcels: Lines,
    promotions: Sequence[Promotion],
    prices: Mapping[UUID, Price],
    closed: Collection[UUID] = (),
) -> Reduced:
    """Take off what the promotion does that takes off most (the first by code where several do): one an order, and none
    that is `closed` to the person.

    What has a flash sale's price has been reduced already and does not count. Of a promotion whose budget is nearly
    spent only as many times as there are left. The sum is shared by the goods' value, so that each line's customs
    value, and what goes back if it is returned, is what was really paid for it.
    """
    best: Promised | None = None
    chosen: list[Priced] = []
    further: list[Ahead] = []
    denied: list[Promised] = []
    for promotion in promotions:
        counted = _counted(parcels, promotion, prices)
        goods_minor = sum(line.goods_minor for line in counted)
        promised = _promised(promotion, goods_minor)
        if promotion.id in closed:
            denied += [promised] if promised else []
            continue
        if promised and (best is None or promised.amount_minor > best.amount_minor):
            best, chosen = promised, counted
        if goods_minor:
            further += _ahead(promotion, goods_minor)
    had_minor = best.amount_minor if best else 0
    nearest = min(
        (one for one in further if one.off_minor > had_minor), key=lambda one: one.missing_minor, default=None
    )
    better = tuple(UsedUp(one.code, one.titles) for one in denied if one.amount_minor > had_minor)
    if best is None:
        return Reduced(parcels, ahead=nearest, used_up=better)
    shares = allocate(best.amount_minor, [line.goods_minor for line in chosen])
    off = {id(line): share for line, share in zip(chosen, shares, strict=True)}
    less = [tuple(replace(line, discount_minor=off.get(id(line), 0)) for line in lines) for lines in parcels]
    return Reduced(less, best, nearest, better)


def _counted(parcels: Lines, promotion: Promotion, prices: Mapping[UUID, Price]) -> list[Priced]:
    return [
        line
        for lines in parcels
        for line in lines
        if promotion.covers(line.sku.id) and prices[line.sku.id].sale is None
    ]


def _promised(promotion: Promotion, goods_minor: int) -> Promised | None:
    """What it takes off goods that come to so much."""
    times = min(
        goods_minor // promotion.threshold_minor, promotion.times_max, promotion.left_minor // promotion.off_minor
    )
    if times < 1:
        return None
    return Promised(promotion.id, promotion.code, promotion.titles, times * promotion.off_minor)


def _ahead(promotion: Promotion, goods_minor: int) -> list[Ahead]:
    """What it would take off for some more goods."""
    times = goods_minor // promotion.threshold_minor + 1
    off_minor = times * promotion.off_minor
    if times > promotion.times_max or off_minor > promotion.left_minor:
        return []
    return [Ahead(promotion.titles, times * promotion.threshold_minor - goods_minor, off_minor)]
