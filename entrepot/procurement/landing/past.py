"""Landings of goods that came before this house kept books: opened many at once, each with its invoices and its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from entrepot.kit.ids import human_number, new_id
from entrepot.procurement.landing import models as tables
from entrepot.procurement.landing import rules
from entrepot.procurement.landing.coming import Goods
from entrepot.procurement.landing.services import INVOICES_MAX, InvoiceInvalid, allocate_landing
from entrepot.procurement.landing.types import InvoiceDraft


@dataclass(frozen=True, slots=True)
class PastLanding:
    """Goods of one source, the codes of their lots in the same order, and all invoices that are known of them."""

    goods: Goods
    codes: Sequence[str]
    invoices: Sequence[InvoiceDraft]


def land_past(*, landings: Sequence[PastLanding], actor: str, now: datetime) -> Mapping[UUID, UUID]:
    """Open landings and lay their invoices on the lots, all or nothing; by source. What has no invoice has no run.

    Once for each source: the database refuses the second. Refuses InvoiceInvalid(field), NoExchangeRate, NoSuchLot.
    """
    for one in landings:
        faults = [fault for draft in one.invoices if (fault := rules.invoice_fault(draft))]
        if faults or len(one.invoices) > INVOICES_MAX:
            raise InvoiceInvalid(field="invoices", what=(faults or ["count"])[0])
    with transaction.atomic():
        rows = {
            one.goods.source: tables.Landing(
                number=human_number("LC", now), name=one.goods.name[:100], source=one.goods.source,
                lots=len(one.codes), created_at=now,
            )
            for one in landings
        }  # fmt: skip
        tables.Landing.objects.bulk_create(rows.values())
        tables.LandingLine.objects.bulk_create(
            tables.LandingLine(
                of=rows[one.goods.source], n=n, sku_id=line.sku_id, lot_id=line.lot_id, lot=code, gross_g=line.gross_g,
                volume_ml=line.volume_ml, hs_code=line.hs_code,
            )
            for one in landings
            for n, (line, code) in enumerate(zip(one.goods.lines, one.codes, strict=True), 1)
        )  # fmt: skip
        names = InvoiceDraft.__dataclass_fields__
        tables.LandingInvoice.objects.bulk_create(
            tables.LandingInvoice(
                id=new_id(), of=rows[one.goods.source], created_at=now, **{name: getattr(draft, name) for name in names}
            )
            for one in landings
            for draft in one.invoices
        )
        for one in landings:
            if one.invoices:
                allocate_landing(landing_id=rows[one.goods.source].id, actor=actor, now=now)
    return {source: row.id for source, row in rows.items()}
