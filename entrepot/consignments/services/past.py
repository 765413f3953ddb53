"""Consignments of another system that came and are over: written down closed, with the way they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from entrepot.consignments import models, rules
from entrepot.consignments.services.checking import BadLeg, BadNoticeLine
from entrepot.consignments.types import (
    NUMBERED,
    ConsignmentDraft,
    ConsignmentState,
    Happened,
    LegDraft,
)
from entrepot.kit.ids import human_number, new_id
from entrepot.procurement import selectors as procurement


@dataclass(frozen=True, slots=True)
class Past:
    """A notice as `announce` takes it, whose units all came on `arrived_on`. Nobody said when it left: the day it came
    stands for that."""

    draft: ConsignmentDraft
    arrived_on: date


def write_past(
    *, consignments: Sequence[Past], actor: str, now: datetime
) -> Mapping[tuple[UUID, str], tuple[UUID, str]]:
    """Write consignments that are over; id and number by supplier and notice. Those of notices that are on record
    already are left as they are and not among them. Nothing is awaited, so their orders hold nothing for them.

    Refuses BadNoticeLine, BadLeg; then nothing is written.
    """
    with transaction.atomic():
        there = set(
            models.Consignment.objects.filter(asn__in=[one.draft.asn for one in consignments]).values_list(
                "supplier_id", "asn"
            )
        )
        fresh = [one for one in consignments if (one.draft.supplier_id, one.draft.asn) not in there]
        wanted = {line.order_line_id for one in fresh for line in one.draft.lines}
        sku_of = {line.id: line.sku_id for line in procurement.open_lines(ids=list(wanted)).values()}
        rows = [_row(one, now) for one in fresh]
        models.Consignment.objects.bulk_create(rows)
        models.Line.objects.bulk_create(
            line for row, one in zip(rows, fresh, strict=True) for line in _lines(row.id, one.draft, sku_of)
        )
        models.Leg.objects.bulk_create(
            leg for row, one in zip(rows, fresh, strict=True) for leg in _legs(row.id, one.draft.legs, one.arrived_on)
        )
        models.Event.objects.bulk_create(
            models.Event(id=new_id(), consignment_id=row.id, at=now, actor=actor, kind=Happened.CLOSED, note=row.asn)
            for row in rows
        )
    return {(row.supplier_id, row.asn): (row.id, row.number) for row in rows}


def _row(one: Past, now: datetime) -> models.Consignment:
    """Refuses BadNoticeLine, BadLeg."""
    draft = one.draft
    if (wrong := rules.line_fault(draft)) is not None:
        raise BadNoticeLine(field="lines", line=wrong)
    if (wrong := rules.legs_fault(draft.legs)) is not None:
        raise BadLeg(field="legs", leg=wrong)
    return models.Consignment(
        id=new_id(), number=human_number(NUMBERED, now), state=ConsignmentState.CLOSED, supplier_id=draft.supplier_id,
        warehouse_id=draft.warehouse_id, asn=draft.asn, mode=rules.mode_of(draft.legs), bill=draft.bill,
        containers=list(draft.containers), incoterm=draft.incoterm, place=draft.place,
        planned_on=draft.legs[-1].arrives_on, expected_on=one.arrived_on, due_on=None, arrived_on=one.arrived_on,
        made_at=now,
    )  # fmt: skip


def _lines(consignment_id: UUID, draft: ConsignmentDraft, sku_of: Mapping[UUID, UUID]) -> list[models.Line]:
    return [
        models.Line(
            id=new_id(), consignment_id=consignment_id, number=n, order_line_id=line.order_line_id,
            sku_id=sku_of[line.order_line_id], units=line.units, received=line.units, lot=line.lot,
            produced_on=line.produced_on, expires_on=line.expires_on, origin=line.origin,
        )
        for n, line in enumerate(draft.lines, 1)
    ]  # fmt: skip


def _legs(consignment_id: UUID, legs: Sequence[LegDraft], came_on: date) -> list[models.Leg]:
    names = LegDraft.__dataclass_fields__
    return [
        models.Leg(
            id=new_id(), consignment_id=consignment_id, number=n, departed_on=came_on, arrived_on=came_on,
            **{name: getattr(leg, name) for name in names},
        )
        for n, leg in enumerate(legs, 1)
    ]  # fmt: skip
