"""Small builders for tests here and above."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.kit.ids import new_id
from entrepot.stock import services
from entrepot.stock.types import ClaimLine, CustomsState, ReceiptLine, WarehouseDraft, WarehouseKind
from entrepot.stock.types.bonded import BookDraft, InboundLine, ItemDraft

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def warehouse(code: str = "NGB1", kind: WarehouseKind = WarehouseKind.BONDED, **changes: Any) -> UUID:
    """A bonded warehouse in Ningbo (1210), or one abroad in Sydney (9610)."""
    bonded = kind is WarehouseKind.BONDED
    fields: dict[str, Any] = {
        "code": code,
        "names": {"zh-hans": f"{code}仓", "en": f"Warehouse {code}"},
        "kind": kind,
        "country": "CN" if kind is not WarehouseKind.OVERSEAS else "AU",
        "city": {"zh-hans": "宁波", "en": "Ningbo"} if bonded else {"zh-hans": "悉尼", "en": "Sydney"},
        "trade_mode": {"bonded": "1210", "overseas": "9610", "domestic": "0110", "shop": "0110"}[kind.value],
        "customs_code": "3105",
        "port_code": "3105",
        "area_code": "331566K005" if bonded else "",
        "area_name": "宁波保税区" if bonded else "",
        "account_book": "T3105W000123" if bonded else "",
        "days_min": 2 if bonded else 7,
        "days_max": 5 if bonded else 14,
    }
    return services.put_warehouse(draft=WarehouseDraft(**{**fields, **changes}))


def arrival(sku_id: UUID, warehouse_id: UUID, quantity: int, **changes: Any) -> ReceiptLine:
    """Units of one lot for `receive`."""
    fields: dict[str, Any] = {
        "sku_id": sku_id,
        "warehouse_id": warehouse_id,
        "lot": "L1",
        "expires_on": date(2028, 6, 30),
        "origin": "AU",
        "quantity": quantity,
        "unit_cost": Decimal("61.25"),
        "currency": "CNY",
        "customs_state": CustomsState.BONDED,
        "item_record": "1",
    }
    return ReceiptLine(**{**fields, **changes})


def stocked(sku_id: UUID, warehouse_id: UUID, quantity: int, **changes: Any) -> None:
    """Receive `quantity` units of one lot under a reference of their own."""
    services.receive(receipts=[arrival(sku_id, warehouse_id, quantity, **changes)], reference=f"PO-{new_id()}", now=NOW)


def claimed(sku_id: UUID, warehouse_id: UUID, quantity: int, reference: UUID | None = None) -> tuple[UUID, UUID]:
    """Hold units for a one-line order; returns (reference, line_id)."""
    reference, line_id = reference or new_id(), new_id()
    services.claim(
        buyer_id=new_id(),
        parcel_claims=[ClaimLine(line_id, sku_id, warehouse_id, quantity)],
        reference=reference,
        expires_at=NOW + timedelta(minutes=30),
        now=NOW,
    )
    return reference, line_id


def book(number: str = "T3105W000123", **changes: Any) -> str:
    """An account book; its number is the one that `warehouse` names."""
    fields: dict[str, Any] = {
        "number": number, "operator_code": "3105980SBO", "operator_name": "宁波保税仓储有限公司",
        "customs_code": "3105", "valid_from": date(2026, 1, 1),
    }  # fmt: skip
    services.put_book(draft=BookDraft(**{**fields, **changes}), now=NOW)
    return number


def item(sku_id: UUID, number: str = "T3105W000123", record: str = "1", **changes: Any) -> ItemDraft:
    """An article's record in the book, written down."""
    fields: dict[str, Any] = {"hs_code": "1901101010", "unit": "011", "origin": "AU", "name": "婴幼儿配方奶粉"}
    made = ItemDraft(sku_id=sku_id, item_record=record, **{**fields, **changes})
    services.put_items(book=number, items=[made])
    return made


def declared_line(sku_id: UUID, quantity: int, **changes: Any) -> InboundLine:
    """Goods of one lot for an inbound declaration."""
    fields: dict[str, Any] = {
        "item_record": "1", "lot": "L1", "origin": "AU", "unit_cost": Decimal("61.25"), "currency": "CNY",
        "expires_on": date(2028, 6, 30),
    }  # fmt: skip
    return InboundLine(sku_id=sku_id, quantity=quantity, **{**fields, **changes})


def brought_in(
    warehouse_id: UUID, lines: list[InboundLine], found: int | None = None, number: str = "T3105W000123"
) -> UUID:
    """An inbound declaration of these lines: declared, arrived, put away as declared, or `found` units of each line."""
    made = services.draft_inbound(book=number, warehouse_id=warehouse_id, lines=lines, now=NOW)
    services.declare_inbound(
        inbound_id=made, number=f"3105{new_id().int % 10**14:014}", on=NOW.date(), actor="test", now=NOW
    )
    services.arrive_inbound(inbound_id=made, on=NOW.date(), actor="test", now=NOW)
    counted = {
        (one.sku_id, one.lot): services.Count(one.quantity if found is None else found, "counted twice")
        for one in lines
    }
    services.put_away(inbound_id=made, counted=counted, actor="test", now=NOW)
    return made
