"""The demo's warehouses and what stands in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.demo.content import Item, Variant
from entrepot.kit.clock import CHINA, day_in
from entrepot.stock import selectors, services
from entrepot.stock.types import CustomsState, ReceiptLine, WarehouseDraft, WarehouseKind
from entrepot.stock.types.bonded import BookDraft, InboundLine, ItemDraft

# Customs, port, area and account-book numbers have the right form and are made up.
HOUSES = {
    "NB": WarehouseDraft(
        code="NB", names={"zh-hans": "宁波保税仓", "en": "Ningbo bonded warehouse"}, kind=WarehouseKind.BONDED,
        country="CN", city={"zh-hans": "宁波", "en": "Ningbo"}, trade_mode="1210", customs_code="3105",
        port_code="3105", area_code="3302000001", area_name="宁波保税区", account_book="T3105W000001",
        days_min=2, days_max=4,
    ),
    "ZZ": WarehouseDraft(
        code="ZZ", names={"zh-hans": "郑州保税仓", "en": "Zhengzhou bonded warehouse"}, kind=WarehouseKind.BONDED,
        country="CN", city={"zh-hans": "郑州", "en": "Zhengzhou"}, trade_mode="1210", customs_code="4612",
        port_code="4612", area_code="4101000001", area_name="郑州新郑综合保税区", account_book="T4612W000001",
        days_min=2, days_max=4,
    ),
    "NS": WarehouseDraft(
        code="NS", names={"zh-hans": "广州南沙保税仓", "en": "Nansha bonded warehouse, Guangzhou"},
        kind=WarehouseKind.BONDED, country="CN", city={"zh-hans": "广州", "en": "Guangzhou"}, trade_mode="1210",
        customs_code="5165", port_code="5165", area_code="4401000001", area_name="广州南沙综合保税区",
        account_book="T5165W000001", days_min=2, days_max=5,
    ),
    "TYO": WarehouseDraft(
        code="TYO", names={"zh-hans": "东京海外仓", "en": "Tokyo warehouse"}, kind=WarehouseKind.OVERSEAS,
        country="JP", city={"zh-hans": "东京", "en": "Tokyo"}, trade_mode="9610", customs_code="2233",
        port_code="2233", days_min=5, days_max=8,
    ),
    "FRA": WarehouseDraft(
        code="FRA", names={"zh-hans": "法兰克福海外仓", "en": "Frankfurt warehouse"}, kind=WarehouseKind.OVERSEAS,
        country="DE", city={"zh-hans": "法兰克福", "en": "Frankfurt"}, trade_mode="9610", customs_code="2233",
        port_code="2233", days_min=7, days_max=12,
    ),
}  # fmt: skip
_BEHIND = {"JP": "TYO", "DE": "FRA", "FR": "FRA", "IT": "FRA", "GB": "FRA", "NL": "FRA"}
_STATE = {WarehouseKind.BONDED: CustomsState.BONDED, WarehouseKind.OVERSEAS: CustomsState.RELEASED}
OPERATORS = {  # number and customs district are their house's
    code: BookDraft("", f"{HOUSES[code].customs_code}98SB{n}0", name, "", date(2026, 1, 1))
    for n, (code, name) in enumerate(
        {"NB": "宁波沙盒保税仓储有限公司", "ZZ": "郑州沙盒保税仓储有限公司", "NS": "广州沙盒保税仓储有限公司"}.items()
    )
}
_SAME = ("sku_id", "item_record", "lot", "quantity", "origin", "unit_cost", "currency", "expires_on")
_COST_SHARE = Decimal("0.62")  # of the price: what a unit cost landed
RECEIPTS_A_CALL = 2_000


def put_houses() -> dict[str, UUID]:
    return {code: services.put_warehouse(draft=draft) for code, draft in HOUSES.items()}


@transaction.atomic
def put_stock(*, items: Sequence[Item], ids: Mapping[str, UUID], houses: Mapping[str, UUID], now: datetime) -> int:
    """Receive goods of every SKU that no shelf knows yet, bonded ones declared into their account book, all or nothing;
    says how many units."""
    known = _known(list(ids.values()))
    fresh = {code: sku_id for code, sku_id in ids.items() if sku_id not in known}
    day = day_in(CHINA, now)
    lines = [
        line
        for item in items
        for variant in item.variants
        if variant.code in fresh
        for line in _lots(item, variant, (fresh[variant.code], houses, day))
    ]
    reference = f"DEMO-{now.astimezone(CHINA):%Y%m%d%H%M%S}"
    abroad = [line for line in lines if line.customs_state is not CustomsState.BONDED]
    received = sum(
        services.receive(receipts=abroad[start : start + RECEIPTS_A_CALL], reference=f"{reference}-{start}", now=now)
        for start in range(0, len(abroad), RECEIPTS_A_CALL)
    )
    for code, house_id in houses.items():
        bonded = [line for line in lines if line.warehouse_id == house_id and HOUSES[code].account_book]
        for start in range(0, len(bonded), RECEIPTS_A_CALL):
            received += _bring_in(HOUSES[code], bonded[start : start + RECEIPTS_A_CALL], start, now)
    return received


def _bring_in(house: WarehouseDraft, lines: Sequence[ReceiptLine], nth: int, now: datetime) -> int:
    """One inbound declaration, from the account book to the shelves; says how many units."""
    day, book = day_in(CHINA, now), house.account_book
    operator = OPERATORS[house.code]
    services.put_book(draft=replace(operator, number=book, customs_code=house.customs_code), now=now)
    known = catalogue.classifications(sku_ids={line.sku_id for line in lines}, jurisdiction="CN", on=day)
    drafts = {
        (line.sku_id, line.item_record): ItemDraft(
            line.sku_id, line.item_record, found.hs_code, found.sales_unit, line.origin, found.declared_name
        )
        for line in lines
        for found in [known[line.sku_id]]
    }
    services.put_items(book=book, items=list(drafts.values()))
    declared = [InboundLine(**{name: getattr(line, name) for name in _SAME}) for line in lines]
    warehouse_id = lines[0].warehouse_id
    inbound_id = services.draft_inbound(book=book, warehouse_id=warehouse_id, lines=declared, now=now)
    moment = now.astimezone(CHINA)
    number = f"{house.customs_code}{moment:%Y}1{moment:%d%H%M}{nth // RECEIPTS_A_CALL:03}"
    services.declare_inbound(inbound_id=inbound_id, number=number, on=day, actor="demo", now=now)
    services.arrive_inbound(inbound_id=inbound_id, on=day, actor="demo", now=now)
    counted = {(line.sku_id, line.lot): services.Count(line.quantity) for line in lines}
    return services.put_away(inbound_id=inbound_id, counted=counted, actor="demo", now=now)


def _known(sku_ids: Sequence[UUID]) -> set[UUID]:
    """Those that have stood on a shelf, sold out or not."""
    known: set[UUID] = set()
    for page in count(1):
        levels = selectors.levels(sku_ids=sku_ids, page=page)
        if not levels:
            break
        known |= {level.sku_id for level in levels}
    return known


def _lots(item: Item, variant: Variant, where: tuple[UUID, Mapping[str, UUID], date]) -> Iterator[ReceiptLine]:
    """One or two lots in the item's house, and for one SKU in five some units abroad as well."""
    sku_id, houses, day = where
    luck = hashlib.sha256(variant.code.encode()).digest()
    quantity = 3 + luck[0] % 6 if luck[1] % 12 == 0 else 24 + luck[0]
    shares = [(item.house, quantity, 0)]
    if item.months and quantity > 20:
        shares = [(item.house, quantity // 3, 0), (item.house, quantity - quantity // 3, 1)]
    behind = _BEHIND.get(item.origin)
    if behind and behind != item.house and luck[2] % 5 == 0:
        shares.append((behind, 12 + luck[3] % 30, 0))
    for house, units, later in shares:
        keeps = item.months * 30 if item.months else None
        yield ReceiptLine(
            sku_id=sku_id,
            warehouse_id=houses[house],
            lot=f"{house}{luck[4]:03}{'AB'[later]}",
            expires_on=day + timedelta(days=keeps * (5 + later * 4) // 10) if keeps else None,
            origin=item.origin,
            quantity=units,
            unit_cost=(Decimal(variant.price_minor) / 100 * _COST_SHARE).quantize(Decimal("0.01")),
            currency="CNY",
            customs_state=_STATE[HOUSES[house].kind],
            item_record=f"{1 + int.from_bytes(luck[5:7], 'big'):06}"
            if HOUSES[house].kind is WarehouseKind.BONDED
            else "",
        )
