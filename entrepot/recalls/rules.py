"""What decides in a recall. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from entrepot.recalls.types import Coverage, RecallDraft, Remedy

Fact = tuple[str, int, str, int]  # order, line, lot, units


def facts_hash(facts: Iterable[Fact]) -> str:
    """What a buyer is told stands for: the same facts in any order are told once."""
    return hashlib.sha256(json.dumps(sorted(facts), separators=(",", ":")).encode()).hexdigest()


def fault(draft: RecallDraft) -> str:
    """The field that cannot be right, "" where all can."""
    if not draft.lots or len(draft.lots) != len(set(draft.lots)):
        return "lots"
    for name in ("reason", "instruction"):
        if not all(text.strip() for text in getattr(draft, name)):
            return name
    return "" if draft.key.strip() else "key"


def shared(units: int, rooms: Sequence[int]) -> list[int]:
    """`units` of an order line over its rows, each as far as it has room; what fits nowhere concerns other lots."""
    left, found = units, []
    for room in rooms:
        found.append(min(left, room))
        left -= found[-1]
    return found


def payable(affected: int, answered: int, left: int) -> int:
    """Units of a line that may be paid for without coming back: recalled, not back, kept or on their way already,
    and no more than no return has taken, or one that lapsed (`left`)."""
    return max(0, min(affected - answered, left))


def may_keep(remedy: Remedy, *, window_open: bool) -> bool:
    """Whether goods are paid for without coming back. A recall does not lengthen the law's time for returns."""
    return remedy is Remedy.KEEP or not window_open


def percent(part: int, whole: int) -> int:
    """Whole per cent, rounded down, so that 100 is said only when all is done."""
    return part * 100 // whole if whole else 0


def steps(found: Coverage) -> tuple[tuple[str, int, int], ...]:
    """What the chart shows: (step, units or buyers, of how many)."""
    return (
        ("sold", found.sold, found.received),
        ("told", found.told, found.buyers),
        ("seen", found.seen, found.buyers),
        ("coming", found.coming, found.sold),
        ("back", found.back, found.sold),
        ("kept", found.kept, found.sold),
        ("paid", found.paid, found.sold),
        ("answered", found.answered, found.sold),
    )


def by_line(rows: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Units of each order line over its rows."""
    found: dict[UUID, int] = {}
    for line_id, units in rows:
        found[line_id] = found.get(line_id, 0) + units
    return found
