"""What a basket costs before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.checkout import limits
from entrepot.checkout.explaining import told_again
from entrepot.checkout.parcelling import ways
from entrepot.checkout.quoting import Article, alone, quote_of, unit_of
from entrepot.checkout.types import (
    AS_USUAL,
    LIMIT_CODES,
    BasketQuote,
    How,
    LimitAsked,
    LineQuote,
    Settled,
    ShippingWay,
    Wish,
    Yearly,
)
from entrepot.customs.types import Declaration
from entrepot.identity import selectors as identity
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_minor
from entrepot.orders import selectors as orders
from entrepot.orders.types import Allowance, Order
from entrepot.pricing.types import Price
from entrepot.stock.types import Available
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff


def quote(
    *,
    storefront: Storefront,
    wishes: Sequence[Wish],
    buyer_id: UUID | None,
    now: datetime,
    real_name_id: UUID | None = None,
    how: How = AS_USUAL,
) -> BasketQuote:
    """The basket split into parcels by warehouse and import type, with goods, freight and tax of each.

    What stands in the way comes as obstacles, not as exceptions. With the buyer's `real_name_id` the year's allowance
    used so far counts; without it the year is taken as unused. Promotions that the buyer, or the person of that real
    name, has used up are left out, and named in `used_up`. `how.partial`: the quote of what is there, with what is not
    as `shortages`; as ever where nothing is short, or all of it. Refuses QuantityInvalid, NotFound (unknown SKU).
    """
    used_minor, people = 0, [buyer_id.bytes] if buyer_id else []
    if buyer_id is not None and real_name_id is not None:
        id_hash = identity.id_hash(record_id=real_name_id, buyer_id=buyer_id)
        used_minor = orders.used_this_year(id_hashes=[id_hash], at=now).get(id_hash, 0)
        people.append(id_hash)
    return quote_of(storefront=storefront, wishes=wishes, used_minor=used_minor, now=now, how=how, people=people)


def shipping_ways(*, quote: BasketQuote, now: datetime) -> tuple[ShippingWay, ...]:
    """What each shipping method would cost for a quoted basket. Reads nothing."""
    return ways(quote, day_in(CHINA, now))


def allowances(*, buyer_id: UUID, now: datetime) -> Mapping[UUID, Yearly]:
    """How much of this year's allowance each person whose real name a payment has confirmed has used, as we know it.

    By real-name record. Customs alone keeps the true count, over all platforms.
    """
    hashes = identity.verified_hashes(buyer_id=buyer_id)
    limit = tariff.annual_limit(on=day_in(CHINA, now)) if hashes else None
    if limit is None:
        return {}
    used = orders.allowances(id_hashes=set(hashes.values()), at=now)
    nothing = Allowance(0, 0)
    return {
        record_id: Yearly(to_minor(limit, "CNY"), used.get(id_hash, nothing)) for record_id, id_hash in hashes.items()
    }


def limit_cases(*, order: Order, now: datetime, offers: bool = True) -> Mapping[UUID, LimitAsked]:
    """Which parcels of an order customs stopped at a limit: what was asked of the buyer, what is open and what was
    chosen, by parcel. Without `offers` what is open is not reckoned: one statement."""
    return limits.of_order(order=order, now=now, offers=offers)


def met_limit(*, declaration: Declaration) -> bool:
    """Whether customs has stopped the parcel at a limit, ever. Reads nothing."""
    told = (receipt.status for document in declaration.documents for receipt in document.receipts)
    return any(str(status) in LIMIT_CODES for status in told)


def settled(*, parcel_id: UUID, buyer_id: UUID) -> Settled:
    """What general trade changed of what a parcel cost its buyer. Two statements."""
    return limits.settled(parcel_id=parcel_id, buyer_id=buyer_id)


def order_of_case(*, case_id: UUID, buyer_id: UUID) -> UUID | None:
    """The order of a limit case: payments for general trade name the case as theirs."""
    return limits.order_of(case_id=case_id, buyer_id=buyer_id)


def unanswered(*, buyer_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of these orders wait for their buyer to choose (True), or to pay for what was chosen (False). One
    statement."""
    return limits.unanswered(buyer_id=buyer_id, order_ids=order_ids)


def explanations(*, order: Order) -> Mapping[UUID, Mapping[str, Any]]:
    """How the tax of each parcel came to be, by parcel: as it was written down, else told again from what was asked.

    Parcels of which that is not known any more are left out. One statement.
    """
    written = orders.explanations(order_id=order.id, buyer_id=order.buyer_id)
    told = {parcel.id: written.get(parcel.id) or told_again(parcel) for parcel in order.parcels}
    return {parcel_id: answer for parcel_id, answer in told.items() if answer}


def unit_quotes(*, storefront: Storefront, sku_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, LineQuote]:
    """Price, freight and tax of one unit of each SKU ordered by itself, with obstacles. Refuses NotFound."""
    return alone(storefront=storefront, sku_ids=sku_ids, now=now)


def unit_quote(
    *, storefront: Storefront, article: Article, price: Price | None, places: Sequence[Available], now: datetime
) -> BasketQuote:
    """One unit ordered by itself, of an article whose record, price and free units were just read.

    As `quote` answers, without reading them again: no statement.
    """
    return unit_of(storefront=storefront, article=article, price=price, places=places, now=now)
