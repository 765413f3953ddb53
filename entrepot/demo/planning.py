"""The demo's planning: half a year of sales of another system, deliveries with shared freight, a back-test, proposals.

Figures are made up from the codes of the articles, the same on every machine. Once.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time

from django.db import transaction

from entrepot.demo.buying import SUPPLIERS
from entrepot.demo.content import Item
from entrepot.kit.clock import CHINA, day_in
from entrepot.replenishment import selectors, services
from entrepot.replenishment.selectors import Wanted
from entrepot.replenishment.types import Origin

BRANDS = tuple(brand for house in SUPPLIERS for brand in house.brands)
OLD_SHOP, FORWARDER = "old-shop (demo)", "forwarder (demo)"
WEEKS, A_BRAND = 26, 3
SALES_HEAD = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
SHIPMENTS_HEAD = (
    "ID", "ASN/DN #", "Vendor", "Country", "Item Description", "Unit of Measure (Per Pack)", "Vendor INCO Term",
    "Shipment Mode", "PO Sent to Vendor Date", "Delivered to Client Date", "Line Item Quantity", "Line Item Value",
    "Weight (Kilograms)", "Freight Cost (USD)", "Line Item Insurance (USD)",
)  # fmt: skip
# Freight that lines share: of the second consignment, of one line that is not in the file, and on another invoice.
FREIGHT = (
    ("1", "ASN-501", "120", "640.00"), ("2", "ASN-501", "See ASN-501 (ID#:1)", "See ASN-501 (ID#:1)"),
    ("3", "ASN-501", "See ASN-501 (ID#:1)", "See ASN-501 (ID#:1)"), ("4", "DN-88", "35", "210.50"),
    ("5", "DN-88", "See DN-88 (ID#:4)", "See DN-88 (ID#:4)"),
    ("6", "DN-91", "18", "Freight Included in Commodity Cost"),
    ("7", "DN-92", "22", "Invoiced Separately"), ("8", "DN-93", "9", "See DN-70 (ID#:99)"),
)  # fmt: skip


@transaction.atomic
def put_planning(*, items: Sequence[Item], now: datetime) -> None:
    """Unless a history of the old shop is there."""
    if any(one.source == OLD_SHOP for one in selectors.files()):
        return
    today = day_in(CHINA, now)
    sold = [one for brand in BRANDS for one in [item for item in items if item.brand == brand][:A_BRAND]]
    with tempfile.TemporaryDirectory() as folder:
        for house in sorted({one.house for one in sold}):
            rows = _sales([one for one in sold if one.house == house], today)
            file = _written(Path(folder) / f"sales-{house}.csv", SALES_HEAD, rows)
            origin = Origin(OLD_SHOP, house, frozenset({"POST"}), file.name, "demo")
            services.import_sales(file=file, origin=origin, now=now)
        file = _written(Path(folder) / "deliveries.csv", SHIPMENTS_HEAD, _shipments(sold, today))
        services.import_shipments(files=[file], origin=Origin(FORWARDER, "", frozenset(), file.name, "demo"), now=now)
    services.backtest(
        wanted=Wanted([OLD_SHOP]), setup=(4, Decimal("0.95")), methods=["naive", "mean", "ses", "tsb"],
        clock=process_time, now=now,
    )  # fmt: skip
    services.reckon_lead_times(today=today)
    services.propose_from_contracts(now=now)


def _written(file: Path, head: Sequence[str], rows: Iterator[Sequence[object]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return file


def _sales(sold: Sequence[Item], today: date) -> Iterator[Sequence[object]]:
    """Up to some dozens a day of each article; a cancellation, postage and a line without a customer among
    them, as such files have them."""
    number = 480_000
    for item in sold:
        variant = item.variants[0]
        luck = hashlib.sha256(variant.code.encode()).digest()
        price = f"{variant.price_minor / 100:.2f}"
        for back in range(WEEKS * 7, 0, -1):
            number += 1
            units = luck[back % 32] % (20 + luck[0] % 60) // (1 + luck[1] % 2)
            if not units:
                continue
            at, customer = f"{today - timedelta(days=back)} {9 + back % 10:02}:30:00", number % 900 + 100
            yield number, variant.code, item.titles["en"], units, at, price, customer, "China"
            if back % 61 == 0:
                yield f"C{number}", variant.code, item.titles["en"], -1, at, price, customer, "China"
            if back % 83 == 0:
                yield number, "POST", "Postage", 1, at, "10.00", "", "China"


def _shipments(sold: Sequence[Item], today: date) -> Iterator[Sequence[object]]:
    for (line, document, weight, freight), item in zip(FREIGHT, sold, strict=False):
        sent, came = (f"{today - timedelta(days=days)}" for days in (70, 20))
        value = f"{item.variants[0].price_minor / 100 * 0.3 * 200:.2f}"
        yield (
            line, document, "Atlas Forwarding", "China", item.titles["en"], 12, "FCA", "Ocean", sent, came, 200, value,
            weight, freight, "4.00",
        )  # fmt: skip
