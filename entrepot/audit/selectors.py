"""Read the log."""

from __future__ import annotations

from uuid import UUID

from entrepot.audit.models import Entry
from entrepot.audit.types import AuditEntry

page_size = 50


def of_subject(*, subject_id: UUID) -> list[AuditEntry]:
    """The newest `page_size` entries about one thing."""
    return [_entry(row) for row in Entry.objects.filter(subject_id=subject_id).order_by("-at", "-id")[:page_size]]


def of_buyer(*, buyer_id: UUID, page: int = 1) -> list[AuditEntry]:
    """Entries about one person's data, newest first."""
    start = (page - 1) * page_size
    rows = Entry.objects.filter(buyer_id=buyer_id).order_by("-at", "-id")
    return [_entry(row) for row in rows[start : start + page_size]]


def _entry(row: Entry) -> AuditEntry:
    return AuditEntry(
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        reason=row.reason,
        detail=row.detail,
    )
