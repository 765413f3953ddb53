"""Questions about who sells to us and under which rights and terms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.types import Authorisation, Contract, Owner, Paper, Scorecard, Standing, Supplier

LIST_MAX = 1_000
SCORED = timedelta(days=365)


def owners() -> dict[UUID, Owner]:
    """Every brand owner with his brands, by name. Two statements."""
    brands: dict[UUID, set[UUID]] = {}
    for owner_id, brand_id in models.OwnedBrand.objects.values_list("owner_id", "brand_id"):
        brands.setdefault(owner_id, set()).add(brand_id)
    rows = models.BrandOwner.objects.order_by("name", "id")[:LIST_MAX]
    return {row.id: Owner(row.id, row.code, row.name, row.country, frozenset(brands.get(row.id, ()))) for row in rows}


def suppliers(*, ids: Collection[UUID] | None = None) -> dict[UUID, Supplier]:
    """Suppliers by name: all, or those of the ids."""
    rows = models.Supplier.objects.order_by("name", "id")
    found = rows[:LIST_MAX] if ids is None else rows.filter(id__in=ids)
    return {row.id: _supplier(row) for row in found}


def _supplier(row: models.Supplier) -> Supplier:
    return Supplier(row.id, row.code, row.name, row.country, row.currency, row.email, row.owner_id, row.active)


def contracts(*, supplier_id: UUID | None = None, in_force_on: date | None = None) -> list[Contract]:
    """Contracts, those that end last first."""
    asked: dict[str, Any] = {} if supplier_id is None else {"supplier_id": supplier_id}
    if in_force_on is not None:
        asked |= {"valid_from__lte": in_force_on, "valid_to__gt": in_force_on}
    return reading.contracts(**asked)


def contract(*, contract_id: UUID) -> Contract | None:
    return next(iter(reading.contracts(id=contract_id)), None)


def authorisations(*, brand_ids: Collection[UUID] | None = None) -> list[Authorisation]:
    """Links, those that end first first, with the warning that was told last. Two or three statements."""
    rows = models.Authorisation.objects.order_by("valid_to", "id")
    told = reading.notices()
    found = rows[:LIST_MAX] if brand_ids is None else rows.filter(brand_id__in=brand_ids)
    return [replace(reading.link(row), notice_days=told.get(row.id)) for row in found]


def standings(*, brand_ids: Collection[UUID], on: date, country: str = "CN") -> dict[UUID, Standing]:
    """Of each brand whether it is guarded, and until when a chain runs from its owner to us."""
    links = reading.links_of(brand_ids)
    return {
        brand_id: Standing(brand_id, brand_id in links, chains.chain_until(links.get(brand_id, []), on, country))
        for brand_id in brand_ids
    }


def guarded_brands() -> set[UUID]:
    return set(models.GuardedBrand.objects.values_list("brand_id", flat=True))


def paper(*, paper_id: UUID) -> Paper | None:
    """A document as it was uploaded."""
    row = models.Paper.objects.filter(id=paper_id).first()
    return None if row is None else Paper(row.id, row.name, row.media_type, bytes(row.content))


def scorecards(*, supplier_ids: Collection[UUID], now: datetime) -> dict[UUID, Scorecard]:
    """What receipts and closed orders say of suppliers, of orders sent in the last `SCORED`. One statement."""
    params = {"supplier_ids": list(supplier_ids), "since": now - SCORED, "today": day_in(CHINA, now)}
    rows = sql.rows(sql.load("procurement", "scorecards"), params)
    return {row["supplier_id"]: Scorecard(**row) for row in rows}
