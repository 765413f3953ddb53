"""Who planned, set or ended what, and why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.audit.services import record


def note(kind: str, subject_id: UUID, action: str, actor: str, reason: str, now: datetime) -> None:
    """Write down what somebody did with a sale, a promotion, or the limit of an article."""
    record(
        actor=actor,
        action=action,
        subject_kind=kind,
        subject_id=subject_id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
