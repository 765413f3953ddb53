"""Take in the deliveries of another system: lines with the freight they bear, and how long suppliers took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.db import transaction

from entrepot.kit.money import to_minor
from entrepot.replenishment import reading
from entrepot.replenishment.models import ConsignmentLine, HistoryFile, LeadTime
from entrepot.replenishment.rules import freight as rules
from entrepot.replenishment.services.days import once
from entrepot.replenishment.services.sales import ImportedMeanwhile, SourceTaken, TooManyLines, taken
from entrepot.replenishment.types import FileKind, Origin, Taken

HEADINGS: Mapping[str, Sequence[str]] = {
    "line": ("ID",),
    "consignment": ("ASN/DN #",),
    "supplier": ("Vendor",),
    "place": ("Country",),
    "article": ("Item Description",),
    "pack": ("Unit of Measure (Per Pack)",),
    "terms": ("Vendor INCO Term",),
    "mode": ("Shipment Mode",),
    "ordered": ("PO Sent to Vendor Date",),
    "delivered": ("Delivered to Client Date",),
    "quantity": ("Line Item Quantity",),
    "value": ("Line Item Value",),
    "weight": ("Weight (Kilograms)",),
    "freight": ("Freight Cost (USD)",),
    "insurance": ("Line Item Insurance (USD)",),
}
CURRENCY = "USD"
LINES_MAX = 500_000  # all of them are needed at once: any may refer to any
SAMPLES = 3
SHOWN = 60
_DAYS = ("%d-%b-%y", "%m/%d/%y", "%Y-%m-%d")
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class _Line:
    goods: rules.Goods
    cells: Mapping[str, str]
    ordered_on: date | None
    delivered_on: date
    insurance_minor: int | None


@dataclass(slots=True)
class _Read:
    lines: list[_Line] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=dict)
    total: int = 0

    def note(self, kind: str, text: str) -> None:
        self.counts[kind] += 1
        kept = self.samples.setdefault(kind, [])
        if len(kept) < SAMPLES:
            kept.append(text[:200])


def import_shipments(
    *, file: Path, origin: Origin, now: datetime, progress: reading.Progress = reading.nothing
) -> Taken:
    """Take deliveries in and share their freight; the same file again changes nothing, a newer one replaces its lines.

    Refuses CannotRead, HeadingsMissing, TooManyLines, SourceTaken, ImportedMeanwhile.
    """
    if not origin.source:
        raise SourceTaken(field="source", source=origin.source)
    digest = reading.digest(file, origin.source)
    with once(ImportedMeanwhile(field="source", source=origin.source)), transaction.atomic():
        there = HistoryFile.objects.filter(kind=FileKind.SHIPMENTS, digest=digest).first()
        if there is not None:
            return taken(there, known=True)
        read = _Read()
        with reading.table(file, HEADINGS, progress) as lines:
            _read(lines, read)
        borne = rules.resolve([one.goods for one in read.lines], CURRENCY)
        _keep(origin.source, read.lines, borne)
        made = HistoryFile.objects.create(
            kind=FileKind.SHIPMENTS, source=origin.source, name=origin.name[:200], digest=digest, lines=read.total,
            report=_report(read, borne), actor=origin.actor, at=now,
        )  # fmt: skip
    return taken(made)


def _read(lines: Iterator[tuple[int, list[str]]], read: _Read) -> None:
    seen: set[str] = set()
    for number, cells in lines:
        read.total += 1
        if read.total > LINES_MAX:
            raise TooManyLines(field="file", lines_max=LINES_MAX)
        one = _line(dict(zip(HEADINGS, cells, strict=False)))
        if one is None or one.goods.line in seen:
            read.note("unreadable" if one is None else "duplicate", f"{number}: {' | '.join(cells)}")
            continue
        seen.add(one.goods.line)
        read.lines.append(one)
        if one.ordered_on is None:
            read.note("ordered_unknown", f"{number}: {one.cells['ordered']}")
        elif one.ordered_on > one.delivered_on:
            read.note("delivered_before_ordered", f"{number}: {one.cells['ordered']} | {one.cells['delivered']}")
        if one.insurance_minor is None:
            read.note("insurance_unknown", str(number))


def _line(told: Mapping[str, str]) -> _Line | None:
    """None where a line's number, quantity, worth or day of delivery cannot be read."""
    delivered = day_of(told.get("delivered", ""))
    try:
        quantity, value = int(told["quantity"]), to_minor(Decimal(told["value"]), CURRENCY)
    except (KeyError, ValueError, InvalidOperation):
        return None
    if delivered is None or not told["line"] or quantity < 0 or value < 0 or "\0" in "".join(told.values()):
        return None
    article = f"{told['article'][:270]} x {told['pack'][:20]}"
    goods = rules.Goods(
        told["line"][:40], told["consignment"][:40], article, quantity, value, told["freight"], told["weight"]
    )
    return _Line(goods, told, day_of(told["ordered"]), delivered, _minor(told["insurance"]))


def _minor(text: str) -> int | None:
    try:
        return to_minor(Decimal(text), CURRENCY)
    except InvalidOperation:
        return None


def day_of(text: str) -> date | None:
    """A day in one of the ways that such files write it: 2-Jun-06, 11/13/06 (month first), 2006-06-02."""
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 a day, no moment
        except ValueError:
            continue
    return None


def _keep(source: str, lines: Sequence[_Line], borne: Mapping[str, rules.Borne]) -> None:
    references = [one.goods.line for one in lines]
    ConsignmentLine.objects.filter(source=source, reference__in=references).delete()
    ConsignmentLine.objects.bulk_create((_row(source, one, borne[one.goods.line]) for one in lines), _BATCH)
    deliveries = {}
    for one in lines:
        if one.ordered_on is not None and one.ordered_on <= one.delivered_on:
            key = (one.cells["supplier"][:120], one.cells["place"][:60], one.goods.consignment)
            deliveries[key] = LeadTime(
                supplier=key[0], place=key[1], reference=key[2], ordered_on=one.ordered_on,
                arrived_on=one.delivered_on,
            )  # fmt: skip
    LeadTime.objects.bulk_create(
        deliveries.values(), _BATCH, update_conflicts=True, unique_fields=["supplier", "place", "reference"],
        update_fields=["ordered_on", "arrived_on"],
    )  # fmt: skip


def _row(source: str, one: _Line, borne: rules.Borne) -> ConsignmentLine:
    goods, cells = one.goods, one.cells
    return ConsignmentLine(
        source=source, reference=goods.line, consignment=goods.consignment, supplier=cells["supplier"][:120],
        place=cells["place"][:60], article=goods.article, terms=cells["terms"][:20], mode=cells["mode"][:20],
        delivered_on=one.delivered_on, quantity=goods.quantity, currency=CURRENCY, value_minor=goods.value_minor,
        insurance_minor=one.insurance_minor, weight_g=borne.weight_g, freight_kind=borne.kind,
        freight_told=goods.freight[:SHOWN], group=borne.group, freight_minor=borne.freight_minor,
        basis=borne.basis or "", unresolved=borne.unresolved,
    )  # fmt: skip


def _report(read: _Read, borne: Mapping[str, rules.Borne]) -> dict[str, Any]:
    unresolved: Counter[str] = Counter()
    examples: dict[str, list[list[str]]] = {}
    for one in read.lines:
        if why := borne[one.goods.line].unresolved:
            unresolved[why] += 1
            kept = examples.setdefault(why, [])
            if len(kept) < SAMPLES:
                kept.append([one.goods.line, one.goods.consignment, one.goods.freight[:SHOWN]])
    stated = sum(rules.stated_minor(one.goods, CURRENCY) for one in read.lines)
    known = [one for one in borne.values() if not one.unresolved]
    return {
        "taken": len(read.lines),
        "consignments": len({one.goods.consignment for one in read.lines}),
        "kinds": dict(Counter(one.kind.value for one in borne.values())),
        "shared_resolved": sum(one.kind == "shared" and not one.unresolved for one in borne.values()),
        "bases": dict(Counter(one.basis.value for one in known if one.basis)),
        "unresolved": dict(unresolved),
        "examples": examples,
        "weight_unknown": sum(one.weight_g is None for one in borne.values()),
        "dirt": dict(read.counts),
        "samples": read.samples,
        "currency": CURRENCY,
        "stated_minor": stated,
        "borne_minor": sum(one.freight_minor or 0 for one in known),
    }
