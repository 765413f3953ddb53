"""Purchase commitments are written down once; what is bought counts towards them by itself."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.procurement import models, selectors
from entrepot.procurement.selectors.programmes import orders_by_month, reckoned
from entrepot.procurement.services.checking import (
    AlreadyThere,
    BadAmount,
    BadPeriod,
    UnknownParty,
    currency,
    period,
    plain,
    territory,
    trace,
)
from entrepot.procurement.types import Programme, ProgrammeDraft

TARGET_MAX = 10**17
DAYS_MAX = 20 * 366  # its sums are read month by month
KEPT_FROM = 5_000  # order lines: what counts fewer is reckoned at sight


class TooLongPeriod(BadPeriod):
    code = "too_long_period"
    zh = "采购承诺的期限最长 20 年，请检查日期"
    en = "A commitment lasts 20 years at most: look at its days again"


@transaction.atomic
def promise(*, draft: ProgrammeDraft, actor: str, now: datetime) -> UUID:
    """A programme. Refuses BadText, AlreadyThere, BadCurrency, BadAmount, BadPeriod, TooLongPeriod, BadCountry,
    UnknownParty."""
    name = plain(draft.name, field="name", most=120)
    period(draft.starts_on, draft.ends_on, field="ends_on")
    if (draft.ends_on - draft.starts_on).days > DAYS_MAX:
        raise TooLongPeriod(field="ends_on")
    if not 0 < draft.target_minor <= TARGET_MAX:
        raise BadAmount(field="target")
    if len(catalogue.brands(ids=draft.brand_ids)) != len(draft.brand_ids):
        raise UnknownParty(field="brands", what="brand")
    if draft.category_ids - {category.id for category in catalogue.categories()}:
        raise UnknownParty(field="categories", what="category")
    columns = {
        "id": new_id(),
        "currency": currency(draft.currency),
        "target_minor": draft.target_minor,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
        "countries": territory(draft.countries),
        "brand_ids": sorted(draft.brand_ids),
        "category_ids": sorted(draft.category_ids),
        "made_by": actor,
        "made_at": now,
    }
    row, fresh = models.Programme.objects.get_or_create(name=name, defaults=columns)
    if not fresh:
        raise AlreadyThere(field="name", name=name)
    trace("programme", row.id, action="promise", actor=actor, now=now)
    return row.id


def keep_progress(*, now: datetime, kept_from: int = KEPT_FROM) -> int:
    """Reckon programmes over many order lines ahead, where something happened to an order or contract since, and each
    day anew, for rates of past days may have been corrected. How many were reckoned."""
    today, counted = day_in(CHINA, now), 0
    for of in selectors.programmes():
        state = _state(of, today)
        rows = models.Programme.objects.filter(id=of.id)
        if rows.filter(kept_of=state).exists():
            continue
        told, counted = reckoned(of=of, today=today, orders=orders_by_month(of)), counted + 1
        kept = msgspec.to_builtins(told) if told.lines >= kept_from else None
        rows.update(kept=kept, kept_at=now if kept else None, kept_of=state)
    return counted


def _state(of: Programme, today: date) -> str:
    """What its progress follows from, read before that."""
    event = models.Event.objects.order_by("-id").values_list("id", flat=True).first()
    contract = models.Contract.objects.filter(programme_id=of.id).order_by("-id").values_list("id", flat=True).first()
    return f"{today} {event} {contract}"
