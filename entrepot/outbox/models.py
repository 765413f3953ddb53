"""Events as they were told, and why deliveries failed. The queue itself is procrastinate's."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from entrepot.kit.ids import new_id


class Event(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    topic = models.CharField(max_length=80)
    aggregate_id = models.UUIDField()
    buyer_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["aggregate_id", "id"], name="event_aggregate")]


class Failure(models.Model):
    """One failed attempt. `job_id` is procrastinate's key; there is no foreign key into its tables."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job_id = models.BigIntegerField()
    attempt = models.PositiveIntegerField()
    error = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["job_id", "-at"], name="failure_job")]
