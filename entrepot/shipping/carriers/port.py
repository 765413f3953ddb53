"""What every carrier must offer. One adapter each; nothing of a carrier's own words passes this border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from entrepot.shipping.types import WaybillWish


@dataclass(frozen=True, slots=True)
class Booked:
    """A waybill number and what customs wants to know of the carriage."""

    number: str
    carrier_code: str
    carrier_name: str
    transport_mode: str
    vessel: str
    voyage: str
    bill: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One scan. `event` is the carrier's own id of it; `code` `delivered` ends the carriage."""

    event: str
    code: str
    at: datetime
    place: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Report:
    waybill_id: UUID
    buyer_id: UUID
    scans: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class No:
    """The carrier understood and refused; it will say the same to the same request."""

    code: str


class Unreadable(Exception):
    """A carrier's message that cannot be trusted or understood."""


class Carrier(Protocol):
    """None means that what the carrier did is unknown: ask again."""

    def book(self, waybill_id: UUID, wish: WaybillWish, now: datetime) -> Booked | No | None: ...

    def dispatch(self, waybill_id: UUID, now: datetime) -> Booked | No | None: ...

    def query(self, waybill_id: UUID, now: datetime) -> Report | No | None: ...

    def read_report(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Report:
        """Raises Unreadable unless the carrier signed exactly this, just now."""
        ...
