"""Small files of deliveries, and rates for their days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from entrepot.histories import selectors, services
from entrepot.histories.types import TakeOver
from entrepot.procurement.tests.makers import put_rates
from entrepot.replenishment.services.shipments import HEADINGS, MORE
from entrepot.stock import selectors as stock
from entrepot.stock.tests import makers as stocking
from entrepot.stock.types import WarehouseKind

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
HEAD = ",".join(others[0] for others in (*HEADINGS.values(), *MORE.values()))
SOURCE = "old system"


def line(
    reference: int, notice: str, freight: str, *, units: int = 10, value: str = "100.00", weight: str = "3",
    article: str = "Tea", insurance: str = "1.00", ordered: str = "1/2/06", delivered: str = "2-Feb-06",
    order: str = "PO-1", terms: str = "EXW", mode: str = "Air", maker: str = "Cipla, Goa, India",
    supplier: str = "Maker",
) -> str:  # fmt: skip
    head = f"{reference},{notice},{supplier},Chile,{article},10,{terms},{mode},{ordered},{delivered},{units},{value}"
    return f'{head},{weight},{freight},{insurance},{order},Brandy,"{maker}",1-Feb-06'


def content(lines: Iterable[str]) -> bytes:
    return "\n".join([HEAD, *lines, ""]).encode()


def rates() -> None:
    put_rates(("USD", "8", "2006-01-01", "2007-01-01"))


def place(code: str = "SYD1") -> UUID:
    found = next((one.id for one in stock.warehouses().values() if one.code == code), None)
    return found or stocking.warehouse(code, WarehouseKind.OVERSEAS)


def looked(*files: Iterable[str], source: str = SOURCE) -> UUID:
    named = [(f"{n}.csv", content(lines)) for n, lines in enumerate(files)]
    return services.look(upload=services.Upload(source, place(), named), actor="tests", now=NOW)


def read(take_over_id: UUID) -> TakeOver:
    found = selectors.take_over(take_over_id=take_over_id)
    assert found is not None
    return found


def taken(*files: Iterable[str], source: str = SOURCE) -> TakeOver:
    made = looked(*files, source=source)
    services.begin(take_over_id=made, actor="tests", now=NOW)
    services.work(take_over_id=made, now=NOW)
    return read(made)
