"""Take in what another system sold: staged line by line, judged, and kept as days of sales."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, Sum

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import sql
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.replenishment import reading
from entrepot.replenishment.models import DayOfSales, HistoryFile
from entrepot.replenishment.rules import sales as rules
from entrepot.replenishment.services.days import CHUNK, Covered, once, replace_days
from entrepot.replenishment.types import OWN, Dirt, FileKind, Origin, Taken

# Our name of a column, and names it may have.
HEADINGS: Mapping[str, Sequence[str]] = {
    "invoice": ("InvoiceNo", "Invoice", "order"),
    "article": ("StockCode", "sku", "code"),
    "description": ("Description", "name"),
    "quantity": ("Quantity", "units"),
    "at": ("InvoiceDate", "date", "time"),
    "price": ("UnitPrice", "Price", "unit_price"),
    "customer": ("CustomerID", "Customer ID", "buyer"),
    "country": ("Country",),
}
LINES_MAX = 20_000_000
UNITS_MAX = 1_000_000_000
SAMPLES = 3
_STAGED = "line, digest, invoice, article, spelling, units, at, price, customer, country, dirt"


class TooManyLines(Invalid):
    code = "too_many_lines"
    zh = "文件超过 {lines_max} 行"
    en = "The file has more than {lines_max} lines"


class SourceTaken(Invalid):
    code = "source_taken"
    zh = "来源名称“{source}”不可用"
    en = "The source cannot be called {source}"


class ImportedMeanwhile(Refusal):
    code = "imported_meanwhile"
    zh = "来源“{source}”的数据正在由他人导入，请等其完成后再试"
    en = "Somebody else is importing what {source} sold: try again when that is done"


@dataclass(slots=True)
class _Seen:
    """What was read so far."""

    lines: int = 0
    unreadable: int = 0
    samples: dict[str, list[str]] = field(default_factory=dict)

    def sample(self, kind: str, text: str) -> None:
        kept = self.samples.setdefault(kind, [])
        if len(kept) < SAMPLES:
            kept.append(text[:200])


def import_sales(*, file: Path, origin: Origin, now: datetime, progress: reading.Progress = reading.nothing) -> Taken:
    """Take a history of sales in; the same file again changes nothing. Days that it covers replace what its source had.

    Refuses CannotRead, HeadingsMissing, TooManyLines, SourceTaken, ImportedMeanwhile.
    """
    if origin.source in ("", OWN):
        raise SourceTaken(field="source", source=origin.source)
    digest = reading.digest([file], origin.source, origin.place, *sorted(origin.not_goods))
    with once(ImportedMeanwhile(field="source", source=origin.source)), transaction.atomic():
        there = HistoryFile.objects.filter(kind=FileKind.SALES, digest=digest).first()
        if there is not None:
            return taken(there, known=True)
        sql.run("DROP TABLE IF EXISTS pg_temp.replenishment_stage")  # of another file in the same transaction
        sql.run(sql.load("replenishment", "stage"))
        seen = _Seen()
        with reading.table(file, HEADINGS, progress) as lines:
            _stage(lines, origin.not_goods, seen)
        sql.run("CREATE UNIQUE INDEX ON replenishment_stage (line)")
        sql.run("ANALYZE replenishment_stage")
        sql.run(sql.load("replenishment", "duplicates"))
        _take_back()
        _keep(origin)
        made = HistoryFile.objects.create(
            kind=FileKind.SALES, source=origin.source, name=origin.name[:200], digest=digest, lines=seen.lines,
            report=_report(origin, seen), actor=origin.actor, at=now,
        )  # fmt: skip
    return taken(made)


def taken(row: HistoryFile, *, known: bool = False) -> Taken:
    """The row as others see it."""
    return Taken(row.id, FileKind(row.kind), row.source, row.name, row.lines, row.report, row.actor, row.at, known)


def _stage(lines: Iterator[tuple[int, list[str]]], not_goods: frozenset[str], seen: _Seen) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY replenishment_stage ({_STAGED}) FROM STDIN") as copy:
        for number, cells in lines:
            seen.lines += 1
            if seen.lines > LINES_MAX:
                raise TooManyLines(field="file", lines_max=LINES_MAX)
            row = _row(number, cells, not_goods)
            if row is None:
                seen.unreadable += 1
                seen.sample(Dirt.UNREADABLE, f"{number}: {' | '.join(cells)}")
                continue
            copy.write_row(row)
            if row[-1]:
                seen.sample(row[-1], f"{number}: {' | '.join(cells)}")


def _row(number: int, cells: Sequence[str], not_goods: frozenset[str]) -> tuple[Any, ...] | None:
    """One line as it is staged, None where it cannot be read."""
    if not cells:
        return None
    invoice, spelling, _name, quantity, at, price, customer, country = cells
    article = spelling.upper()  # people type codes in both cases
    try:
        units, paid, moment = int(quantity), Decimal(price), datetime.fromisoformat(at)
    except (ValueError, InvalidOperation):
        return None
    if not article or len(article) > 60 or abs(units) > UNITS_MAX or not paid.is_finite() or "\0" in "".join(cells):
        return None
    digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=16).digest()
    dirt = rules.judge(invoice, article, units, paid, customer, not_goods)
    return (number, digest, invoice, article, spelling, units, moment.replace(tzinfo=None), paid, customer, country,
            str(dirt))  # fmt: skip


def _take_back() -> None:
    """Match cancellations, customer by customer, so that never more than one customer's lines lie in memory."""
    found = []
    for _key, rows in groupby(_streamed(sql.load("replenishment", "trades")), key=lambda row: row[:2]):
        trades = [rules.Trade(line, units, price) for _customer, _article, line, units, price in rows]
        found += rules.match(trades)
    if found:
        both = [(one.sale, one.units) for one in found] + [(one.cancel, one.units) for one in found]
        params = {"lines": [line for line, _ in both], "units": [units for _, units in both]}
        sql.run(sql.load("replenishment", "take_back"), params)


def _streamed(statement: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def _keep(origin: Origin) -> None:
    """Replace the days of this source and place that the staged lines cover."""
    since, until = sql.rows(
        "SELECT min(at)::date AS since, max(at)::date AS until FROM replenishment_stage WHERE dirt <> ALL(%(out)s)",
        {"out": [one.value for one in Dirt if one.left_out]},
    )[0].values()
    if since is None:
        return
    covered = Covered(origin.source, since, until, [origin.place])
    replace_days(covered, _named(_streamed(sql.load("replenishment", "days")), origin.place))


def _named(rows: Iterator[tuple[Any, ...]], place: str) -> Iterator[tuple[Any, ...]]:
    """Days under our own code for the article, where the catalogue has the file's spelling or it in capitals."""
    while chunk := list(islice(rows, CHUNK)):
        known = catalogue.sku_by_code(codes={code for row in chunk for code in row[:2]})
        for article, spelling, *figures in chunk:
            sku = known.get(spelling) or known.get(article)
            yield (sku.code if sku else article, sku.id if sku else None, place, *figures)


def _report(origin: Origin, seen: _Seen) -> dict[str, Any]:
    kinds = Counter({Dirt.UNREADABLE.value: seen.unreadable})
    for row in sql.rows("SELECT dirt, count(*) AS lines FROM replenishment_stage WHERE dirt <> '' GROUP BY dirt"):
        kinds[row["dirt"]] += row["lines"]
    days = DayOfSales.objects.filter(source=origin.source, place=origin.place)
    whole = days.aggregate(
        since=Min("day"), until=Max("day"), units=Sum("units"), cancelled=Sum("cancelled"), returned=Sum("returned")
    )
    countries = sql.rows(
        "SELECT country, count(*) AS lines FROM replenishment_stage GROUP BY country ORDER BY 2 DESC, 1 LIMIT 300"
    )
    left_out = sum(count for kind, count in kinds.items() if Dirt(kind).left_out)
    return {
        "kinds": {kind: count for kind, count in sorted(kinds.items()) if count},
        "samples": seen.samples,
        "taken": seen.lines - left_out,
        "left_out": left_out,
        "countries": [[row["country"], row["lines"]] for row in countries],
        "articles": days.values("article").distinct().count(),
        "in_catalogue": days.filter(sku_id__isnull=False).values("article").distinct().count(),
        "days": days.count(),
        **{name: value.isoformat() if isinstance(value, date) else value for name, value in whole.items()},
    }
