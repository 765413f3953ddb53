"""What has been placed under which key."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from entrepot.kit.ids import new_id


class PlaceKey(models.Model):
    """An idempotency key with the hash of its request and the order it made, written in the order's transaction."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    key = models.CharField(max_length=100)
    request_hash = models.BinaryField(max_length=32)
    order_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "key"], name="place_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
