"""A version of an order as a supplier reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from entrepot.procurement.papers import pdf, table, ubl
from entrepot.procurement.types import OrderView, Version


def as_rows(*, order: OrderView, version: Version) -> Iterator[list[Any]]:
    return table.rows(number=order.number, version=version)


def as_ubl(*, order: OrderView, version: Version, buyer: str) -> bytes:
    """UBL 2.1. `buyer` is our name."""
    return ubl.order(number=order.number, version=version, buyer=buyer)


def as_pdf(*, order: OrderView, version: Version, buyer: str) -> bytes:
    """A4, to send. `buyer` is our name."""
    return pdf.order(number=order.number, version=version, buyer=buyer)
