"""Questions about journeys and codes."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Min

from entrepot.provenance import models, rules
from entrepot.provenance.types import Broken, Code, Happening, Link, Scans

CODES_PAGE = 500
NO_SCANS = Scans(0, 0, None, False)


def by_code(*, text: str) -> Code | None:
    """The code as typed or scanned; None where it is none, or not ours."""
    plain = rules.plain_code(text)
    row = models.Code.objects.filter(code=plain).first() if plain else None
    return None if row is None else _code(row)


def codes(*, ids: Collection[UUID] = (), lot_id: UUID | None = None) -> list[Code]:
    """Codes by id, or the newest of a lot."""
    rows = models.Code.objects.filter(id__in=ids) if lot_id is None else models.Code.objects.filter(lot_id=lot_id)
    return [_code(row) for row in rows.order_by("-id")[:CODES_PAGE]]


def links(*, sku_id: UUID, lot_id: UUID) -> list[Link]:
    """The chain of a lot, the first event first."""
    chain = models.Chain.objects.filter(sku_id=sku_id, lot_id=lot_id).first()
    return [] if chain is None else _links(chain)


def verify(*, sku_id: UUID, lot_id: UUID) -> Broken | None:
    """The first link of a lot's chain that does not fit; None where all do."""
    chain = models.Chain.objects.filter(sku_id=sku_id, lot_id=lot_id).first()
    if chain is None:
        return None
    return rules.first_broken(str(lot_id), _links(chain), head=(chain.length, chain.head))


def scans(*, code: Code) -> Scans:
    """How often a code was opened. One statement."""
    rows = models.Scan.objects.filter(code_id=code.id)
    found = rows.aggregate(readers=Count("id"), days=Count("day", distinct=True), first_at=Min("at"))
    return Scans(**found, suspicious=rules.suspicious(unit=code.unit, readers=found["readers"]))


def _links(chain: models.Chain) -> list[Link]:
    rows = models.Event.objects.filter(sku_id=chain.sku_id, chain_id=chain.id).order_by("number")
    return [
        Link(row.number, Happening(row.kind), row.key, row.at, row.country, row.facts, row.before, row.hash)
        for row in rows
    ]


def _code(row: models.Code) -> Code:
    return Code(row.id, row.code, row.sku_id, row.lot_id, row.unit, row.made_at)
