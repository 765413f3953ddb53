"""One parcel of a quote: its freight, what the tariff is asked about it, and what comes of the answer."""

from __future__ import annotations

from datetime import date

import msgspec

from entrepot.catalogue.types import Sku
from entrepot.checkout.rules import freight, obstacles
from entrepot.checkout.rules.asking import Priced
from entrepot.checkout.types import BasketQuote, LineQuote, Obstacle, ParcelQuote, ShippingWay
from entrepot.kit.money import to_minor
from entrepot.orders.types import Delivery
from entrepot.stock.types import Warehouse
from entrepot.tariff.types import LineQuote as TaxedLine
from entrepot.tariff.types import Quote, QuoteRequest


class Draft(msgspec.Struct, frozen=True):
    """One parcel before the tariff is asked."""

    warehouse: Warehouse
    lines: tuple[Priced, ...]
    freight_minor: int
    obstacles: tuple[Obstacle, ...]
    delivery: Delivery = Delivery.STANDARD
    days_sooner: int = 0

    @property
    def goods_minor(self) -> int:
        return sum(line.goods_minor for line in self.lines)

    @property
    def value_minor(self) -> int:
        """The customs value: goods less discounts, with freight."""
        return self.goods_minor - sum(line.discount_minor for line in self.lines) + self.freight_minor


def draft_of(warehouse: Warehouse, lines: tuple[Priced, ...], delivery: Delivery, day: date) -> Draft:
    """The parcel with its freight."""
    rate = freight.rate_on(freight.table(), warehouse.kind, delivery, day)
    if rate is None:
        return Draft(warehouse, lines, 0, (obstacles.no_freight(warehouse.kind),), delivery)
    weight_g = sum(line.sku.gross_weight_g * line.quantity for line in lines)
    goods_minor = sum(line.goods_minor for line in lines)  # a promotion never costs the buyer the free freight
    freight_minor = freight.freight(rate, weight_g=weight_g, goods_minor=goods_minor)
    return Draft(warehouse, lines, freight_minor, (), delivery, rate.days_sooner)


def ways(quote: BasketQuote, day: date) -> tuple[ShippingWay, ...]:
    """What each shipping method would cost for the parcels of a quote; one that a parcel cannot have is left out."""
    found = []
    for delivery in Delivery:
        drafts = [
            draft_of(
                parcel.warehouse,
                tuple(Priced(line.sku, None, line.quantity, line.unit_price_minor) for line in parcel.lines),
                delivery,
                day,
            )
            for parcel in quote.parcels
        ]
        if not any(draft.obstacles for draft in drafts):
            sooner = min((draft.days_sooner for draft in drafts), default=0)
            found.append(ShippingWay(delivery, sum(draft.freight_minor for draft in drafts), sooner))
    return tuple(found)


def quoted(draft: Draft, question: QuoteRequest, answer: Quote) -> ParcelQuote:
    """The parcel with its tax, and what its decision forbids."""
    taxed = {line.id: line for line in answer.lines}
    lines = tuple(_line(line, taxed[line.sku.code], answer.currency) for line in draft.lines)
    hurdles = obstacles.of_decision(answer, {line.sku.code: line.sku for line in draft.lines})
    return ParcelQuote(
        warehouse=draft.warehouse,
        trade_mode=draft.warehouse.trade_mode,
        decision=answer.decision,
        lines=lines,
        goods_minor=draft.goods_minor,
        discount_minor=sum(line.discount_minor for line in lines),
        freight_minor=draft.freight_minor,
        tax_minor=sum(line.tax_minor for line in lines),
        question=question,
        answer=answer,
        obstacles=(*draft.obstacles, *hurdles),
        delivery=draft.delivery,
        days_sooner=draft.days_sooner,
    )


def _line(line: Priced, taxed: TaxedLine, currency: str) -> LineQuote:
    """The freight share is what the customs value has beyond goods less discount: the tariff shared it out."""
    return LineQuote(
        sku=line.sku,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        goods_minor=line.goods_minor,
        discount_minor=line.discount_minor,
        freight_minor=to_minor(taxed.customs_value, currency) - line.goods_minor + line.discount_minor,
        duty_minor=to_minor(taxed.duty, currency),
        excise_minor=to_minor(taxed.excise, currency),
        vat_minor=to_minor(taxed.vat, currency),
        answer=taxed,
        obstacles=(),
    )


def unquoted(draft: Draft, why: Obstacle) -> ParcelQuote:
    """A parcel whose tax nobody can compute: shown without tax, and not to be ordered."""
    return ParcelQuote(
        warehouse=draft.warehouse,
        trade_mode=draft.warehouse.trade_mode,
        decision="unknown",
        lines=tuple(plain(line.sku, line.quantity, line.unit_price_minor, ()) for line in draft.lines),
        goods_minor=draft.goods_minor,
        discount_minor=sum(line.discount_minor for line in draft.lines),
        freight_minor=draft.freight_minor,
        tax_minor=0,
        question=None,
        answer=None,
        obstacles=(*draft.obstacles, why),
        delivery=draft.delivery,
        days_sooner=draft.days_sooner,
    )


def plain(sku: Sku, quantity: int, unit_price_minor: int, found: tuple[Obstacle, ...]) -> LineQuote:
    """A line of which the tariff was not asked."""
    return LineQuote(
        sku=sku,
        quantity=quantity,
        unit_price_minor=unit_price_minor,
        goods_minor=unit_price_minor * quantity,
        discount_minor=0,
        freight_minor=0,
        duty_minor=0,
        excise_minor=0,
        vat_minor=0,
        answer=None,
        obstacles=found,
    )
