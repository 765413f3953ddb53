"""The quote of a basket, worked out once for pages and for placing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

import msgspec
from msgspec.structs import replace

from entrepot.basket.services import QuantityInvalid
from entrepot.basket.types import LINES_MAX, QUANTITY_MAX
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Classification, Sku
from entrepot.checkout.parcelling import draft_of, plain, quoted, unquoted
from entrepot.checkout.rules import asking, obstacles, splitting
from entrepot.checkout.rules.asking import Priced
from entrepot.checkout.rules.promoting import Reduced, Uses, closed_to, reduced
from entrepot.checkout.types import AS_USUAL, BasketQuote, How, LineQuote, Obstacle, ParcelQuote, Shortage, Wish
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.orders.types import PARCELS_MAX, Delivery
from entrepot.pricing import selectors as pricing
from entrepot.pricing.types import Price, Promotion
from entrepot.stock import selectors as stock
from entrepot.stock.types import Available
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff

JURISDICTION = "CN"
Article = tuple[Sku, Classification | None]
Articles = Mapping[UUID, Article]


class NoSuchSku(NotFound):
    """`position` is that of the wish."""

    code = "no_such_sku"
    zh = "没有这个货号：{sku}"
    en = "There is no SKU {sku}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of articles at one moment, by SKU id, for any number of baskets; free units by warehouse."""

    day: date
    articles: Articles
    codes: Mapping[str, UUID]
    prices: Mapping[UUID, Mapping[UUID, Price]]  # by storefront
    supply: Mapping[UUID, Mapping[UUID, int]]
    places: splitting.Places
    promotions: Mapping[UUID, Sequence[Promotion]] = field(default_factory=dict)  # by storefront

    def closed_to(self, people: Collection[bytes], storefront: Storefront, uses: Uses) -> frozenset[UUID]:
        """The storefront's promotions that a person has had as often as one may."""
        return closed_to(people, self.promotions.get(storefront.id, ()), uses)


class Known(msgspec.Struct, frozen=True):
    """One basket, and what was seen of its articles and of others."""

    currency: str
    day: date
    wants: Mapping[UUID, int]
    articles: Articles
    prices: Mapping[UUID, Price]
    supply: Mapping[UUID, Mapping[UUID, int]]
    places: splitting.Places
    promotions: Sequence[Promotion]
    closed: frozenset[UUID]  # promotions that this person has had as often as one may
    delivery: Delivery


def quote_of(
    *,
    storefront: Storefront,
    wishes: Sequence[Wish],
    used_minor: int,
    now: datetime,
    how: How = AS_USUAL,
    people: Collection[bytes] = (),
) -> BasketQuote:
    """The quote of one basket. Three statements, however many lines; for known `people`, where a promotion has a limit
    for one person, one more.

    `used_minor`: what the person has used of the year's allowance; `people`: the account and the identity, as far as
    they are known. Refuses QuantityInvalid, NotFound, NoSuchSku.
    """
    seen = look([(storefront, wishes)], now)
    wants = merged(wishes, seen)
    closed = seen.closed_to(people, storefront, uses_of(people, seen))
    return quote_from(seen, storefront=storefront, wants=wants, used_minor=used_minor, closed=closed, how=how)


def uses_of(people: Collection[bytes], seen: Seen) -> dict[tuple[UUID, bytes], int]:
    """How often these people have had the promotions seen that have a limit for one person. One statement where there
    is such a promotion, else none."""
    limited = [one.id for some in seen.promotions.values() for one in some if one.per_person is not None]
    return pricing.uses(promotion_ids=limited, people=people) if limited and people else {}


def look(baskets: Sequence[tuple[Storefront, Sequence[Wish]]], now: datetime) -> Seen:
    """Read what baskets need to be quoted: articles, free units, and prices of each storefront, a statement each."""
    day = day_in(CHINA, now)
    named = [wish for _, wishes in baskets for wish in wishes]
    articles = catalogue.articles(
        ids={wish.sku_id for wish in named if wish.sku_id},
        codes={wish.code for wish in named if not wish.sku_id},
        jurisdiction=JURISDICTION,
        on=day,
    )
    return _seen({shop.id: shop for shop, _ in baskets}.values(), articles, now)


def quote_from(
    seen: Seen,
    *,
    storefront: Storefront,
    wants: Mapping[UUID, int],
    used_minor: int,
    closed: frozenset[UUID] = frozenset(),
    how: How = AS_USUAL,
) -> BasketQuote:
    """The quote of one basket from what was read, without the promotions that are `closed` to the person.

    `how.partial`: of what stock is short of, as much as there is, unless there is nothing of anything. Prices, limits
    and taxes are those of what is there; whatever but stock stands in the way stays in the way.
    """
    return _basket(_known(seen, storefront, wants, closed, how.delivery), used_minor, how.partial)


def unit_of(
    *, storefront: Storefront, article: Article, price: Price | None, places: Sequence[Available], now: datetime
) -> BasketQuote:
    """One unit of an article by itself, whose record, price and free units on the day the caller has read."""
    sku_id = article[0].id
    prices = {storefront.id: {sku_id: price} if price else {}}
    seen = _as_seen({sku_id: article}, prices, {sku_id: places}, day_in(CHINA, now))
    return _basket(_known(seen, storefront, {sku_id: 1}), 0)


def _basket(known: Known, used_minor: int, partial: bool = False) -> BasketQuote:
    shortages: tuple[Shortage, ...] = ()
    if partial:
        known, shortages = _there(known)
    hurdles = _hurdles(known)
    if len(known.wants) > LINES_MAX:
        hurdles = {sku_id: (*found, obstacles.too_many(LINES_MAX)) for sku_id, found in hurdles.items()}
    plan = splitting.split(
        wants={sku_id: n for sku_id, n in known.wants.items() if not hurdles[sku_id]},
        supply=known.supply,
        places=known.places,
    )
    hurdles.update({sku_id: (obstacles.out_of_stock(sku_id, left),) for sku_id, left in plan.short.items()})
    if len(plan.parts) > PARCELS_MAX:
        hurdles = {sku_id: found or (obstacles.too_many_parcels(PARCELS_MAX),) for sku_id, found in hurdles.items()}
    parcels, less = _parcels(known, plan, hurdles, used_minor)
    unplaced = tuple(_unplaced(known, sku_id, found) for sku_id, found in hurdles.items() if found)
    return BasketQuote(
        currency=known.currency,
        parcels=parcels,
        unplaced=unplaced,
        goods_minor=sum(parcel.goods_minor for parcel in parcels),
        discount_minor=sum(parcel.discount_minor for parcel in parcels),
        freight_minor=sum(parcel.freight_minor for parcel in parcels),
        tax_minor=sum(parcel.tax_minor for parcel in parcels),
        total_minor=sum(parcel.total_minor for parcel in parcels),
        shortages=shortages,
        promised=less.promised,
        ahead=less.ahead,
        used_up=less.used_up,
    )


def _hurdles(known: Known) -> dict[UUID, tuple[Obstacle, ...]]:
    """What stands in the way of each article itself, and of so many units of it at its price."""
    found: dict[UUID, tuple[Obstacle, ...]] = {}
    for sku_id, n in known.wants.items():
        found[sku_id] = _hurdles_of_article(known, sku_id)
        if (price := known.prices.get(sku_id)) is not None:
            found[sku_id] += obstacles.of_quantity(sku_id, price, n)
    return found


def _hurdles_of_article(known: Known, sku_id: UUID) -> tuple[Obstacle, ...]:
    return obstacles.of_article(*known.articles[sku_id], known.prices.get(sku_id), known.day)


def _there(known: Known) -> tuple[Known, tuple[Shortage, ...]]:
    """Of what may be sold no more wished than there is, and what that leaves out; as it was where all would go."""
    may = {sku_id: n for sku_id, n in known.wants.items() if not _hurdles_of_article(known, sku_id)}
    had = splitting.there(wants=may, supply=known.supply, places=known.places)
    short = {sku_id: had.get(sku_id, 0) for sku_id, n in may.items() if had.get(sku_id, 0) < n}
    wants = {sku_id: left for sku_id, n in known.wants.items() if (left := short.get(sku_id, n))}
    if not wants:
        return known, ()
    shortages = tuple(Shortage(known.articles[sku_id][0], may[sku_id], left) for sku_id, left in short.items())
    return replace(known, wants=wants), shortages


def alone(*, storefront: Storefront, sku_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, LineQuote]:
    """One unit of each article, each as if it were ordered by itself. Three statements, however many articles.

    What stands in the way comes with the line. Refuses NotFound (unknown SKU).
    """
    wants = dict.fromkeys(sku_ids, 1)
    seen = look([(storefront, [Wish(sku_id, 1) for sku_id in wants])], now)
    if len(seen.articles) != len(wants):
        raise NotFound(field="sku_id", what="SKU")
    known = _known(seen, storefront, wants)
    hurdles = _hurdles(known)
    parts: list[tuple[UUID, Mapping[UUID, int]]] = []
    for sku_id in known.wants:
        plan = splitting.split(wants={sku_id: 1}, supply=known.supply, places=known.places)
        if not hurdles[sku_id]:
            parts += plan.parts
            hurdles.update({short: (obstacles.out_of_stock(short, left),) for short, left in plan.short.items()})
    parcels, _ = _parcels(known, splitting.Plan(parts=tuple(parts), short={}), hurdles, 0, together=False)
    lines = {line.sku.id: replace(line, obstacles=parcel.obstacles) for parcel in parcels for line in parcel.lines}
    return {sku_id: lines.get(sku_id) or _unplaced(known, sku_id, hurdles[sku_id]) for sku_id in known.wants}


def merged(wishes: Sequence[Wish], seen: Seen) -> dict[UUID, int]:
    """Units by SKU, in the order of the wishes. Refuses QuantityInvalid, NotFound, NoSuchSku."""
    wants: dict[UUID, int] = {}
    for position, wish in enumerate(wishes):
        sku_id = wish.sku_id or seen.codes.get(wish.code)
        if sku_id is None:
            raise NoSuchSku(field=f"wishes.{position}.code", sku=wish.code, position=position)
        if sku_id not in seen.articles:
            raise NotFound(field="sku_id", what="SKU")
        wants[sku_id] = wants.get(sku_id, 0) + wish.quantity
        if wish.quantity < 1 or wants[sku_id] > QUANTITY_MAX:
            raise QuantityInvalid(field="quantity", least=1, limit=QUANTITY_MAX)
    return wants


def _seen(shops: Iterable[Storefront], articles: Articles, now: datetime) -> Seen:
    """Prices and free units of articles."""
    ids, day, shops = list(articles), day_in(CHINA, now), list(shops)
    until = stock.sold_until(day=day, channel_ids=[shop.id for shop in shops])  # the claim heeds each shop's own
    prices = {
        shop.id: pricing.prices(storefront_id=shop.id, currency=shop.currency, sku_ids=ids, at=now) for shop in shops
    }
    promotions = {shop.id: pricing.promotions(storefront_id=shop.id, currency=shop.currency, at=now) for shop in shops}
    return _as_seen(articles, prices, stock.available(sku_ids=ids, on=until), day, promotions)


def _as_seen(
    articles: Articles,
    prices: Mapping[UUID, Mapping[UUID, Price]],
    available: Mapping[UUID, Sequence[Available]],
    day: date,
    promotions: Mapping[UUID, Sequence[Promotion]] = MappingProxyType({}),
) -> Seen:
    return Seen(
        day=day,
        articles=articles,
        codes={sku.code: sku_id for sku_id, (sku, _) in articles.items()},
        prices=prices,
        supply={sku_id: {one.warehouse_id: one.quantity for one in found} for sku_id, found in available.items()},
        places=splitting.preferred(stock.warehouses()),
        promotions=promotions,
    )


def _known(
    seen: Seen,
    storefront: Storefront,
    wants: Mapping[UUID, int],
    closed: frozenset[UUID] = frozenset(),
    delivery: Delivery = Delivery.STANDARD,
) -> Known:
    return Known(
        currency=storefront.currency,
        day=seen.day,
        wants=wants,
        articles=seen.articles,
        prices=seen.prices[storefront.id],
        supply=seen.supply,
        places=seen.places,
        promotions=seen.promotions.get(storefront.id, ()),
        closed=closed,
        delivery=delivery,
    )


def _parcels(
    known: Known,
    plan: splitting.Plan,
    hurdles: dict[UUID, tuple[Obstacle, ...]],
    used_minor: int,
    *,
    together: bool = True,
) -> tuple[tuple[ParcelQuote, ...], Reduced]:
    """Ask the tariff about all parcels, each using up the year's allowance after the other if they go `together`; then
    what a promotion takes off their goods is taken off, and told.

    An article it cannot compute leaves its parcels and joins `hurdles`."""
    while True:
        parts = [(known.places[at], _lines(known, units, hurdles)) for at, units in plan.parts]
        parts = [(place, lines) for place, lines in parts if lines]
        promotions = known.promotions if together else ()
        less = reduced([lines for _, lines in parts], promotions, known.prices, known.closed)
        drafts = [
            draft_of(place, lines, known.delivery, known.day)
            for (place, _), lines in zip(parts, less.parcels, strict=True)
        ]
        requests, used = [], used_minor
        for draft in drafts:
            kind = draft.warehouse.kind
            freight_minor = draft.freight_minor
            requests.append(
                asking.request(
                    draft.lines,
                    kind=kind,
                    freight_minor=freight_minor,
                    used_minor=used,
                    day=known.day,
                    currency=known.currency,
                )
            )
            used += draft.value_minor if together else 0
        try:
            answers = tariff.quotes(requests=requests) if requests else []
        except Refusal as refusal:
            blamed = [
                line.sku.id for draft in drafts for line in draft.lines if line.sku.code == refusal.data.get("line")
            ]
            if not blamed:
                return tuple(unquoted(draft, obstacles.tax_unknown(refusal)) for draft in drafts), less
            hurdles[blamed[0]] = (obstacles.tax_unknown(refusal),)
            continue
        return tuple(map(quoted, drafts, requests, answers)), less


def _lines(known: Known, units: Mapping[UUID, int], hurdles: Mapping[UUID, tuple[Obstacle, ...]]) -> tuple[Priced, ...]:
    return tuple(_priced(known, sku_id, n) for sku_id, n in units.items() if not hurdles[sku_id])


def _priced(known: Known, sku_id: UUID, quantity: int) -> Priced:
    sku, decided = known.articles[sku_id]
    assert decided is not None  # else it is an obstacle
    return Priced(sku, decided, quantity, known.prices[sku_id].amount.minor)


def _unplaced(known: Known, sku_id: UUID, found: tuple[Obstacle, ...]) -> LineQuote:
    price = known.prices.get(sku_id)
    return plain(known.articles[sku_id][0], known.wants[sku_id], price.amount.minor if price else 0, found)
