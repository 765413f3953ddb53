"""Questions about what was sold, how long suppliers take, and what is proposed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Round

from entrepot.kit import sql
from entrepot.kit.money import exponent, to_minor
from entrepot.replenishment.models import Backtest, ConsignmentLine, DayOfSales, HistoryFile
from entrepot.replenishment.models import Proposal as Proposed
from entrepot.replenishment.models import ProposalLine as LineRow
from entrepot.replenishment.types import (
    FileKind,
    Lead,
    Load,
    Plan,
    Proposal,
    ProposalRow,
    ProposalState,
    ProposedLine,
    Report,
    Score,
    Shipment,
    ShipmentLine,
    Sums,
    Taken,
    Weeks,
)

PAGE = 50
PLACES = (0, 2, 3)  # of minor units, as `kit.money.exponent` has them
PAGES_MAX = 500
LINES_SHOWN_MAX = 500_000
ARTICLES_MAX = 50_000
WEEKS_MAX = 260
DELIVERIES_MIN = 5  # fewer say too little of how a supplier's time varies


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose weeks: sources, and place and articles where not all. `weeks` whole ones before `until`, 0 for all."""

    sources: Sequence[str]
    until: date | None = None
    weeks: int = 0
    place: str | None = None
    articles: Collection[str] | None = None


def weekly(*, wanted: Wanted) -> tuple[date | None, list[Weeks]]:
    """The Monday of the first week, and demand by week of the best-selling articles; whole weeks only."""
    span = DayOfSales.objects.filter(source__in=list(wanted.sources)).aggregate(first=Min("day"), last=Max("day"))
    if span["first"] is None:
        return None, []
    first = span["first"] + timedelta(days=-span["first"].weekday() % 7)
    end = wanted.until or span["last"] + timedelta(days=1)
    end -= timedelta(days=end.weekday())
    count = min(max((end - first).days // 7, 0), WEEKS_MAX, wanted.weeks or WEEKS_MAX)
    first = end - timedelta(days=7 * count)
    params = {
        "first": first, "weeks": count, "sources": list(wanted.sources), "place": wanted.place, "most": ARTICLES_MAX,
        "articles": None if wanted.articles is None else list(wanted.articles),
    }  # fmt: skip
    return first, list(_filled(sql.rows(sql.load("replenishment", "weekly"), params), count))


def _filled(rows: Sequence[Mapping[str, Any]], count: int) -> Iterator[Weeks]:
    for row in rows:
        units = [0] * count
        for week, sold in zip(row["weeks"], row["units"], strict=True):
            units[week] = sold
        yield Weeks(row["article"], row["place"], tuple(units))


def lead_times(*, suppliers: Collection[str]) -> dict[tuple[str, str], Lead]:
    """By supplier and place, and by supplier with place "" for all of them; what has too few deliveries is left out
    (`stated_lead`)."""
    params = {"suppliers": list(suppliers), "deliveries_min": DELIVERIES_MIN}
    return {
        (row["supplier"], row["place"]): Lead(row["days"], row["spread_days"], row["deliveries"])
        for row in sql.rows(sql.load("replenishment", "lead_times"), params)
    }


def stated_lead(*, plan: Plan) -> Lead:
    """Where history says too little: what the plan says."""
    return Lead(Decimal(plan.lead_days), Decimal(plan.lead_spread_days), 0)


def files(*, kind: FileKind | None = None) -> list[Taken]:
    """Files that were taken in, the newest first."""
    rows = HistoryFile.objects.order_by("-id")
    return [
        Taken(one.id, FileKind(one.kind), one.source, one.name, one.lines, one.report, one.actor, one.at)
        for one in (rows.filter(kind=kind) if kind else rows)[:PAGE]
    ]


def shipments(
    *, source: str = "", begin: str = "", unresolved: bool = False, page: int = 1
) -> tuple[list[Shipment], bool]:
    """A page of consignments of other systems, or of one, the latest first, and whether there are more. `begin`: of
    their number; `unresolved`: only those with a line whose freight is not known."""
    start = (min(max(page, 1), PAGES_MAX) - 1) * PAGE
    like = begin.replace("\\", "").replace("%", "").replace("_", "") + "%"
    params = {"source": source, "begin": like, "open": unresolved, "most": PAGE + 1, "start": start}
    rows = sql.rows(sql.load("replenishment", "consignments"), params)
    found = [Shipment(**{**row, "reasons": tuple(row["reasons"])}) for row in rows]
    return found[:PAGE], len(found) > PAGE


def shipment_lines(
    *, source: str | None = None, consignment: str | None = None, unresolved: bool = False
) -> Iterator[ShipmentLine]:
    """Lines of consignments, at most `LINES_SHOWN_MAX`: all, those of one, or those whose freight is not known or that
    became no line of ours for a reason."""
    rows = ConsignmentLine.objects.all() if source is None else ConsignmentLine.objects.filter(source=source)
    rows = rows if consignment is None else rows.filter(consignment=consignment)
    rows = rows.exclude(unresolved="", left_out="") if unresolved else rows
    names = ShipmentLine.__dataclass_fields__
    for row in rows.order_by("source", "consignment", "id").values(*names)[:LINES_SHOWN_MAX].iterator():
        yield ShipmentLine(**row)


def waiting_shipments(*, source: str, most: int) -> list[ShipmentLine]:
    """Lines of the next consignments (supplier and number) that are none of ours yet, at most so many of them, with all
    lines of the orders they are of."""
    waiting = ConsignmentLine.objects.filter(source=source, became_id=None, left_out="")
    keys = list(waiting.order_by("consignment", "supplier").values_list("consignment", "supplier").distinct()[:most])
    of = Q(consignment__in={number for number, _ in keys})
    orders = ConsignmentLine.objects.filter(of, source=source).exclude(order_number="").values("order_number")
    names = ShipmentLine.__dataclass_fields__
    rows = ConsignmentLine.objects.filter(of | Q(order_number__in=orders), source=source).order_by("id").values(*names)
    return [ShipmentLine(**row) for row in rows]


def waiting_count(*, source: str) -> int:
    """Consignments that are none of ours yet."""
    waiting = ConsignmentLine.objects.filter(source=source, became_id=None, left_out="")
    return waiting.values("consignment", "supplier").distinct().count()


def outcome(*, source: str) -> tuple[int, int, dict[str, int]]:
    """Consignments and lines that are ours by now, and lines that are not, by reason."""
    rows = ConsignmentLine.objects.filter(source=source)
    ours = rows.exclude(became_id=None).aggregate(ours=Count("became_id", distinct=True), lines=Count("id"))
    left = rows.exclude(left_out="").values_list("left_out").annotate(Count("id")).order_by()
    return ours["ours"], ours["lines"], dict(left)


def last_backtest() -> Report | None:
    row = Backtest.objects.order_by("-id").first()
    if row is None:
        return None
    told = row.report
    return Report(
        row.id, row.name, told["articles"], told["weeks"], told["origins"], told["horizon"],
        Decimal(told["service"]), date.fromisoformat(told["first"]), tuple(_score(one) for one in told["scores"]),
        told["best"], {name: tuple((a, b) for a, b in pairs) for name, pairs in told["by_week"].items()}, row.at,
    )  # fmt: skip


def _score(told: Mapping[str, Any]) -> Score:
    def three(name: str) -> tuple[Decimal, Decimal, Decimal]:
        one, two, last = (Decimal(number) for number in told[name])
        return one, two, last

    return Score(
        told["method"], Decimal(told["wape"]), Decimal(told["bias"]), Decimal(told["factor"]), three("normal"),
        three("learnt"), Decimal(told["seconds"]),
    )  # fmt: skip


def proposals(*, state: ProposalState | None = None, page: int = 1) -> list[ProposalRow]:
    """Those to decide by supplier and place, else the newest first. Two statements, however many lines they have."""
    open_ones = state is ProposalState.PROPOSED
    rows = Proposed.objects.order_by("supplier", "place", "-id") if open_ones else Proposed.objects.order_by("-id")
    start = (max(page, 1) - 1) * PAGE
    found = list((rows.filter(state=state) if state else rows)[start : start + PAGE])
    sums = _sums([row.id for row in found])
    return [
        ProposalRow(
            row.id, row.supplier, row.place, ProposalState(row.state), _lead(row), _load(row), row.at, row.contract_id,
            row.currency, row.units_min, row.order_id, sums[row.id]
        )
        for row in found
    ]  # fmt: skip


def _sums(proposal_ids: Sequence[UUID]) -> dict[UUID, Sums]:
    """What the lines of proposals come to."""
    found = dict.fromkeys(proposal_ids, Sums(0, 0, None, True))
    cost = F("units") * F("unit_price")
    rows: Any = (
        LineRow.objects.filter(proposal_id__in=proposal_ids)
        .values("proposal_id", "proposal__currency")
        .order_by()
        .annotate(
            articles=Count("id"),
            sum=Sum("units"),
            unpriced=Count("id", filter=Q(unit_price=None)),
            roomless=Count("id", filter=Q(volume_cm3=0)),
            **{f"of_{places}": Sum(Round(cost, precision=places)) for places in PLACES},
        )
    )
    for row in rows if proposal_ids else ():
        currency = row["proposal__currency"]
        priced = bool(currency) and not row["unpriced"]
        goods = to_minor(row[f"of_{exponent(currency)}"], currency) if priced else None
        found[row["proposal_id"]] = Sums(row["articles"], row["sum"], goods, not row["roomless"])
    return found


def _lead(row: Proposed) -> Lead:
    told = row.lead_time
    return Lead(Decimal(told["days"]), Decimal(told["spread_days"]), told["deliveries"])


def _load(row: Proposed) -> Load | None:
    return Load(**row.containers) if row.containers else None


def proposal(*, proposal_id: UUID) -> Proposal | None:
    return next(iter(_proposals(list(Proposed.objects.filter(id=proposal_id)))), None)


def _proposals(rows: Sequence[Proposed]) -> list[Proposal]:
    lines: dict[UUID, list[ProposedLine]] = {row.id: [] for row in rows}
    for one in LineRow.objects.filter(proposal__in=list(lines)).order_by("proposal", "position"):
        lines[one.proposal_id].append(
            ProposedLine(
                one.article,
                one.units,
                one.pack,
                one.needed,
                one.forecast,
                one.safety,
                one.stock,
                one.volume_cm3,
                one.weight_g,
                tuple(one.reasons),
                one.unit_price,
            )  # fmt: skip
        )
    return [
        Proposal(
            row.id,
            row.supplier,
            row.place,
            ProposalState(row.state),
            row.plan,
            _lead(row),
            _load(row),
            row.at,
            row.decided_by,
            row.decided_at,
            row.contract_id,
            row.currency,
            row.units_min,
            row.order_id,
            tuple(lines[row.id]),
        )  # fmt: skip
        for row in rows
    ]
