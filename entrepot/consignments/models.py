"""Consignments, their lines, legs, papers and history. Small tables, reference tables on a cluster."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.consignments.types import ConsignmentState, Mode, PaperKind, Stage
from entrepot.kit.ids import new_id


def _id() -> models.UUIDField[UUID | str, UUID]:
    return models.UUIDField(primary_key=True, default=new_id, editable=False)


class Consignment(models.Model):
    """What one notice of a supplier announced. `planned_on` is the plan's end, `expected_on` what is known of it now,
    `due_on` the day on which the next thing should be reported."""

    id = _id()
    number = models.CharField(max_length=30, unique=True)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in ConsignmentState])
    supplier = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="+", db_index=False)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False)
    asn = models.CharField(max_length=60)
    mode = models.CharField(max_length=5, choices=[(one.value, one.value) for one in Mode])
    bill = models.CharField(max_length=35, blank=True)
    containers = ArrayField(models.CharField(max_length=11), default=list)
    incoterm = models.CharField(max_length=3)
    place = models.CharField(max_length=80)
    planned_on = models.DateField()
    expected_on = models.DateField()
    due_on = models.DateField(null=True)
    arrived_on = models.DateField(null=True)
    warned_days = models.PositiveSmallIntegerField(default=0, help_text="days late of the warning told last; 0: none")
    inbound_id = models.UUIDField(null=True, help_text="the declaration at the first line, in stock")
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "expected_on", "id"], name="consignment_by_state"),
            models.Index(fields=["number"], opclasses=["varchar_pattern_ops"], name="consignment_by_number"),
            models.Index(fields=["bill"], opclasses=["varchar_pattern_ops"], name="consignment_by_bill"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["supplier", "asn"], name="consignment_announced_once"),
            models.UniqueConstraint(fields=["inbound_id"], name="consignment_inbound_once"),
            models.CheckConstraint(condition=Q(state__in=list(ConsignmentState)), name="consignment_state"),
            models.CheckConstraint(
                condition=~Q(state="arrived") | Q(arrived_on__isnull=False), name="consignment_arrived"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """Units of one lot for a line of an order, as announced; what receipts counted of it."""

    id = _id()
    consignment = models.ForeignKey(
        "consignments.Consignment", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    order_line = models.ForeignKey("procurement.Line", on_delete=models.PROTECT, related_name="+")
    sku_id = models.UUIDField()
    units = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    lot = models.CharField(max_length=30)
    produced_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    origin = models.CharField(max_length=2)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consignment", "number"], name="consignment_line_number"),
            models.UniqueConstraint(fields=["consignment", "sku_id", "lot"], name="consignment_lot_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="consignment_line_units"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.units}"


class Announced(models.Model):
    """Units of an order's line that consignments under way hold. The row is the guard of two notices at once."""

    id = _id()
    order_line = models.ForeignKey("procurement.Line", on_delete=models.PROTECT, related_name="+", db_index=False)
    units = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order_line"], name="announced_line_once"),
        ]

    def __str__(self) -> str:
        return str(self.units)


class Leg(models.Model):
    """A leg as planned; what is estimated and what was done is written in."""

    id = _id()
    consignment = models.ForeignKey(
        "consignments.Consignment", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=6, choices=[(one.value, one.value) for one in Stage])
    mode = models.CharField(max_length=5, choices=[(one.value, one.value) for one in Mode])
    from_place = models.CharField(max_length=80)
    to_place = models.CharField(max_length=80)
    carrier = models.CharField(max_length=80, blank=True)
    conveyance = models.CharField(max_length=80, blank=True)
    departs_on = models.DateField()
    arrives_on = models.DateField()
    estimated_on = models.DateField(null=True)
    departed_on = models.DateField(null=True)
    arrived_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consignment", "number"], name="leg_once"),
            models.CheckConstraint(condition=Q(arrives_on__gte=F("departs_on")), name="leg_plan"),
            models.CheckConstraint(
                condition=Q(arrived_on__isnull=True) | Q(departed_on__isnull=False, arrived_on__gte=F("departed_on")),
                name="leg_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_place} → {self.to_place}"


class Paper(models.Model):
    """A document of a consignment; procurement keeps its content, once for each content."""

    id = _id()
    consignment = models.ForeignKey(
        "consignments.Consignment", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    paper_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in PaperKind])
    name = models.CharField(max_length=160)
    filed_by = models.CharField(max_length=150)
    filed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consignment", "paper_id"], name="consignment_paper_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One entry of a consignment's history; never changed."""

    id = _id()
    consignment = models.ForeignKey("consignments.Consignment", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    kind = models.CharField(max_length=10)
    note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.kind
