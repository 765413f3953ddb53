"""Tax bills of released lists: made, lifted by returns, summed up for a guarantor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from entrepot.sandbox.customs import answers, quota, tax
from entrepot.sandbox.customs.paper import day, dutiable, lines_of, n, part, texts_of

MADE, SUMMED, VOID = 1, 2, 3
Gone = Mapping[str, Decimal]  # units that are no longer with the buyer, by gnum


@dataclass(frozen=True, slots=True)
class Desk:
    """What bills are made on. `off_by`: so many fen too much on the first line; `extra`: with orderNo, logisticsNo."""

    db: sqlite3.Connection
    now: float
    rates: tax.Rates
    off_by: int
    extra: bool


@dataclass(slots=True)
class Sums:
    """Bodies with their lists, and how many bills each summed bill holds."""

    bodies: list[tuple[sqlite3.Row, bytes]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def _kept(row: sqlite3.Row, gone: Gone) -> dict[str, Fraction]:
    """The part of each line that is still with the buyer."""
    return {
        line["gnum"]: 1 - Fraction(gone.get(line["gnum"], Decimal(0))) / Fraction(n(line["qty"]))
        for line in lines_of(row)
    }


def value_between(row: sqlite3.Row, before: Gone, after: Gone) -> tuple[Decimal, bool]:
    """(what a return takes off the list's value, whether everything is back)."""
    prices = dutiable(texts_of(row), lines_of(row))
    then, now = _kept(row, before), _kept(row, after)
    amount = sum((part(prices[g], then[g]) - part(prices[g], now[g]) for g in prices), Decimal(0))
    return amount, not any(now.values())


def make(desk: Desk, row: sqlite3.Row, gone: Gone) -> tuple[int, bytes]:
    """A bill for what is with the buyer: (816, body)."""
    head, lines = texts_of(row), lines_of(row)
    single, _ = quota.limits(day(row["at"]))
    prices = dutiable(head, lines)
    in_full = sum(prices.values(), Decimal(0)) > single
    kept = _kept(row, gone)
    owed = [
        one.scaled(kept[one.gnum]) for one in tax.owed(lines, prices, desk.rates, in_full=in_full) if kept[one.gnum]
    ]
    owed[0] = replace(owed[0], vat=owed[0].vat + Decimal(desk.off_by) / 100)
    made = desk.db.execute("SELECT count(*) FROM bill WHERE paper = ?", (row["id"],)).fetchone()[0]
    tax_no = f"{row['invt_no']}T{made + 1:02d}"
    texts = [
        {
            "gnum": one.gnum,
            "gcode": one.gcode,
            "taxPrice": str(one.price),
            "customsTax": str(one.duty),
            "valueAddedTax": str(one.vat),
            "consumptionTax": str(one.consumption),
        }
        for one in owed
    ]
    desk.db.execute(
        "INSERT INTO bill (paper, tax_no, assure_code, status, ent_no, lines, at) VALUES (?, ?, ?, ?, '', ?, ?)",
        (row["id"], tax_no, head["assureCode"], MADE, json.dumps(texts), desk.now),
    )
    told = {
        "invtNo": row["invt_no"],
        "taxNo": tax_no,
        **{name: total(texts, name) for name in ("customsTax", "valueAddedTax", "consumptionTax")},
        "status": str(MADE),
        **{name: head[name] for name in ("assureCode", "ebcCode", "logisticsCode", "agentCode", "customsCode")},
    }
    extra = {"orderNo": head["orderNo"], "logisticsNo": head["logisticsNo"]} if desk.extra else {}
    return 816, answers.bill(told, texts, extra, desk.now)


def total(lines: list[dict[str, str]], name: str) -> str:
    return str(sum((Decimal(line[name]) for line in lines), Decimal("0.00")))


def lift(desk: Desk, row: sqlite3.Row, gone: Gone) -> list[tuple[int, bytes]]:
    """Void what was billed; where a part of the goods stays with the buyer (`gone` is not empty), bill that anew."""
    bills = desk.db.execute("SELECT * FROM bill WHERE paper = ? AND status != ?", (row["id"], VOID)).fetchall()
    bodies = [(818, _turned(desk, row, bill, VOID, bill["ent_no"])) for bill in bills]
    return [*bodies, make(desk, row, gone)] if bodies and gone else bodies


def summed(desk: Desk, assure_code: str) -> Sums:
    """All bills that are made and not summed, of one guarantor or (empty) of each, on one summed bill a guarantor."""
    sums = Sums()
    numbers: dict[str, str] = {}
    for bill in desk.db.execute(
        "SELECT * FROM bill WHERE status = ? AND ? IN ('', assure_code) ORDER BY id", (MADE, assure_code)
    ).fetchall():
        row = desk.db.execute("SELECT * FROM paper WHERE id = ?", (bill["paper"],)).fetchone()
        number = numbers.setdefault(bill["assure_code"], f"{day(desk.now):%Y%m%d}S{bill['id']:09d}")
        sums.bodies.append((row, _turned(desk, row, bill, SUMMED, number)))
        sums.counts[number] = sums.counts.get(number, 0) + 1
    return sums


def _turned(desk: Desk, row: sqlite3.Row, bill: sqlite3.Row, status: int, ent_no: str) -> bytes:
    desk.db.execute("UPDATE bill SET status = ?, ent_no = ? WHERE id = ?", (status, ent_no, bill["id"]))
    told = {
        "invtNo": row["invt_no"],
        "taxNo": bill["tax_no"],
        "status": str(status),
        "entDutyNo": ent_no,
        "assureCode": bill["assure_code"],
    }
    return answers.bill_state(told, desk.now)
