"""Returns, their lines and events, and how much of each order line has come back. Keyed by buyer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.returns.types import NOTE_MAX, TRACKING_MAX, CustomsAnswer, Reason, ReturnState

COUNTED = (ReturnState.ARRIVED, ReturnState.COMPLETED)


class Return(models.Model):
    """Goods of one parcel on their way back. The days are those of the law on the day of release, written down."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    number = models.CharField(max_length=40)
    order_number = models.CharField(max_length=40)
    parcel_number = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ReturnState])
    customs = models.CharField(max_length=10, choices=[(s.value, s.value) for s in CustomsAnswer])
    customs_code = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=24, choices=[(r.value, r.value) for r in Reason])
    note = models.CharField(max_length=NOTE_MAX, blank=True)
    tracking = models.CharField(max_length=TRACKING_MAX, blank=True, help_text="the buyer's carrier's number")
    released_on = models.DateField()
    apply_by = models.DateField()
    back_by = models.DateField()
    source = models.CharField(max_length=200, help_text="of the days")
    applied_at = models.DateTimeField()
    arrived_on = models.DateField(null=True, blank=True)
    taxed = models.BooleanField(default=False, help_text="its tax was given back")
    sequence = models.PositiveIntegerField(help_text="number of its last event")
    key = models.CharField(max_length=100, help_text="idempotency key of the application")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer_id", "order_id"], name="return_of_order"),
            models.Index(fields=["state", "back_by", "id"], name="return_by_state"),
            models.Index(fields=["number"], opclasses=["varchar_pattern_ops"], name="return_by_number"),
            models.Index(fields=["parcel_number"], opclasses=["varchar_pattern_ops"], name="return_by_parcel"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "number"], name="return_number_once"),
            models.UniqueConstraint(fields=["buyer_id", "key"], name="return_key_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in ReturnState]), name="return_state"),
            models.CheckConstraint(condition=Q(customs__in=[s.value for s in CustomsAnswer]), name="return_customs"),
            models.CheckConstraint(
                condition=Q(state__in=COUNTED, arrived_on__isnull=False)
                | ~Q(state__in=COUNTED) & Q(arrived_on__isnull=True),
                name="return_arrived",
            ),
            models.CheckConstraint(
                condition=Q(released_on__lte=F("apply_by")) & Q(apply_by__lte=F("back_by")), name="return_days"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """Units of one order line in one return: asked, counted, and what was given back for them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    of = models.ForeignKey("returns.Return", on_delete=models.PROTECT, related_name="+", db_index=False)
    line_id = models.UUIDField(help_text="of the order")
    number = models.PositiveSmallIntegerField(help_text="gnum")
    sku_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    sound = models.PositiveIntegerField(default=0)
    spoiled = models.PositiveIntegerField(default=0)
    goods_minor = models.BigIntegerField(default=0)
    freight_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "of", "line_id"], name="return_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(quantity__gte=F("sound") + F("spoiled")), name="return_line_units"
            ),
            models.CheckConstraint(
                condition=Q(goods_minor__gte=0, freight_minor__gte=0, tax_minor__gte=0), name="return_line_amounts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.number}"


class Event(models.Model):
    """One entry of a return's timeline; numbered without gaps, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    of = models.ForeignKey("returns.Return", on_delete=models.PROTECT, related_name="+", db_index=False)
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    note = models.CharField(max_length=NOTE_MAX, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "of", "sequence"], name="return_event_sequence"),
            models.CheckConstraint(condition=Q(sequence__gt=0), name="return_event_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


class Book(models.Model):
    """What has become of one order line, over all its returns: units that a return has taken, units whose price,
    freight and tax were given back. Several returns at the same moment meet here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    parcel_id = models.UUIDField()
    line_id = models.UUIDField()
    quantity = models.PositiveIntegerField(help_text="of the order line")
    taken = models.PositiveIntegerField(default=0)
    priced = models.PositiveIntegerField(default=0)
    freighted = models.PositiveIntegerField(default=0)
    taxed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "parcel_id", "line_id"], name="return_book_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("quantity")), name="return_book_never_more"),
            models.CheckConstraint(
                condition=Q(priced__lte=F("taken"), taxed__lte=F("priced"), freighted__lte=F("priced")),
                name="return_book_units",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taken} of {self.quantity}"


class Kept(models.Model):
    """Units of an order line that were paid for without coming back: a recall's remedy. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    line_id = models.UUIDField()
    units = models.PositiveIntegerField()
    goods_minor = models.BigIntegerField()
    freight_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(help_text="borne by the house: customs does not lift it")
    key = models.CharField(max_length=100)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["buyer_id", "parcel_id"], name="kept_of_parcel")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "key", "line_id"], name="kept_once"),
            models.CheckConstraint(
                condition=Q(units__gt=0, goods_minor__gte=0, freight_minor__gte=0, tax_minor__gte=0),
                name="kept_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} kept"
