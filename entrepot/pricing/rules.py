"""How prices follow each other, and what a flash sale may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from entrepot.pricing.types import PriceDraft, PromotionDraft, SaleDraft, SaleItemDraft, Span

AMOUNT_MAX_MINOR = 1_000_000_000_000
UNITS_MAX = 1_000_000
LIMIT_DAYS_MAX = 3_660
ITEMS_MAX = 50  # of one sale
ADMIT_MAX = 100_000  # people a second
TITLE_MAX = 60  # characters
SALE_LONGEST = timedelta(days=31)
PROMOTION_LONGEST = timedelta(days=366)
TIMES_MAX = 1_000
PER_PERSON_MAX = 1_000  # orders
PROMOTION_SKUS_MAX = 500
LANGUAGES = ("zh-hans", "en")
_CODE = re.compile("[a-z0-9][a-z0-9-]{1,59}")


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


def sale_fault(draft: SaleDraft, now: datetime) -> tuple[str, int] | None:
    """The first field of a flash sale that cannot be right at `now`, with the position of its item from 1 on (0 = the
    sale itself), or None."""
    checks = {
        **_window_checks(draft, now, SALE_LONGEST),
        "admit_per_s": draft.admit_per_s is None or 0 < draft.admit_per_s <= ADMIT_MAX,
        "items": 0 < len(draft.items) <= ITEMS_MAX and len({one.sku_id for one in draft.items}) == len(draft.items),
    }
    for field, right in checks.items():
        if not right:
            return field, 0
    for row, item in enumerate(draft.items, start=1):
        wrong = _item_fault(item)
        if wrong is not None:
            return wrong, row
    return None


def _item_fault(item: SaleItemDraft) -> str | None:
    if not _amount(item.price_minor):
        return "price_minor"
    if item.was_minor is not None and not (_amount(item.was_minor) and item.was_minor > item.price_minor):
        return "was_minor"
    if not 0 < item.units <= UNITS_MAX:
        return "units"
    return None if 0 < item.limit_per_person <= UNITS_MAX else "limit_per_person"


def promotion_fault(draft: PromotionDraft, now: datetime) -> str | None:
    """The first field of a promotion that cannot be right at `now`, or None. It leaves something to pay: what is taken
    off is less than what it is taken off from."""
    checks = {
        **_window_checks(draft, now, PROMOTION_LONGEST),
        "threshold_minor": _amount(draft.threshold_minor),
        "off_minor": _amount(draft.off_minor) and draft.off_minor < draft.threshold_minor,
        "times_max": 0 < draft.times_max <= TIMES_MAX,
        "budget_minor": _amount(draft.budget_minor) and draft.budget_minor >= draft.off_minor,
        "per_person": draft.per_person is None or 0 < draft.per_person <= PER_PERSON_MAX,
        "sku_ids": len(draft.sku_ids) <= PROMOTION_SKUS_MAX and len(set(draft.sku_ids)) == len(draft.sku_ids),
    }
    return next((field for field, right in checks.items() if not right), None)


def _window_checks(draft: SaleDraft | PromotionDraft, now: datetime, longest: timedelta) -> dict[str, bool]:
    """What a sale and a promotion have in common: a name in the address, titles and a window that is not past."""
    starts, ends = draft.starts_at, draft.ends_at
    return {
        "code": _CODE.fullmatch(draft.code) is not None,
        "titles": all(0 < len(draft.titles.get(language, "").strip()) <= TITLE_MAX for language in LANGUAGES),
        "starts_at": starts.tzinfo is not None and starts >= now,
        "ends_at": ends.tzinfo is not None and starts < ends and ends - starts <= longest,
    }
