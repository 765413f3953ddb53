"""Rows of our statements as the types that cross the border, and the consignee as it is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entrepot.kit import sql
from entrepot.kit.sealing import sealer
from entrepot.kit.shapes import json_reader
from entrepot.orders.types import Consignee
from entrepot.shipping.types import Scan, Waybill, WaybillState


def waybill_of(row: Mapping[str, Any]) -> Waybill:
    return Waybill(
        id=row["id"],
        buyer_id=row["buyer_id"],
        order_id=row["order_id"],
        parcel_id=row["parcel_id"],
        number=row["number"],
        carrier=row["carrier"],
        carrier_code=row["carrier_code"],
        carrier_name=row["carrier_name"],
        state=WaybillState(row["state"]),
        freight_minor=row["freight_minor"],
        insurance_minor=row["insurance_minor"],
        weight_g=row["weight_g"],
        transport_mode=row["transport_mode"],
        vessel=row["vessel"],
        voyage=row["voyage"],
        bill=row["bill"],
        scans=tuple(
            Scan(datetime.fromisoformat(scan["at"]), scan["place"], scan["zh"], scan["en"])
            for scan in sql.json_value(row["scans"]) or ()
        ),
        goods_text=row["goods_text"],
    )


_consignee = json_reader(Consignee)


def seal_consignee(consignee: Consignee, waybill_id: UUID) -> bytes:
    return sealer().seal(msgspec.json.encode(consignee).decode(), _context(waybill_id))


def open_consignee(sealed: bytes | memoryview, waybill_id: UUID) -> Consignee:
    return _consignee(sealer().open(sealed, _context(waybill_id)))


def _context(waybill_id: UUID) -> str:
    return f"shipping_waybill.consignee:{waybill_id}"


def find(
    *, buyer_id: UUID, waybill_id: UUID | None = None, parcel_id: UUID | None = None, order_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Rows of one buyer's waybills with their scans, in one statement."""
    params = {"buyer_id": buyer_id, "id": waybill_id, "parcel_id": parcel_id, "order_id": order_id}
    return sql.hot_rows(sql.load("shipping", "waybills"), params)
