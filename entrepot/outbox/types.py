"""What handlers are given and what the back office shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of one context, told to others. `payload` holds ids and codes only, never personal data."""

    id: UUID
    topic: str
    aggregate_id: UUID
    buyer_id: UUID | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Along:
    """A waiting job that the running one does as well."""

    job_id: int
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """A job that failed too often and waits for a person. `error` is the last exception's type and text."""

    job_id: int
    name: str
    lock: str | None
    attempts: int
    args: Mapping[str, Any]
    error: str
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DecidedJob:
    """A parked job that somebody has decided on, for the log of doings."""

    name: str
    buyer_id: UUID | None


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that a worker has in hand. `due` is when it was to run, `behind` how many wait until it has ended."""

    job_id: int
    name: str
    lock: str | None
    due: datetime | None
    behind: int


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the queue stands: `oldest_due` is when the longest-waiting due job was to run."""

    waiting: int
    running: int
    parked: int
    oldest_due: datetime | None
