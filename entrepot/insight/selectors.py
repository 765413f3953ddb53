"""Questions about the whole business. They read; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Classification, Sku
from entrepot.insight import reporting, rules
from entrepot.insight.types import POSITIONS_MAX, Effect, Kind, Position, Total, Unknown, WhatIf
from entrepot.kit.money import to_decimal
from entrepot.kit.refusals import Invalid
from entrepot.pricing import selectors as pricing
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import HOUSE_CURRENCY, OpenLine
from entrepot.stock import selectors as stock
from entrepot.stock.types import CustomsState, Holding, WarehouseKind
from entrepot.storefronts.types import Storefront
from entrepot.tariff import selectors as tariff
from entrepot.tariff.selectors import InForce, Overlay
from entrepot.tariff.types import QuoteRequest

JURISDICTION = "CN"
UNIT_PLACES = Decimal("0.000001")  # as lots have them: many units of what costs next to nothing are worth something
TOLD_EVERY = 500  # positions
Progress = Callable[[int, int], None]  # positions answered, and of how many
_CHANNELS = {WarehouseKind.BONDED: "bonded", WarehouseKind.OVERSEAS: "direct"}
_OWED_LATER = (CustomsState.IN_TRANSIT, CustomsState.BONDED, CustomsState.RELEASED)
_NOT_CLASSIFIED = Unknown("not_classified", "尚未归类", "Not classified for customs")
_ORIGIN_UNKNOWN = Unknown("origin_unknown", "原产国不明", "The country of origin is not known")


class TooManyPositions(Invalid):
    code = "too_many_positions"
    zh = "一次最多测算 {most} 个头寸，现有 {count} 个"
    en = "At most {most} positions at once; there are {count}"


def overlay(*, content: bytes) -> Overlay:
    """Rows as an import wants them, as a book to lay over those in force. Raises the tariff's BadBook."""
    return tariff.overlay(content=content)


def catalogue_positions(*, storefront: Storefront, day: date, now: datetime, way: str = "") -> list[Position]:
    """One unit of every SKU a storefront offers: priced now, and sellable on the day.

    `way` is the way in for all; without it each comes in as it would: directly if it stands abroad alone, else bonded.
    """
    prices = pricing.every_price(storefront_id=storefront.id, currency=storefront.currency, at=now)
    problems = catalogue.sellability(sku_ids=prices, jurisdiction=JURISDICTION, on=day)
    channels = _Channels(way)
    return [
        Position(
            kind=Kind.CATALOGUE,
            sku_id=sku_id,
            quantity=Decimal(1),
            unit_value=price.amount.decimal,
            currency=price.amount.currency,
            channel=channels.of(sku_id),
        )
        for sku_id, price in prices.items()
        if sku_id in problems and not problems[sku_id]
    ]


def stock_positions(*, storefront: Storefront, now: datetime, way: str = "") -> list[Position]:
    """Our goods that still owe their tax (bonded, abroad, on the way), by lot origin, at the price they are sold for.

    Duty-paid goods owe nothing any more, quarantined ones are not sold. Without a price the landed cost counts.
    """
    prices = pricing.every_price(storefront_id=storefront.id, currency=storefront.currency, at=now)
    owing = [one for one in stock.holdings() if one.kind in _CHANNELS and one.customs_state in _OWED_LATER]
    found: list[Position] = []
    for holding in owing:
        price = prices.get(holding.sku_id)
        found.append(
            Position(
                kind=Kind.STOCK,
                sku_id=holding.sku_id,
                quantity=Decimal(holding.units),
                unit_value=price.amount.decimal if price else _unit_cost(holding),
                currency=price.amount.currency if price else holding.currency,
                channel=way or _CHANNELS[holding.kind],
                origin=holding.origin,
                together=way == "general",
            )
        )
    return found


def purchase_positions(*, storefront: Storefront, now: datetime, way: str = "") -> list[Position]:
    """Units that suppliers still owe us on orders that were sent, a position for each line.

    In general trade the customs value is what we pay: the line's price in yuan at its order's rate. By parcel it is the
    price they will be sold for, as with stock; without one what we pay counts too. What came is stock and not here.
    """
    prices = (
        {}
        if way == "general"
        else pricing.every_price(storefront_id=storefront.id, currency=storefront.currency, at=now)
    )
    channels = _Channels(way)
    found: list[Position] = []
    for line in procurement.awaited_lines():
        price = prices.get(line.sku_id)
        found.append(
            Position(
                kind=Kind.PURCHASE,
                sku_id=line.sku_id,
                quantity=Decimal(line.awaited),
                unit_value=price.amount.decimal if price else _unit_price(line),
                currency=price.amount.currency if price else HOUSE_CURRENCY,
                channel=channels.of(line.sku_id),
                origin=line.origin,
                together=way == "general",
                reference=line.order_number,
            )
        )
    return found


def every_position(*, storefront: Storefront, day: date, now: datetime, way: str = "") -> list[Position]:
    """What is on offer, in stock and on order."""
    return [
        *catalogue_positions(storefront=storefront, day=day, now=now, way=way),
        *stock_positions(storefront=storefront, now=now, way=way),
        *purchase_positions(storefront=storefront, now=now, way=way),
    ]


class _Channels:
    """How articles come in: by `way` all, else directly what stands abroad alone, and bonded the rest."""

    def __init__(self, way: str) -> None:
        self._way = way
        self._kinds: dict[UUID, set[WarehouseKind]] = {}
        for holding in () if way else stock.holdings():
            self._kinds.setdefault(holding.sku_id, set()).add(holding.kind)

    def of(self, sku_id: UUID) -> str:
        return self._way or ("direct" if self._kinds.get(sku_id) == {WarehouseKind.OVERSEAS} else "bonded")


def _unit_cost(holding: Holding) -> Decimal:
    return (holding.cost / holding.units).quantize(UNIT_PLACES)


def _unit_price(line: OpenLine) -> Decimal:
    """What a unit costs us in yuan, the volume discount taken off."""
    return (to_decimal(line.amount_minor, line.currency) * line.rate / line.units).quantize(UNIT_PLACES)


def what_if(*, positions: Sequence[Position], overlay: Overlay, day: date, progress: Progress | None = None) -> WhatIf:
    """What the positions owe by the books in force on a day, and with `overlay` on top of them.

    Any positions: articles, lots, lines of purchase orders. The number of statements depends on the number of
    destinations alone. Raises TooManyPositions.
    """
    if len(positions) > POSITIONS_MAX:
        raise TooManyPositions(field="positions", most=POSITIONS_MAX, count=len(positions))
    desks = {
        destination: _Desk(
            destination, [one.sku_id for one in positions if one.destination == destination], day, overlay
        )
        for destination in {position.destination for position in positions}
    }
    skus = catalogue.skus(ids={position.sku_id for position in positions})
    effects = []
    for number, position in enumerate(positions, 1):
        sku = skus.get(position.sku_id)
        effects.append(desks[position.destination].effect(position, sku))
        if progress is not None and (number % TOLD_EVERY == 0 or number == len(positions)):
            progress(number, len(positions))
    brands = catalogue.brands(ids={sku.brand_id for sku in skus.values()})
    names = {brand_id: brand.names for brand_id, brand in brands.items()}
    books = tuple(sorted({code for desk in desks.values() for code in desk.books.codes}))
    return WhatIf(day=day, books=books, rows=len(overlay.rates), effects=effects, brands=names)


def totals(*, effects: Iterable[Effect], key: Callable[[Effect], str]) -> list[Total]:
    """Sums by key, the largest difference first, of what is computed on both sides."""
    return rules.totals(effects, key)


def table(*, found: WhatIf, language: str) -> Iterator[Sequence[object]]:
    """Header and rows for a spreadsheet: every position, the most affected first."""
    return reporting.table(found=found, language=language)


class _Desk:
    """Answers for one destination. Equal questions are asked once: same code, origin, price and measures."""

    def __init__(self, destination: str, sku_ids: Collection[UUID], day: date, overlay: Overlay) -> None:
        self.books = tariff.newest(destination=destination)
        self._laid_over = self.books.laid_over(overlay)
        self._decisions = catalogue.classifications(sku_ids=sku_ids, jurisdiction=destination, on=day)
        self._day = day
        self._known: dict[Hashable, tuple[rules.Owed, rules.Owed]] = {}

    def effect(self, position: Position, sku: Sku | None) -> Effect:
        decision = self._decisions.get(position.sku_id)
        origin = position.origin or (sku.origin if sku else "")
        if decision is None or not origin:
            why = _ORIGIN_UNKNOWN if decision else _NOT_CLASSIFIED
            return Effect(position, sku, decision.hs_code if decision else "", origin, position.currency, why, why)
        before, after = self._owed(position, origin, decision)
        return Effect(
            position=position,
            sku=sku,
            hs_code=decision.hs_code,
            origin=origin,
            currency=before.currency or after.currency or position.currency,
            before=rules.tax(before, position),
            after=rules.tax(after, position),
        )

    def _owed(self, position: Position, origin: str, decision: Classification) -> tuple[rules.Owed, rules.Owed]:
        quantity = position.quantity if position.together else None
        price = position.unit_value, position.currency, position.channel
        key = (decision.hs_code, origin, *price, quantity, *decision.measures().items())
        pair = self._known.get(key)
        if pair is None:
            request = rules.question(position, origin, decision, self._day)
            pair = self._ask(request, self.books), self._ask(request, self._laid_over)
            self._known[key] = pair
        return pair

    @staticmethod
    def _ask(request: QuoteRequest, books: InForce) -> rules.Owed:
        return rules.owed(tariff.answers(requests=[request], books=books)[0])
