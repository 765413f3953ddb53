"""How an invoice is shared among lots. Pure: the same lots and invoice always give the same parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from entrepot.kit.money import allocate, exponent
from entrepot.procurement.landing.types import Basis, CostKind, InvoiceDraft, LandingLineDraft

LINES_MAX = 200_000
MEASURE_MAX = 100_000_000  # grams or millilitres of one unit
AMOUNT_MAX = 10**15
RATE_PLACES = 12
_SCALE = 10**RATE_PLACES


@dataclass(frozen=True, slots=True)
class Lot:
    """What a lot is weighed by. `unit_cost` in its own currency; units that ever came."""

    units: int
    unit_cost: Decimal
    currency: str
    gross_g: int
    volume_ml: int
    hs_code: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What keeps an invoice from being shared: lots without a measure, or a duty line without lots."""

    what: str
    count: int = 0


Rates = Mapping[str, Decimal]  # by lot currency: what all values are compared in, for one of it


def line_fault(lines: Sequence[LandingLineDraft]) -> tuple[int, str] | None:
    """Position and field of the first line that cannot be right, or None."""
    if not 0 < len(lines) <= LINES_MAX:
        return 0, "lines"
    seen = set()
    for i, line in enumerate(lines):
        if (line.sku_id, line.lot_id) in seen:
            return i, "lot"
        if not 0 <= line.gross_g <= MEASURE_MAX:
            return i, "gross_g"
        if not 0 <= line.volume_ml <= MEASURE_MAX:
            return i, "volume_ml"
        if line.hs_code and not (6 <= len(line.hs_code) <= 10 and line.hs_code.isascii() and line.hs_code.isdigit()):
            return i, "hs_code"
        seen.add((line.sku_id, line.lot_id))
    return None


def invoice_fault(draft: InvoiceDraft) -> str | None:
    """The first field of an invoice that cannot be right, or None."""
    if not 0 < len(draft.number) <= 60:
        return "number"
    if not 0 < len(draft.supplier) <= 100:
        return "supplier"
    if len(draft.currency) != 3 or not (draft.currency.isascii() and draft.currency.isupper()):
        return "currency"
    if draft.amount_minor == 0 or abs(draft.amount_minor) > AMOUNT_MAX:
        return "amount"
    if draft.basis is Basis.HS:
        codes = all(6 <= len(code) <= 10 and code.isascii() and code.isdigit() for code in draft.hs_amounts)
        adds_up = sum(draft.hs_amounts.values()) == draft.amount_minor
        return None if codes and adds_up and draft.kind is CostKind.DUTY else "hs_amounts"
    if draft.basis is Basis.STATED:
        return None if sum(draft.lot_amounts.values()) == draft.amount_minor else "lot_amounts"
    return "hs_amounts" if draft.hs_amounts else "lot_amounts" if draft.lot_amounts else None


def shared(draft: InvoiceDraft, lots: Sequence[Lot], rates: Rates) -> list[int] | Lacking:
    """Each lot's part of the invoice, in its minor units; they sum to the invoice exactly."""
    if draft.basis is Basis.HS:
        return _by_duty_line(draft.hs_amounts, lots, rates)
    if draft.basis is Basis.STATED:
        return _as_stated(draft.lot_amounts, lots)
    weights = [_WEIGHT[draft.basis](lot, rates) for lot in lots]
    if draft.basis in (Basis.WEIGHT, Basis.VOLUME) and min(weights) == 0:
        return Lacking(draft.basis.value, weights.count(0))
    if not any(weights):
        return Lacking(draft.basis.value, len(lots))
    return allocate(draft.amount_minor, weights)


def _as_stated(amounts: Mapping[str, int], lots: Sequence[Lot]) -> list[int] | Lacking:
    """What the invoice says; each lot it names stands once among these."""
    found = Counter(lot.code for lot in lots)
    wrong = next((code for code in amounts if found[code] != 1), None)
    return [amounts.get(lot.code, 0) for lot in lots] if wrong is None else Lacking(wrong)


def _by_duty_line(amounts: Mapping[str, int], lots: Sequence[Lot], rates: Rates) -> list[int] | Lacking:
    """Each duty line among the lots whose code begins with its code, and with none longer, by value; by units where all
    of them were for nothing."""
    codes = sorted(amounts, key=lambda code: (-len(code), code))
    of: dict[str, list[int]] = {code: [] for code in codes}
    longest = {hs: next((code for code in codes if hs.startswith(code)), "") for hs in {lot.hs_code for lot in lots}}
    for i, lot in enumerate(lots):
        if longest[lot.hs_code]:
            of[longest[lot.hs_code]].append(i)
    parts = [0] * len(lots)
    for code, places in of.items():
        if not places:
            return Lacking(code)
        weights = [_value(lots[i], rates) for i in places]
        if not any(weights):  # samples: customs gives them a value, the supplier does not
            weights = [lots[i].units for i in places]
        for i, part in zip(places, allocate(amounts[code], weights), strict=True):
            parts[i] = part
    return parts


def converted(parts: Sequence[int], asked: str, wanted: str, rate: Decimal) -> list[int]:
    """Parts of an invoice in another currency: their sum is converted and rounded half up once, and shared by them."""
    if rate == 1 and exponent(asked) == exponent(wanted):
        return list(parts)
    total = Decimal(sum(parts)) * rate * Decimal(10) ** (exponent(wanted) - exponent(asked))
    whole = int(total.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return allocate(whole, [abs(part) for part in parts])


def _value(lot: Lot, rates: Rates) -> int:
    return lot.units * int(lot.unit_cost.scaleb(6)) * int(rates[lot.currency] * _SCALE)


_WEIGHT: Mapping[Basis, Callable[[Lot, Rates], int]] = {
    Basis.VALUE: _value,
    Basis.WEIGHT: lambda lot, _: lot.units * lot.gross_g,
    Basis.VOLUME: lambda lot, _: lot.units * lot.volume_ml,
    Basis.QUANTITY: lambda lot, _: lot.units,
}
