"""Payments, their shares per parcel, refunds, what was said with providers, and statements. Keyed by buyer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from entrepot.kit.ids import new_id
from entrepot.payments.types import (
    Action,
    DifferenceKind,
    Outcome,
    PayerCheck,
    PaymentState,
    RefundState,
    ShareState,
)


class Payment(models.Model):
    """What one order asks to be paid through one provider. The provider knows it by our id.

    `refunding_minor` is asked back but not yet done; it is counted here so that two refunds cannot pass each other.
    `ask_at` is when the provider will be asked if no notice came (exponential: the age doubles), NULL when settled.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    order_number = models.CharField(max_length=60)
    provider = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in PaymentState])
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    refunding_minor = models.BigIntegerField(default=0)
    provider_payment = models.CharField(max_length=64, null=True, blank=True)  # NULL: none given yet
    company_code = models.CharField(max_length=18, blank=True)
    company_name = models.CharField(max_length=100, blank=True)
    payer_real_name_id = models.UUIDField()
    payer_check = models.CharField(max_length=10, default=PayerCheck.UNCHECKED)
    verifying_department = models.CharField(max_length=1, blank=True)
    verifying_transaction = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10)
    pay_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Two open cashiers for one order would invite paying twice.
            models.UniqueConstraint(
                fields=["order_id", "buyer_id"],
                condition=Q(state__in=["pending", "open", "authorised"]),
                name="payment_one_open",
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in PaymentState]), name="payment_state"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0)
                & Q(refunding_minor__gte=0)
                & Q(amount_minor__gte=F("refunded_minor") + F("refunding_minor")),
                name="payment_refunds_within",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "open", "authorised", "failed"], captured_at__isnull=True)
                & Q(refunded_minor=0, refunding_minor=0)
                | Q(state__in=["captured", "refund_pending", "refunded"], captured_at__isnull=False)
                & Q(provider_payment__isnull=False),
                name="payment_captured_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer_id", "order_id"], name="payment_order"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="payment_to_ask"),
            models.Index(fields=["captured_at"], condition=Q(captured_at__isnull=False), name="payment_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} {self.provider}"


class Split(models.Model):
    """One parcel's share. `transaction` is the payTransactionId that customs sees; given at capture."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.PositiveSmallIntegerField()
    parcel_id = models.UUIDField()
    number = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    transaction = models.CharField(max_length=60, null=True, blank=True)  # NULL: not captured yet

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["payment", "number", "buyer_id"], name="split_number_once"),
            models.UniqueConstraint(
                fields=["buyer_id", "transaction"],
                condition=Q(transaction__isnull=False),
                name="split_transaction_once",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="split_amount"),
        ]

    def __str__(self) -> str:
        return self.number


class RawExchange(models.Model):
    """One message to or from a provider, word for word, sealed (it may name the payer). Only ever added.

    Announcement 179/2018 asks for the first request and response of a payment in real time. The texts are
    authenticated with this row's id: a changed or moved one does not open. `digest` keeps repeated notices out.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    request_sealed = models.BinaryField()
    response_sealed = models.BinaryField()
    digest = models.BinaryField(max_length=32, null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["payment", "digest", "buyer_id"], name="raw_exchange_notice_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "create",
                        "query",
                        "capture",
                        "close",
                        "refund",
                        "refund_query",
                        "notice",
                        "declare",
                        "declare_query",
                    ]
                ),
                name="raw_exchange_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class Refund(models.Model):
    """Money asked back. Pending from the moment it is wanted: the provider is told after this row is safe."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RefundState])
    provider_refund = models.CharField(max_length=64, null=True, blank=True)  # NULL: none given yet
    refusal = models.CharField(max_length=60, blank=True)
    requested_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "payment", "key"], name="refund_key_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount"),
            models.CheckConstraint(
                condition=Q(state="pending", done_at__isnull=True, ask_at__isnull=False)
                | Q(state="done", done_at__isnull=False, ask_at__isnull=True)
                | Q(state="failed", done_at__isnull=True, ask_at__isnull=True),
                name="refund_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="refund_to_ask"),
            models.Index(fields=["done_at"], condition=Q(done_at__isnull=False), name="refund_by_day"),
            models.Index(fields=["requested_at"], condition=Q(state="failed"), name="refund_refused"),
        ]

    def __str__(self) -> str:
        return self.key


class TransactionEvent(models.Model):
    """One step of a payment's money: asked for, succeeded or failed. Written in the statement that moves the state and
    only ever added; the payment's counters follow from these rows (`selectors.discrepancies`).

    `key` is what the provider is told to know the step by: the payment's id, or the refund's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    action = models.CharField(max_length=10, choices=[(a.value, a.value) for a in Action])
    outcome = models.CharField(max_length=10, choices=[(o.value, o.value) for o in Outcome])
    amount_minor = models.BigIntegerField()
    key = models.CharField(max_length=64)
    provider_number = models.CharField(max_length=64, null=True, blank=True)  # NULL: none given yet
    told_by = models.CharField(max_length=20)
    at = models.DateTimeField()
    known_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["payment", "action", "key", "outcome", "buyer_id"], name="transaction_event_once"
            ),
            models.CheckConstraint(condition=Q(action__in=[a.value for a in Action]), name="transaction_event_action"),
            models.CheckConstraint(
                condition=Q(outcome__in=[o.value for o in Outcome]), name="transaction_event_outcome"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transaction_event_amount"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at"], condition=Q(outcome="succeeded"), name="transaction_event_by_day")
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.outcome}"


class Statement(models.Model):
    """One comparison of our books with a provider's day (China time). Repeating a day adds another row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.CharField(max_length=20)
    day = models.DateField()
    at = models.DateTimeField()
    matched = models.PositiveIntegerField()
    healed = models.PositiveIntegerField()
    difference_count = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["provider", "-day", "-at"], name="statement_day")]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


class Difference(models.Model):
    """What a statement and our events disagree on, parked until a person has looked into it and said so."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    statement = models.ForeignKey("payments.Statement", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in DifferenceKind])
    movement = models.CharField(max_length=10)
    request_id = models.CharField(max_length=64)
    currency = models.CharField(max_length=3, blank=True)
    ours_minor = models.BigIntegerField(null=True, blank=True)
    theirs_minor = models.BigIntegerField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # NULL: waits for a person
    closed_by = models.CharField(max_length=120, blank=True)
    closing_note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["statement"], condition=Q(closed_at__isnull=True), name="difference_open")
        ]

    def __str__(self) -> str:
        return f"{self.movement} {self.kind}"


class ShareDeclaration(models.Model):
    """One parcel's share as its provider declares it to customs by himself. Its id without dashes is the request's
    name there, for ever: a repeated request is none.

    `round` counts what we asked for anew (changed or once more): an answer counts for its own round only. `fingerprint`
    is of what was asked, keyed: it names a person.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=60)
    declarer = models.CharField(max_length=20)
    place = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ShareState])
    mode = models.CharField(max_length=10)
    round = models.PositiveIntegerField(default=1)
    asks = models.PositiveIntegerField(default=0)
    fingerprint = models.BinaryField(max_length=32)
    amount_minor = models.BigIntegerField()
    customs_number = models.CharField(max_length=60, blank=True)
    customs_order = models.CharField(max_length=60, blank=True)
    company_code = models.CharField(max_length=18, blank=True)
    payer_check = models.CharField(max_length=10, default=PayerCheck.UNCHECKED)
    verifying_department = models.CharField(max_length=1, blank=True)
    verifying_transaction = models.CharField(max_length=64, blank=True)
    refusal = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "payment", "number"], name="share_declaration_once"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in ShareState]), name="share_declaration_state"
            ),
            models.CheckConstraint(condition=Q(mode__in=["new", "changed", "again"]), name="share_declaration_mode"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="share_declaration_amount"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "done"]) | ~Q(customs_number=""),
                name="share_declaration_has_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.declarer}"
