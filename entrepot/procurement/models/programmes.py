"""Purchase commitments."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id


class Programme(models.Model):
    """A promise to buy: so much, in so long, of what. Empty arrays mean "whatever"."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    currency = models.CharField(max_length=3)
    target_minor = models.BigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="the first day after it")
    countries = ArrayField(models.CharField(max_length=2), default=list)
    brand_ids = ArrayField(models.UUIDField(), default=list)
    category_ids = ArrayField(models.UUIDField(), default=list)
    kept = models.JSONField(null=True, help_text="its progress as it was reckoned; none where it is reckoned at sight")
    kept_at = models.DateTimeField(null=True)
    kept_of = models.CharField(max_length=120, blank=True, help_text="what it was reckoned from")
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(target_minor__gt=0), name="programme_target"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="programme_period"),
        ]

    def __str__(self) -> str:
        return self.name
