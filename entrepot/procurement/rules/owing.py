"""What an order owes and from when on, by its terms. Pure. A day that no fact determines is not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from entrepot.procurement.rules.sums import value_of
from entrepot.procurement.types import Part, PaymentTerms, Undetermined


@dataclass(frozen=True, slots=True)
class Moved:
    """Units of a line that were shipped or came on a day."""

    day: date
    line_id: UUID
    units: int


@dataclass(frozen=True, slots=True)
class Owing:
    """An order in force. `lines`: units and amount by line. `ships_on`: the first day on which goods leave, planned or
    done; `shipped` is done. `invoices`: day and amount."""

    terms: PaymentTerms
    days: int
    total_minor: int
    closed: bool
    lines: Mapping[UUID, tuple[int, int]]
    received: Sequence[Moved] = ()
    ships_on: date | None = None
    shipped: Sequence[Moved] = ()
    invoices: Sequence[tuple[date, int]] = ()


def dues(of: Owing, paid_minor: int) -> list[Part]:
    """The parts, what is due first first and what has no day last; payments cover them in this order.

    In advance: all of it, so many days before the first goods leave, and at the latest on the day on which some came.
    After shipment, receipt or invoice: what left, came or was asked for on a day, so many days after it. Of a closed
    order nothing is owed for what never came (or, after shipment, never left).
    """
    came = sum(_by_day(of.lines, of.received).values())
    whole = of.total_minor
    if of.closed:
        left = sum(_by_day(of.lines, of.shipped).values()) if of.terms is PaymentTerms.SHIPMENT else 0
        whole = min(whole, max(came, left))
    found = _BY[of.terms](of, whole, came)
    return _settled([one for one in found if one.amount_minor > 0], paid_minor)


def _advance(of: Owing, whole: int, _came: int) -> list[Part]:
    first = min((one.day for one in of.received), default=None)
    before = timedelta(days=of.days)
    days = [(max(of.ships_on, date.min + before) - before, of.ships_on)] if of.ships_on else []
    days += [(first, first)] if first else []
    if not days:
        return [Part(whole, 0, None, None, Undetermined.NOT_SHIPPED)]
    due_on, since = min(days)
    return [Part(whole, 0, due_on, since)]


def _shipment(of: Owing, whole: int, came: int) -> list[Part]:
    parts, left = _counted(_by_day(of.lines, of.shipped).items(), of.days, whole)
    unknown = min(max(came - (whole - left), 0), left)
    parts.append(Part(unknown, 0, None, None, Undetermined.SHIPMENT_UNKNOWN))
    return [*parts, Part(left - unknown, 0, None, None, Undetermined.NOT_SHIPPED)]


def _receipt(of: Owing, whole: int, _came: int) -> list[Part]:
    parts, left = _counted(_by_day(of.lines, of.received).items(), of.days, whole)
    return [*parts, Part(left, 0, None, None, Undetermined.NOT_RECEIVED)]


def _invoice(of: Owing, whole: int, _came: int) -> list[Part]:
    parts, left = _counted(of.invoices, of.days, whole)
    return [*parts, Part(left, 0, None, None, Undetermined.NOT_INVOICED)]


_BY = {
    PaymentTerms.ADVANCE: _advance,
    PaymentTerms.SHIPMENT: _shipment,
    PaymentTerms.RECEIPT: _receipt,
    PaymentTerms.INVOICE: _invoice,
}


def _by_day(lines: Mapping[UUID, tuple[int, int]], moved: Sequence[Moved]) -> dict[date, int]:
    """What was moved on each day is worth: parts of a line sum to it, and what is beyond its units is worth nothing,
    for an order never owes more than its total."""
    before: dict[UUID, int] = {}
    found: dict[date, int] = {}
    for one in sorted(moved, key=lambda one: one.day):
        units, amount = lines[one.line_id]
        at = before.get(one.line_id, 0)
        fresh = max(min(one.units, units - at), 0)
        before[one.line_id] = at + fresh
        found[one.day] = found.get(one.day, 0) + value_of(fresh, units, amount, at)
    return found


def _counted(facts: Iterable[tuple[date, int]], days: int, whole: int) -> tuple[list[Part], int]:
    """A part for each fact as far as the whole reaches, and what is left of it."""
    found, left = [], whole
    for day, minor in sorted(facts):
        amount = min(minor, left)
        left -= amount
        found.append(Part(amount, 0, day + timedelta(days=days), day))
    return found, left


def _settled(parts: Sequence[Part], paid_minor: int) -> list[Part]:
    found = []
    for one in parts:
        covered = min(one.amount_minor, paid_minor)
        paid_minor -= covered
        found.append(replace(one, paid_minor=covered))
    return found
