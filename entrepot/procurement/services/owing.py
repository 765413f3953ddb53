"""What orders owe and from when on: reckoned anew in the transaction of whatever changes it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.outbox.services import emit
from entrepot.procurement import models
from entrepot.procurement.models.owing import OPEN
from entrepot.procurement.rules.owing import Moved, Owing, dues
from entrepot.procurement.services.history import locked
from entrepot.procurement.types import EventKind, OrderState, PaymentTerms, ShipmentDraft

WARN_BEFORE = timedelta(days=7)
DUE = "procurement.payments_due"


def reckon(order_id: UUID) -> None:
    """Write what the order owes, in the transaction that holds its row. What was told of a day stays told as long as
    something is due on it. Six statements, fewer where nothing changed."""
    order = models.Order.objects.select_related("contract").get(id=order_id)
    there = {row.n: row for row in models.Due.objects.filter(order_id=order_id)}
    told = {row.due_on: row.warned for row in there.values()}
    parts = [] if order.version == 0 or order.state == OrderState.CANCELLED else dues(_owing(order), order.paid_minor)
    fresh, changed, said = [], [], {}
    for n, one in enumerate(parts, 1):
        row = there.pop(n, None)
        said = {
            "currency": order.currency, "amount_minor": one.amount_minor, "paid_minor": one.paid_minor,
            "due_on": one.due_on, "since": one.since, "why": one.why or "", "warned": told.get(one.due_on, 0),
        }  # fmt: skip
        if row is None:
            fresh.append(models.Due(id=new_id(), order_id=order_id, supplier_id=order.supplier_id, n=n, **said))
        elif any(getattr(row, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(row, name, value)
            changed.append(row)
    if there:
        models.Due.objects.filter(order_id=order_id, n__in=there).delete()
    if changed:
        models.Due.objects.bulk_update(changed, list(said))
    models.Due.objects.bulk_create(fresh)


def payable_on(order: models.Order, day: date) -> int:
    """What may have been paid for an order on a day in all: after it was closed what came of it, or left where that
    counts, and nothing after it was cancelled."""
    ended = models.Event.objects.filter(order_id=order.id, kind__in=[EventKind.CLOSED, EventKind.CANCELLED])
    last = ended.order_by("-id").first()
    if last is None or day <= day_in(CHINA, last.at):
        return order.total_minor
    return 0 if order.state == OrderState.CANCELLED else sum(one.amount_minor for one in dues(_owing(order), 0))


def _owing(order: models.Order) -> Owing:
    terms = PaymentTerms(order.contract.payment)
    rows = models.Line.objects.filter(order_id=order.id)
    receipts = models.Receipt.objects.filter(order_id=order.id).values("received_on", "line_id").order_by()
    asks = {PaymentTerms.ADVANCE, PaymentTerms.SHIPMENT}
    shipments = list(models.Shipment.objects.filter(line__order_id=order.id)) if terms in asks else []
    invoices = models.SupplierInvoice.objects.filter(order_id=order.id) if terms is PaymentTerms.INVOICE else ()
    return Owing(
        terms=terms,
        days=order.contract.payment_days,
        total_minor=order.total_minor,
        closed=order.state == OrderState.CLOSED,
        lines={row.id: (row.units, row.amount_minor) for row in rows},
        received=[
            Moved(one["received_on"], one["line_id"], one["came"]) for one in receipts.annotate(came=Sum("units"))
        ],
        ships_on=min((one.ships_on for one in shipments), default=None),
        shipped=[Moved(one.ships_on, one.line_id, one.units) for one in shipments if one.departed],
        invoices=[(one.invoiced_on, one.amount_minor) for one in invoices],
    )


def hold_orders(*, line_ids: Collection[UUID]) -> None:
    """Keep the orders of lines from changing until the caller's transaction ends: who will tell of a shipment does this
    before it locks anything of its own."""
    ids = set(models.Line.objects.filter(id__in=line_ids).values_list("order_id", flat=True))
    list(models.Order.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id", flat=True))


def note_shipment(*, draft: ShipmentDraft) -> None:
    """What is known of a shipment now, in place of what was: in the caller's transaction, which holds the orders. No
    lines: it does not come."""
    old = models.Shipment.objects.filter(reference=draft.reference)
    of = {one.line_id for one in draft.lines} | set(old.values_list("line_id", flat=True))
    old.delete()
    models.Shipment.objects.bulk_create(
        models.Shipment(
            id=new_id(), reference=draft.reference, line_id=one.line_id, ships_on=draft.ships_on,
            departed=draft.departed, units=one.units, coming=one.coming,
        )
        for one in draft.lines
    )  # fmt: skip
    for order_id in sorted(set(models.Line.objects.filter(id__in=of).values_list("order_id", flat=True))):
        reckon(order_id)


def reckon_missing() -> int:
    """Orders that were approved before this was kept; those of other systems owe nothing that we know of. How many."""
    known = models.Due.objects.filter(order_id=OuterRef("id"))
    approved = models.Event.objects.filter(order_id=OuterRef("id"), kind=EventKind.APPROVED)
    rows = models.Order.objects.filter(~Exists(known), Exists(approved), version__gt=0, total_minor__gt=0)
    ids = list(rows.exclude(state=OrderState.CANCELLED).order_by("id").values_list("id", flat=True))
    for order_id in ids:
        with transaction.atomic():
            locked(order_id)
            reckon(order_id)
    return len(ids)


def warn_of_dues(*, now: datetime) -> int:
    """Finance is told each morning in one letter if parts came near their day or went past it since the last one: each
    is told of once before and once after. How many parts are new."""
    today = day_in(CHINA, now)
    open_ones = models.Due.objects.filter(OPEN)
    with transaction.atomic():
        late = open_ones.filter(due_on__lt=today, warned__lt=2).update(warned=2)
        near = open_ones.filter(due_on__gte=today, due_on__lte=today + WARN_BEFORE, warned=0).update(warned=1)
        if late or near:
            emit(topic=DUE, aggregate_id=new_id(), buyer_id=None, payload={"late": late, "near": near})
    return late + near
