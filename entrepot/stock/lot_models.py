"""What lots cost and were worth, and goods that are moved or counted. Part of `models`."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.stock.types import CustomsState
from entrepot.stock.types.lots import CountState, TransferState


class LotCost(models.Model):
    """One charge's share on one lot, never changed or deleted; taking it back is another row with the signs turned."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    lot = models.ForeignKey(
        "stock.Lot", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    run_id = models.UUIDField()
    charge_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    paid_minor = models.BigIntegerField(help_text="share in the invoice's currency")
    paid_currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(help_text="share in the lot's currency")
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=24, decimal_places=12, help_text="lot's currency for one of the invoice's")
    source = models.CharField(max_length=300)
    units = models.IntegerField(help_text="units of the lot that bear it, wherever they are by now")
    unit_amount = models.DecimalField(max_digits=30, decimal_places=12, help_text="on one unit, in the lot's currency")
    stock_minor = models.BigIntegerField(help_text="borne by units in stock at that moment")
    sold_minor = models.BigIntegerField(help_text="borne by units sold by then: cost of sales")
    lost_minor = models.BigIntegerField(help_text="borne by units missing, disposed of or lost by then")
    reverses = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            BrinIndex(fields=["at"], name="lot_cost_by_time", pages_per_range=32, autosummarize=True),
            # By the lot alone: a run writes all over it, so it is small (equal keys are stored once).
            models.Index(fields=["lot"], name="lot_cost_by_lot"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A charge bears on a lot once, and is taken back once. It is of one run, whose entries stand side by side.
            models.UniqueConstraint(
                fields=["run_id", "reverses", "sku_id", "lot", "charge_id"], nulls_distinct=False, name="lot_cost_once"
            ),
            models.CheckConstraint(
                condition=Q(units__gt=0)
                & Q(rate__gt=0)
                & Q(amount_minor=F("stock_minor") + F("sold_minor") + F("lost_minor")),
                name="lot_cost_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"


class LotLanded(models.Model):
    """What one unit of a lot cost beyond its price: the checked sum of the lot's costs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    lot = models.ForeignKey(
        "stock.Lot", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    unit_amount = models.DecimalField(max_digits=30, decimal_places=12)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "lot"], name="lot_landed_once"),
        ]

    def __str__(self) -> str:
        return str(self.unit_amount)


class Closing(models.Model):
    """Our goods in one warehouse and currency when a day had ended (in China). Small, written by the night."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField()
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    units = models.BigIntegerField()
    value = models.DecimalField(max_digits=30, decimal_places=12)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["day", "warehouse", "currency"], name="closing_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency} {self.value}"


class SoFar(models.Model):
    """What our goods are worth so far on a day that is not over, where it takes long to sum up. At most one row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField(unique=True)
    at = models.DateTimeField()
    totals = models.JSONField(help_text="as `types.lots.Total`")

    def __str__(self) -> str:
        return f"{self.day} as of {self.at}"


class StockAudit(models.Model):
    """What a night's look at all books of stock found. It only reports."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_index=True)
    levels = models.PositiveIntegerField()
    wrong = models.PositiveIntegerField()
    found = models.JSONField(help_text="the first of what is wrong")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.wrong}"


class ShelfLife(models.Model):
    """How many days of shelf life goods must have left where they are sold (a storefront, by its id). Small."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel_id = models.UUIDField(unique=True)
    days_min = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(days_min__lte=3_650), name="shelf_life_days"),
        ]

    def __str__(self) -> str:
        return str(self.days_min)


class Transfer(models.Model):
    """Goods on their way from one warehouse to another, in two phases: sent, received."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    source = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in TransferState])
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_goes_elsewhere"),
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    of = models.ForeignKey("stock.Transfer", on_delete=models.PROTECT, related_name="+")
    n = models.PositiveSmallIntegerField()
    level = models.ForeignKey("stock.Level", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    lot = models.ForeignKey("stock.Lot", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    owner_id = models.UUIDField()
    customs_state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in CustomsState])
    quantity = models.PositiveIntegerField()
    arrived = models.PositiveIntegerField(null=True, blank=True)
    lost = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "of", "level"], name="transfer_level_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_quantity"),
        ]

    def __str__(self) -> str:
        return str(self.quantity)


class Count(models.Model):
    """A sheet of levels of one warehouse that somebody counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in CountState])
    created_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.number


class CountLine(models.Model):
    """One level on a sheet. `expected`: what the books had at the moment the figure was written down."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    of = models.ForeignKey("stock.Count", on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey("stock.Level", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    counted = models.PositiveIntegerField(null=True, blank=True)
    expected = models.IntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "of", "level"], name="count_level_once"),
            models.CheckConstraint(
                condition=Q(counted__isnull=True, expected__isnull=True)
                | Q(counted__isnull=False, expected__isnull=False),
                name="count_beside_books",
            ),
        ]

    def __str__(self) -> str:
        return str(self.counted)
