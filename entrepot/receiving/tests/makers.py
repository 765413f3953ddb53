"""Small builders for tests here and above: articles with barcodes, a consignment at the dock, scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from stdnum import ean

from entrepot.catalogue import services as catalogue_verbs
from entrepot.catalogue.types import ProductDraft, SkuDraft
from entrepot.consignments import services as consignment_verbs
from entrepot.consignments.tests import makers as coming
from entrepot.consignments.types import Consignment
from entrepot.kit.ids import new_id
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.makers import NOW
from entrepot.procurement.types import OrderView
from entrepot.receiving import selectors, services
from entrepot.receiving.types import Answer, Found, Scan, Standing
from entrepot.stock.tests import makers as stocking
from entrepot.stock.types import WarehouseKind


def gtin(n: int) -> str:
    begin = f"400{n:09}"
    return f"{begin}{ean.calc_check_digit(begin)}"


@dataclass(frozen=True)
class Dock:
    """A consignment whose articles have the barcodes `gtin(0)`, `gtin(1)` …, and its open receipt."""

    order: OrderView
    consignment: Consignment
    receipt_id: UUID

    def scan(self, *scans: Scan, actor: str = "ann") -> list[Answer]:
        return services.take_scans(receipt_id=self.receipt_id, scans=scans, actor=actor, now=NOW)

    def standing(self, **options: Any) -> Standing:
        found = selectors.standing(receipt_id=self.receipt_id, **options)
        assert found is not None
        return found

    def close(self, *, final: bool = True, why: str = "counted twice") -> None:
        reasons = {one.key: why for one in self.standing(final=final).weighed.differences}
        services.close(closing=services.Closing(self.receipt_id, final, reasons), actor="chief", now=NOW)

    def found(self) -> dict[str, int]:
        """Units by lot."""
        return {one.lot: one.units for one in self.standing().found}


def barcodes(slug: str = "down-jacket", count: int = 1, first: int = 0) -> None:
    """Give the articles of a product their barcodes."""
    skus = tuple(
        SkuDraft(
            code=f"{slug}-S{i}", gtin=gtin(first + i), axes={"size": {"zh-hans": f"S{i}", "en": f"S{i}"}}, origin="IT",
            net_weight_g=800, gross_weight_g=1000,
        )
        for i in range(count)
    )  # fmt: skip
    draft = ProductDraft(slug, "moncler", {"zh-hans": "羽绒服", "en": "Down jacket"}, "clothes", skus=skus)
    catalogue_verbs.put_products(drafts=[draft], now=NOW)


def dock(units: Sequence[int] = (100,), kind: WarehouseKind = WarehouseKind.DOMESTIC, **changes: Any) -> Dock:
    place = changes.pop("place", None) or coming.place(kind)
    ordered = changes.pop("ordered", units)
    order = buying.sent(ordered, **({"of": changes.pop("of")} if "of" in changes else {}))
    barcodes(count=len(ordered))
    draft = coming.notice(order, units, warehouse_id=place, **changes)
    made = consignment_verbs.announce(draft=draft, actor="tests", now=NOW)
    receipt_id = services.open_receipt(consignment_id=made, actor="ann", now=NOW)
    return Dock(order, coming.read(made), receipt_id)


def bonded_dock(units: Sequence[int] = (100,)) -> Dock:
    """At a bonded warehouse, declared into its book."""
    stocking.book()
    at = dock(units, WarehouseKind.BONDED)
    for line in at.order.lines:
        stocking.item(line.sku_id, record=str(line.number), origin="IT")
    made = consignment_verbs.declare_into_book(consignment_id=at.consignment.id, actor="tests", now=NOW)
    stocking.services.declare_inbound(
        inbound_id=made, number=f"3105{new_id().int % 10**14:014}", on=NOW.date(), actor="tests", now=NOW
    )
    return at


def scan(n: int = 0, units: int = 1, **changes: Any) -> Scan:
    return Scan(**{"id": new_id(), "code": gtin(n), "units": units, **changes})


def units_of(found: Sequence[Found]) -> int:
    return sum(one.units for one in found)
