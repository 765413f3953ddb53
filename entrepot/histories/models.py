"""Take-overs and the files they are of."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.histories.types import TakeOverState
from entrepot.kit.ids import new_id


class TakeOver(models.Model):
    """A set of files of one system. One of a system is worked on at a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=60)
    files = ArrayField(models.CharField(max_length=160), help_text="their names")
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in TakeOverState])
    report = models.JSONField()
    remarks = models.JSONField(default=dict)
    left_out = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    whole = models.PositiveIntegerField(default=0)
    refused_zh = models.CharField(max_length=300, blank=True)
    refused_en = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=100)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(TakeOverState)), name="take_over_state"),
            models.CheckConstraint(condition=Q(done__lte=F("whole")), name="take_over_done"),
            models.UniqueConstraint(
                fields=["source"], condition=Q(state=TakeOverState.WORKING), name="take_over_of_source_once"
            ),
        ]

    def __str__(self) -> str:
        return self.source


class TakenFile(models.Model):
    """A file as it was uploaded; it goes when the take-over is over."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    take_over = models.ForeignKey("histories.TakeOver", on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["take_over", "position"], name="taken_file_once"),
        ]

    def __str__(self) -> str:
        return str(self.position)
