"""What was asked, agreed on: quoted for the person and the address. What is read is read for a whole batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from msgspec import structs

from entrepot.basket import selectors as baskets
from entrepot.basket.types import BasketLine
from entrepot.checkout import drafting
from entrepot.checkout.quoting import Seen, look, merged, quote_from, uses_of
from entrepot.checkout.rules import obstacles
from entrepot.checkout.services.basis import basis_of
from entrepot.checkout.services.door import check_passes
from entrepot.checkout.services.write import (
    Agreed,
    CannotPlace,
    Left,
    OutOfStock,
    OverLimit,
    SoldOutAtPrice,
    refusal_of,
)
from entrepot.checkout.types import BasketQuote, How, Obstacle, PlaceRequest, Wish
from entrepot.identity import services as identity
from entrepot.identity.types import Address, Orderer
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.orders import selectors as orders
from entrepot.orders.types import Delivery, OrderDraft
from entrepot.payments import services as payment_verbs
from entrepot.payments.types import PaymentIntent, SplitWish
from entrepot.pricing.types import GrantWish, Price, Take
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront

TIME_TO_PAY = timedelta(minutes=30)
NUMBER_DIGITS = 14  # customs knows orders by their number, of all buyers
CUTS_MAX = 8  # of one quote of a partial order, while others take its goods; then it is quoted anew


class NothingToOrder(Invalid):
    code = "nothing_to_order"
    zh = "没有可结算的商品"
    en = "There is nothing to order"


class PriceChanged(Refusal):
    code = "price_changed"
    zh = "总价已变动，请确认新的金额后再下单"
    en = "The total has changed; please look at the new amount and order again"


class NotSellable(CannotPlace):
    code = "not_sellable"


_IN_ORDER = (  # what is said first where several things stand in the way
    (NotSellable, obstacles.NOT_SELLABLE),
    (OverLimit, obstacles.OVER_LIMIT),
    (SoldOutAtPrice, ("sold_out_at_price",)),
    (OutOfStock, ("out_of_stock",)),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as it was asked for at a moment; `id` will be the order's."""

    id: UUID
    request: PlaceRequest
    at: datetime


class Used(Protocol):
    """What people have used of the year's allowance, by keyed hash."""

    def __call__(self, *, id_hashes: Collection[bytes], at: datetime) -> Mapping[bytes, int]: ...


@dataclass(frozen=True, slots=True)
class _Paper:
    """One order with what its buyer has: a shop, wishes, an address, a person."""

    asked: Asked
    shop: Storefront
    wishes: Sequence[Wish]
    address: Address
    id_hash: bytes

    @property
    def people(self) -> tuple[bytes, bytes]:
        """As whom the buyer is counted: account and identity."""
        return self.asked.request.buyer_id.bytes, self.id_hash


def agree(*, request: PlaceRequest, now: datetime) -> Agreed:
    """One order as it will be written, quoted now for this person and this address. Refuses what `place` does."""
    asked = Asked(new_id(), request, now)
    found = agree_many(asked=[asked])[asked.id]
    if isinstance(found, Refusal):
        raise found
    return found


def agree_many(*, asked: Sequence[Asked], used: Used = orders.used_this_year) -> dict[UUID, Agreed | Refusal]:
    """Orders as they will be written, or why one cannot be placed, by order id. Six statements, however many, and one
    more where a promotion has a limit for one person.

    Of one identity's year and promotions the next sees what those before it will use; where one of those is not written
    after all, the year shows it, if it counts there, and the next is quoted again. Of the goods, and of promotions that
    its account has for other identities, each sees all that is free: who gets the last of them is decided where it is
    taken, and nobody is refused for somebody who may be refused himself.
    All are quoted for the moment the last one was asked.
    """
    answers: dict[UUID, Agreed | Refusal] = {}
    papers: list[_Paper] = []
    carts = _carts(asked)
    for one, found in zip(asked, identity.open_orderers(asked=[_orderer(one.request) for one in asked]), strict=True):
        try:
            if isinstance(found, NotFound):
                raise found
            papers.append(_Paper(one, _storefront(one.request), _wishes(one.request, carts), *found))
        except Refusal as refusal:
            answers[one.id] = refusal
    if not papers:
        return answers
    at = max(paper.asked.at for paper in papers)
    seen = look([(paper.shop, paper.wishes) for paper in papers], at)
    year = dict(used(id_hashes={paper.id_hash for paper in papers}, at=at))
    uses = uses_of({who for paper in papers for who in paper.people}, seen)
    for paper in papers:
        closed = seen.closed_to(paper.people, paper.shop, uses)
        try:
            agreed = _agreed(paper, seen, at, year.get(paper.id_hash, 0), closed)
        except Refusal as refusal:
            answers[paper.asked.id] = refusal
            continue
        counts = sum(one.allowance_minor for one in agreed.draft.parcels)
        year[paper.id_hash] = agreed.draft.used_minor + counts
        if agreed.grant and counts:
            key = agreed.grant.promotion_id, paper.id_hash
            uses[key] = uses.get(key, 0) + 1
        answers[paper.asked.id] = agreed
    return answers


def request_hash(request: PlaceRequest) -> bytes:
    """SHA-256 of everything the buyer asked for: 32 bytes."""
    wishes = (
        None if request.wishes is None else [[str(wish.sku_id or wish.code), wish.quantity] for wish in request.wishes]
    )
    content = [
        str(request.storefront_id),
        wishes,
        str(request.address_id),
        str(request.real_name_id),
        request.provider,
        request.expected_total_minor,
        request.language,
        *(["partial"] if request.partial else []),  # a key from before there was such a thing stays the same
        *([request.delivery.value] if request.delivery is not Delivery.STANDARD else []),  # as well
    ]
    return hashlib.sha256(json.dumps(content).encode()).digest()


def _orderer(request: PlaceRequest) -> Orderer:
    return Orderer(request.buyer_id, request.address_id, request.real_name_id)


def _carts(asked: Sequence[Asked]) -> Mapping[tuple[UUID, UUID], Sequence[BasketLine]]:
    """The baskets of those who order theirs."""
    wanted = {(one.request.buyer_id, one.request.storefront_id) for one in asked if one.request.wishes is None}
    return baskets.lines_of(baskets=wanted) if wanted else {}


def _storefront(request: PlaceRequest) -> Storefront:
    found = next((shop for shop in storefronts.every() if shop.id == request.storefront_id), None)
    if found is None:
        raise NotFound(field="storefront_id", what="storefront")
    return found


def _wishes(request: PlaceRequest, carts: Mapping[tuple[UUID, UUID], Sequence[BasketLine]]) -> Sequence[Wish]:
    wishes = request.wishes
    if wishes is None:
        lines = carts.get((request.buyer_id, request.storefront_id), ())
        wishes = tuple(Wish(line.sku_id, line.quantity) for line in lines)
    if not wishes:
        raise NothingToOrder(field="wishes")
    return wishes


def _agreed(
    paper: _Paper, seen: Seen, at: datetime, used_minor: int, closed: frozenset[UUID], cuts: int = CUTS_MAX
) -> Agreed:
    """One order, quoted from what was read for all as of a moment. Refuses what `place` does."""
    request, shop, now = paper.asked.request, paper.shop, paper.asked.at
    wants = merged(paper.wishes, seen)
    how = How(request.partial, request.delivery)
    quote = quote_from(seen, storefront=shop, wants=wants, used_minor=used_minor, closed=closed, how=how)
    _check(quote, request)
    draft = _draft(paper, quote, seen, used_minor, wants)
    prices = seen.prices[shop.id]
    check_passes(
        prices=[prices[line.sku_id] for parcel in draft.parcels for line in parcel.lines],
        passes=request.passes,
        buyer_id=draft.buyer_id,
        now=now,
    )
    intent = _intent(draft, request.provider)
    payment_verbs.check(intent=intent)

    def cut(left: Left) -> Agreed:
        supply = dict(seen.supply)
        for (sku_id, place), units in left.items():
            supply[sku_id] = {**supply.get(sku_id, {}), place: units}
        return _agreed(paper, replace(seen, supply=supply), at, used_minor, closed, cuts - 1)

    return Agreed(
        draft,
        intent,
        from_basket=request.wishes is None,
        takes=_takes(draft, prices),
        basis=basis_of(draft=draft, seen=seen, at=at),
        grant=_grant(draft, quote),
        cut=cut if request.partial and cuts else None,
    )


def _draft(paper: _Paper, quote: BasketQuote, seen: Seen, used_minor: int, wants: Mapping[UUID, int]) -> OrderDraft:
    request, shop, now = paper.asked.request, paper.shop, paper.asked.at
    number = human_number(prefix(shop), now, NUMBER_DIGITS)
    draft = OrderDraft(
        id=paper.asked.id,
        buyer_id=request.buyer_id,
        storefront_id=shop.id,
        number=number,
        currency=quote.currency,
        real_name_id=request.real_name_id,
        id_hash=paper.id_hash,
        used_minor=used_minor,
        language=request.language if request.language in shop.languages else shop.default_language,
        placed_at=now,
        pay_until=now + TIME_TO_PAY,
        place_key=request.idempotency_key,
        request_hash=request_hash(request),
        consignee=drafting.consignee(paper.address),
        parcels=drafting.order_parcels(
            order_id=paper.asked.id, number=number, buyer_id=request.buyer_id, quote=quote, articles=seen.articles
        ),
    )
    if not request.partial:
        return draft
    return structs.replace(draft, wished=drafting.wished(wants=wants, placed=draft.units, articles=seen.articles))


def _grant(draft: OrderDraft, quote: BasketQuote) -> GrantWish | None:
    promised = quote.promised
    if promised is None:
        return None
    return GrantWish(draft.id, draft.buyer_id, draft.id_hash, promised.promotion_id, promised.amount_minor)


def _takes(draft: OrderDraft, prices: Mapping[UUID, Price]) -> tuple[Take, ...]:
    """What it takes of flash sales and purchase limits, each article once."""
    return tuple(
        Take(draft.id, draft.buyer_id, draft.id_hash, sku_id, prices[sku_id].sale_item_id, quantity)
        for sku_id, quantity in draft.units.items()
        if prices[sku_id].sale or prices[sku_id].limit
    )


def _check(quote: BasketQuote, request: PlaceRequest) -> None:
    """Refuse what stands in the way, the unsellable first, then limits, then stock, then another price: of an order
    that stock has lessened only a higher one than the buyer saw."""
    found = quote.obstacles
    if found:
        raise _first(quote, found)
    expected = request.expected_total_minor
    if expected is None or expected == quote.total_minor or (quote.shortages and expected > quote.total_minor):
        return
    raise PriceChanged(field="expected_total_minor", expected_minor=expected, total_minor=quote.total_minor)


def _first(quote: BasketQuote, found: Sequence[Obstacle]) -> CannotPlace:
    lines = [*quote.unplaced, *(line for parcel in quote.parcels for line in parcel.lines)]
    codes = {str(line.sku.id): line.sku.code for line in lines}
    for refusal, kinds in _IN_ORDER:
        if named := [one for one in found if one.code in kinds]:
            return refusal_of(refusal, named, found, codes)
    return refusal_of(CannotPlace, found, found, codes)


def prefix(shop: Storefront) -> str:
    """The letters an order number begins with: the initials of the storefront's English name ("KL"), else "E"."""
    letters = [word[0] for word in shop.names.get("en", "").upper().split()]
    return "".join(letter for letter in letters if "A" <= letter <= "Z")[:3] or "E"


def _intent(draft: OrderDraft, provider: str) -> PaymentIntent:
    return PaymentIntent(
        buyer_id=draft.buyer_id,
        order_id=draft.id,
        order_number=draft.number,
        provider=provider,
        currency=draft.currency,
        amount_minor=draft.total_minor,
        splits=tuple(SplitWish(parcel.id, parcel.number, parcel.total_minor) for parcel in draft.parcels),
        payer_real_name_id=draft.real_name_id,
        pay_until=draft.pay_until,
        language=draft.language,
    )
