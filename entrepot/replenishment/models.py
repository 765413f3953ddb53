"""What was sold by day, how long suppliers take, consignments with their freight, back-tests and order proposals."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.replenishment.types import Basis, FileKind, FreightKind, ProposalState


class HistoryFile(models.Model):
    """A file of another system that was taken in, and what was found in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in FileKind])
    source = models.CharField(max_length=60, help_text="the system it comes from")
    name = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the file and of what was said about it")
    lines = models.PositiveIntegerField()
    report = models.JSONField(help_text="lines by what was found in them, with samples")
    actor = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "digest"], name="history_file_once"),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in FileKind]), name="history_file_kind"),
        ]

    def __str__(self) -> str:
        return self.name


class DayOfSales(models.Model):
    """Units of one article that one place sold on one day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=60, help_text='"orders" for our own')
    article = models.CharField(max_length=60, help_text="our SKU code, or the code the other system has for it")
    sku_id = models.UUIDField(null=True, blank=True, help_text="empty where the catalogue has no such code")
    place = models.CharField(max_length=40, help_text="code of the warehouse or channel that served it")
    day = models.DateField()
    units = models.PositiveIntegerField(help_text="sold")
    cancelled = models.PositiveIntegerField(default=0, help_text="of these, taken back before they meant demand")
    returned = models.PositiveIntegerField(default=0, help_text="came back on this day, whenever they were sold")

    class Meta:
        verbose_name_plural = "days of sales"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["source", "day"], name="sales_by_day")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "article", "place", "day"], name="sales_day_once"),
            models.CheckConstraint(condition=Q(cancelled__lte=F("units")), name="sales_day_cancelled"),
        ]

    def __str__(self) -> str:
        return f"{self.article} {self.day}"


class LeadTime(models.Model):
    """One delivery: when it was ordered and when it was there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    supplier = models.CharField(max_length=120)
    place = models.CharField(max_length=60)
    reference = models.CharField(max_length=60, help_text="the delivery; told twice it counts once")
    ordered_on = models.DateField()
    arrived_on = models.DateField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["supplier", "place", "reference"], name="lead_time_once"),
            models.CheckConstraint(condition=Q(arrived_on__gte=F("ordered_on")), name="lead_time_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.reference}"


class ConsignmentLine(models.Model):
    """One line of goods under way, with the freight it says of itself and the freight it bears."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=60)
    reference = models.CharField(max_length=40, help_text="the line's own number at the source")
    consignment = models.CharField(max_length=40, help_text="number of the shipping notice or delivery note")
    supplier = models.CharField(max_length=120)
    place = models.CharField(max_length=60)
    article = models.CharField(max_length=300)
    terms = models.CharField(max_length=20)
    mode = models.CharField(max_length=20)
    delivered_on = models.DateField()
    quantity = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    value_minor = models.BigIntegerField()
    insurance_minor = models.BigIntegerField(null=True, blank=True)
    weight_g = models.BigIntegerField(null=True, blank=True, help_text="as stated for the line or its group")
    freight_kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in FreightKind])
    freight_told = models.CharField(max_length=60, help_text="word for word")
    group = models.CharField(max_length=40, help_text="the line that states the freight this one shares in")
    freight_minor = models.BigIntegerField(null=True, blank=True, help_text="what this line bears")
    basis = models.CharField(max_length=10, blank=True, choices=[(b.value, b.value) for b in Basis])
    unresolved = models.CharField(max_length=30, blank=True, help_text="why the line bears no known freight")
    order_number = models.CharField(max_length=40, blank=True)
    brand = models.CharField(max_length=80, blank=True)
    maker = models.CharField(max_length=120, blank=True, help_text="where it was made, word for word")
    ordered_on = models.DateField(null=True, blank=True)
    planned_on = models.DateField(null=True, blank=True)
    became_id = models.UUIDField(null=True, blank=True, help_text="the consignment of ours that it is a line of")
    left_out = models.CharField(max_length=30, blank=True, help_text="why it is a line of none")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["source", "group"], name="consignment_by_group")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "reference"], name="consignment_line_once"),
            models.CheckConstraint(
                condition=Q(left_out="") | Q(became_id__isnull=True), name="consignment_line_became_or_left_out"
            ),
            models.CheckConstraint(
                condition=Q(unresolved="", freight_minor__isnull=False) | ~Q(unresolved="") & Q(freight_minor=None),
                name="consignment_line_freight_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(freight_kind__in=[k.value for k in FreightKind]), name="consignment_line_freight_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consignment} {self.reference}"


class Backtest(models.Model):
    """One run of the methods over what was really sold."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    plan = models.JSONField()
    report = models.JSONField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Proposal(models.Model):
    """What should be ordered from one supplier for one place, for a person to decide."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    supplier = models.CharField(max_length=120)
    place = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ProposalState])
    plan = models.JSONField(help_text="service level, method, review time, container: what it was reckoned with")
    lead_time = models.JSONField(help_text="days, spread, deliveries it rests on")
    containers = models.JSONField(help_text="number, kind and how full")
    contract = models.ForeignKey(
        "procurement.Contract",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="whose prices these are",
    )
    currency = models.CharField(max_length=3, blank=True)
    units_min = models.PositiveIntegerField(default=0, help_text="the contract's, of a whole order")
    order = models.ForeignKey(
        "procurement.Order", on_delete=models.PROTECT, related_name="+", null=True, help_text="written from it"
    )
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "-id"], name="proposal_by_state")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["supplier", "place", "contract"],
                condition=Q(state=ProposalState.PROPOSED),
                nulls_distinct=False,
                name="proposal_open_once",
            ),
            models.UniqueConstraint(fields=["order"], name="proposal_order_once"),
            models.CheckConstraint(
                condition=Q(order__isnull=True) | Q(state=ProposalState.APPROVED, contract__isnull=False),
                name="proposal_ordered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[ProposalState.PROPOSED, ProposalState.REPLACED])
                | Q(state__in=[ProposalState.APPROVED, ProposalState.DISMISSED], decided_at__isnull=False)
                & ~Q(decided_by=""),
                name="proposal_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.place}"


class ProposalLine(models.Model):
    """One article of a proposal, with the figures that led to its units."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proposal = models.ForeignKey("replenishment.Proposal", on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()
    article = models.CharField(max_length=60)
    unit_price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    units = models.PositiveIntegerField()
    pack = models.PositiveIntegerField()
    needed = models.PositiveIntegerField(help_text="before minimum, packs and container")
    forecast = models.DecimalField(max_digits=14, decimal_places=2, help_text="demand until the next order arrives")
    safety = models.PositiveIntegerField()
    stock = models.IntegerField(help_text="free units here and on the way")
    volume_cm3 = models.PositiveBigIntegerField()
    weight_g = models.PositiveBigIntegerField()
    reasons = models.JSONField(help_text="which limits moved it: minimum, pack, order, container")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["proposal", "position"], name="proposal_line_once"),
            models.CheckConstraint(condition=Q(pack__gt=0, units__gt=0), name="proposal_line_units"),
        ]

    def __str__(self) -> str:
        return f"{self.units} x {self.article}"
