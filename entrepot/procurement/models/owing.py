"""What follows from an order's terms: its parts with their days, and the facts from which the days count."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.procurement.types import Undetermined

OPEN = Q(paid_minor__lt=F("amount_minor"))


def _id() -> models.UUIDField[UUID | str, UUID]:
    return models.UUIDField(primary_key=True, default=new_id, editable=False)


class Due(models.Model):
    """A part of what an order owes, reckoned from its terms, lines, facts and payments whenever one of them changes.
    What the list filters by is copied from the order."""

    id = _id()
    order = models.ForeignKey("procurement.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    n = models.PositiveSmallIntegerField()
    supplier = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField()
    due_on = models.DateField(null=True)
    since = models.DateField(null=True, help_text="the day of the fact from which the days count")
    why = models.CharField(max_length=20, blank=True, help_text="what is missing to name a day")
    warned = models.PositiveSmallIntegerField(default=0, help_text="1: told that it comes, 2: that it is overdue")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_on", "id"], condition=OPEN, name="due_open"),
            models.Index(fields=["supplier", "due_on", "id"], condition=OPEN, name="due_of_supplier"),
            models.Index(fields=["currency", "due_on", "id"], condition=OPEN, name="due_in_currency"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "n"], name="due_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, paid_minor__gte=0, paid_minor__lte=F("amount_minor")),
                name="due_amounts",
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=False, since__isnull=False, why="")
                | Q(due_on__isnull=True, since__isnull=True, why__in=list(Undetermined)),
                name="due_determined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paid_minor} of {self.amount_minor}"


class Shipment(models.Model):
    """Units of a line that somebody announced: shipped, or planned to be, on a day. `reference`: the consignment."""

    id = _id()
    reference = models.UUIDField()
    line = models.ForeignKey("procurement.Line", on_delete=models.PROTECT, related_name="+")
    ships_on = models.DateField()
    departed = models.BooleanField()
    units = models.PositiveIntegerField()
    coming = models.PositiveIntegerField(help_text="units that are not counted in yet")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["reference", "line"], name="shipment_once"),
            models.CheckConstraint(condition=Q(units__gt=0, coming__lte=F("units")), name="shipment_units"),
        ]

    def __str__(self) -> str:
        return f"{self.units} on {self.ships_on}"


class SupplierInvoice(models.Model):
    """What the supplier asks for an order, once per number."""

    id = _id()
    order = models.ForeignKey("procurement.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    invoiced_on = models.DateField()
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "number"], name="supplier_invoice_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="supplier_invoice_amount"),
        ]

    def __str__(self) -> str:
        return self.number
