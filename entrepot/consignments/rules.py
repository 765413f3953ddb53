"""Numbers on boxes and bills, who bears what on which leg, and what is late. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise

from entrepot.consignments.types import Bearer, Borne, ConsignmentDraft, Leg, LegDraft, Mode, Stage, Term
from entrepot.procurement.types import Incoterm

WARN_DAYS = (1, 7, 21)  # late by so many: told once each
LINES_MAX, LEGS_MAX, CONTAINERS_MAX, PAPERS_MAX = 500, 12, 40, 60
UNITS_MAX = 10_000_000
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_AIRWAY = re.compile(r"[0-9]{11}")
_BILL = re.compile(r"[A-Z0-9-]{1,35}")


def _letters() -> dict[str, int]:
    """ISO 6346: A is 10, and multiples of 11 are left out."""
    values, found = iter(n for n in range(10, 40) if n % 11), {}
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        found[letter] = next(values)
    return found


_VALUES = {**{str(n): n for n in range(10)}, **_letters()}


def tidy_number(text: str) -> str:
    """As it is printed, without what readers put between."""
    return re.sub(r"[\s/.-]+", "", text).upper()


def container_digit(ten: str) -> int:
    """The check digit of a container's first ten characters (ISO 6346)."""
    return sum(_VALUES[sign] << i for i, sign in enumerate(ten)) % 11 % 10


def is_container(number: str) -> bool:
    return bool(_CONTAINER.fullmatch(number)) and container_digit(number[:10]) == int(number[10])


def is_air_waybill(number: str) -> bool:
    """Three digits of the airline, seven and their remainder by 7 (IATA resolution 600a)."""
    return bool(_AIRWAY.fullmatch(number)) and int(number[3:10]) % 7 == int(number[10])


def is_bill(number: str) -> bool:
    return bool(_BILL.fullmatch(number))


def mode_of(legs: Sequence[LegDraft]) -> Mode:
    """How the goods come: by the main carriage, else by the first leg."""
    return next((leg.mode for leg in legs if leg.stage is Stage.MAIN), legs[0].mode)


def legs_fault(legs: Sequence[LegDraft]) -> int | None:
    """The number of the first leg that cannot follow the one before it, or None; 0 where there is none at all.

    A leg begins where the last one ended, not before it arrives; at most one main carriage, what is after it after it.
    """
    if not 0 < len(legs) <= LEGS_MAX:
        return 0
    order = [Stage.BEFORE, Stage.MAIN, Stage.AFTER]
    for n, leg in enumerate(legs, 1):
        if leg.arrives_on < leg.departs_on or leg.from_place == leg.to_place:
            return n
    for n, (one, two) in enumerate(pairwise(legs), 2):
        backwards = order.index(two.stage) < order.index(one.stage)
        if backwards or one.to_place != two.from_place or two.departs_on < one.arrives_on:
            return n
    return None


def line_fault(draft: ConsignmentDraft) -> int | None:
    """The number of the first line that cannot be right, or None; 0 where there are none or too many."""
    if not 0 < len(draft.lines) <= LINES_MAX:
        return 0
    seen = set()
    for n, line in enumerate(draft.lines, 1):
        backwards = line.produced_on and line.expires_on and line.expires_on <= line.produced_on
        twice = (line.order_line_id, line.lot) in seen
        if not 0 < line.units <= UNITS_MAX or not 0 < len(line.lot) <= 30 or backwards or twice:
            return n
        seen.add((line.order_line_id, line.lot))
    return None


@cache
def terms() -> dict[Incoterm, Term]:
    text = files("entrepot.consignments").joinpath("data", "incoterms-2020.csv").read_text(encoding="utf-8")
    return {
        Incoterm(row["term"]): Term(
            Incoterm(row["term"]),
            row["ways"] == "sea",
            row["risk"],
            row["cost"],
            Bearer(row["export_by"]),
            Bearer(row["import_by"]),
            row["insurance"],
        )
        for row in csv.DictReader(text.splitlines())
    }


def borne(incoterm: Incoterm, place: str, legs: Sequence[Leg | LegDraft]) -> list[Borne]:
    """Who bears risk and cost of the carriage on each leg. The named place is looked for among the legs' places: up to
    it the seller bears what its term gives him. Where it is not among them, the term's usual point stands for it: the
    main carriage's beginning, or its end for cost of the C terms, or the end of the way for D terms."""
    term = terms()[incoterm]
    risk, cost = _until(term.risk, place, legs), _until(term.cost, place, legs)
    who = [Bearer.SELLER, Bearer.US]
    return [Borne(n, who[n > risk], who[n > cost]) for n in range(1, len(legs) + 1)]


def _until(point: str, place: str, legs: Sequence[Leg | LegDraft]) -> int:
    """The last leg that is still the seller's, 0 for none."""
    if point == "premises":
        return 0
    main = next((n for n, leg in enumerate(legs) if leg.stage is Stage.MAIN), 0)
    if point in ("alongside", "on_board"):
        return main
    named = place.casefold().strip()
    if point == "carrier":  # where he hands them over, at the latest to the main carrier
        starts = next((n for n, leg in enumerate(legs) if leg.from_place.casefold() == named), main)
        return min(starts, main)
    arrives = next((n for n, leg in enumerate(legs, 1) if leg.to_place.casefold() == named), None)
    if arrives is not None:
        return arrives
    has_main = any(leg.stage is Stage.MAIN for leg in legs)
    return main + 1 if point == "named_after_main" and has_main else len(legs)


def next_due(legs: Sequence[Leg]) -> date | None:
    """The day on which the next thing should happen that nobody has reported, or None when all have arrived."""
    for leg in legs:
        if leg.arrived_on is None:
            return leg.departs_on if leg.departed_on is None else leg.estimated_on or leg.arrives_on
    return None


def expected(legs: Sequence[Leg]) -> date:
    """When the last leg ends by what is known: a delay so far moves all that follows it."""
    moved = 0
    for leg in legs:
        known = leg.arrived_on or leg.estimated_on
        begun = (leg.departed_on - leg.departs_on).days if leg.departed_on else moved
        moved = (known - leg.arrives_on).days if known else max(begun, 0)
    last = legs[-1]
    return last.arrived_on or date.fromordinal(min(last.arrives_on.toordinal() + moved, date.max.toordinal()))


def due_warning(late: int) -> int:
    """The warning that so many days ask for: the highest of `WARN_DAYS` reached, 0 for none."""
    return max((days for days in WARN_DAYS if days <= late), default=0)


def late_days(*, planned_on: date, expected_on: date, due_on: date | None, today: date) -> int:
    """How late it is or is known to become, 0 for in time. What nobody reported is late from its day on."""
    unreported = (today - due_on).days if due_on else 0
    return max((expected_on - planned_on).days, unreported, 0)
