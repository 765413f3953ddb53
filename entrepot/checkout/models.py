"""What is asked of a buyer whose paid parcel customs stopped at a limit. Keyed by buyer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.checkout.types import LIMIT_CODES, Way
from entrepot.kit.ids import new_id


class LimitCase(models.Model):
    """A parcel that customs stopped at a limit, and how its buyer wants to go on: one for each receipt that stops it.

    Amounts are what customs named, in minor units of CNY; NULL where it named none. `parts`: units by SKU of the orders
    that a split leads to, [{sku_id: units}]. `due_at` is when somebody must look at it again: at first the end of the
    time to answer. It ends when the parcel is released, cancelled, or stopped anew.

    General trade: `difference_minor` is what its taxes are above those paid (below zero: below). It is settled when the
    buyer has paid it by `payment_id`, whose order is this case, or when what was too much is on its way back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    receipt_id = models.UUIDField()
    code = models.CharField(max_length=12, help_text="of the refusal: −621005 or −621018")
    limit_minor = models.BigIntegerField(null=True, blank=True)
    value_minor = models.BigIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    choice = models.CharField(max_length=10, blank=True, choices=[(one.value, one.value) for one in Way])
    chosen_at = models.DateTimeField(null=True, blank=True)
    chosen_by = models.CharField(max_length=60, blank=True)
    wait_until = models.DateTimeField(
        null=True, blank=True, help_text="the next year; of general trade: until when its difference may be paid"
    )
    difference_minor = models.BigIntegerField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    parts = models.JSONField(default=list)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, blank=True, help_text="released, general, refunded or again")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "parcel_id", "receipt_id"], name="limit_case_once"),
            models.UniqueConstraint(
                fields=["buyer_id", "parcel_id"], condition=Q(ended_at__isnull=True), name="limit_case_one_open"
            ),
            models.CheckConstraint(condition=Q(code__in=LIMIT_CODES), name="limit_case_code"),
            models.CheckConstraint(
                condition=Q(choice="", chosen_at__isnull=True, chosen_by="")
                | Q(choice__in=[one.value for one in Way], chosen_at__isnull=False) & ~Q(chosen_by=""),
                name="limit_case_chosen",
            ),
            models.CheckConstraint(
                condition=~Q(choice__in=[Way.WAIT.value, Way.GENERAL.value]) | Q(wait_until__isnull=False),
                name="limit_case_waits_until",
            ),
            models.CheckConstraint(
                condition=~Q(choice=Way.GENERAL.value) | Q(difference_minor__isnull=False),
                name="limit_case_difference",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, payment_id__isnull=True)
                | Q(settled_at__isnull=False, choice=Way.GENERAL.value)
                & (Q(payment_id__isnull=True, difference_minor__lte=0) | Q(payment_id__isnull=False)),
                name="limit_case_settled",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | Q(ended_at__isnull=False) & ~Q(outcome=""),
                name="limit_case_outcome",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(ended_at__isnull=True), name="limit_case_due"),
            models.Index(fields=["buyer_id", "order_id"], name="limit_case_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.choice or '?'}"
