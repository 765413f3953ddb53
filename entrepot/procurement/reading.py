"""Rows of this context as its types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q

from entrepot.kit import sql
from entrepot.kit.shapes import reader
from entrepot.procurement import models
from entrepot.procurement.types import (
    Authorisation,
    Contract,
    Document,
    Incoterm,
    OpenLine,
    OrderState,
    PaymentTerms,
    Tier,
    Version,
    VersionState,
)

CONTRACTS_MAX = 10_000
RECEIVABLE = (OrderState.APPROVED, OrderState.SENT, OrderState.CONFIRMED, OrderState.PARTLY_RECEIVED)


def link(row: models.Authorisation) -> Authorisation:
    return Authorisation(
        id=row.id,
        brand_id=row.brand_id,
        grantor_id=row.grantor_id,
        grantee_id=row.grantee_id,
        territory=frozenset(row.territory),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        paper_id=row.paper_id,
        revoked_on=row.revoked_on,
        notice_days=getattr(row, "notice_days", None),
    )


def links_of(brand_ids: Collection[UUID]) -> dict[UUID, list[Authorisation]]:
    """Every link of brands that have one."""
    found: dict[UUID, list[Authorisation]] = {}
    for row in models.Authorisation.objects.filter(brand_id__in=brand_ids).order_by("id"):
        found.setdefault(row.brand_id, []).append(link(row))
    return found


def links_ending(today: date, *, within_days: int) -> list[Authorisation]:
    """Links in force that end in so many days, revoked or run out."""
    until = today + timedelta(days=within_days)
    ending = Q(valid_to__gt=today, valid_to__lte=until) | Q(revoked_on__gt=today, revoked_on__lte=until)
    return [link(row) for row in models.Authorisation.objects.filter(ending, valid_from__lte=today).order_by("id")]


def lock_brands(brand_ids: Collection[UUID]) -> None:
    """Keep who concludes from links of the same brands at the same moment waiting."""
    rows = models.GuardedBrand.objects.filter(brand_id__in=brand_ids).order_by("brand_id")
    list(rows.select_for_update().values_list("id", flat=True))


def contract(row: models.Contract, tiers: Iterable[models.Tier]) -> Contract:
    return Contract(
        id=row.id,
        supplier_id=row.supplier_id,
        number=row.number,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        currency=row.currency,
        incoterm=Incoterm(row.incoterm),
        place=row.place,
        payment=PaymentTerms(row.payment),
        payment_days=row.payment_days,
        territory=frozenset(row.territory),
        order_units_min=row.order_units_min,
        line_units_min=row.line_units_min,
        over_receipt=row.over_receipt,
        value_minor=row.value_minor,
        tiers=tuple(Tier(one.units_from, one.discount) for one in tiers),
        programme_id=row.programme_id,
        paper_id=row.paper_id,
        signed_on=row.signed_on,
    )


def contracts(**asked: Any) -> list[Contract]:
    """Contracts with their discounts, two statements."""
    rows = list(models.Contract.objects.filter(**asked).order_by("-valid_to", "number")[:CONTRACTS_MAX])
    tiers: dict[UUID, list[models.Tier]] = {}
    for tier in models.Tier.objects.filter(contract_id__in=[row.id for row in rows]).order_by("units_from"):
        tiers.setdefault(tier.contract_id, []).append(tier)
    return [contract(row, tiers.get(row.id, ())) for row in rows]


_document = reader(Document, strict=False)


def written(document: Document) -> Any:
    return msgspec.to_builtins(document)


def document(raw: Mapping[str, Any]) -> Document:
    return _document(raw)


def version(row: models.Version) -> Version:
    return Version(
        number=row.number,
        state=VersionState(row.state),
        document=document(row.document),
        author=row.author,
        made_at=row.made_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
    )


def open_line(row: models.Line, order: models.Order) -> OpenLine:
    return OpenLine(
        id=row.id,
        order_id=order.id,
        order_number=order.number,
        number=row.number,
        supplier_id=order.supplier_id,
        sku_id=row.sku_id,
        origin=row.origin,
        units=row.units,
        received=row.received,
        most=row.units + row.over,
        currency=order.currency,
        unit_price=row.unit_price,
        amount_minor=row.amount_minor,
        rate=order.rate,
        expected_on=order.expected_on,
        receivable=order.sent_at is not None and order.state in RECEIVABLE,
    )


def notices(authorisation_ids: Collection[UUID]) -> dict[UUID, int]:
    """The days of the warning that was told last, by authorisation."""
    told = models.Notice.objects.filter(authorisation_id__in=authorisation_ids).order_by("told_at", "id")
    return dict(told.values_list("authorisation_id", "days"))


def discrepancies() -> list[dict[str, Any]]:
    return sql.rows(sql.load("procurement", "discrepancies"))
