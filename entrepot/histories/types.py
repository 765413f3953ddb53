"""Take-overs as pages see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class TakeOverState(StrEnum):
    LOOKED = "looked"  # nothing is written yet
    WORKING = "working"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def over(self) -> bool:
        return self in {TakeOverState.DONE, TakeOverState.DROPPED}


class LeftOut(StrEnum):
    """Why a line becomes none of ours. What a neighbour refuses otherwise stands with the refusal's own code."""

    NO_UNITS = "no_units"
    NO_RATE = "no_rate"  # no exchange rate on the day of the order or of the delivery
    ORDER_KNOWN = "order_known"  # the order is on record without this delivery
    NOTICE_KNOWN = "notice_known"  # the supplier's notice is on record already


@dataclass(frozen=True, slots=True)
class TakeOver:
    """`report`: what replenishment found in the files; `remarks`: what had to be assumed; `left_out`: lines that become
    nothing by reason; `done` of `whole` consignments are ours."""

    id: UUID
    source: str
    files: tuple[str, ...]
    warehouse_id: UUID
    state: TakeOverState
    report: Mapping[str, Any]
    remarks: Mapping[str, int]
    left_out: Mapping[str, int]
    done: int
    whole: int
    refused: Mapping[str, str]
    actor: str
    at: datetime
    ended_at: datetime | None
