"""Questions about who sells to us and under which rights and terms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Least

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.procurement import models, reading
from entrepot.procurement.rules import chains
from entrepot.procurement.types import Authorisation, Contract, Owner, Paper, Scorecard, Standing, Supplier

LIST_MAX = 10_000
PAGE = 50
SCORED = timedelta(days=365)


def owners() -> dict[UUID, Owner]:
    """Every brand owner with his brands, by name. Two statements."""
    brands: dict[UUID, set[UUID]] = {}
    for owner_id, brand_id in models.OwnedBrand.objects.values_list("owner_id", "brand_id"):
        brands.setdefault(owner_id, set()).add(brand_id)
    rows = models.BrandOwner.objects.order_by("name", "id")[:LIST_MAX]
    return {row.id: Owner(row.id, row.code, row.name, row.country, frozenset(brands.get(row.id, ()))) for row in rows}


def suppliers(*, ids: Collection[UUID] | None = None, text: str = "", page: int | None = None) -> dict[UUID, Supplier]:
    """Suppliers by name: all, those of the ids, or those whose code begins with the text or whose name holds it; a page
    of them where one is named."""
    rows = models.Supplier.objects.order_by("name", "id")
    if text:
        rows = rows.filter(Q(code__startswith=text.upper()) | Q(name__icontains=text))
    if ids is not None:
        rows = rows.filter(id__in=ids)
    elif page is None:
        rows = rows[:LIST_MAX]
    else:
        rows = rows[_page(page)]
    return {row.id: _supplier(row) for row in rows}


def _page(page: int) -> slice:
    start = (max(page, 1) - 1) * PAGE
    return slice(start, start + PAGE)


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


def authorisations(
    *, brand_ids: Collection[UUID] | None = None, in_force_on: date | None = None, page: int = 1
) -> list[Authorisation]:
    """A page of links, those that end first first, with the warning that was told last: of these brands, and of those
    that have not ended by a day. Three statements."""
    rows = models.Authorisation.objects.annotate(ends=Least("valid_to", "revoked_on")).order_by("ends", "id")
    rows = rows if brand_ids is None else rows.filter(brand_id__in=brand_ids)
    rows = rows if in_force_on is None else rows.filter(ends__gt=in_force_on)
    found = list(rows[_page(page)])
    told = reading.notices([row.id for row in found])
    return [replace(reading.link(row), notice_days=told.get(row.id)) for row in found]


def standings(*, brand_ids: Collection[UUID], on: date, country: str = "CN") -> dict[UUID, Standing]:
    """Of each brand whether it is guarded, and until when a chain runs from its owner to us."""
    links = reading.links_of(brand_ids)
    return {
        brand_id: Standing(brand_id, brand_id in links, chains.chain_until(links.get(brand_id, []), on, country))
        for brand_id in brand_ids
    }


def paper(*, paper_id: UUID) -> Paper | None:
    """A document as it was uploaded."""
    row = models.Paper.objects.filter(id=paper_id).first()
    return None if row is None else Paper(row.id, row.name, row.media_type, bytes(row.content))


def scorecards(*, supplier_ids: Collection[UUID], now: datetime) -> dict[UUID, Scorecard]:
    """What receipts and closed orders say of suppliers, of orders sent in the last `SCORED`. One statement."""
    params = {"supplier_ids": list(supplier_ids), "since": now - SCORED, "today": day_in(CHINA, now)}
    rows = sql.rows(sql.load("procurement", "scorecards"), params)
    return {row["supplier_id"]: Scorecard(**row) for row in rows}
