"""Fills the database through the verbs of the house: what `entrepot import` and the demo do, on a large scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from uuid import UUID

from bench import goods
from entrepot.catalogue import selectors as catalogue_reads
from entrepot.catalogue import services as catalogue
from entrepot.catalogue.types import ClassificationDraft
from entrepot.pricing import selectors as pricing_reads
from entrepot.pricing import services as pricing
from entrepot.pricing.types import PriceDraft
from entrepot.shelf import services as shelf
from entrepot.shelf.types import RefreshReport
from entrepot.stock import services as stock
from entrepot.stock.types import CustomsState, ReceiptLine, WarehouseDraft, WarehouseKind
from entrepot.storefronts import selectors as storefront_reads
from entrepot.storefronts import services as storefronts
from entrepot.storefronts.types import Storefront, StorefrontDraft
from entrepot.tariff.services import found_books

BATCH = 1_000
_HOUSES = {
    "bonded": WarehouseDraft(
        code="BENCH-NGB", names={"en": "Ningbo", "zh-hans": "宁波保税仓"}, kind=WarehouseKind.BONDED, country="CN",
        city={"en": "Ningbo", "zh-hans": "宁波"}, trade_mode="1210", customs_code="3105", port_code="3105",
        area_code="331566K005", area_name="宁波保税区", account_book="T3105W000123", days_min=2, days_max=5,
    ),
    "overseas": WarehouseDraft(
        code="BENCH-SYD", names={"en": "Sydney", "zh-hans": "悉尼直邮仓"}, kind=WarehouseKind.OVERSEAS, country="AU",
        city={"en": "Sydney", "zh-hans": "悉尼"}, trade_mode="9610", customs_code="3105", port_code="3105",
        area_code="", area_name="", account_book="", days_min=7, days_max=14,
    ),
}  # fmt: skip
_STATES = {"bonded": CustomsState.BONDED, "overseas": CustomsState.RELEASED}


def fill(count: int, now: datetime) -> Storefront:
    """`count` products, priced, classified and in stock; the shelf is not built yet. Once done it is only looked up."""
    found_books(now=now)
    storefront, list_id = _shop(now)
    if len(catalogue_reads.product_ids(limit=1)) == 1:
        return storefront
    catalogue.put_brands(drafts=goods.brands())
    catalogue.put_categories(drafts=goods.categories())
    catalogue.put_product_types(drafts=[goods.product_type()])
    houses = {name: stock.put_warehouse(draft=draft) for name, draft in _HOUSES.items()}
    for number, batch in enumerate(_batches(goods.products(count))):
        catalogue.put_products(drafts=[one.draft for one in batch], now=now)
        ids = {sku.code: sku.id for sku in catalogue_reads.sku_by_code(codes=_codes(batch)).values()}
        catalogue.classify(drafts=list(_decisions(batch, ids)), decided_by="bench", reason="bench", now=now)
        prices = [PriceDraft(ids[c], amount, was) for one in batch for c, (amount, was) in one.prices.items()]
        pricing.set_prices(list_id=list_id, prices=prices, actor="bench", now=now)
        stock.receive(receipts=list(_receipts(batch, ids, houses)), reference=f"BENCH-{number}", now=now)
    return storefront


def show(storefront: Storefront, now: datetime) -> RefreshReport:
    return shelf.rebuild(storefront_id=storefront.id, clock=lambda: now)


def _shop(now: datetime) -> tuple[Storefront, UUID]:
    if not storefront_reads.every():
        draft = StorefrontDraft("bench", {"zh-hans": "测速店", "en": "Bench"}, ("",), ("zh-hans", "en"), "CNY")
        storefronts.open_storefront(draft=draft, now=now)
    storefront = storefront_reads.every()[0]
    for known in pricing_reads.lists(storefront_id=storefront.id):
        return storefront, known.id
    return storefront, pricing.open_list(storefront_id=storefront.id, currency=storefront.currency, now=now)


def _batches(everything: Iterator[goods.Goods]) -> Iterator[list[goods.Goods]]:
    while batch := list(islice(everything, BATCH)):
        yield batch


def _codes(batch: Sequence[goods.Goods]) -> list[str]:
    return [sku.code for one in batch for sku in one.draft.skus]


def _decisions(batch: Sequence[goods.Goods], ids: dict[str, UUID]) -> Iterator[ClassificationDraft]:
    for one in batch:
        hs_code, unit, quantity = one.classification
        for sku in one.draft.skus:
            yield ClassificationDraft(
                sku_id=ids[sku.code], hs_code=hs_code, sales_unit="011", unit1="011", quantity1=Decimal(1),
                declared_name=one.draft.titles["zh-hans"], model=sku.code, valid_from=date(2026, 1, 1),
                unit2=None if unit == "011" else unit, quantity2=None if unit == "011" else quantity,
            )  # fmt: skip


def _receipts(batch: Sequence[goods.Goods], ids: dict[str, UUID], houses: dict[str, UUID]) -> Iterator[ReceiptLine]:
    for one in batch:
        for code, places in one.places.items():
            for name, quantity in places.items():
                yield ReceiptLine(
                    sku_id=ids[code], warehouse_id=houses[name], lot=f"L-{name}", expires_on=date(2030, 1, 1),
                    origin="AU", quantity=quantity, unit_cost=Decimal("10"), currency="CNY",
                    customs_state=_STATES[name],
                    item_record="1" if name == "bonded" else "",
                )  # fmt: skip
