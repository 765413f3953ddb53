"""Landings, their lots and invoices, and the runs that laid these on those."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.procurement.landing.types import Basis, CostKind


class Landing(models.Model):
    """Lots that came together and bear the same invoices."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    source = models.UUIDField(null=True, unique=True, help_text="the consignment; none for one opened by hand")
    lots = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number


class LandingLine(models.Model):
    """A lot and its measures for one unit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey("procurement.Landing", on_delete=models.PROTECT, related_name="+", db_index=False)
    n = models.PositiveIntegerField()
    sku_id = models.UUIDField()
    lot_id = models.UUIDField()
    lot = models.CharField(max_length=60)
    gross_g = models.PositiveIntegerField()
    volume_ml = models.PositiveIntegerField()
    hs_code = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["of", "n"], name="landing_line_in_order"),
            models.UniqueConstraint(fields=["of", "sku_id", "lot_id"], name="landing_lot_once"),
        ]

    def __str__(self) -> str:
        return self.lot


class LandingInvoice(models.Model):
    """What somebody asks for bringing the lots here. Never changed; taken out by being withdrawn."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey("procurement.Landing", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=60)
    supplier = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in CostKind])
    basis = models.CharField(max_length=10, choices=[(b.value, b.value) for b in Basis])
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    hs_amounts = models.JSONField(default=dict)
    lot_amounts = models.JSONField(default=dict)
    invoiced_on = models.DateField()
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["of", "supplier", "number", "kind"],
                condition=Q(withdrawn_at__isnull=True),
                name="landing_invoice_once",
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="landing_invoice_asks"),
        ]

    def __str__(self) -> str:
        return self.number


class LandingRun(models.Model):
    """All invoices laid on the lots at one moment. At most one stands."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey("procurement.Landing", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    actor = models.CharField(max_length=60)
    at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["of", "number"], name="landing_run_number"),
            models.UniqueConstraint(
                fields=["of"], condition=Q(reversed_at__isnull=True), name="landing_run_one_stands"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class RunCharge(models.Model):
    """What a run made of one invoice for the lots of one currency."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey("procurement.LandingRun", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey("procurement.LandingInvoice", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    source = models.CharField(max_length=300)
    paid_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    stock_minor = models.BigIntegerField()
    sold_minor = models.BigIntegerField()
    lost_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "invoice", "currency"], name="run_charge_once"),
            models.CheckConstraint(
                condition=Q(amount_minor=F("stock_minor") + F("sold_minor") + F("lost_minor")),
                name="run_charge_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paid_minor} {self.currency}"


class LandingWork(models.Model):
    """A run that was ordered and is made by the job: how far it is, and what refused it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey("procurement.Landing", on_delete=models.PROTECT, related_name="+", db_index=False)
    actor = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    done = models.PositiveIntegerField(default=0)
    whole = models.PositiveIntegerField(default=0)
    refused_zh = models.CharField(max_length=300, blank=True)
    refused_en = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["of"], name="landing_work_once"),
            models.CheckConstraint(condition=Q(done__lte=F("whole")), name="landing_work_done"),
        ]

    def __str__(self) -> str:
        return f"{self.done} / {self.whole}"
