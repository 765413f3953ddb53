"""The delivery address as it is stored: one sealed text, bound to its order."""

from __future__ import annotations

import json
from uuid import UUID

from entrepot.kit.sealing import sealer
from entrepot.orders.types import Consignee


def seal_consignee(consignee: Consignee, order_id: UUID) -> bytes:
    fields = {name: getattr(consignee, name) for name in Consignee.__dataclass_fields__}
    return sealer().seal(json.dumps(fields, ensure_ascii=False), _context(order_id))


def open_consignee(sealed: bytes | memoryview, order_id: UUID) -> Consignee:
    """The address in the clear. Raises kit.sealing.CannotOpen."""
    return Consignee(**json.loads(sealer().open(sealed, _context(order_id))))


def _context(order_id: UUID) -> str:
    return f"orders_order.consignee_sealed:{order_id}"
