"""A supplier tells what he has sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import astuple, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from psycopg.errors import UniqueViolation

from entrepot.consignments import models, rules
from entrepot.consignments.services.checking import (
    AsnCancelled,
    AsnReused,
    BadBill,
    BadContainer,
    BadLeg,
    BadNotice,
    BadNoticeLine,
    ConsignmentNotNow,
    MoreThanAwaited,
    NotOfSupplier,
    SeaTermOnly,
    locked,
    note,
)
from entrepot.consignments.types import (
    NUMBERED,
    ConsignmentDraft,
    ConsignmentState,
    Happened,
    LegDraft,
    LineDraft,
    Mode,
    Stage,
)
from entrepot.kit.ids import human_number, new_id
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying
from entrepot.procurement.types import OpenLine, ShipmentDraft, Shipped
from entrepot.stock import selectors as stock


def announce(*, draft: ConsignmentDraft, actor: str, now: datetime) -> UUID:
    """Write down a shipping notice with the way planned for it. The same notice again is the same consignment.

    Refuses BadNotice, BadNoticeLine, BadLeg, BadContainer, BadBill, SeaTermOnly, NotOfSupplier, MoreThanAwaited,
    AsnReused, AsnCancelled (what was announced under this number does not come).
    """
    draft = _checked(draft)
    try:
        with transaction.atomic():
            return _announced(draft, actor, now)
    except IntegrityError as clash:  # another one of the same number at this moment, for other lines
        if not isinstance(clash.__cause__, UniqueViolation):
            raise
        raise AsnReused(field="asn", asn=draft.asn) from clash


def _announced(draft: ConsignmentDraft, actor: str, now: datetime) -> UUID:
    wanted = Counter[UUID]()
    for line in draft.lines:
        wanted[line.order_line_id] += line.units
    held = _hold(wanted)
    before = models.Consignment.objects.filter(supplier_id=draft.supplier_id, asn=draft.asn).first()
    if before is not None:
        return _same(before, draft)
    orders = procurement.open_lines(ids=list(wanted))
    _check_orders(draft, orders, wanted, held)
    models.Announced.objects.bulk_update(
        [models.Announced(id=row.id, units=row.units + wanted[row.order_line_id]) for row in held], ["units"]
    )
    return _write(draft, orders, actor, now)


def cancel(*, consignment_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """It does not come after all; what it held of its orders may be announced again. Before anything was received.

    Refuses UnknownConsignment, ConsignmentNotNow.
    """
    with transaction.atomic():
        held = held_rows(consignment_id)
        row = locked(consignment_id)
        lines = list(models.Line.objects.filter(consignment_id=row.id))
        came = any(line.received for line in lines)
        if ConsignmentState(row.state).over or came or row.inbound_id is not None:
            raise ConsignmentNotNow
        freed = Counter[UUID]()
        for line in lines:
            freed[line.order_line_id] += line.units
        release(held, freed)
        models.Consignment.objects.filter(id=row.id).update(state=ConsignmentState.CANCELLED, due_on=None)
        tell_orders(row.id, ())
        note(row.id, Happened.CANCELLED, actor=actor, now=now, text=reason)


def held_rows(consignment_id: UUID) -> dict[UUID, models.Announced]:
    """What is held of the orders' lines that the consignment is for, locked after the orders themselves. Before the
    consignment's own row: a notice too locks these first."""
    return {row.order_line_id: row for row in _rows(hold_orders(consignment_id))}


def hold_orders(consignment_id: UUID) -> set[UUID]:
    """Lock the orders that the consignment is for, before anything of its own; the lines of them."""
    ids = set(models.Line.objects.filter(consignment_id=consignment_id).values_list("order_line_id", flat=True))
    buying.hold_orders(line_ids=ids)
    return ids


def release(held: dict[UUID, models.Announced], freed: Counter[UUID]) -> None:
    """Units that came, or will not come, may be announced again as far as their orders still await them."""
    for row in held.values():
        if freed[row.order_line_id]:
            models.Announced.objects.filter(id=row.id).update(units=F("units") - freed[row.order_line_id])


def tell_orders(consignment_id: UUID, lines: Iterable[models.Line], *, over: bool = False) -> None:
    """Procurement knows when goods leave and how many still come (none when it is `over`): by the main carriage, whose
    bill is the paper that they were shipped, else by the first leg. The caller holds the orders; without lines nothing
    was shipped."""
    legs = list(models.Leg.objects.filter(consignment_id=consignment_id).order_by("number"))
    leg = next((one for one in legs if one.stage == Stage.MAIN), legs[0])
    units, coming = Counter[UUID](), Counter[UUID]()
    for line in lines:
        units[line.order_line_id] += line.units
        coming[line.order_line_id] += 0 if over else max(line.units - line.received, 0)
    shipped = tuple(Shipped(one, count, coming[one]) for one, count in sorted(units.items()))
    draft = ShipmentDraft(consignment_id, leg.departed_on or leg.departs_on, leg.departed_on is not None, shipped)
    buying.note_shipment(draft=draft)


def _checked(draft: ConsignmentDraft) -> ConsignmentDraft:
    """With numbers as they are kept."""
    asn, place = " ".join(draft.asn.split()), " ".join(draft.place.split())
    legs = tuple(
        replace(leg, from_place=" ".join(leg.from_place.split()), to_place=" ".join(leg.to_place.split()))
        for leg in draft.legs
    )
    draft = replace(
        draft,
        asn=asn,
        place=place,
        bill=rules.tidy_number(draft.bill),
        containers=tuple(dict.fromkeys(rules.tidy_number(one) for one in draft.containers)),
        lines=tuple(replace(line, lot=" ".join(line.lot.split())) for line in draft.lines),
        legs=legs,
    )
    if not 0 < len(asn) <= 60:
        raise BadNotice(field="asn", what="asn")
    if draft.warehouse_id not in stock.warehouses():
        raise BadNotice(field="warehouse", what="warehouse")
    if not 0 < len(place) <= 80:
        raise BadNotice(field="place", what="place")
    if (wrong := rules.line_fault(draft)) is not None:
        raise BadNoticeLine(field="lines", line=wrong)
    _check_way(draft)
    return draft


def _check_way(draft: ConsignmentDraft) -> None:
    if (wrong := rules.legs_fault(draft.legs)) is not None or not all(map(_leg_words, draft.legs)):
        raise BadLeg(field="legs", leg=wrong or 0)
    mode = rules.mode_of(draft.legs)
    if rules.terms()[draft.incoterm].sea_only and mode is not Mode.SEA:
        raise SeaTermOnly(field="incoterm", term=draft.incoterm.value)
    right = rules.is_air_waybill if mode is Mode.AIR else rules.is_bill
    if draft.bill and not right(draft.bill):
        raise BadBill(field="bill", number=draft.bill[:35])
    bad = [one for one in draft.containers if not rules.is_container(one)]
    if bad or len(draft.containers) > rules.CONTAINERS_MAX:
        raise BadContainer(field="containers", number=(bad or [f"> {rules.CONTAINERS_MAX}"])[0][:20])


def _leg_words(leg: LegDraft) -> bool:
    most = 80
    names = (leg.from_place, leg.to_place)
    return all(0 < len(name) <= most for name in names) and len(leg.carrier) <= most and len(leg.conveyance) <= most


def _hold(wanted: Counter[UUID]) -> list[models.Announced]:
    """The rows of the orders' lines, made where new and locked in key order, the orders themselves before them. Refuses
    NotOfSupplier for no line."""
    buying.hold_orders(line_ids=list(wanted))
    if len(procurement.open_lines(ids=list(wanted))) != len(wanted):
        raise NotOfSupplier(field="lines", line=0)
    models.Announced.objects.bulk_create(
        [models.Announced(id=new_id(), order_line_id=one) for one in sorted(wanted)], ignore_conflicts=True
    )
    return _rows(wanted)


def _rows(wanted: Collection[UUID]) -> list[models.Announced]:
    rows = models.Announced.objects.select_for_update(of=("self",)).filter(order_line_id__in=list(wanted))
    return list(rows.order_by("order_line_id"))


def _check_orders(
    draft: ConsignmentDraft, orders: dict[UUID, OpenLine], wanted: Counter[UUID], held: list[models.Announced]
) -> None:
    for n, line in enumerate(draft.lines, 1):
        order = orders[line.order_line_id]
        if order.supplier_id != draft.supplier_id or not order.receivable:
            raise NotOfSupplier(field="lines", line=n)
    for row in held:
        order = orders[row.order_line_id]
        left = order.most - order.received - row.units
        if wanted[row.order_line_id] > left:
            raise MoreThanAwaited(field="lines", order=order.order_number, line=order.number, left=max(left, 0))
    goods = Counter((orders[line.order_line_id].sku_id, line.lot) for line in draft.lines)
    for n, line in enumerate(draft.lines, 1):
        if goods[orders[line.order_line_id].sku_id, line.lot] > 1:
            raise BadNoticeLine(field="lines", line=n)


def _same(row: models.Consignment, draft: ConsignmentDraft) -> UUID:
    if row.state == ConsignmentState.CANCELLED:
        raise AsnCancelled(field="asn", asn=draft.asn)
    lines = models.Line.objects.filter(consignment_id=row.id).order_by("number")
    told = [LineDraft(x.order_line_id, x.units, x.lot, x.produced_on, x.expires_on, x.origin) for x in lines]
    given = [replace(x, origin=x.origin or y.origin) for x, y in zip(draft.lines, told, strict=False)]
    legs = models.Leg.objects.filter(consignment_id=row.id).order_by("number")
    way = [tuple(leg) for leg in legs.values_list(*LegDraft.__dataclass_fields__)]
    head = (row.warehouse_id, row.incoterm, row.place, row.bill, tuple(row.containers))
    same = given == told and len(told) == len(draft.lines) and way == [astuple(leg) for leg in draft.legs]
    if not same or head != (draft.warehouse_id, draft.incoterm, draft.place, draft.bill, draft.containers):
        raise AsnReused(field="asn", asn=draft.asn)
    return row.id


def _write(draft: ConsignmentDraft, orders: dict[UUID, OpenLine], actor: str, now: datetime) -> UUID:
    row = models.Consignment.objects.create(
        id=new_id(),
        number=human_number(NUMBERED, now),
        state=ConsignmentState.ANNOUNCED,
        supplier_id=draft.supplier_id,
        warehouse_id=draft.warehouse_id,
        asn=draft.asn,
        mode=rules.mode_of(draft.legs),
        bill=draft.bill,
        containers=list(draft.containers),
        incoterm=draft.incoterm,
        place=draft.place,
        planned_on=draft.legs[-1].arrives_on,
        expected_on=draft.legs[-1].arrives_on,
        due_on=draft.legs[0].departs_on,
        made_at=now,
    )
    lines = []
    for n, line in enumerate(draft.lines, 1):
        order = orders[line.order_line_id]
        origin = line.origin.upper() or order.origin
        if len(origin) != 2 or not origin.isascii() or not origin.isalpha():
            raise BadNoticeLine(field="lines", line=n)
        lines.append(
            models.Line(
                id=new_id(), consignment_id=row.id, number=n, order_line_id=order.id, sku_id=order.sku_id,
                units=line.units, lot=line.lot, produced_on=line.produced_on, expires_on=line.expires_on, origin=origin,
            )
        )  # fmt: skip
    models.Line.objects.bulk_create(lines)
    fields = LegDraft.__dataclass_fields__
    models.Leg.objects.bulk_create(
        [
            models.Leg(id=new_id(), consignment_id=row.id, number=n, **{name: getattr(leg, name) for name in fields})
            for n, leg in enumerate(draft.legs, 1)
        ]
    )
    tell_orders(row.id, lines)
    note(row.id, Happened.ANNOUNCED, actor=actor, now=now, text=draft.asn)
    return row.id
