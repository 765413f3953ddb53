"""What the tariff is asked about a parcel, and its answer as it is stored with the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from entrepot.catalogue.types import Classification, Sku
from entrepot.kit.money import to_decimal
from entrepot.stock.types import WarehouseKind
from entrepot.tariff.types import Buyer, LineRequest, Quote, QuoteRequest, Reason, wire

CHANNELS = {WarehouseKind.BONDED: "bonded", WarehouseKind.OVERSEAS: "direct"}


@dataclass(frozen=True, slots=True)
class Priced:
    """One article of a parcel with what is known of it. `discount_minor` is of the whole line."""

    sku: Sku
    classification: Classification
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0

    @property
    def goods_minor(self) -> int:
        return self.unit_price_minor * self.quantity


def request(
    lines: Sequence[Priced], *, kind: WarehouseKind, freight_minor: int, used_minor: int, day: date, currency: str
) -> QuoteRequest:
    """One parcel's question. Line ids are SKU codes: the explanation names them."""
    return QuoteRequest(
        destination="CN",
        date=day,
        currency=currency,
        lines=tuple(_line(line, currency) for line in lines),
        channel=CHANNELS[kind],
        freight=to_decimal(freight_minor, currency),
        buyer=Buyer(used_this_year=to_decimal(used_minor, currency)),
    )


def _line(line: Priced, currency: str) -> LineRequest:
    return LineRequest(
        id=line.sku.code,
        hs_code=line.classification.hs_code,
        origin=line.sku.origin,
        quantity=Decimal(line.quantity),
        unit=line.classification.sales_unit,
        unit_price=to_decimal(line.unit_price_minor, currency),
        discount=to_decimal(line.discount_minor, currency),
        measures=line.classification.measures(line.quantity),
    )


def reasons(steps: Sequence[Reason]) -> tuple[Mapping[str, Any], ...]:
    """An explanation, JSON-ready."""
    return tuple(wire.reason(step) for step in steps)


def as_json(quote: Quote) -> dict[str, Any]:
    """The tariff's answer with decimals as strings and tuples as lists: what is stored and shown for ever."""
    return wire.render(quote)
