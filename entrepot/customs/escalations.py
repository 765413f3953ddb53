"""What stands still and was raised, for the pages of staff; and the answer of customs that names a limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Count

from entrepot.customs import models, reading
from entrepot.customs.types import DocumentKind, Escalation, LimitAnswer

PAGE = 50
PAGES_MAX = 500
_SHOWN = tuple(Escalation.__dataclass_fields__)


def escalations(*, level: int = 0, unanswered: bool = False, page: int = 1) -> tuple[list[Escalation], bool]:
    """One page of what stands still, the highest level and the longest standing first, and whether there is more. Of a
    document that reached both levels the higher one is shown."""
    rows = models.Escalation.objects.filter(ended_at__isnull=True)
    if level:
        rows = rows.filter(level=level)
    if unanswered:
        rows = rows.filter(acknowledged_at__isnull=True)
    start = (min(max(page, 1), PAGES_MAX) - 1) * PAGE
    found = list(rows.order_by("-level", "since", "id").values(*_SHOWN)[start : start + PAGE + 1])
    return [Escalation(**row) for row in found[:PAGE]], len(found) > PAGE


def escalation_counts() -> Mapping[int, int]:
    """How many stand at each level; levels without any are left out. One statement over what stands still."""
    every = models.Escalation.objects.filter(ended_at__isnull=True)
    return dict(every.values_list("level").annotate(count=Count("id")).order_by("level"))


def escalation_levels(*, parcels: Collection[tuple[UUID, UUID]]) -> dict[UUID, int]:
    """The highest level at which something of a parcel stands, by parcel; (buyer_id, parcel_id) each. One statement."""
    rows = models.Escalation.objects.filter(
        buyer_id__in={buyer_id for buyer_id, _ in parcels},
        parcel_id__in=[parcel_id for _, parcel_id in parcels],
        ended_at__isnull=True,
    )
    levels: dict[UUID, int] = {}
    for parcel_id, level in rows.values_list("parcel_id", "level"):
        if parcel_id is not None:
            levels[parcel_id] = max(level, levels.get(parcel_id, 0))
    return levels


def escalations_of(*, parcel_id: UUID, buyer_id: UUID) -> list[Escalation]:
    """What of a parcel stands still, the highest level first."""
    rows = models.Escalation.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id, ended_at__isnull=True)
    return [Escalation(**row) for row in rows.order_by("-level", "since", "id").values(*_SHOWN)]


def limit_answer(*, parcel_id: UUID, buyer_id: UUID) -> LimitAnswer | None:
    """The receipt that holds a parcel's declaration, if it is about its list."""
    row = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id).first()
    listed = reading.standings_of(row.standing).get(DocumentKind.LIST) if row is not None else None
    if row is None or listed is None or listed.code != row.held_code:
        return None
    receipts = models.Receipt.objects.filter(buyer_id=buyer_id, declaration_id=row.id, document_id=listed.document)
    told = receipts.filter(mark=listed.mark).order_by("id").first()
    return LimitAnswer(told.id, row.held_code, told.info, told.returned_at) if told else None


def booked(*, buyer_id: UUID) -> list[UUID]:
    """The buyer's parcels whose list customs has taken in and not released: they count at customs already."""
    rows = models.Declaration.objects.filter(buyer_id=buyer_id, state="listed")
    return [
        row.parcel_id
        for row in rows.only("parcel_id", "standing")
        if row.standing.get(DocumentKind.LIST.value, {}).get("verdict") == "taken"
    ]
