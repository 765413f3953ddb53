"""Questions about parcels that could not be declared."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from entrepot.customs import models
from entrepot.customs.selectors import PAGE
from entrepot.customs.types import PutOff


def to_leave_alone(*, parcel_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Which of these parcels are not tried now: their time has not come, or a person has to look. One statement."""
    later = Q(next_at__isnull=True) | Q(next_at__gt=now)
    return set(models.PutOff.objects.filter(later, parcel_id__in=parcel_ids).values_list("parcel_id", flat=True))


def put_off() -> list[PutOff]:
    """What was put off and is not declared since, the longest waiting first; at most a page. Two statements."""
    rows = list(models.PutOff.objects.order_by("first_at")[:PAGE])
    declared = models.Declaration.objects.filter(parcel_id__in=[row.parcel_id for row in rows])
    gone = set(declared.values_list("parcel_id", flat=True)) if rows else set()
    names = PutOff.__dataclass_fields__
    return [PutOff(**{name: getattr(row, name) for name in names}) for row in rows if row.parcel_id not in gone]
