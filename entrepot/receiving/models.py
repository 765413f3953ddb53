"""Receipts, their scans and pallets, and the differences that they leave."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from entrepot.kit.ids import new_id
from entrepot.receiving.types import Condition, Gap, GapState, ReceiptState


def _id() -> models.UUIDField[UUID | str, UUID]:
    return models.UUIDField(primary_key=True, default=new_id, editable=False)


class Receipt(models.Model):
    """One counting of a consignment, by as many people as stand at the dock. One is open at a time."""

    id = _id()
    number = models.CharField(max_length=30, unique=True)
    consignment = models.ForeignKey("consignments.Consignment", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in ReceiptState])
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    closed_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consignment"], condition=Q(state="open"), name="receipt_one_open"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state__in=["closed", "cancelled"], closed_at__isnull=False),
                name="goods_receipt_state",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Pallet(models.Model):
    """A pallet is counted once, by whom its first scan came from."""

    id = _id()
    consignment = models.ForeignKey(
        "consignments.Consignment", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    receipt = models.ForeignKey("receiving.Receipt", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=30)
    held_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consignment", "code"], name="pallet_once"),
        ]

    def __str__(self) -> str:
        return self.code


class Scan(models.Model):
    """One reading of a code; never changed. Its id is the client's: sent twice it is there once."""

    id = models.UUIDField(primary_key=True, editable=False)
    receipt = models.ForeignKey("receiving.Receipt", on_delete=models.PROTECT, related_name="+", db_index=False)
    sku_id = models.UUIDField()
    code = models.CharField(max_length=120)
    lot = models.CharField(max_length=30, blank=True)
    produced_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    origin = models.CharField(max_length=2, blank=True)
    units = models.IntegerField()
    condition = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Condition])
    pallet = models.CharField(max_length=30, blank=True)
    scanned_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=150)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["receipt", "taken_at"], name="scan_by_receipt"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(units=0), name="scan_units"),
            models.CheckConstraint(condition=Q(condition__in=list(Condition)), name="scan_condition"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.code}"


class Difference(models.Model):
    """What came otherwise than announced, for a claim on supplier or carrier, until somebody settles it."""

    id = _id()
    receipt = models.ForeignKey("receiving.Receipt", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=9, choices=[(one.value, one.value) for one in Gap])
    state = models.CharField(max_length=7, choices=[(one.value, one.value) for one in GapState])
    sku_id = models.UUIDField()
    lot = models.CharField(max_length=30, blank=True)
    expected = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    outcome = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    settled_by = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "id"], name="difference_by_state")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["receipt", "kind", "sku_id", "lot"], name="difference_once"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True) | Q(state="settled", settled_at__isnull=False),
                name="receiving_difference_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.found} / {self.expected}"
