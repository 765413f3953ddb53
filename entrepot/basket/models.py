"""What buyers and visitors gather before they order."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.basket.rules import QUANTITY_MAX
from entrepot.kit.ids import new_id


class Line(models.Model):
    """One SKU in one basket. `buyer_id` is a person, or a visitor's cookie id before log-in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    storefront_id = models.UUIDField()
    sku_id = models.UUIDField()
    quantity = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "storefront_id", "sku_id"], name="basket_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=QUANTITY_MAX), name="basket_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku_id}"
