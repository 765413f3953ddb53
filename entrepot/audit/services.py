"""Write the log of doings and readings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.audit.models import Entry
from entrepot.audit.types import REASON_MAX


def record(
    *,
    actor: str,
    action: str,
    subject_kind: str,
    subject_id: UUID,
    buyer_id: UUID | None,
    reason: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one entry in the caller's transaction. `actor` is a person's id or "system:<part>"; `reason` says why.

    Of a longer reason the first REASON_MAX characters are kept. `detail` holds ids and codes, never personal data. One
    insert, no reading.
    """
    Entry.objects.create(
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        buyer_id=buyer_id,
        reason=reason[:REASON_MAX],
        at=at,
        detail=dict(detail or {}),
    )
