"""Rows as types, and what a count comes to."""

from __future__ import annotations

from uuid import UUID

from entrepot.consignments.types import Consignment
from entrepot.kit import sql
from entrepot.procurement import selectors as procurement
from entrepot.receiving import models, rules
from entrepot.receiving.types import Found, Receipt, ReceiptState, Weighed
from entrepot.stock import selectors as stock
from entrepot.stock.types import WarehouseKind


def receipt(row: models.Receipt) -> Receipt:
    return Receipt(
        row.id, row.number, row.consignment_id, ReceiptState(row.state), row.opened_by, row.opened_at, row.closed_by,
        row.closed_at,
    )  # fmt: skip


def groups(receipt_id: UUID) -> list[Found]:
    """What was counted, as it was said. One statement."""
    return [Found(**row) for row in sql.rows(sql.load("receiving", "found"), {"receipt_id": receipt_id})]


def weighed(receipt_id: UUID, consignment: Consignment, *, final: bool) -> tuple[Weighed, list[Found], list[Found]]:
    """What closing would do now, what was found, and the lots whose count does not hold. An order that takes nothing
    any more is told nothing: its goods stand aside."""
    found, wrong = rules.merge(groups(receipt_id))
    orders = procurement.open_lines(ids={line.order_line_id for line in consignment.lines})
    rooms = {one.id: one.most - one.received if one.receivable else 0 for one in orders.values()}
    bonded = stock.warehouses()[consignment.warehouse_id].kind is WarehouseKind.BONDED
    return rules.weigh(consignment.lines, rooms, found, final=final, declared_only=bonded), found, wrong
