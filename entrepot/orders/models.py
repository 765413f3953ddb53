"""Orders, parcels, lines, their events, and what people have used of the annual allowance. Keyed by buyer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.orders.types import Delivery, OrderState, ParcelState

ORDER_STATES = [(s.value, s.value) for s in OrderState]
PARCEL_STATES = [(s.value, s.value) for s in ParcelState]


class Order(models.Model):
    """What was agreed with a buyer. The address is sealed; its masked form is kept for lists."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    storefront_id = models.UUIDField()
    number = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=ORDER_STATES)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    real_name_id = models.UUIDField()
    id_hash = models.BinaryField(max_length=32)
    year = models.PositiveSmallIntegerField(help_text="calendar year in China whose allowance it uses")
    allowance_minor = models.BigIntegerField()
    language = models.CharField(max_length=10)
    placed_at = models.DateTimeField()
    pay_until = models.DateTimeField()
    overdue_at = models.DateTimeField(null=True, blank=True, help_text="found unpaid after its time; being closed")
    paid_at = models.DateTimeField(null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True, help_text="the payment that paid it")
    refused_at = models.DateTimeField(null=True, blank=True, help_text="a payment came too late and goes back")
    consignee_sealed = models.BinaryField()
    consignee_name = models.CharField(max_length=60, help_text="masked")
    consignee_phone = models.CharField(max_length=30, help_text="masked")
    consignee_place = models.CharField(max_length=120, help_text="without street and door")
    sequence = models.PositiveIntegerField(help_text="number of its last event")
    parcels_open = models.PositiveSmallIntegerField(help_text="neither delivered nor cancelled")
    parcels_delivered = models.PositiveSmallIntegerField(default=0)
    place_key = models.CharField(max_length=100, null=True, blank=True, help_text="idempotency key it was placed under")
    request_hash = models.BinaryField(max_length=32, null=True, blank=True, help_text="of the request that placed it")
    wished = models.JSONField(null=True, blank=True, help_text="of a partial order: units wished and placed by article")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer_id", "-id"], name="order_of_buyer"),
            models.Index(fields=["state", "-id"], name="order_by_state"),
            models.Index(
                fields=["pay_until"], condition=Q(state=OrderState.PLACED, overdue_at__isnull=True), name="order_unpaid"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["number", "buyer_id"], opclasses=["varchar_pattern_ops", "uuid_ops"], name="order_number_once"
            ),
            models.UniqueConstraint(fields=["buyer_id", "place_key"], name="order_place_key_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in OrderState]), name="order_state"),
            models.CheckConstraint(
                condition=Q(state=OrderState.PLACED, paid_at__isnull=True, payment_id__isnull=True)
                | Q(state__in=[OrderState.PAID, OrderState.DELIVERED], paid_at__isnull=False, payment_id__isnull=False)
                | Q(state=OrderState.CANCELLED),
                name="order_paid_by_payment",
            ),
            models.CheckConstraint(condition=Q(total_minor__gte=0, allowance_minor__gte=0), name="order_amounts"),
            models.CheckConstraint(condition=Q(pay_until__gt=F("placed_at")), name="order_time_to_pay"),
        ]

    def __str__(self) -> str:
        return self.number


class Parcel(models.Model):
    """What leaves one warehouse under one import type."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=60, help_text="customs orderNo")
    warehouse_id = models.UUIDField()
    trade_mode = models.CharField(max_length=4)
    delivery = models.CharField(
        max_length=10, choices=[(d.value, d.value) for d in Delivery], default=Delivery.STANDARD, db_default="standard"
    )
    state = models.CharField(max_length=10, choices=PARCEL_STATES)
    goods_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    freight_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    allowance_minor = models.BigIntegerField()
    restored_minor = models.BigIntegerField(default=0)  # of the allowance: given back after release, by returns
    year = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="whose allowance it uses where that is not the order's year: it waits for it"
    )
    asked = models.JSONField(default=dict, help_text="the landed-cost question and the books that answered it")
    explanation = models.JSONField(null=True, blank=True, help_text="the answer word for word, as it was declared")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-id"], name="parcel_by_state"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "position", "buyer_id"], name="parcel_position_once"),
            models.UniqueConstraint(
                fields=["number", "buyer_id"], opclasses=["varchar_pattern_ops", "uuid_ops"], name="parcel_number_once"
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in ParcelState]), name="parcel_state"),
            models.CheckConstraint(condition=Q(delivery__in=[d.value for d in Delivery]), name="parcel_delivery"),
            models.CheckConstraint(
                condition=Q(goods_minor__gte=F("discount_minor"))
                & Q(discount_minor__gte=0, freight_minor__gte=0, tax_minor__gte=0, allowance_minor__gte=0),
                name="parcel_amounts",
            ),
            models.CheckConstraint(
                condition=Q(restored_minor__gte=0, restored_minor__lte=F("allowance_minor")), name="parcel_restored"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """One SKU in one parcel, with everything that customs and the buyer need copied into it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    parcel = models.ForeignKey(
        "orders.Parcel", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    number = models.PositiveSmallIntegerField()
    sku_id = models.UUIDField()
    sku_code = models.CharField(max_length=60)
    titles = models.JSONField()
    image = models.CharField(max_length=300, null=True, blank=True)
    gtin = models.CharField(max_length=14, null=True, blank=True)
    quantity = models.PositiveIntegerField()
    unit_price_minor = models.BigIntegerField()
    goods_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    freight_minor = models.BigIntegerField()
    duty_minor = models.BigIntegerField()
    excise_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    origin = models.CharField(max_length=2)
    hs_code = models.CharField(max_length=13)
    sales_unit = models.CharField(max_length=3)
    unit1 = models.CharField(max_length=3)
    quantity1 = models.DecimalField(max_digits=19, decimal_places=5)
    unit2 = models.CharField(max_length=3, null=True, blank=True)
    quantity2 = models.DecimalField(max_digits=19, decimal_places=5, null=True, blank=True)
    declared_name = models.CharField(max_length=250)
    model = models.CharField(max_length=510)
    net_weight_g = models.PositiveIntegerField()
    gross_weight_g = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["parcel", "number", "buyer_id"], name="order_line_number_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(goods_minor=F("unit_price_minor") * F("quantity")),
                name="order_line_goods",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku_code}"


class Event(models.Model):
    """One entry of the timeline; numbered without gaps in each order, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    sequence = models.PositiveIntegerField()
    parcel_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=10)
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "sequence", "buyer_id"], name="order_event_sequence"),
            models.CheckConstraint(condition=Q(sequence__gt=0), name="order_event_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


class AnnualUse(models.Model):
    """What one person (by keyed hash of the ID number) has ordered in one calendar year: our forecast of the quota.

    One row per person and year, whatever accounts and storefronts they use. An order reserves its customs value when it
    is placed; what customs releases is committed; a cancellation gives back what was reserved, a return what was
    committed. Reserved is what is used and not committed. `corrected_minor` is what customs knows beyond that, as the
    `Correction` in force has it: the forecast is both together.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    id_hash = models.BinaryField(max_length=32)
    year = models.PositiveSmallIntegerField()
    used_minor = models.BigIntegerField()
    committed_minor = models.BigIntegerField(default=0)
    corrected_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["id_hash", "year"], name="annual_use_once"),
            models.CheckConstraint(
                condition=Q(committed_minor__gte=0, committed_minor__lte=F("used_minor")), name="annual_use_committed"
            ),
            models.CheckConstraint(condition=Q(corrected_minor__gte=0), name="annual_use_corrected"),
        ]

    def __str__(self) -> str:
        return str(self.year)


class Correction(models.Model):
    """What customs said of a person's year, and what our forecast takes on for it: `minor` more than we know of.

    Made of one receipt, which it names; never changed but to be ended: by a newer answer of customs, or by a clerk with
    a reason. At most one of a person and year stands. The year ends it by itself: the next one has its own rows.
    `told_minor` is NULL where customs named no sum; then `minor` is the least that its answer proves.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    id_hash = models.BinaryField(max_length=32)
    year = models.PositiveSmallIntegerField()
    minor = models.BigIntegerField()
    told_minor = models.BigIntegerField(null=True, blank=True)
    known_minor = models.BigIntegerField(help_text="of ours that customs had booked when it said so")
    receipt_id = models.UUIDField()
    told_at = models.DateTimeField()
    of_buyer_id = models.UUIDField(help_text="whose order it was about; the year is the person's, over all accounts")
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["id_hash", "year", "receipt_id"], name="correction_once"),
            models.UniqueConstraint(
                fields=["id_hash", "year"], condition=Q(ended_at__isnull=True), name="correction_in_force"
            ),
            models.CheckConstraint(condition=Q(minor__gte=0, known_minor__gte=0), name="correction_amounts"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | Q(ended_at__isnull=False) & ~Q(ended_by=""),
                name="correction_ended_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.told_at:%Y-%m-%d %H:%M:%S}"
