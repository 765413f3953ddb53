"""Declare a parcel: gather, build, match, write, send."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.customs import models, reading
from entrepot.customs.rules import match
from entrepot.customs.rules.booked import booked, is_bonded
from entrepot.customs.rules.papers import Facts
from entrepot.customs.rules.standing import THREE
from entrepot.customs.services.by_provider import ByProvider, asked
from entrepot.customs.services.documents import NAMES, Made, Prepared, prepare
from entrepot.customs.services.facts import gather
from entrepot.customs.services.sending import Ready, post, send
from entrepot.customs.services.telling import UNSENT, Follow, tell
from entrepot.customs.types import DeclarationState, DocumentKind, Known
from entrepot.kit import sql
from entrepot.kit.ids import new_id

WAYBILL_REUSE = "6 months"  # a carrier's number may come again after that


class _LostRace(Exception):
    """Somebody else declared the parcel meanwhile."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What `write` puts down: a new declaration, or (`renewing`) new documents of one that is there."""

    declaration_id: UUID
    order_id: UUID
    standing: Mapping[str, Any]
    documents: Sequence[tuple[Made, int]]  # with their versions
    state: DeclarationState = DeclarationState.DRAFT
    held_code: str = ""
    renewing: bool = False


def declare(
    *,
    parcel_id: UUID,
    order_id: UUID,
    buyer_id: UUID,
    now: datetime,
    known: Known | None = None,
    then: Follow | None = None,
    last: bool = False,
) -> UUID:
    """Bring a paid parcel before customs: order, payment and waybill leave; the list follows when they are taken in.

    Documents that do not agree leave nothing to customs and the declaration is held. Repeating the call sends what has
    not arrived and changes nothing else. Who hands in what is `known` says that it is the first call for this parcel.
    `then` follows in the transaction that declares it; without it the flow is told by the event. `last`: the running
    job has nothing to do after this.
    Calls outside, so not inside a transaction. Returns the declaration's id.
    A provider who declares payments by himself is asked first: what he answers goes into the documents.
    Refuses NoParcel, NotPaid, NoWaybill, NotSetUp and what `payments.declare_share` refuses; PortSilent and PortSaysNo
    after the declaration is written.
    """
    if known is None and (found := _found(parcel_id, buyer_id)) is not None:
        send(declaration_id=found, buyer_id=buyer_id, now=now, then=then, last=last)
        return found
    facts = gather(
        parcel_id=parcel_id, order_id=order_id, buyer_id=buyer_id, reader="customs.declare", now=now, known=known
    )
    facts = asked(facts, now)
    declaration_id = new_id()
    prepared = prepare(facts, declaration_id=declaration_id, app_types={}, now=now)
    try:
        differing = _open(facts, order_id, declaration_id, prepared, now)
    except _LostRace:
        return declare(parcel_id=parcel_id, order_id=order_id, buyer_id=buyer_id, now=now, then=then, last=last)
    if not differing:
        by = by_provider(facts, declaration_id)
        messages = [
            Ready(one.id, kind, one.xml, now, by if kind is DocumentKind.PAYMENT else None)
            for kind, one in prepared.made.items()
            if kind in THREE
        ]
        post(messages, now, then, last)
    return declaration_id


def by_provider(facts: Facts, declaration_id: UUID) -> ByProvider | None:
    """Who tells customs of the payment, where we do not."""
    if facts.declared is None:
        return None
    return ByProvider(facts.payment.id, facts.declared.number, declaration_id, facts.buyer_id)


def standing_of(facts: Facts, made: Mapping[DocumentKind, Made]) -> dict[str, Any]:
    """Fresh standings of the documents made; the payment's says so where its provider tells customs himself."""
    by = {DocumentKind.PAYMENT: facts.payment.id} if facts.declared is not None else {}
    return {kind.value: reading.fresh(one.id, by.get(kind)) for kind, one in made.items()}


def _found(parcel_id: UUID, buyer_id: UUID) -> UUID | None:
    rows = models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id)
    return rows.values_list("id", flat=True).first()


def _open(facts: Facts, order_id: UUID, declaration_id: UUID, prepared: Prepared, now: datetime) -> bool:
    """Write the declaration; held, and told so, where the documents do not agree. True when it is held."""
    writing = Writing(
        declaration_id=declaration_id,
        order_id=order_id,
        standing=standing_of(facts, prepared.made),
        documents=[(one, 1) for one in prepared.made.values()],
    )
    with transaction.atomic(durable=True):
        differences = write(facts, writing, prepared, now)
        if differences is None:
            raise _LostRace
        if differences:
            parcel = facts.parcel
            row = {"id": declaration_id, "order_id": order_id, "parcel_id": parcel.id, "buyer_id": facts.buyer_id}
            tell(row, DeclarationState.DRAFT, DeclarationState.HELD, "match")
    return bool(differences)


def write(facts: Facts, writing: Writing, prepared: Prepared, now: datetime) -> list[dict[str, str]] | None:
    """One statement in the caller's transaction. The differences found, by the rules and by numbers that another
    declaration uses; None where the parcel has a declaration already."""
    documents = [one for one, _ in writing.documents]
    rows = sql.hot_rows(
        sql.load("customs", "open"),
        {
            "id": writing.declaration_id,
            "buyer_id": facts.buyer_id,
            "order_id": writing.order_id,
            "parcel_id": facts.parcel.id,
            "order_number": facts.parcel.number,
            "trade_mode": facts.parcel.trade_mode,
            "warehouse_id": facts.warehouse.id if is_bonded(facts) else None,
            "account_book": facts.warehouse.account_book if is_bonded(facts) else "",
            "booked": json.dumps(booked(facts)),
            "state": writing.state.value,
            "held_code": writing.held_code,
            "standing": json.dumps(writing.standing),
            "differences": json.dumps(reading.differences_column(prepared.differences)),
            "numbers": json.dumps([_number(one) for one in prepared.made.values()]),
            "reuse": WAYBILL_REUSE,
            "renewing": writing.renewing,
            "document_ids": [one.id for one in documents],
            "kinds": [one.kind.value for one in documents],
            "versions": [version for _, version in writing.documents],
            "document_numbers": [one.number for one in documents],
            "sealed": [reading.seal_document(one.xml, one.id) for one in documents],
            "hashes": [one.sha256 for one in documents],
            "at": now,
            "ask_at": now + UNSENT,
        },
    )
    found: list[dict[str, str]] | None = sql.json_value(rows[0]["differences"]) if rows else None
    return found


def _number(one: Made) -> dict[str, Any]:
    zh, en = NAMES[one.kind]
    return {
        "id": str(new_id()),
        "kind": one.kind.value,
        "company": one.company,
        "number": one.number,
        "difference": asdict(match.number_used(zh, en, one.number)),
    }


def versions(made: Mapping[DocumentKind, Made], last: Mapping[str, int]) -> list[tuple[Made, int]]:
    """The documents with the next version of their kind."""
    return [(one, last.get(kind.value, 0) + 1) for kind, one in made.items()]
