"""What happens on the way: legs begin and end, papers come, customs is told, receipts count it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from entrepot.consignments import models, reading, rules
from entrepot.consignments.services.announcing import held_rows, hold_orders, release, tell_orders
from entrepot.consignments.services.checking import (
    BadDay,
    ConsignmentNotNow,
    NoItemRecord,
    NotBonded,
    TooManyPapers,
    locked,
    note,
    under_way,
)
from entrepot.consignments.types import ConsignmentState, Happened, PaperFiled, lot_code
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.money import to_decimal
from entrepot.outbox.services import emit
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying
from entrepot.procurement.types import HOUSE_CURRENCY, OpenLine
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.types.bonded import InboundLine

MOVED = "consignments.moved"  # a leg began or ended
COUNTED_IN = "consignments.counted_in"  # a receipt was closed
_COST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Report:
    """Leg `leg` departed, arrived, or is now estimated to arrive on `day`."""

    leg: int
    kind: Happened
    day: date
    why: str = ""


def report(*, consignment_id: UUID, told: Report, actor: str, now: datetime) -> None:
    """Write down what a carrier says of a leg. The same again changes nothing; a leg arrives after it left, and after
    the leg before it. With the last one the consignment has arrived.

    Refuses UnknownConsignment, ConsignmentNotNow, BadDay.
    """
    with transaction.atomic():
        if told.kind is Happened.DEPARTED:
            hold_orders(consignment_id)
        row = under_way(consignment_id)
        legs = list(models.Leg.objects.filter(consignment_id=row.id).order_by("number"))
        if not 0 < told.leg <= len(legs):
            raise BadDay(field="leg", leg=told.leg)
        leg = legs[told.leg - 1]
        before = legs[told.leg - 2] if told.leg > 1 else None
        field = {Happened.DEPARTED: "departed_on", Happened.ARRIVED: "arrived_on", Happened.ESTIMATED: "estimated_on"}
        name = field.get(told.kind)
        if name is None or not _fits(leg, before, told, day_in(CHINA, now)):
            raise BadDay(field="day", leg=told.leg)
        if getattr(leg, name) == told.day:
            return
        setattr(leg, name, told.day)
        models.Leg.objects.filter(id=leg.id).update(**{name: told.day})
        _stand(row, legs)
        text = f"{leg.from_place} → {leg.to_place} · {told.day.isoformat()} {told.why}".strip()
        note(row.id, told.kind, actor=actor, now=now, text=text)
        if told.kind is Happened.DEPARTED:
            tell_orders(row.id, models.Line.objects.filter(consignment_id=row.id))
        if told.kind is not Happened.ESTIMATED:
            _tell(MOVED, row.id)


def _fits(leg: models.Leg, before: models.Leg | None, told: Report, today: date) -> bool:
    if told.kind is Happened.ESTIMATED:
        return leg.arrived_on is None and told.day >= (leg.departed_on or date.min)
    if told.day > today:
        return False
    if told.kind is Happened.DEPARTED:
        begins = before.arrived_on if before else date.min
        return leg.arrived_on is None and begins is not None and told.day >= begins
    return leg.departed_on is not None and told.day >= leg.departed_on


def _stand(row: models.Consignment, legs: list[models.Leg]) -> None:
    """State, expectation and next duty follow from the legs."""
    seen = [reading.leg(one) for one in legs]
    arrived = seen[-1].arrived_on
    state = ConsignmentState.ARRIVED if arrived else ConsignmentState.UNDER_WAY
    if not any(one.departed_on for one in seen):
        state = ConsignmentState.ANNOUNCED
    models.Consignment.objects.filter(id=row.id).update(
        state=state, arrived_on=arrived, expected_on=rules.expected(seen), due_on=rules.next_due(seen)
    )


def file_paper(*, consignment_id: UUID, filed: PaperFiled, actor: str, now: datetime) -> None:
    """Keep a document with the consignment, once for its content; also after it is closed.

    Refuses UnknownConsignment, NotADocument, TooManyPapers.
    """
    with transaction.atomic():
        row = locked(consignment_id)
        kept = models.Paper.objects.filter(consignment_id=row.id)
        if kept.count() >= rules.PAPERS_MAX:
            raise TooManyPapers(field="paper", most=rules.PAPERS_MAX)
        paper_id = buying.keep_paper(draft=filed.paper, actor=actor, now=now)
        assert paper_id is not None  # there was one to keep
        name = " ".join(filed.paper.name.split())[:160] or "document"
        fresh = models.Paper.objects.get_or_create(
            consignment_id=row.id,
            paper_id=paper_id,
            defaults={"id": new_id(), "kind": filed.kind, "name": name, "filed_by": actor, "filed_at": now},
        )[1]
        if fresh:
            note(row.id, Happened.FILED, actor=actor, now=now, text=name)


def declare_into_book(*, consignment_id: UUID, actor: str, now: datetime) -> UUID:
    """Draft the inbound declaration at the first line from the consignment's lots; customs' people take it from there.
    Once: again it is the same draft.

    Refuses UnknownConsignment, ConsignmentNotNow, NotBonded, NoItemRecord, and what stock's `draft_inbound` refuses.
    """
    with transaction.atomic():
        row = under_way(consignment_id)
        if row.inbound_id is not None:
            return row.inbound_id
        place = stock.warehouses()[row.warehouse_id]
        if not place.account_book:
            raise NotBonded
        lines = list(models.Line.objects.filter(consignment_id=row.id).order_by("number"))
        orders = procurement.open_lines(ids=[line.order_line_id for line in lines])
        states = stock.book_states(book=place.account_book, sku_ids={line.sku_id for line in lines})
        records = {(one.sku_id, one.origin): one.item_record for one in reversed(states) if one.hs_code}
        goods = []
        for line in lines:
            record = records.get((line.sku_id, line.origin))
            if record is None:
                raise NoItemRecord(line=line.number, book=place.account_book, origin=line.origin)
            goods.append(
                InboundLine(
                    sku_id=line.sku_id,
                    item_record=record,
                    lot=lot_code(line.lot, row.number),
                    quantity=line.units,
                    origin=line.origin,
                    unit_cost=cost_of(line=orders[line.order_line_id]),
                    currency=HOUSE_CURRENCY,
                    produced_on=line.produced_on,
                    expires_on=line.expires_on,
                )
            )
        made = stock_verbs.draft_inbound(book=place.account_book, warehouse_id=place.id, lines=goods, now=now)
        models.Consignment.objects.filter(id=row.id).update(inbound_id=made)
        note(row.id, Happened.DECLARED, actor=actor, now=now)
        return made


def count_in(*, consignment_id: UUID, counted: Mapping[UUID, int], final: bool, actor: str, now: datetime) -> None:
    """A receipt counted units of lines; with `final` nothing more of the consignment is awaited and it is closed.

    Refuses UnknownConsignment, ConsignmentNotNow.
    """
    with transaction.atomic():
        held = held_rows(consignment_id)
        row = under_way(consignment_id)
        freed = Counter[UUID]()
        lines = list(models.Line.objects.filter(consignment_id=row.id).order_by("id"))
        if not counted.keys() <= {line.id for line in lines}:
            raise ConsignmentNotNow
        for line in lines:
            open_before = max(line.units - line.received, 0)
            line.received += counted.get(line.id, 0)
            freed[line.order_line_id] += open_before - (0 if final else max(line.units - line.received, 0))
        models.Line.objects.bulk_update(lines, ["received"])
        release(held, freed)
        tell_orders(row.id, lines, over=final)
        today = day_in(CHINA, now)
        if row.arrived_on is None:
            row.arrived_on = today  # what is on the dock has arrived, whoever forgot to say so
        state = ConsignmentState.CLOSED if final else ConsignmentState.ARRIVED
        models.Consignment.objects.filter(id=row.id).update(state=state, arrived_on=row.arrived_on, due_on=None)
        kind = Happened.CLOSED if final else Happened.RECEIVED
        note(row.id, kind, actor=actor, now=now, text=str(sum(counted.values())))
        _tell(COUNTED_IN, row.id)


def _tell(topic: str, consignment_id: UUID) -> None:
    emit(topic=topic, aggregate_id=consignment_id, buyer_id=None, payload={})


def cost_of(*, line: OpenLine) -> Decimal:
    """Of one unit in yuan at the order's rate; what carriage and duty add is the landed cost's matter."""
    return (to_decimal(line.amount_minor, line.currency) * line.rate / line.units).quantize(_COST)
