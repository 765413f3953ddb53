"""Chains of lots, codes on goods, and how often these were opened. Article family (`sku_id`)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.kit.ids import new_id
from entrepot.provenance.rules import BEGIN
from entrepot.provenance.types import Happening


class Chain(models.Model):
    """One for each lot: number and hash of its last event. Who appends holds it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    lot_id = models.UUIDField()
    length = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, default=BEGIN)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "lot_id"], name="chain_of_lot"),
        ]

    def __str__(self) -> str:
        return self.head[:12]


class Event(models.Model):
    """One link, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    chain = models.ForeignKey("provenance.Chain", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=[(h.value, h.value) for h in Happening])
    key = models.CharField(max_length=80)
    at = models.DateTimeField()
    country = models.CharField(max_length=2, blank=True)
    facts = models.JSONField()
    before = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "chain", "number"], name="link_number_once"),
            models.UniqueConstraint(fields=["sku_id", "chain", "key"], name="link_key_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="link_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class Code(models.Model):
    """What is printed on goods. Small letters of chance: nobody guesses one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=13, unique=True)
    sku_id = models.UUIDField()
    lot_id = models.UUIDField()
    unit = models.BooleanField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["lot_id", "id"], name="code_of_lot")]

    def __str__(self) -> str:
        return self.code


class DayKey(models.Model):
    """The key that a day's readers are hashed with; thrown away after the day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField(unique=True)
    key = models.BinaryField()

    def __str__(self) -> str:
        return str(self.day)


class Scan(models.Model):
    """One reader of one code on one day. The reader is forgotten with the day's key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.ForeignKey("provenance.Code", on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    reader = models.BinaryField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "day", "reader"], name="scan_once_a_day"),
        ]

    def __str__(self) -> str:
        return str(self.day)


class SweptDay(models.Model):
    """A day whose receipts and sales stand in the chains; the newest is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField(unique=True)

    def __str__(self) -> str:
        return str(self.day)
