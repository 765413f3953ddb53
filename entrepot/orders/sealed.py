"""The delivery address as it is stored: one sealed text, bound to its order."""

from __future__ import annotations

from uuid import UUID

import msgspec

from entrepot.kit.sealing import sealer
from entrepot.kit.shapes import json_reader
from entrepot.orders.types import Consignee

_read = json_reader(Consignee)


def seal_consignee(consignee: Consignee, order_id: UUID) -> bytes:
    return sealer().seal(msgspec.json.encode(consignee).decode(), _context(order_id))


def open_consignee(sealed: bytes | memoryview, order_id: UUID) -> Consignee:
    """The address in the clear. Raises kit.sealing.CannotOpen."""
    return _read(sealer().open(sealed, _context(order_id)))


def _context(order_id: UUID) -> str:
    return f"orders_order.consignee_sealed:{order_id}"
