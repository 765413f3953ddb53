"""Purchase orders, their versions, lines in force, receipts and payments."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.procurement.types import OrderState, VersionState


def _id() -> models.UUIDField[UUID | str, UUID]:
    return models.UUIDField(primary_key=True, default=new_id, editable=False)


class Order(models.Model):
    """An order and the version in force (0 before the first is approved). What a list shows is copied from it."""

    id = _id()
    number = models.CharField(max_length=30, unique=True)
    state = models.CharField(max_length=16, choices=[(one.value, one.value) for one in OrderState])
    supplier = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey("procurement.Contract", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField(default=0)
    amending = models.BooleanField(default=False, help_text="a version after the one in force is being drafted")
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    value_minor = models.BigIntegerField(help_text="the total in yuan")
    paid_minor = models.BigIntegerField(default=0)
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    destination = models.CharField(max_length=2)
    expected_on = models.DateField()
    approved_on = models.DateField(null=True, help_text="the day the version in force was approved, in China")
    sent_at = models.DateTimeField(null=True, help_text="when a version was first sent")
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "expected_on", "id"], name="purchase_by_state"),
            models.Index(fields=["number"], opclasses=["varchar_pattern_ops"], name="purchase_by_number"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(OrderState)), name="purchase_state"),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0, value_minor__gte=0, rate__gt=0), name="purchase_amounts"
            ),
            models.CheckConstraint(condition=Q(paid_minor__gte=0), name="purchase_paid"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(version__gt=0, approved_on__isnull=False),
                name="purchase_in_force",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Version(models.Model):
    """What was to be ordered, as one document. Approved ones are never changed."""

    id = _id()
    order = models.ForeignKey("procurement.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=[(one.value, one.value) for one in VersionState])
    document = models.JSONField()
    author = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "number"], name="purchase_version_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(state="draft"), name="purchase_one_draft"),
            models.CheckConstraint(condition=Q(state__in=list(VersionState)), name="purchase_version_state"),
            models.CheckConstraint(
                condition=Q(state="approved", approved_at__isnull=False) | ~Q(state="approved"),
                name="purchase_version_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class Line(models.Model):
    """A line in force. Its units are those of the version in force; what came is counted here."""

    id = _id()
    order = models.ForeignKey("procurement.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    sku = models.ForeignKey("catalogue.Sku", on_delete=models.PROTECT, related_name="+")
    brand_id = models.UUIDField()
    origin = models.CharField(max_length=2, blank=True)
    category_ids = ArrayField(models.UUIDField(), default=list)
    units = models.PositiveIntegerField()
    over = models.PositiveIntegerField(help_text="units that may come beyond")
    received = models.PositiveIntegerField(default=0)
    unit_price = models.DecimalField(max_digits=16, decimal_places=4)
    amount_minor = models.BigIntegerField(help_text="after the discount, for all units")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["brand_id"], name="purchase_line_by_brand")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "number"], name="purchase_line_number"),
            models.UniqueConstraint(fields=["order", "sku"], name="purchase_line_sku"),
            models.CheckConstraint(condition=Q(received__lte=F("units") + F("over")), name="purchase_line_never_more"),
            models.CheckConstraint(condition=Q(unit_price__gte=0, amount_minor__gte=0), name="purchase_line_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.received} of {self.units}"


class Receipt(models.Model):
    """Units of a line that came, once per reference; what was owed for them, and whether they were in time."""

    id = _id()
    line = models.ForeignKey("procurement.Line", on_delete=models.PROTECT, related_name="+", db_index=False)
    order_id = models.UUIDField(help_text="the line's, so that what came of an order is read in one place")
    reference = models.CharField(max_length=80)
    units = models.PositiveIntegerField()
    spoiled = models.PositiveIntegerField(default=0)
    amount_minor = models.BigIntegerField(help_text="in the order's currency")
    value_minor = models.BigIntegerField(help_text="in yuan, at the order's rate")
    on_time = models.BooleanField()
    received_on = models.DateField()
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=150)
    place = models.CharField(max_length=40, blank=True, help_text="code of the warehouse; empty: written down by hand")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["order_id"], include=["units", "spoiled", "on_time"], name="purchase_receipt_by_order"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["line", "reference"], name="purchase_receipt_once"),
            models.CheckConstraint(condition=Q(units__gt=0, spoiled__lte=F("units")), name="purchase_receipt_units"),
        ]

    def __str__(self) -> str:
        return f"{self.units} by {self.reference}"


class Payment(models.Model):
    """Money that went to the supplier, once per reference, valued at the rate of its day; below zero: came back."""

    id = _id()
    order = models.ForeignKey("procurement.Order", on_delete=models.PROTECT, related_name="+", db_index=False)
    reference = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    rate_source = models.CharField(max_length=300)
    value_minor = models.BigIntegerField()
    paid_on = models.DateField()
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "reference"], name="purchase_payment_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, value_minor__gte=0) | Q(amount_minor__lt=0, value_minor__lte=0),
                name="purchase_payment_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Event(models.Model):
    """One entry of an order's history; never changed."""

    id = _id()
    order = models.ForeignKey("procurement.Order", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    kind = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.kind
