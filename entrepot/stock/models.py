"""Warehouses, lots, levels, the ledger of movements and claims. Keyed by article: every table of goods has `sku_id`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.stock.types import HOUSE, ClaimState, CustomsState, MovementKind, WarehouseKind

QUANTITY_MAX = 1_000_000_000


class Warehouse(models.Model):
    """A place that goods are stored in and leave under one import type. Small, read-mostly."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in WarehouseKind])
    country = models.CharField(max_length=2)
    city = models.JSONField()
    trade_mode = models.CharField(max_length=4)
    customs_code = models.CharField(max_length=4, blank=True)
    port_code = models.CharField(max_length=4, blank=True)
    area_code = models.CharField(max_length=18, blank=True)
    area_name = models.CharField(max_length=100, blank=True)
    account_book = models.CharField(max_length=30, blank=True)
    days_min = models.PositiveSmallIntegerField()
    days_max = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in WarehouseKind]), name="warehouse_kind"),
            models.CheckConstraint(condition=Q(days_max__gte=F("days_min")), name="warehouse_days"),
            models.CheckConstraint(
                condition=~Q(kind=WarehouseKind.BONDED) | ~Q(account_book="") & ~Q(area_code=""),
                name="warehouse_bonded_has_book",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """One batch of one SKU. Everything about it is fixed; the same batch at another landed cost takes another code."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    code = models.CharField(max_length=60)
    expires_on = models.DateField(null=True, blank=True)
    origin = models.CharField(max_length=2)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    item_record = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "code"], name="lot_once"),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="lot_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code


class Level(models.Model):
    """Units of one lot, owner and customs state in one warehouse: the checked sum of its movements."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey("stock.Lot", on_delete=models.PROTECT, related_name="+", db_index=False)
    owner_id = models.UUIDField(default=HOUSE)
    customs_state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in CustomsState])
    on_hand = models.IntegerField(default=0)
    claimed = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sku_id", "warehouse", "lot", "owner_id", "customs_state"], name="level_once"
            ),
            models.CheckConstraint(
                condition=Q(claimed__gte=0) & Q(on_hand__gte=F("claimed")) & Q(on_hand__lte=QUANTITY_MAX),
                name="level_never_oversold",
            ),
            models.CheckConstraint(
                condition=Q(customs_state__in=[s.value for s in CustomsState]), name="level_customs_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} ({self.claimed})"


class Movement(models.Model):
    """One line of the ledger, never changed or deleted: signed units on hand and claimed, and what caused them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    level = models.ForeignKey("stock.Level", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in MovementKind])
    on_hand = models.IntegerField(help_text="change of units on hand")
    claimed = models.IntegerField(help_text="change of units claimed")
    reference = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["reference"], name="movement_by_reference"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A receipt sent twice is received once.
            models.UniqueConstraint(
                fields=["sku_id", "level", "reference"],
                condition=Q(kind__in=[MovementKind.RECEIVE, MovementKind.ADJUST, MovementKind.RETURN]),
                name="movement_received_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[MovementKind.RECEIVE, MovementKind.RETURN], on_hand__gt=0, claimed=0)
                | Q(kind=MovementKind.CLAIM, on_hand=0, claimed__gt=0)
                | Q(kind=MovementKind.RELEASE, on_hand=0, claimed__lt=0)
                | Q(kind=MovementKind.SHIP, on_hand__lt=0, claimed=F("on_hand"))
                | Q(kind=MovementKind.ADJUST, claimed=0) & ~Q(on_hand=0),
                name="movement_signs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Claim(models.Model):
    """Units of one level held for one order line. A line served by several lots has several parts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    level = models.ForeignKey(
        "stock.Level", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    reference = models.UUIDField(help_text="the order")
    line_id = models.UUIDField()
    part = models.PositiveSmallIntegerField()
    buyer_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    returned = models.PositiveIntegerField(
        default=0, db_default=0, help_text="of what was shipped: back in the warehouse"
    )
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in ClaimState], default=ClaimState.OPEN)
    expires_at = models.DateTimeField()
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["level"], condition=Q(state=ClaimState.OPEN), name="claim_open_by_level"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # The same line is held once: a repeated claim finds it, two at the same moment collide here.
            models.UniqueConstraint(
                fields=["sku_id", "reference", "line_id", "part"],
                condition=~Q(state=ClaimState.RELEASED),
                name="claim_once",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="claim_quantity"),
            models.CheckConstraint(
                condition=Q(returned=0) | Q(state=ClaimState.SHIPPED, returned__lte=F("quantity")),
                name="claim_returned",
            ),
            models.CheckConstraint(
                condition=Q(state=ClaimState.OPEN, closed_at__isnull=True)
                | Q(state__in=[ClaimState.RELEASED, ClaimState.SHIPPED], closed_at__isnull=False),
                name="claim_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.state}"
