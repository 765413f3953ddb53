"""Tables of the supervised site: what leaves it on gate passes, what came into it. Read as a part of `models`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.customs.types import PassState
from entrepot.kit.ids import new_id


class GatePass(models.Model):
    """Released lists of one warehouse that leave the bonded area together (核放单); its lists name it. Belongs to no
    buyer. `lists` and weights are written when it is presented or given up, and stay."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    warehouse_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in PassState])
    customs_number = models.CharField(max_length=40, blank=True)
    vehicle = models.CharField(max_length=20, blank=True)
    vehicle_kg = models.PositiveIntegerField(null=True, blank=True)
    lists = models.PositiveIntegerField(default=0)
    gross_g = models.BigIntegerField(default=0)
    net_g = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    presented_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[PassState.OPEN, PassState.CANCELLED])
                | ~Q(vehicle="") & Q(lists__gt=0, presented_at__isnull=False),
                name="gate_pass_presented_with_vehicle",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "-id"], name="gate_pass_by_state")]

    def __str__(self) -> str:
        return self.number


class Delivery(models.Model):
    """Waybills that came into a supervised site under one bill (入库明细单, CEB711): what was told of them, and how its
    newest message stands. Belongs to no buyer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True, help_text="copNo")
    said = models.JSONField(help_text="site, transport, bill and carrier by element name")
    bill = models.CharField(max_length=37)
    version = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField(null=True, blank=True)
    mark = models.CharField(max_length=40, blank=True)
    status = models.IntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=10, blank=True)
    site_number = models.CharField(max_length=60, blank=True, help_text="rkdNo")
    made_at = models.DateTimeField()
    asks = models.PositiveSmallIntegerField(default=0)
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="delivery_to_ask"),
        ]

    def __str__(self) -> str:
        return self.number


class DeliveryWaybill(models.Model):
    """A waybill of a delivery. It comes in once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey("customs.Delivery", on_delete=models.PROTECT, related_name="+")
    carrier = models.CharField(max_length=18)
    number = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["carrier", "number"], name="delivery_waybill_once"),
        ]

    def __str__(self) -> str:
        return self.number


class DeliveryMessage(models.Model):
    """One CEB711 as it was signed; its id in upper case is the guid. Only `sent_at` and `attempts` ever change."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey("customs.Delivery", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField()
    xml_sealed = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["delivery", "version"], name="delivery_message_once"),
        ]

    def __str__(self) -> str:
        return f"CEB711 {self.version}"


class DeliveryAnswer(models.Model):
    """What customs said of one message; the same again only raises `times`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey("customs.DeliveryMessage", on_delete=models.PROTECT, related_name="+")
    status = models.IntegerField()
    info = models.CharField(max_length=1000, blank=True)
    returned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    arrival_id = models.UUIDField()
    sha256 = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["message", "sha256"], name="delivery_answer_once"),
        ]

    def __str__(self) -> str:
        return str(self.status)
