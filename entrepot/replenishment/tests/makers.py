"""Small files of another system."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from entrepot.replenishment.rules.sales import NOT_GOODS
from entrepot.replenishment.types import Origin

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
UCI_HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ORIGIN = Origin("old-shop", "MAIN", NOT_GOODS, "sales.csv", "tests")


def sales_file(folder: Path, lines: Iterable[str], *, packed: bool = True, head: str = UCI_HEAD) -> Path:
    content = "\n".join([head, *lines, ""]).encode()
    file = folder / ("sales.csv.gz" if packed else "sales.csv")
    file.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return file


def sale(
    article: str, units: int, *, at: str = "2011-01-03 10:00:00", invoice: str = "500001", price: str = "2.50",
    customer: str = "1", country: str = "France",
) -> str:  # fmt: skip
    return f"{invoice},{article},A thing,{units},{at},{price},{customer},{country}"
