"""Recalls and their lots, the order lines that took of them, and what buyers were told. Lines and notices by buyer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.recalls.types import INSTRUCTION_MAX, REASON_MAX, AffectedState, RecallState, Relief, Remedy


class Recall(models.Model):
    """Small, read-mostly. `pass_number`: how often the goods were held, each time under a reference of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=40, unique=True)
    key = models.CharField(max_length=100, unique=True, help_text="idempotency key")
    state = models.CharField(max_length=6, choices=[(s.value, s.value) for s in RecallState])
    remedy = models.CharField(max_length=6, choices=[(r.value, r.value) for r in Remedy])
    reason_zh = models.CharField(max_length=REASON_MAX)
    reason_en = models.CharField(max_length=REASON_MAX)
    instruction_zh = models.CharField(max_length=INSTRUCTION_MAX)
    instruction_en = models.CharField(max_length=INSTRUCTION_MAX)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    close_reason = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True, help_text="since when its lots may be sold again")
    pass_number = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state=RecallState.OPEN, closed_at__isnull=True)
                | Q(state=RecallState.CLOSED, closed_at__isnull=False) & ~Q(close_reason="") & ~Q(closed_by=""),
                name="recall_closed_with_reason",
            ),
            models.CheckConstraint(condition=Q(remedy__in=[r.value for r in Remedy]), name="recall_remedy"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(state=RecallState.CLOSED), name="recall_lifted_after"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RecallLot(models.Model):
    """A lot of a recall and how far its claims were read: the key of the last one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recall = models.ForeignKey("recalls.Recall", on_delete=models.PROTECT, related_name="+")
    sku_id = models.UUIDField()
    lot_id = models.UUIDField()
    code = models.CharField(max_length=60)
    open = models.BooleanField(default=True)
    received = models.PositiveIntegerField(default=0)
    read_order = models.UUIDField(null=True, blank=True)
    read_line = models.UUIDField(null=True, blank=True)
    read_part = models.PositiveSmallIntegerField(default=0)
    gathered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Two clerks who recall the same lot at the same moment meet here.
            models.UniqueConstraint(fields=["sku_id", "lot_id"], condition=Q(open=True), name="recall_lot_once"),
        ]

    def __str__(self) -> str:
        return self.code


class Affected(models.Model):
    """Units of a recalled lot that an order line holds or took: one row for each claim."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    recall = models.ForeignKey("recalls.Recall", on_delete=models.PROTECT, related_name="+", db_index=False)
    claim_id = models.UUIDField()
    sku_id = models.UUIDField()
    lot_id = models.UUIDField()
    lot_code = models.CharField(max_length=60)
    order_id = models.UUIDField()
    line_id = models.UUIDField()
    order_number = models.CharField(max_length=40, blank=True)
    parcel_id = models.UUIDField(null=True, blank=True, help_text="none: no order is known for the claim")
    parcel_number = models.CharField(max_length=60, blank=True)
    line_number = models.PositiveSmallIntegerField()
    sku_code = models.CharField(max_length=60, blank=True)
    titles = models.JSONField()
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=5, choices=[(s.value, s.value) for s in AffectedState])
    relief = models.CharField(max_length=10, blank=True, choices=[(r.value, r.value) for r in Relief])
    asked = models.BooleanField(default=False, help_text="for the parcel to be called off")
    relief_told_at = models.DateTimeField(null=True, blank=True)
    coming = models.PositiveIntegerField(default=0)
    back = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    paid = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recall", "state", "id"], name="affected_by_state"),
            models.Index(
                fields=["recall", "id"],
                condition=Q(relief_told_at__isnull=True) & ~Q(relief=""),
                name="relief_to_tell",
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "recall", "claim_id"], name="affected_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, back__lte=F("quantity"), paid__lte=F("quantity"))
                & Q(kept__lte=F("quantity") - F("back"), coming__lte=F("quantity") - F("back") - F("kept")),
                name="affected_units",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.state}"


class Notice(models.Model):
    """What one buyer is told of one recall: once for the same facts. `told` is the hash of the facts that were told."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    recall = models.ForeignKey("recalls.Recall", on_delete=models.PROTECT, related_name="+", db_index=False)
    facts = models.CharField(max_length=64)
    told = models.CharField(max_length=64, blank=True)
    written_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True, help_text="since when somebody writes the letter")
    told_at = models.DateTimeField(null=True, blank=True)
    mailed = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recall", "id"], condition=~Q(told=F("facts")), name="notice_to_tell"),
            models.Index(fields=["recall", "id"], name="notice_of_recall"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "recall"], name="recall_notice_once"),
        ]

    def __str__(self) -> str:
        return self.facts[:12]
