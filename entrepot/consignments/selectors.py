"""Questions to consignments: ids in, types out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from entrepot.consignments import models, reading, rules
from entrepot.consignments.types import (
    Consignment,
    ConsignmentState,
    Event,
    Filed,
    Happened,
    Line,
    Mode,
    PaperKind,
    Row,
    Term,
)
from entrepot.kit import sql
from entrepot.procurement import selectors as procurement
from entrepot.procurement.types import Incoterm

PAGE = 50
PAGES_MAX = 500
EXPORT_MAX = 100_000
LATE_MAX = 5_000
OPEN = [state.value for state in ConsignmentState if not state.over]


def consignments(
    *, today: date, state: str = "", late: bool = False, text: str = "", page: int = 1
) -> tuple[list[Row], bool]:
    """A page of consignments and whether there are more. Late ones: the longest awaited first; of one state: what is
    expected first; else the newest first. `text`: how our number, the bill or the supplier's notice begins."""
    page = min(max(page, 1), PAGES_MAX)
    found = list(_asked(today, state, late, text)[(page - 1) * PAGE : page * PAGE + 1])
    return _rows(found[:PAGE], today), len(found) > PAGE


def exported(*, today: date, state: str = "", late: bool = False, text: str = "") -> Iterator[Row]:
    """All that the same filters find, at most `EXPORT_MAX`, a few hundred at a time."""
    ids = list(_asked(today, state, late, text).values_list("id", flat=True)[:EXPORT_MAX])
    for start in range(0, len(ids), 500):
        part = {row.id: row for row in models.Consignment.objects.filter(id__in=ids[start : start + 500])}
        yield from _rows([part[one] for one in ids[start : start + 500] if one in part], today)


def counts(*, today: date) -> tuple[dict[ConsignmentState, int], int]:
    """Consignments by state, and those that are late."""
    rows = models.Consignment.objects.values_list("state").annotate(Count("id")).order_by()
    found = {ConsignmentState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in ConsignmentState}, late_count(today=today)


def late_count(*, today: date) -> int:
    return models.Consignment.objects.filter(_late(today)).count()


def late(*, today: date, ids: Collection[UUID] | None = None) -> list[Row]:
    """Consignments that are late, all or those of the ids, the longest awaited first."""
    rows = models.Consignment.objects.filter(_late(today))
    rows = rows if ids is None else rows.filter(id__in=ids)
    return _rows(list(rows.order_by("planned_on", "id")[:LATE_MAX]), today)


def consignment(*, consignment_id: UUID, brief: bool = False) -> Consignment | None:
    """A consignment with lines, legs, papers and history: five statements. `brief`: with its lines only, two."""
    row = models.Consignment.objects.filter(id=consignment_id).first()
    return None if row is None else _whole(row, brief)


def numbered(*, number: str) -> Consignment | None:
    """The same by our number."""
    row = models.Consignment.objects.filter(number=number).first()
    return None if row is None else _whole(row, False)


def _whole(row: models.Consignment, brief: bool) -> Consignment:
    mine = Q(consignment_id=row.id)
    whole = [] if brief else [mine]
    legs = tuple(reading.leg(one) for of in whole for one in models.Leg.objects.filter(of).order_by("number"))
    papers = [one for of in whole for one in models.Paper.objects.filter(of).order_by("id")]
    events = [one for of in whole for one in models.Event.objects.filter(of).order_by("id")]
    return Consignment(
        id=row.id,
        number=row.number,
        state=ConsignmentState(row.state),
        supplier_id=row.supplier_id,
        warehouse_id=row.warehouse_id,
        incoterm=Incoterm(row.incoterm),
        place=row.place,
        asn=row.asn,
        bill=row.bill,
        containers=tuple(row.containers),
        planned_on=row.planned_on,
        expected_on=row.expected_on,
        arrived_on=row.arrived_on,
        inbound_id=row.inbound_id,
        lines=tuple(reading.line(one) for one in models.Line.objects.filter(mine).order_by("number")),
        legs=legs,
        papers=tuple(Filed(x.paper_id, PaperKind(x.kind), x.name, x.filed_by, x.filed_at) for x in papers),
        events=tuple(Event(x.at, x.actor, Happened(x.kind), x.note) for x in events),
        borne=tuple(rules.borne(Incoterm(row.incoterm), row.place, legs)) if legs else (),
    )


def announced(*, order_line_ids: Collection[UUID]) -> dict[UUID, int]:
    """Units of orders' lines that consignments under way hold. One statement."""
    rows = models.Announced.objects.filter(order_line_id__in=order_line_ids)
    return dict(rows.values_list("order_line_id", "units"))


def lines(*, consignment_id: UUID) -> tuple[Line, ...]:
    """What was announced. One statement."""
    rows = models.Line.objects.filter(consignment_id=consignment_id).order_by("number")
    return tuple(reading.line(one) for one in rows)


def lines_of(*, consignment_id: UUID, sku_ids: Collection[UUID]) -> tuple[Line, ...]:
    """What was announced of these articles, however long the notice is. One statement, kept prepared."""
    if not sku_ids:
        return ()
    params = {"consignment_id": consignment_id, "sku_ids": list(sku_ids)}
    return tuple(Line(**row) for row in sql.hot_rows(sql.load("consignments", "lines_of"), params))


def term(*, incoterm: Incoterm) -> Term:
    """What an Incoterm says, from the data."""
    return rules.terms()[incoterm]


def discrepancies() -> list[dict[str, Any]]:
    """Order lines of which consignments under way do not hold what is written: {rule, id}. None is right."""
    rows = models.Line.objects.filter(consignment__state__in=OPEN, received__lt=F("units"))
    sums = rows.values("order_line_id").order_by().annotate(held=Sum(F("units") - F("received")))
    held = {row["order_line_id"]: row["held"] for row in sums}
    told = dict(models.Announced.objects.values_list("order_line_id", "units"))
    return [{"rule": "announced", "id": one} for one in held | told if held.get(one, 0) != told.get(one, 0)]


def _late(today: date) -> Q:
    """What should have happened and was not told, or comes later than planned."""
    return Q(state__in=OPEN) & (Q(due_on__lt=today) | Q(expected_on__gt=F("planned_on"), arrived_on__isnull=True))


def _asked(today: date, state: str, late: bool, text: str) -> QuerySet[models.Consignment]:
    rows = models.Consignment.objects.all()
    if state:
        rows = rows.filter(state=state)
    if late:
        rows = rows.filter(_late(today))
    if begin := text.strip().upper()[:35]:
        bill = Q(bill__startswith=rules.tidy_number(begin)) if rules.tidy_number(begin) else Q()
        rows = rows.filter(Q(number__startswith=begin) | Q(asn__startswith=text.strip()[:60]) | bill)
    if late:
        return rows.order_by("planned_on", "id")
    return rows.order_by("expected_on", "id") if state else rows.order_by("-id")


def _rows(found: Collection[models.Consignment], today: date) -> list[Row]:
    names = procurement.suppliers(ids=[row.supplier_id for row in found]) if found else {}
    sums = models.Line.objects.filter(consignment_id__in=[row.id for row in found]).values("consignment_id").order_by()
    units = {one["consignment_id"]: one for one in sums.annotate(sent=Sum("units"), came=Sum("received"))}
    return [
        Row(
            id=row.id,
            number=row.number,
            state=ConsignmentState(row.state),
            supplier=names[row.supplier_id].name,
            supplier_id=row.supplier_id,
            warehouse_id=row.warehouse_id,
            asn=row.asn,
            bill=row.bill,
            mode=Mode(row.mode),
            units=units[row.id]["sent"],
            received=units[row.id]["came"],
            planned_on=row.planned_on,
            expected_on=row.arrived_on or row.expected_on,
            late_days=rules.late_days(
                planned_on=row.planned_on,
                expected_on=row.arrived_on or row.expected_on,
                due_on=row.due_on if row.state in OPEN else None,
                today=today,
            ),
        )
        for row in found
    ]
