"""What was counted goes onto the shelves, by stock's own verbs: straight, or by the book of a bonded warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from entrepot.consignments import services as consignment_verbs
from entrepot.consignments.types import Consignment, lot_code
from entrepot.kit.clock import CHINA, day_in
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import HOUSE_CURRENCY
from entrepot.receiving.services.refusals import NotDeclaredYet
from entrepot.receiving.types import Gap, Weighed
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.types import ON_SHELF, CustomsState, Level, ReceiptLine, WarehouseKind
from entrepot.stock.types.bonded import InboundLine, InboundState


@dataclass(frozen=True, slots=True)
class Shelving:
    """What a receipt that is being closed found of a consignment. `reference` is the receipt's number."""

    consignment: Consignment
    weighed: Weighed
    reasons: Mapping[str, str]
    reference: str
    final: bool


def put_on_shelves(shelving: Shelving, *, actor: str, now: datetime) -> None:
    """In a transaction. Refuses NotDeclaredYet, and what stock refuses."""
    if stock.warehouses()[shelving.consignment.warehouse_id].kind is WarehouseKind.BONDED:
        _by_the_book(shelving, actor, now)
    elif shelving.weighed.bookings:
        stock_verbs.receive(receipts=_lots(shelving), reference=shelving.reference, now=now)


def _lots(shelving: Shelving) -> list[ReceiptLine]:
    place = stock.warehouses()[shelving.consignment.warehouse_id]
    orders = procurement.open_lines(ids={one.order_line_id for one in shelving.weighed.bookings})
    costs = _costs(shelving)
    goods = []
    for one in shelving.weighed.bookings:
        code = lot_code(one.found.lot, shelving.consignment.number)
        cost = costs.get((one.found.sku_id, code))
        parts = ((ON_SHELF[place.kind], one.sellable), (CustomsState.QUARANTINED, one.aside))
        goods += [
            ReceiptLine(
                sku_id=one.found.sku_id,
                warehouse_id=place.id,
                lot=code,
                expires_on=one.found.expires_on,
                origin=one.found.origin,
                quantity=units,
                unit_cost=consignment_verbs.cost_of(line=orders[one.order_line_id]) if cost is None else cost,
                currency=HOUSE_CURRENCY,
                customs_state=state,
                produced_on=one.found.produced_on,
            )
            for state, units in parts
            if units
        ]
    return goods


def _costs(shelving: Shelving) -> dict[tuple[UUID, str], Decimal]:
    """What units cost of lots that came in part before: a lot has one cost, also where its order was amended since."""
    number = shelving.consignment.number
    named = stock.lots_named(
        names={(one.found.sku_id, lot_code(one.found.lot, number)) for one in shelving.weighed.bookings}
    )
    facts = stock.lot_facts(lots=[(sku_id, lot_id) for (sku_id, _), lot_id in named.items()]) if named else {}
    return {(one.sku_id, one.code): one.unit_cost for one in facts.values()}


def _by_the_book(shelving: Shelving, actor: str, now: datetime) -> None:
    """Customs holds the declaration against the count, which may come in parts; what is not to be sold stands aside."""
    inbound_id = shelving.consignment.inbound_id
    inbound = stock.inbound(inbound_id=inbound_id) if inbound_id else None
    if inbound is None or inbound.state in (InboundState.DRAFT, InboundState.CANCELLED):
        raise NotDeclaredYet
    if inbound.state is InboundState.DECLARED:
        on = shelving.consignment.arrived_on or day_in(CHINA, now)
        stock_verbs.arrive_inbound(inbound_id=inbound.id, on=on, actor=actor, now=now)
    number = shelving.consignment.number
    found, aside = Counter[tuple[UUID, str]](), Counter[tuple[UUID, str]]()
    for one in shelving.weighed.bookings:
        key = one.found.sku_id, lot_code(one.found.lot, number)
        found[key] += one.found.units
        aside[key] += one.aside
    if shelving.final:
        counted = {
            (line.sku_id, line.lot): stock_verbs.Count(found[line.sku_id, line.lot], _why(shelving, line))
            for line in inbound.lines
        }
        stock_verbs.put_away(inbound_id=inbound.id, counted=counted, actor=actor, now=now)
    elif found:
        stock_verbs.put_away_part(
            inbound_id=inbound.id, counted=found, reference=shelving.reference, actor=actor, now=now
        )
    for (sku_id, code), units in sorted(aside.items()):
        if units:
            level = _level(sku_id, shelving.consignment.warehouse_id, code)
            stock_verbs.set_aside(
                level_id=level.id, sku_id=sku_id, quantity=units, reference=shelving.reference, now=now
            )


def _why(shelving: Shelving, line: InboundLine) -> str:
    """The reason that was given for the lot; where the declaration was changed since, the receipt's number."""
    number = shelving.consignment.number
    for one in shelving.weighed.differences:
        same = one.sku_id == line.sku_id and lot_code(one.lot, number) == line.lot
        if same and one.kind in (Gap.SHORT, Gap.OVER):
            return shelving.reasons[one.key]
    return shelving.reference


def _level(sku_id: UUID, warehouse_id: UUID, code: str) -> Level:
    """The level on which the lot's goods under bond stand now."""
    page, found = 1, stock.levels(sku_ids=[sku_id], warehouse_id=warehouse_id)
    while found:
        for level in found:
            if level.lot.code == code and level.customs_state is CustomsState.BONDED:
                return level
        page += 1
        found = stock.levels(sku_ids=[sku_id], warehouse_id=warehouse_id, page=page)
    raise NotDeclaredYet
