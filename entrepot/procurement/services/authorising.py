"""Links of authorisation chains: recorded, revoked, warned of; a brand's end is copied down to the catalogue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as catalogue_verbs
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.outbox.services import emit
from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.services.checking import UnknownParty, keep_paper, period, territory, trace
from entrepot.procurement.types import Authorisation, AuthorisationDraft

JURISDICTION = "CN"  # listing: the storefronts sell into it


class SameParty(Invalid):
    code = "authorised_by_itself"
    zh = "授权方与被授权方不能相同"
    en = "Nobody authorises itself"


class AlreadyRevoked(Refusal):
    code = "already_revoked"
    zh = "该授权已撤销"
    en = "The authorisation was revoked already"


@transaction.atomic
def authorise(*, draft: AuthorisationDraft, actor: str, now: datetime) -> UUID:
    """Record one link. With its first link a brand is guarded: from then on it is bought and listed only while a chain
    from its owner to us holds. Refuses UnknownParty, SameParty, BadPeriod, BadCountry, NotADocument."""
    period(draft.valid_from, draft.valid_to)
    parties = {one for one in (draft.grantor_id, draft.grantee_id) if one is not None}
    if draft.grantor_id is not None and draft.grantor_id == draft.grantee_id:
        raise SameParty(field="grantee")
    if models.Supplier.objects.filter(id__in=parties).count() != len(parties):
        raise UnknownParty(field="grantor", what="supplier")
    if not catalogue.brands(ids=[draft.brand_id]):
        raise UnknownParty(field="brand", what="brand")
    models.GuardedBrand.objects.get_or_create(brand_id=draft.brand_id)
    row = models.Authorisation.objects.create(
        id=new_id(),
        brand_id=draft.brand_id,
        grantor_id=draft.grantor_id,
        grantee_id=draft.grantee_id,
        territory=territory(draft.territory),
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        paper_id=keep_paper(draft=draft.paper, actor=actor, now=now),
        recorded_by=actor,
        recorded_at=now,
    )
    trace("authorisation", row.id, action="authorise", actor=actor, now=now)
    copy_down(brand_ids={draft.brand_id}, now=now)
    return row.id


@transaction.atomic
def revoke(*, authorisation_id: UUID, from_day: date, actor: str, reason: str, now: datetime) -> None:
    """The link does not hold from this day on; one that was to end later ends earlier. Refuses UnknownParty,
    AlreadyRevoked."""
    rows = models.Authorisation.objects.filter(id=authorisation_id)
    holds = Q(revoked_on__isnull=True) | Q(revoked_on__gt=from_day)
    if not rows.filter(holds).update(revoked_on=from_day):
        raise AlreadyRevoked if rows.exists() else UnknownParty(what="authorisation")
    trace("authorisation", authorisation_id, action="revoke", actor=actor, now=now, reason=reason)
    copy_down(brand_ids={rows.get().brand_id}, now=now)


def copy_down(*, brand_ids: Collection[UUID], now: datetime) -> None:
    """Tell the catalogue until when guarded brands may be listed. In the caller's transaction; brands are locked in key
    order first, so that of two links recorded at once the later writer sees both."""
    reading.lock_brands(brand_ids)
    today = day_in(CHINA, now)
    links = reading.links_of(brand_ids)
    until = {}
    for brand_id, mine in links.items():
        holds = chains.chain_until(mine, today, JURISDICTION)
        until[brand_id] = holds or min(today, max(link.ends_on for link in mine))
    catalogue_verbs.set_sell_until(until=until)


@transaction.atomic
def new_day(*, now: datetime) -> int:
    """What changes by the calendar: chains that begin or end, and the warnings that are due, each told once. How many
    warnings were told."""
    guarded = set(models.GuardedBrand.objects.values_list("brand_id", flat=True))
    copy_down(brand_ids=guarded, now=now)
    told = 0
    for link in reading.links_ending(day_in(CHINA, now), within_days=max(chains.WARN_DAYS)):
        told += _tell(link, now)
    return told


def _tell(link: Authorisation, now: datetime) -> int:
    days = chains.due_notice(link, day_in(CHINA, now))
    if days is None:
        return 0
    _row, fresh = models.Notice.objects.get_or_create(
        authorisation_id=link.id, days=days, defaults={"id": new_id(), "told_at": now}
    )
    if fresh:
        payload = {"brand_id": str(link.brand_id), "days": days}
        emit(topic="procurement.authorisation_ends", aggregate_id=link.id, buyer_id=None, payload=payload)
    return int(fresh)
