"""Many parcels before customs at once: each declared for itself, their documents sent together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.customs import models
from entrepot.customs.rules.papers import Facts
from entrepot.customs.rules.standing import THREE
from entrepot.customs.services.by_provider import asked
from entrepot.customs.services.declare import Writing, by_provider, standing_of, write
from entrepot.customs.services.documents import Prepared, prepare
from entrepot.customs.services.facts import gather
from entrepot.customs.services.putting_off import put_off
from entrepot.customs.services.sending import Ready, send_all, send_many
from entrepot.customs.services.telling import Each, Follow, tell
from entrepot.customs.types import DeclarationState, DocumentKind, Known
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal

together_max = 100


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A paid parcel and what its caller has read of it."""

    parcel_id: UUID
    order_id: UUID
    buyer_id: UUID
    known: Known


@dataclass(slots=True)
class Declared:
    """What came of many: how many are declared, and by parcel why others are not."""

    count: int = 0
    refused: dict[UUID, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Opened:
    one: Undeclared
    declaration_id: UUID
    facts: Facts
    prepared: Prepared


def declare_many(*, parcels: Sequence[Undeclared], now: datetime, then: Follow | None = None) -> Declared:
    """Bring at most `together_max` paid parcels before customs, as `declare` does with one. What one of them is refused
    for holds no other, and puts it off. Repeating it sends what has not arrived and changes nothing else.

    Calls outside, so not inside a transaction. Refuses NotSetUp, PortSilent.
    """
    if len(parcels) > together_max:
        raise ValueError(f"at most {together_max} parcels at once")
    told = Declared()
    there = _there(parcels)
    opened = [found for one in parcels if one.parcel_id not in there and (found := _made(one, told, now)) is not None]
    put_off(refused=told.refused, whose={one.parcel_id: (one.buyer_id, one.order_id) for one in parcels}, now=now)
    fine = [found for found, differing in _open(opened, now) if not differing]
    told.count = len(fine)
    due = [ready for found in fine for ready in _ready(found, now)]
    _, refused = send_all(due, now, then=Each(then) if then else None)
    if there:
        again = [(id_, one.buyer_id) for one in parcels if (id_ := there.get(one.parcel_id)) is not None]
        refused |= send_many(declarations=again, now=now)[1]
    whose = {found.declaration_id: found.one.parcel_id for found in fine} | {id_: key for key, id_ in there.items()}
    told.refused |= {whose[declaration_id]: why for (declaration_id, _), why in refused.items()}
    return told


def _there(parcels: Sequence[Undeclared]) -> Mapping[UUID, UUID]:
    """The declarations that there are already, by parcel."""
    buyers, ids = {one.buyer_id for one in parcels}, [one.parcel_id for one in parcels]
    rows = models.Declaration.objects.filter(buyer_id__in=buyers, parcel_id__in=ids)
    return dict(rows.values_list("parcel_id", "id"))


def _made(one: Undeclared, told: Declared, now: datetime) -> _Opened | None:
    try:
        facts = gather(
            parcel_id=one.parcel_id,
            order_id=one.order_id,
            buyer_id=one.buyer_id,
            reader="customs.declare",
            now=now,
            known=one.known,
        )
        facts = asked(facts, now)
    except Refusal as refusal:
        told.refused[one.parcel_id] = refusal
        return None
    declaration_id = new_id()
    prepared = prepare(facts, declaration_id=declaration_id, app_types={}, now=now, alone=False)
    return _Opened(one, declaration_id, facts, prepared)


def _open(opened: Sequence[_Opened], now: datetime) -> list[tuple[_Opened, bool]]:
    """Write the declarations in one transaction, with whether each is held; without those that somebody else declared
    meanwhile."""
    written = []
    with transaction.atomic(durable=True):
        for found in sorted(opened, key=lambda each: each.one.parcel_id):
            one = found.one
            writing = Writing(
                declaration_id=found.declaration_id,
                order_id=one.order_id,
                standing=standing_of(found.facts, found.prepared.made),
                documents=[(made, 1) for made in found.prepared.made.values()],
            )
            differences = write(found.facts, writing, found.prepared, now)
            if differences is None:
                continue
            if differences:
                row = {"id": found.declaration_id, "order_id": one.order_id}
                row |= {"parcel_id": one.parcel_id, "buyer_id": one.buyer_id}
                tell(row, DeclarationState.DRAFT, DeclarationState.HELD, "match")
            written.append((found, bool(differences)))
    return written


def _ready(found: _Opened, now: datetime) -> list[Ready]:
    """The three documents that leave first."""
    named, by = (found.declaration_id, found.one.buyer_id), by_provider(found.facts, found.declaration_id)
    return [
        Ready(made.id, kind, made.xml, now, by if kind is DocumentKind.PAYMENT else None, named)
        for kind, made in found.prepared.made.items()
        if kind in THREE
    ]
