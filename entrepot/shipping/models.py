"""Waybills and their scans. Keyed by buyer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.kit.ids import new_id
from entrepot.shipping.types import WaybillState


class Waybill(models.Model):
    """One parcel's carriage. The carrier knows it by our id; `number` is the carrier's own (logisticsNo).

    `consignee_sealed` is what the carrier was told. `ask_at` is when the carrier is asked if no scan came.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    order_number = models.CharField(max_length=60)
    carrier = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in WaybillState])
    number = models.CharField(max_length=60, null=True, blank=True)  # NULL: the carrier gave none yet
    carrier_code = models.CharField(max_length=18, blank=True)
    carrier_name = models.CharField(max_length=100, blank=True)
    trade_mode = models.CharField(max_length=4)
    transport_mode = models.CharField(max_length=1, blank=True)
    vessel = models.CharField(max_length=100, blank=True)
    voyage = models.CharField(max_length=32, blank=True)
    bill = models.CharField(max_length=37, blank=True)
    freight_minor = models.BigIntegerField()
    insurance_minor = models.BigIntegerField()
    weight_g = models.PositiveIntegerField()
    goods_text = models.CharField(max_length=200)
    consignee_sealed = models.BinaryField()
    requested_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "parcel_id"], name="waybill_one_per_parcel"),
            models.UniqueConstraint(fields=["buyer_id", "carrier", "number"], name="waybill_number_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in WaybillState]), name="waybill_state"),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "cancelled"]) | Q(number__isnull=False, booked_at__isnull=False),
                name="waybill_booked_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False, ask_at__isnull=True),
                name="waybill_delivered_whole",
            ),
            models.CheckConstraint(
                condition=Q(freight_minor__gte=0, insurance_minor__gte=0, weight_g__gt=0), name="waybill_amounts"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer_id", "order_id"], name="waybill_order"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="waybill_to_ask"),
        ]

    def __str__(self) -> str:
        return self.number or self.order_number


class Scan(models.Model):
    """One thing that happened to a parcel, in the carrier's words. Only ever added; `event` keeps repeats out."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    waybill = models.ForeignKey("shipping.Waybill", on_delete=models.PROTECT, related_name="+", db_index=False)
    event = models.CharField(max_length=64)
    code = models.CharField(max_length=30)
    at = models.DateTimeField()
    place = models.CharField(max_length=100, blank=True)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["waybill", "event", "buyer_id"], name="scan_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M:%S}"
