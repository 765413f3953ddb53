"""A hundred deliveries of another system become ours: order, consignment, lots and their landing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from entrepot.consignments import services as consignment_verbs
from entrepot.consignments.types import ConsignmentDraft, LegDraft, LineDraft, Stage, lot_code
from entrepot.histories import rules
from entrepot.histories.services.parties import Parties
from entrepot.histories.types import LeftOut
from entrepot.kit.money import to_decimal
from entrepot.procurement import services as buying
from entrepot.procurement.types import (
    HOUSE_CURRENCY,
    Basis,
    CostKind,
    InvoiceDraft,
    LandingLineDraft,
)
from entrepot.replenishment.types import ShipmentLine
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.types import ON_SHELF, ReceiptLine, Warehouse

_COST = Decimal("0.000001")
Key = tuple[str, str]  # supplier and notice
Lots = Mapping[tuple[UUID, str], UUID]  # by SKU and code
Made = Mapping[Key, tuple[UUID, str]]  # id and number of the consignment


@dataclass(frozen=True, slots=True)
class Batch:
    """`lines` of whole orders, `rates` by day, yuan for one of the lines' currency."""

    lines: Sequence[ShipmentLine]
    rates: Mapping[date, Decimal]
    parties: Parties
    warehouse: Warehouse


def make(batch: Batch) -> tuple[dict[str, UUID], dict[str, str]]:
    """In a transaction: what lines, by reference, became, and why the others did not. Refuses what the neighbours
    refuse."""
    left = {line.reference: why for line in batch.lines if (why := rules.faults(line, batch.rates))}
    good = [line for line in batch.lines if line.reference not in left]
    taken = _taken(good)
    left |= taken
    good = [line for line in good if line.reference not in taken]
    batch.parties.know(good)
    ordered = _order(batch, good)
    fresh = [line for line in good if line.became_id is None]
    left |= {line.reference: LeftOut.ORDER_KNOWN for line in fresh if _of_order(batch, line) not in ordered}
    fresh = [line for line in fresh if line.reference not in left]
    made = _consign(batch, fresh, ordered)
    left |= {line.reference: LeftOut.NOTICE_KNOWN for line in fresh if _key(batch, line) not in made}
    fresh = [line for line in fresh if line.reference not in left]
    if fresh:
        _land(batch, fresh, made, _receive(batch, fresh, made))
    for line in batch.lines:
        if line.became_id is not None:
            left.pop(line.reference, None)  # what is ours stays ours, whatever a newer file says of it
    return {line.reference: made[_key(batch, line)][0] for line in fresh}, left


def _taken(lines: Sequence[ShipmentLine]) -> dict[str, str]:
    """Lines whose order's number is another supplier's among them: of what is ours already, else of the first."""
    holders: dict[str, str] = {}
    for line in sorted(lines, key=lambda line: line.became_id is None):
        holders.setdefault(rules.order_number(line), rules.called(line.supplier))
    return {
        line.reference: buying.OrderNumberTaken.code
        for line in lines
        if line.became_id is None and rules.called(line.supplier) != holders[rules.order_number(line)]
    }


def _key(batch: Batch, line: ShipmentLine) -> tuple[UUID, str]:
    return batch.parties.supplier(line).id, line.consignment


def _of_order(batch: Batch, line: ShipmentLine) -> tuple[str, UUID, str]:
    return rules.order_number(line), batch.parties.skus[line.article].id, line.consignment


def _order(batch: Batch, lines: Sequence[ShipmentLine]) -> Mapping[tuple[str, UUID, str], UUID]:
    orders: dict[str, list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        orders[rules.order_number(line)].append(line)
    drafts = [_past_order(batch, number, mine) for number, mine in orders.items()]
    who = batch.parties
    return buying.write_past(orders=drafts, place=batch.warehouse.code, actor=who.actor, now=who.now) if drafts else {}


def _past_order(batch: Batch, number: str, lines: Sequence[ShipmentLine]) -> buying.PastOrder:
    first, who = lines[0], batch.parties
    of: dict[str, list[ShipmentLine]] = defaultdict(list)
    came: dict[Key, list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        of[line.article].append(line)
        came[line.article, line.consignment].append(line)
    goods = [
        buying.PastLine(
            sku_id=sku.id, sku_code=sku.code, name=article[:200], brand_id=sku.brand_id, origin=sku.origin,
            units=sum(line.quantity for line in mine), amount_minor=sum(line.value_minor for line in mine),
        )
        for article, mine in of.items()
        for sku in (who.skus[article],)
    ]  # fmt: skip
    receipts = [
        buying.PastReceipt(
            sku_id=who.skus[article].id, reference=notice, units=sum(line.quantity for line in mine),
            amount_minor=sum(line.value_minor for line in mine), received_on=mine[0].delivered_on,
            on_time=mine[0].delivered_on <= (mine[0].planned_on or mine[0].delivered_on),
        )
        for (article, notice), mine in came.items()
    ]  # fmt: skip
    expected = max(line.planned_on or line.delivered_on for line in lines)
    return buying.PastOrder(
        number, who.supplier(first), who.contracts[first.supplier], rules.country_of(first.place),
        min(map(rules.ordered_on, lines)), expected, goods, receipts,
    )  # fmt: skip


def _consign(
    batch: Batch, lines: Sequence[ShipmentLine], ordered: Mapping[tuple[str, UUID, str], UUID]
) -> Mapping[tuple[UUID, str], tuple[UUID, str]]:
    notices: dict[tuple[UUID, str], list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        notices[_key(batch, line)].append(line)
    drafts = []
    for (supplier_id, notice), mine in notices.items():
        first = mine[0]
        term = rules.term_of(first.terms)
        origin, planned = first.maker or first.supplier, first.planned_on or first.delivered_on
        leg = LegDraft(
            Stage.MAIN, rules.mode_of(first.mode), origin[:80], first.place if first.place != origin else "—",
            planned, planned,
        )  # fmt: skip
        goods = tuple(
            LineDraft(
                ordered[_of_order(batch, line)], line.quantity, line.reference[:30],
                origin=rules.country_of(line.maker),
            )
            for line in mine
        )  # fmt: skip
        draft = ConsignmentDraft(
            supplier_id, notice, batch.warehouse.id, term, (origin if term in rules.NEEDS else first.place)[:80], goods,
            (leg,),
        )  # fmt: skip
        drafts.append(consignment_verbs.Past(draft, first.delivered_on))
    who = batch.parties
    return consignment_verbs.write_past(consignments=drafts, actor=who.actor, now=who.now)


def _lot(line: ShipmentLine, number: str) -> str:
    return lot_code(line.reference[:30], number)


def _receive(batch: Batch, lines: Sequence[ShipmentLine], made: Mapping[tuple[UUID, str], tuple[UUID, str]]) -> Lots:
    """The goods came, and have been sold since: what is there now is counted, not read from a history."""
    goods = []
    for line in lines:
        worth = to_decimal(line.value_minor, line.currency) * batch.rates[rules.ordered_on(line)]
        goods.append(
            ReceiptLine(
                sku_id=batch.parties.skus[line.article].id, warehouse_id=batch.warehouse.id, expires_on=None,
                lot=_lot(line, made[_key(batch, line)][1]), origin=rules.country_of(line.maker),
                quantity=line.quantity, unit_cost=(worth / line.quantity).quantize(_COST, ROUND_HALF_UP),
                currency=HOUSE_CURRENCY, customs_state=ON_SHELF[batch.warehouse.kind],
            )
        )  # fmt: skip
    source, now = batch.parties.source, batch.parties.now
    stock_verbs.receive(receipts=goods, reference=f"taken over: {source}"[:60], now=now)
    lots = stock.lots_named(names={(one.sku_id, one.lot) for one in goods})
    sold = [(sku_id, lot_id) for (sku_id, _), lot_id in lots.items()]
    stock_verbs.gone(lots=sold, reference=f"sold before: {source}"[:50], now=now)
    return lots


def _land(
    batch: Batch, lines: Sequence[ShipmentLine], made: Mapping[tuple[UUID, str], tuple[UUID, str]], ids: Lots
) -> None:
    of: dict[tuple[UUID, str], list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        of[made[_key(batch, line)]].append(line)
    codes = {line.reference: _lot(line, number) for (_, number), mine in of.items() for line in mine}
    landings = []
    for (consignment_id, number), mine in of.items():
        told = [codes[line.reference] for line in mine]
        skus = [batch.parties.skus[line.article].id for line in mine]
        goods = [
            LandingLineDraft(sku_id, ids[sku_id, code], (line.weight_g or 0) // line.quantity)
            for line, sku_id, code in zip(mine, skus, told, strict=True)
        ]
        landings.append(
            buying.PastLanding(
                buying.Goods(consignment_id, number, goods), told, _invoices(batch.parties.source, mine, codes)
            )
        )
    buying.land_past(landings=landings, actor=batch.parties.actor, now=batch.parties.now)


def _invoices(source: str, lines: Sequence[ShipmentLine], codes: Mapping[str, str]) -> list[InvoiceDraft]:
    """One for each freight that a line states, shared by the lines that refer to it as was resolved; one for the
    insurance, which each line states itself."""
    freight: dict[str, dict[str, int]] = defaultdict(dict)
    insured: dict[str, int] = {}
    for line in lines:
        if line.freight_minor:
            freight[line.group][codes[line.reference]] = line.freight_minor
        if line.insurance_minor:
            insured[codes[line.reference]] = line.insurance_minor
    first = lines[0]
    found = [(CostKind.FREIGHT, number, amounts) for number, amounts in sorted(freight.items())]
    found += [(CostKind.INSURANCE, first.consignment, insured)] if insured else []
    return [
        InvoiceDraft(
            number[:60], source, kind, Basis.STATED, first.currency, sum(amounts.values()), first.delivered_on,
            lot_amounts=amounts,
        )
        for kind, number, amounts in found
    ]  # fmt: skip
