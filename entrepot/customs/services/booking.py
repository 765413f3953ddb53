"""Account books follow customs in the transaction of its word: one statement for all lists of a delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.customs.rules.booked import booking
from entrepot.kit import sql
from entrepot.stock import services as stock
from entrepot.stock.types.bonded import Booking


def released(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, Booking]:
    """Rows of move.sql: lists that have just been released and are to leave their books, by declaration."""
    return {
        row["id"]: booking(row["account_book"], row["id"], row["order_id"], sql.json_value(row["booked"]))
        for row in rows
        if row["booked"]
    }


def write_off(lists: Mapping[UUID, Booking], now: datetime) -> None:
    if lists:
        stock.write_off(lists=list(lists.values()), now=now)


def accepted(rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Rows of hear_returns.sql: goods that customs takes back are in their books again."""
    returns = []
    for row in rows:
        column = sql.json_value(row["booked"]) if row["decided"] and row["accepted"] else {}
        if column:
            returns.append(booking(column["book"], row["return_id"], row["return_id"], column))
    if returns:
        stock.add_back(returns=returns, now=now)
