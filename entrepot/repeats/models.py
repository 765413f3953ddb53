"""One row per answered key."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from entrepot.kit.ids import new_id


class Answer(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    key = models.CharField(max_length=80)
    request_hash = models.BinaryField()
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "key"], name="answer_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["at"], name="answer_at")]
