"""The brands' shops. Small and read-mostly: read through `selectors`, which keep them in the process."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id


class Storefront(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    default_language = models.CharField(max_length=10)
    languages = ArrayField(models.CharField(max_length=10))
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"), name="storefront_code"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="storefront_currency"),
            models.CheckConstraint(
                condition=Q(languages__contains=[F("default_language")]), name="storefront_speaks_its_default"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Host(models.Model):
    """A domain name that a storefront answers on, in lower case without port. "" is every name nobody else has."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=253, unique=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(name__regex=r"^[a-z0-9.-]*$"), name="host_name"),
        ]

    def __str__(self) -> str:
        return self.name or "*"
