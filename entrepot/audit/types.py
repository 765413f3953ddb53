from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

REASON_MAX = 300


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: UUID
    reason: str
    detail: Mapping[str, Any]
