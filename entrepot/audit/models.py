"""Who did or saw what. Rows are only ever added."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from entrepot.audit.types import REASON_MAX
from entrepot.kit.ids import new_id


class Entry(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    buyer_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=REASON_MAX)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "entries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_id", "-at"], name="entry_subject"),
            models.Index(fields=["buyer_id", "-at"], name="entry_buyer"),
        ]
