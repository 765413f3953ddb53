"""Price lists and effective-dated prices. What has been in force is never changed: a new price cuts the future."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.pricing.rules import AMOUNT_MAX_MINOR


class PriceList(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["storefront", "currency"], name="price_list_once"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="price_list_currency"),
        ]

    def __str__(self) -> str:
        return self.currency


class Price(models.Model):
    """`amount_minor` before tax in [valid_from, valid_to). Periods of one SKU in one list never overlap.

    They are cut under a lock on the list; the guards that need no lock stand here: one beginning a time, one open end.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sku_id = models.UUIDField()
    price_list = models.ForeignKey("pricing.PriceList", on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.BigIntegerField()
    was_minor = models.BigIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    set_by = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sku_id", "price_list", "valid_from"], name="price_one_beginning"),
            models.UniqueConstraint(
                fields=["sku_id", "price_list"], condition=Q(valid_to__isnull=True), name="price_one_open_end"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(amount_minor__lte=AMOUNT_MAX_MINOR), name="price_amount"
            ),
            models.CheckConstraint(
                condition=Q(was_minor__isnull=True)
                | Q(was_minor__gt=F("amount_minor")) & Q(was_minor__lte=AMOUNT_MAX_MINOR),
                name="price_was_more",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="price_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor}"
