"""How prices follow each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from entrepot.pricing.types import PriceDraft, Span

AMOUNT_MAX_MINOR = 1_000_000_000_000


def fault(draft: PriceDraft, now: datetime) -> str | None:
    """The first field of the draft that cannot be right at `now`, or None. Prices are not set for the past."""
    if not _amount(draft.amount_minor):
        return "amount_minor"
    if draft.was_minor is not None and not (_amount(draft.was_minor) and draft.was_minor > draft.amount_minor):
        return "was_minor"
    if draft.valid_from is not None and (draft.valid_from.tzinfo is None or draft.valid_from < now):
        return "valid_from"
    begins = draft.valid_from or now
    if draft.valid_to is not None and (draft.valid_to.tzinfo is None or draft.valid_to <= begins):
        return "valid_to"
    return None


def _amount(minor: int) -> bool:
    return type(minor) is int and 0 < minor <= AMOUNT_MAX_MINOR


def set_into(spans: Sequence[Span], new: Span) -> list[Span]:
    """The timeline with `new` in it: what stood in its period gives way, what stood before and after goes on.

    Spans do not overlap, before and after. A price that says what already stands over the whole period changes nothing.
    """
    result: list[Span] = []
    for span in spans:
        if not _overlap(span, new):
            result.append(span)
            continue
        if _same(span, new) and span.valid_from <= new.valid_from and _reaches(span, new.valid_to):
            return list(spans)
        if span.valid_from < new.valid_from:
            result.append(replace(span, valid_to=new.valid_from))
        if new.valid_to is not None and (span.valid_to is None or span.valid_to > new.valid_to):
            result.append(replace(span, id=None, valid_from=new.valid_to))
    result.append(new)
    return sorted(result, key=lambda span: span.valid_from)


def _overlap(one: Span, other: Span) -> bool:
    return (one.valid_to is None or one.valid_to > other.valid_from) and (
        other.valid_to is None or other.valid_to > one.valid_from
    )


def _same(one: Span, other: Span) -> bool:
    return (one.amount_minor, one.was_minor) == (other.amount_minor, other.was_minor)


def _reaches(span: Span, end: datetime | None) -> bool:
    return span.valid_to is None or (end is not None and span.valid_to >= end)


def amount_at(spans: Sequence[Span], moment: datetime) -> tuple[int, int | None] | None:
    """Price and struck-through price at a moment; None where there is none."""
    for span in spans:
        if span.valid_from <= moment and (span.valid_to is None or moment < span.valid_to):
            return span.amount_minor, span.was_minor
    return None


def turns(before: Sequence[Span], after: Sequence[Span], now: datetime) -> set[datetime]:
    """The moments after `now` at which the price changes on the new timeline and was not to change on the old one."""
    return _edges(after, now) - _edges(before, now)


def _edges(spans: Sequence[Span], now: datetime) -> set[datetime]:
    begins = {span.valid_from for span in spans}
    ends = {span.valid_to for span in spans if span.valid_to is not None}
    return {edge for edge in begins | ends if edge > now}
