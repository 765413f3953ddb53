"""Tables of the desk: figures of days, payment data asked for, what stands still. Read as a part of `models`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from entrepot.customs.types import DataState
from entrepot.kit.ids import new_id


class DayFigures(models.Model):
    """What the customs desk did in a day in China, reckoned once an hour for some weeks back: a late receipt still
    counts. Seconds as in `types.Day`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField(unique=True)
    declared = models.PositiveIntegerField()
    released = models.PositiveIntegerField()
    median_s = models.FloatField(null=True, blank=True)
    most_s = models.FloatField(null=True, blank=True)
    slowest_s = models.FloatField(null=True, blank=True)
    reckoned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class DataRequest(models.Model):
    """Customs asked for the raw payment data of an order (announcement 179/2018). What it is sent is made once, sealed,
    and every sending is those bytes. `ask_at` is when it is sent next by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    order_number = models.CharField(max_length=60)
    session_id = models.CharField(max_length=64)
    service_time = models.BigIntegerField(help_text="customs' clock, milliseconds")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DataState])
    code = models.CharField(max_length=30, blank=True)
    words = models.CharField(max_length=300, blank=True)
    times = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    body_sealed = models.BinaryField(null=True, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    asked_at = models.DateTimeField()
    last_at = models.DateTimeField()
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "order_number", "session_id"], name="data_request_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in DataState]), name="data_request_state"),
            models.CheckConstraint(
                condition=Q(body_sealed__isnull=True, sha256__isnull=True)
                | Q(body_sealed__isnull=False, sha256__isnull=False),
                name="data_request_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer_id", "order_id"], name="data_request_of_order"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="data_request_to_send"),
            models.Index(fields=["asked_at"], condition=~Q(state=DataState.TAKEN.value), name="data_request_open"),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} {self.session_id}"


class DataUpload(models.Model):
    """One sending of raw payment data and what customs answered (no answer: NULL). Only ever added."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    request = models.ForeignKey("customs.DataRequest", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=30, blank=True)
    words = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.code or '-'}"


class Escalation(models.Model):
    """A document that has stood still for too long: once for each level it reached, as it stood. `subject_id` is the
    document, or the request for payment data; of a 711 `order_id` is the delivery. `since` is when it began to stand.
    It ends when the document moves.

    A person acknowledges it with a note: then nobody is reminded of it any more, and it stays until it moves.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField(null=True, blank=True)
    order_number = models.CharField(max_length=60, help_text="customs orderNo")
    subject_id = models.UUIDField()
    kind = models.CharField(max_length=3, help_text="of the document; 179: a request for payment data")
    state = models.CharField(max_length=10)
    level = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    raised_at = models.DateTimeField()
    told_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "subject_id", "level", "since"], name="escalation_once"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=2), name="escalation_level"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by="", note="")
                | Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by="") & ~Q(note=""),
                name="escalation_acknowledged",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["level", "since"], condition=Q(ended_at__isnull=True), name="escalation_standing"),
            models.Index(fields=["buyer_id", "parcel_id"], name="escalation_of_parcel"),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} {self.kind} {self.level}"


class PutOff(models.Model):
    """A paid parcel that could not be declared: why, how often it was tried, and when it is tried next. `next_at` NULL:
    not by itself any more. It is forgotten once the parcel is declared."""

    WORDS_MAX: ClassVar[int] = 300

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer_id = models.UUIDField()
    order_id = models.UUIDField()
    parcel_id = models.UUIDField()
    code = models.CharField(max_length=60)
    words = models.JSONField(help_text="the refusal in both languages")
    tries = models.PositiveSmallIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer_id", "parcel_id"], name="put_off_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["parcel_id"], name="put_off_of_parcel"),
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id} {self.code} {self.tries}"
