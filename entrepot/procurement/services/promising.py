"""Purchase commitments are written down once; what is bought counts towards them by itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.ids import new_id
from entrepot.procurement import models
from entrepot.procurement.services.checking import (
    AlreadyThere,
    BadAmount,
    UnknownParty,
    currency,
    period,
    plain,
    territory,
    trace,
)
from entrepot.procurement.types import ProgrammeDraft

TARGET_MAX = 10**17


@transaction.atomic
def promise(*, draft: ProgrammeDraft, actor: str, now: datetime) -> UUID:
    """A programme. Refuses BadText, AlreadyThere, BadCurrency, BadAmount, BadPeriod, BadCountry, UnknownParty."""
    name = plain(draft.name, field="name", most=120)
    period(draft.starts_on, draft.ends_on, field="ends_on")
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
