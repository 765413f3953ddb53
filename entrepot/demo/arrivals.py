"""The demo's way to the warehouse: consignments announced, on the way, late and arrived; one counted and paid for.

Of what the demo's orders still await. All or nothing in one transaction, and once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import selectors as catalogue
from entrepot.consignments import selectors as consignments
from entrepot.consignments import services
from entrepot.consignments.types import (
    Consignment,
    ConsignmentDraft,
    Happened,
    LegDraft,
    LineDraft,
    Mode,
    Stage,
    lot_code,
)
from entrepot.demo.buying import BUYER, KEEPER, SECOND
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.procurement import selectors as procurement
from entrepot.procurement import services as buying
from entrepot.procurement.types import Basis, CostKind, InvoiceDraft, LandingLineDraft, OpenLine
from entrepot.receiving import selectors as receipts
from entrepot.receiving import services as receiving
from entrepot.receiving.types import Condition, Scan
from entrepot.stock import selectors as stock

ASN, DAY = "DEMO-ASN", timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A leg with its plan in days from now, and what became of it; `estimated` where it is known to take longer."""

    stage: Stage
    mode: Mode
    way: tuple[str, str]
    days: tuple[int, int]
    carrier: str = ""
    done: int = 0  # how many of departure and arrival were reported
    estimated: int | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """One consignment: of a supplier's awaited units so many per cent, to a house."""

    supplier: str
    house: str
    percent: int
    legs: tuple[Stretch, ...]
    bill: str = ""
    containers: tuple[str, ...] = ()


ROAD, SEA, RAIL = Mode.ROAD, Mode.SEA, Mode.RAIL
COUNTED = Coming("HANSE", "FRA", 60, (
    Stretch(Stage.MAIN, ROAD, ("Hamburg", "Frankfurt"), (-6, -5), "Nordwind Spedition", 2),
), "NW-20931")  # fmt: skip
AT_DOCK = Coming("HANSE", "FRA", 100, (
    Stretch(Stage.MAIN, ROAD, ("Hamburg", "Frankfurt"), (-1, 0), "Nordwind Spedition", 2),
), "NW-21007")  # fmt: skip
OTHERS = (
    Coming("KOMOREBI", "NB", 100, (
        Stretch(Stage.BEFORE, ROAD, ("大阪 Osaka", "神户 Kobe"), (-6, -5), "", 2),
        Stretch(Stage.MAIN, SEA, ("神户 Kobe", "Ningbo"), (-4, 3), "Kaiun Line", 1),
        Stretch(Stage.AFTER, ROAD, ("Ningbo", "宁波保税仓 Ningbo bonded warehouse"), (4, 5)),
    ), "KLNB7730912", ("CSQU3054383",)),
    Coming("DUVAL", "NS", 100, (
        Stretch(Stage.BEFORE, ROAD, ("Grasse", "Le Havre"), (-13, -11), "", 2),
        Stretch(Stage.MAIN, SEA, ("Le Havre", "Nansha"), (-9, 18), "Armor Maritime", 1, 29),
        Stretch(Stage.AFTER, ROAD, ("Nansha", "广州南沙保税仓 Nansha bonded warehouse"), (19, 20)),
    ), "ARMO55120847", ("MSKU6011672",)),
    Coming("NORDLYS", "NB", 100, (
        Stretch(Stage.MAIN, RAIL, ("Helsinki", "Ningbo"), (-3, 16), "Polar Rail"),
        Stretch(Stage.AFTER, ROAD, ("Ningbo", "宁波保税仓 Ningbo bonded warehouse"), (17, 18)),
    )),
)  # fmt: skip


@transaction.atomic
def put_arrivals(*, houses: Mapping[str, UUID], now: datetime) -> None:
    """Announce, report, count and pay, unless it was done before: consignments are known by their notices."""
    today = day_in(CHINA, now)
    if consignments.consignments(today=today, text=ASN)[0]:
        return
    told = _Teller(houses, now)
    for one in OTHERS:
        told.announced(one)
    counted = told.announced(COUNTED)
    _land(_received(counted, now - 4 * DAY), now)
    _begin_to_count(told.announced(AT_DOCK), now)
    services.warn_of_delays(now=now)


class _Teller:
    """Writes notices and reports as if the days had passed."""

    def __init__(self, houses: Mapping[str, UUID], now: datetime) -> None:
        self._houses, self._now, self._count = houses, now, 0
        self._suppliers = {one.code: one.id for one in procurement.suppliers().values()}

    def announced(self, coming: Coming) -> Consignment:
        supplier_id = self._suppliers[coming.supplier]
        lines = _awaited(procurement.awaited_lines(supplier_id=supplier_id))
        contract = procurement.contracts(supplier_id=supplier_id)[0]
        self._count += 1
        today = day_in(CHINA, self._now)
        first = coming.legs[0].days[0]
        draft = ConsignmentDraft(
            supplier_id=supplier_id,
            asn=f"{ASN}-{self._count}",
            warehouse_id=self._houses[coming.house],
            incoterm=contract.incoterm,
            place=contract.place,
            lines=tuple(self._line(line, coming.percent, n) for n, line in enumerate(lines, 1)),
            legs=tuple(
                LegDraft(
                    leg.stage, leg.mode, *leg.way, today + leg.days[0] * DAY, today + leg.days[1] * DAY, leg.carrier
                )
                for leg in coming.legs
            ),
            bill=coming.bill,
            containers=coming.containers,
        )
        made = services.announce(draft=draft, actor=BUYER, now=self._now + (first - 1) * DAY)
        for n, leg in enumerate(coming.legs, 1):
            for kind, days in tuple(zip((Happened.DEPARTED, Happened.ARRIVED), leg.days, strict=True))[: leg.done]:
                self._report(made, n, kind, days)
            if leg.estimated is not None:
                self._report(made, n, Happened.ESTIMATED, leg.estimated)
        return _read(made)

    def _line(self, line: OpenLine, percent: int, n: int) -> LineDraft:
        today = day_in(CHINA, self._now)
        units = max(line.awaited * percent // 100, 1)
        return LineDraft(line.id, units, f"{today:%y%m}{n:02}{self._count}", today - 60 * DAY, today + 900 * DAY)

    def _report(self, consignment_id: UUID, leg: int, kind: Happened, days: int) -> None:
        at = self._now + days * DAY
        told = services.Report(leg, kind, day_in(CHINA, at))
        services.report(consignment_id=consignment_id, told=told, actor=BUYER, now=min(self._now, at))


def _awaited(lines: Sequence[OpenLine]) -> list[OpenLine]:
    """Of the order that is expected first."""
    orders: dict[UUID, list[OpenLine]] = defaultdict(list)
    for line in lines:
        orders[line.order_id].append(line)
    return next(iter(orders.values()))


def _received(consignment: Consignment, at: datetime) -> Consignment:
    """Counted by scans: two units are damaged, two are missing of the last line."""
    receipt_id = receiving.open_receipt(consignment_id=consignment.id, actor=KEEPER, now=at)
    skus = catalogue.skus(ids=[line.sku_id for line in consignment.lines])
    scans = []
    for n, line in enumerate(consignment.lines):
        short = 2 if n == len(consignment.lines) - 1 else 0
        code, bad = skus[line.sku_id].code, 2 if n == 0 else 0
        scans.append(Scan(new_id(), code, line.units - bad - short, lot=line.lot, scanned_at=at))
        if bad:
            scans.append(Scan(new_id(), code, bad, Condition.DAMAGED, lot=line.lot, scanned_at=at))
    receiving.take_scans(receipt_id=receipt_id, scans=scans, actor=KEEPER, now=at)
    standing = receipts.standing(receipt_id=receipt_id, final=True)
    assert standing is not None
    why = {one.key: "运输中受损或短少 Damaged or lost on the way" for one in standing.weighed.differences}
    receiving.close(closing=receiving.Closing(receipt_id, True, why), actor=KEEPER, now=at + DAY / 8)
    return _read(consignment.id)


def _begin_to_count(consignment: Consignment, now: datetime) -> None:
    """A receipt that somebody works on: half of the first line."""
    receipt_id = receiving.open_receipt(consignment_id=consignment.id, actor=KEEPER, now=now)
    line = consignment.lines[0]
    sku = catalogue.skus(ids=[line.sku_id])[line.sku_id]
    scan = Scan(new_id(), sku.code, max(line.units // 2, 1), lot=line.lot, pallet="P-01", scanned_at=now)
    receiving.take_scans(receipt_id=receipt_id, scans=[scan], actor=KEEPER, now=now)


def _land(consignment: Consignment, now: datetime) -> None:
    """Freight, insurance and handling were laid on the lots; what the bank asked came later and waits for a run."""
    names = {(line.sku_id, lot_code(line.lot, consignment.number)) for line in consignment.lines}
    skus = catalogue.skus(ids=[line.sku_id for line in consignment.lines])
    lots = [
        LandingLineDraft(sku_id, lot_id, skus[sku_id].gross_weight_g, 2 * skus[sku_id].gross_weight_g)
        for (sku_id, _name), lot_id in sorted(stock.lots_named(names=names).items())
    ]
    landing_id = buying.open_landing(name=f"{consignment.number} Hamburg", lines=lots, actor=SECOND, now=now - 3 * DAY)
    costs = (
        ("NW-20931-F", "Nordwind Spedition", CostKind.FREIGHT, Basis.WEIGHT, "EUR", 48_650, 3),
        ("HV-7719", "Hanse Versicherung", CostKind.INSURANCE, Basis.VALUE, "EUR", 6_120, 3),
        ("FRA-1102", "Frankfurt Lagerhaus", CostKind.HANDLING, Basis.QUANTITY, "EUR", 12_480, 2),
        ("TT-FEE-31", "Bank", CostKind.BANK, Basis.VALUE, "CNY", 18_000, 0),
    )
    for number, supplier, kind, basis, currency, amount, ago in costs:
        at = now - ago * DAY
        invoice = InvoiceDraft(number, supplier, kind, basis, currency, amount, day_in(CHINA, at))
        if not ago:
            buying.allocate_landing(landing_id=landing_id, actor=SECOND, now=now - DAY)
        buying.add_invoice(landing_id=landing_id, draft=invoice, actor=SECOND, now=at)


def _read(consignment_id: UUID) -> Consignment:
    found = consignments.consignment(consignment_id=consignment_id)
    assert found is not None
    return found
