"""Questions about purchase orders."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from entrepot.kit import sql
from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.types import Event, EventKind, OpenLine, OrderState, OrderView, Row, VersionState, Waiting

PAGE = 50
PAGES_MAX = 500
EXPORT_MAX = 100_000


def orders(
    *, state: str = "", supplier_id: UUID | None = None, text: str = "", page: int = 1
) -> tuple[list[Row], bool]:
    """A page of orders and whether there are more: what is expected first of one state first, else the newest first.
    Among drafts are orders in force of which an amendment is one. `text`: how the number begins."""
    page = min(max(page, 1), PAGES_MAX)
    found = list(_asked(state, supplier_id, text)[(page - 1) * PAGE : page * PAGE + 1])
    return _rows(found[:PAGE]), len(found) > PAGE


def exported(*, state: str = "", supplier_id: UUID | None = None, text: str = "") -> Iterator[Row]:
    """All that the same filters find, at most `EXPORT_MAX`, a few hundred at a time."""
    ids = list(_asked(state, supplier_id, text).values_list("id", flat=True)[:EXPORT_MAX])
    for start in range(0, len(ids), 500):
        part = {row.id: row for row in models.Order.objects.filter(id__in=ids[start : start + 500])}
        yield from _rows([part[one] for one in ids[start : start + 500] if one in part])


def counts() -> dict[OrderState, int]:
    """As `orders` finds them. Two statements."""
    rows = models.Order.objects.values_list("state").annotate(Count("id")).order_by()
    found = {OrderState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in OrderState} | {OrderState.DRAFT: _drafts().count()}


def _drafts() -> QuerySet[models.Version]:
    """Versions to be approved, at most one an order."""
    return models.Version.objects.filter(state=VersionState.DRAFT)


def waiting(*, on: date) -> Waiting:
    """What waits for a person. One statement."""
    days = {"today": on, "until": on + timedelta(days=max(chains.WARN_DAYS))}
    return Waiting(**sql.rows(sql.load("procurement", "waiting"), days)[0])


def order(*, order_id: UUID) -> OrderView | None:
    """An order with versions, lines and history. Four statements."""
    row = models.Order.objects.filter(id=order_id).first()
    if row is None:
        return None
    versions = models.Version.objects.filter(order_id=order_id).order_by("-number")
    lines = models.Line.objects.filter(order_id=order_id).order_by("number")
    events = models.Event.objects.filter(order_id=order_id).order_by("id")
    return OrderView(
        id=row.id,
        number=row.number,
        state=OrderState(row.state),
        supplier_id=row.supplier_id,
        contract_id=row.contract_id,
        version=row.version,
        versions=tuple(reading.version(one) for one in versions),
        lines=tuple(reading.open_line(one, row) for one in lines),
        events=tuple(Event(one.at, one.actor, EventKind(one.kind), one.note) for one in events),
        paid_minor=row.paid_minor,
    )


def open_lines(*, ids: Collection[UUID]) -> dict[UUID, OpenLine]:
    """Lines of orders by id, whatever their order's state: `receivable` says whether units may be counted on them."""
    rows = list(models.Line.objects.filter(id__in=ids))
    of = {order.id: order for order in models.Order.objects.filter(id__in={row.order_id for row in rows})}
    return {row.id: reading.open_line(row, of[row.order_id]) for row in rows}


def awaited_lines(*, supplier_id: UUID | None = None) -> list[OpenLine]:
    """Lines of orders that were sent and of which units are awaited, what is expected first first."""
    asked = Q(state__in=reading.RECEIVABLE, sent_at__isnull=False)
    asked &= Q() if supplier_id is None else Q(supplier_id=supplier_id)
    of = {row.id: row for row in models.Order.objects.filter(asked)}
    rows = models.Line.objects.filter(order_id__in=of)
    lines = [reading.open_line(row, of[row.order_id]) for row in rows]
    return sorted(
        (one for one in lines if one.awaited), key=lambda one: (one.expected_on, one.order_number, one.number)
    )


def discrepancies() -> list[dict[str, Any]]:
    """Orders and lines whose books do not agree: {rule, id}. None is right."""
    return reading.discrepancies()


def _asked(state: str, supplier_id: UUID | None, text: str) -> QuerySet[models.Order]:
    rows = models.Order.objects.all()
    if state == OrderState.DRAFT:
        rows = rows.filter(id__in=_drafts().values("order_id"))
    elif state:
        rows = rows.filter(state=state)
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    if text.strip():
        rows = rows.filter(number__startswith=text.strip().upper()[:30])
    return rows.order_by("expected_on", "id") if state else rows.order_by("-id")


def _rows(found: Collection[models.Order]) -> list[Row]:
    ids = [row.id for row in found]
    names = dict(models.Supplier.objects.filter(id__in={row.supplier_id for row in found}).values_list("id", "name"))
    sums = models.Line.objects.filter(order_id__in=ids).values("order_id").order_by()
    units = {one["order_id"]: one for one in sums.annotate(wanted=Sum("units"), came=Sum("received"))}
    drafts = models.Version.objects.filter(order_id__in=[row.id for row in found if row.version == 0])
    drafted = {
        one.order_id: reading.document(one.document).units
        for one in drafts.filter(state__in=[VersionState.DRAFT, VersionState.DROPPED]).order_by("number")
    }
    return [
        Row(
            id=row.id,
            number=row.number,
            state=OrderState(row.state),
            supplier=names[row.supplier_id],
            currency=row.currency,
            total_minor=row.total_minor,
            value_minor=row.value_minor,
            units=units[row.id]["wanted"] if row.id in units else drafted.get(row.id, 0),
            received=units[row.id]["came"] if row.id in units else 0,
            expected_on=row.expected_on,
            made_at=row.made_at,
            amending=row.amending and row.version > 0,
        )
        for row in found
    ]
