"""Brand owners and suppliers: put by code, as often as one likes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.refusals import Refusal
from entrepot.procurement import models
from entrepot.procurement.services.checking import UnknownParty, code, country, currency, plain, trace
from entrepot.procurement.types import UNKNOWN_COUNTRY, OwnerDraft, SupplierDraft

NAME_MAX = 160
EMAIL_MAX = 120
BRANDS_MAX = 500


class BrandOwned(Refusal):
    code = "brand_owned"
    zh = "品牌“{brand}”已属于另一品牌方"
    en = "The brand {brand} belongs to another owner"


@transaction.atomic
def put_owner(*, draft: OwnerDraft, actor: str, now: datetime) -> UUID:
    """A brand owner by code, with the brands whose rights are his; a brand he held and that is not named is let go.

    Refuses BadCode, BadText, BadCountry, UnknownParty (a brand), BrandOwned.
    """
    row, _made = models.BrandOwner.objects.update_or_create(
        code=code(draft.code),
        defaults={"name": plain(draft.name, field="name", most=NAME_MAX), "country": country(draft.country)},
    )
    known = catalogue.brands(ids=draft.brand_ids)
    if len(known) != len(draft.brand_ids) or len(known) > BRANDS_MAX:
        raise UnknownParty(field="brands", what="brand")
    models.OwnedBrand.objects.filter(owner=row).exclude(brand_id__in=known).delete()
    for brand_id in sorted(known):
        owned, _made = models.OwnedBrand.objects.get_or_create(brand_id=brand_id, defaults={"owner": row})
        if owned.owner_id != row.id:
            raise BrandOwned(field="brands", brand=known[brand_id].slug)
    trace("brand_owner", row.id, action="put_owner", actor=actor, now=now)
    return row.id


@transaction.atomic
def put_supplier(*, draft: SupplierDraft, actor: str, now: datetime) -> UUID:
    """A supplier by code. Refuses BadCode, BadText, BadCountry, BadCurrency, UnknownParty (an owner)."""
    if draft.owner_id is not None and not models.BrandOwner.objects.filter(id=draft.owner_id).exists():
        raise UnknownParty(field="owner", what="brand owner")
    row, _made = models.Supplier.objects.update_or_create(
        code=code(draft.code),
        defaults={
            "name": plain(draft.name, field="name", most=NAME_MAX),
            "country": draft.country if draft.country == UNKNOWN_COUNTRY else country(draft.country),
            "currency": currency(draft.currency),
            "email": plain(draft.email, field="email", most=EMAIL_MAX, required=False),
            "owner_id": draft.owner_id,
            "active": draft.active,
        },
    )
    trace("supplier", row.id, action="put_supplier", actor=actor, now=now)
    return row.id
