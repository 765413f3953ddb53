"""Money may come back from a supplier: a payment below zero."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("procurement", "0009_receipts_of_an_order")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RemoveConstraint("payment", "purchase_payment_amount"),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, value_minor__gte=0) | Q(amount_minor__lt=0, value_minor__lte=0),
                name="purchase_payment_amount",
            ),
        ),
    ]
