"""What the tariff is asked about a parcel, and how that is stored with the order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import structs

from entrepot.catalogue.types import Classification, Sku
from entrepot.kit.money import to_decimal
from entrepot.stock.types import WarehouseKind
from entrepot.tariff.types import NO_BUYER, Buyer, LineRequest, Quote, QuoteRequest, wire

CHANNELS = {WarehouseKind.BONDED: "bonded", WarehouseKind.OVERSEAS: "direct"}


class Priced(msgspec.Struct, frozen=True):
    """One article of a parcel with what is known of it. `discount_minor` is of the whole line."""

    sku: Sku
    classification: Classification | None  # None where only freight is asked for
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
    assert line.classification is not None
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


def written(question: QuoteRequest, answer: Quote) -> dict[str, Any]:
    """What is stored with a parcel so that its tax can be explained for ever: the question and the books it was asked
    of, whose versions never change. What the person had used of the year by then is nobody's to read there: of what is
    ordered it changes neither way in nor tax."""
    asked = structs.replace(question, buyer=NO_BUYER)
    return {"question": wire.question(asked), "books": list(answer.books)}
