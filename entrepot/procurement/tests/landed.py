"""Small builders for tests of landed cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.kit.ids import new_id
from entrepot.procurement import services
from entrepot.procurement.types import Basis, CostKind, InvoiceDraft, LandingLineDraft
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import NOW, stocked
from entrepot.stock.types import CustomsState
from entrepot.tariff.services import import_book

DAY = date(2026, 11, 20)
_HEAD = "hs_prefix,origin,destination,measure,params,valid_from,valid_to,confirmed,source,note"


def rates(**by_currency: str) -> None:
    """Yuan for one of each currency, in November."""
    rows = [
        f',,CN,fx.{currency},"{{""rate"": ""{rate}""}}",2026-11-01,2026-12-01,yes,Bank of Tests {currency},'
        for currency, rate in by_currency.items()
    ]
    import_book(name="fx-cn", content="\n".join([_HEAD, *rows]).encode(), as_of=DAY, actor="test", now=NOW)


def lot(place: UUID, units: int, cost: str, **changes: Any) -> LandingLineDraft:
    """A lot of an article of its own, in a warehouse at home."""
    measures = {name: changes.pop(name) for name in ("gross_g", "volume_ml", "hs_code") if name in changes}
    sku = new_id()
    stocked(sku, place, units, unit_cost=Decimal(cost), customs_state=CustomsState.DUTY_PAID, item_record="", **changes)
    ((_, lot_id),) = stock.lots_named(names=[(sku, changes.get("lot", "L1"))]).items()
    return LandingLineDraft(sku, lot_id, **measures)


def landing(*lines: LandingLineDraft) -> UUID:
    return services.open_landing(name="Ship 7", lines=list(lines), actor="t", now=NOW)


def invoice(amount: int, currency: str = "CNY", basis: Basis = Basis.VALUE, **changes: Any) -> InvoiceDraft:
    fields: dict[str, Any] = {
        "number": f"I-{new_id().hex[-8:]}", "supplier": "Ocean Line", "kind": CostKind.FREIGHT, "invoiced_on": DAY,
    }  # fmt: skip
    return InvoiceDraft(amount_minor=amount, currency=currency, basis=basis, **{**fields, **changes})


def added(landing_id: UUID, draft: InvoiceDraft) -> UUID:
    return services.add_invoice(landing_id=landing_id, draft=draft, actor="t", now=NOW)
