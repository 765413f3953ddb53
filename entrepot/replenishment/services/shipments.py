"""Take in the deliveries of another system: lines with the freight they bear, and how long suppliers took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.replenishment import reading
from entrepot.replenishment.models import ConsignmentLine, HistoryFile, LeadTime
from entrepot.replenishment.rules import freight as rules
from entrepot.replenishment.services.days import once
from entrepot.replenishment.services.sales import ImportedMeanwhile, SourceTaken, TooManyLines, taken
from entrepot.replenishment.types import FileKind, Origin, ShipmentLine, Taken

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
MORE: Mapping[str, Sequence[str]] = {  # known of some systems only
    "order": ("PO / SO #",),
    "brand": ("Brand",),
    "maker": ("Manufacturing Site",),
    "planned": ("Scheduled Delivery Date",),
}
CURRENCY = "USD"
UNITS_MAX = 10_000_000  # of one line, as of an order's
LINES_MAX = 500_000  # all of them are needed at once: any may refer to any
SAMPLES = 3
SHOWN = 60
_DAYS = ("%d-%b-%y", "%m/%d/%y", "%Y-%m-%d")
_BATCH = 1_000
_LASTING = ("quantity", "value_minor", "freight_minor", "insurance_minor")  # what our consignment was made from


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


def look_at_shipments(*, files: Sequence[Path], source: str) -> tuple[Mapping[str, Any], list[ShipmentLine]]:
    """What `import_shipments` would find in the files, and the lines as it would keep them. Writes nothing.

    Refuses CannotRead, HeadingsMissing, TooManyLines, SourceTaken.
    """
    if not source:
        raise SourceTaken(field="source", source=source)
    read = _read_all(files, reading.nothing)
    borne = rules.resolve([one.goods for one in read.lines], CURRENCY)
    names = ShipmentLine.__dataclass_fields__
    rows = [_row(source, one, borne[one.goods.line]) for one in read.lines]
    return _report(read, borne), [ShipmentLine(**{name: getattr(row, name) for name in names}) for row in rows]


def import_shipments(
    *, files: Sequence[Path], origin: Origin, now: datetime, progress: reading.Progress = reading.nothing
) -> Taken:
    """Take deliveries in and share their freight, also between the files; the same files again change nothing, newer
    ones replace their lines.

    Refuses CannotRead, HeadingsMissing, TooManyLines, SourceTaken, ImportedMeanwhile.
    """
    if not origin.source:
        raise SourceTaken(field="source", source=origin.source)
    digest = reading.digest(files, origin.source)
    with once(ImportedMeanwhile(field="source", source=origin.source)), transaction.atomic():
        there = HistoryFile.objects.filter(kind=FileKind.SHIPMENTS, digest=digest).first()
        if there is not None:
            return taken(there, known=True)
        read = _read_all(files, progress)
        borne = rules.resolve([one.goods for one in read.lines], CURRENCY)
        _keep(origin.source, read, borne)
        made = HistoryFile.objects.create(
            kind=FileKind.SHIPMENTS, source=origin.source, name=origin.name[:200], digest=digest, lines=read.total,
            report=_report(read, borne), actor=origin.actor, at=now,
        )  # fmt: skip
    return taken(made)


def become(*, source: str, became: Mapping[str, UUID], left_out: Mapping[str, str]) -> None:
    """Lines, by reference, are lines of consignments of ours by now, or of none for a reason."""
    rows = ConsignmentLine.objects.filter(source=source, reference__in=[*became, *left_out])
    changed = []
    for row in rows.only("id", "reference"):
        row.became_id, row.left_out = became.get(row.reference), left_out.get(row.reference, "")
        changed.append(row)
    ConsignmentLine.objects.bulk_update(changed, ["became_id", "left_out"], _BATCH)


def try_again(*, source: str) -> None:
    """What kept lines from becoming ours may have changed: their reasons are taken off."""
    ConsignmentLine.objects.filter(source=source, became_id=None).exclude(left_out="").update(left_out="")


def _read_all(files: Sequence[Path], progress: reading.Progress) -> _Read:
    read, seen = _Read(), set[str]()
    for file in files:
        with reading.table(file, HEADINGS, progress, MORE) as lines:
            _read(lines, read, seen)
    return read


def _read(lines: Iterator[tuple[int, list[str]]], read: _Read, seen: set[str]) -> None:
    for number, cells in lines:
        read.total += 1
        if read.total > LINES_MAX:
            raise TooManyLines(field="file", lines_max=LINES_MAX)
        one = _line(dict(zip((*HEADINGS, *MORE), cells, strict=False)))
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
        quantity, value = int(told["quantity"]), rules.minor(told["value"], CURRENCY)
    except (KeyError, ValueError):
        return None
    if delivered is None or value is None or not told["line"] or "\0" in "".join(told.values()):
        return None
    if not 0 <= quantity <= UNITS_MAX:
        return None
    article = f"{told['article'][:270]} x {told['pack'][:20]}"
    goods = rules.Goods(
        told["line"][:40], told["consignment"][:40], article, quantity, value, told["freight"], told["weight"]
    )
    return _Line(goods, told, day_of(told["ordered"]), delivered, rules.minor(told["insurance"], CURRENCY))


def day_of(text: str) -> date | None:
    """A day in one of the ways that such files write it: 2-Jun-06, 11/13/06 (month first), 2006-06-02."""
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 a day, no moment
        except ValueError:
            continue
    return None


def _keep(source: str, read: _Read, borne: Mapping[str, rules.Borne]) -> None:
    """What became a consignment of ours stays as it is: where a newer file says something else, it is told."""
    lines = read.lines
    references = [one.goods.line for one in lines]
    there = ConsignmentLine.objects.filter(source=source, reference__in=references)
    ours = {row.reference: row for row in there.exclude(became_id=None)}
    there.delete()
    rows = [_row(source, one, borne[one.goods.line]) for one in lines]
    for row in rows:
        before = ours.get(row.reference)
        row.became_id = before.became_id if before else None
        if before and any(getattr(before, name) != getattr(row, name) for name in _LASTING):
            read.note("ours_differs", f"{row.consignment} {row.reference}")
    ConsignmentLine.objects.bulk_create(rows, _BATCH)
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
        basis=borne.basis or "", unresolved=borne.unresolved, order_number=cells["order"][:40],
        brand=cells["brand"][:80], maker=cells["maker"][:120], ordered_on=one.ordered_on,
        planned_on=day_of(cells["planned"]),
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
        "lines": read.total,
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
