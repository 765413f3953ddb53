"""Tax collected at sale against tax billed, line by line, to the cent (docs/algorithms/taxbills.md).

Collected is what the order froze; lifted is the part of it whose goods customs took back; billed is the sum of the
bills that stand. A line's difference is billed - (collected - lifted); all differences of a list add up to the heads of
its bills less what is left of the collected tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from entrepot.customs.types.taxes import BilledLine, Taxes, TaxKind, TaxLine
from entrepot.kit.money import to_minor

CENT = 1  # what a tax may differ by through rounding
HEAD = 0  # the number of the line that stands for the heads
_HALF = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of a list as the order froze it. `value` is the customs value."""

    gnum: int
    code: str
    quantity: int
    value: int
    taxes: Taxes


@dataclass(frozen=True, slots=True)
class Standing:
    """A bill that stands: its head and its lines, to the last place."""

    duty: Decimal
    vat: Decimal
    excise: Decimal
    lines: tuple[BilledLine, ...]


@dataclass(frozen=True, slots=True)
class _Billed:
    """A line over all bills that stand. `value` None: a bill does not say it."""

    taxes: Taxes
    value: int | None
    codes: frozenset[str]


def share(total: int, units: int, quantity: int) -> int:
    """`units` of `quantity` of a sum, half up; as a return gives it back."""
    return (2 * total * min(units, quantity) + quantity) // (2 * quantity)


def minor(one: BilledLine | Standing) -> Taxes:
    """Billed sums in cents, each tax rounded half up."""
    return Taxes(to_minor(one.duty, "CNY"), to_minor(one.vat, "CNY"), to_minor(one.excise, "CNY"))


def reckoned(sold: Iterable[Sold], gone: Mapping[int, int], bills: Sequence[Standing]) -> list[TaxLine]:
    """Every line of list and bills, by number. `gone`: units by line that customs took back. Without a bill that stands
    nothing is billed: ask only of a list that was billed at some time."""
    billed = _billed(bills)
    listed = {one.gnum: one for one in sold}
    found = [
        _line(gnum, listed.get(gnum), gone.get(gnum, 0), billed.get(gnum), bool(bills))
        for gnum in sorted(listed.keys() | billed.keys())
    ]
    head = _heads(bills)
    return found if head is None else [head, *found]


def _billed(bills: Sequence[Standing]) -> dict[int, _Billed]:
    found: dict[int, _Billed] = {}
    for line in (line for bill in bills for line in bill.lines):
        value = None if line.value is None else to_minor(line.value, "CNY")
        before = found.get(line.gnum, _Billed(Taxes(), 0, frozenset()))
        known = before.value is not None and value is not None
        found[line.gnum] = _Billed(
            before.taxes + minor(line),
            (before.value or 0) + (value or 0) if known else None,
            before.codes | ({line.code} if line.code else set()),
        )
    return found


def _line(gnum: int, sold: Sold | None, units: int, billed: _Billed | None, any_stands: bool) -> TaxLine:
    lifted = Taxes() if sold is None else _lifted(sold, units)
    value = 0 if sold is None else sold.value - share(sold.value, units, sold.quantity)
    code = "" if sold is None else sold.code
    others = sorted((billed.codes if billed else frozenset()) - {code})
    return TaxLine(
        gnum=gnum,
        collected=Taxes() if sold is None else sold.taxes,
        lifted=lifted,
        billed=billed.taxes if billed else Taxes(),
        value=value,
        billed_value=billed.value if billed else None,
        code=code,
        billed_code=others[0] if others else code if billed and billed.codes else "",
        kind=_kind(sold, lifted, value, billed, any_stands),
    )


def _lifted(sold: Sold, units: int) -> Taxes:
    """What goes back for the units: the sum as a return gives it back, VAT bears what rounding leaves."""
    whole = share(sold.taxes.total, units, sold.quantity)
    duty = share(sold.taxes.duty, units, sold.quantity)
    excise = share(sold.taxes.excise, units, sold.quantity)
    return Taxes(duty, whole - duty - excise, excise)


def _kind(sold: Sold | None, lifted: Taxes, value: int, billed: _Billed | None, any_stands: bool) -> TaxKind | None:
    if sold is None:
        return TaxKind.FOREIGN_LINE
    left = sold.taxes - lifted
    if billed is None:
        gone = TaxKind.MISSING_LINE if any_stands else TaxKind.UNBILLED
        return gone if left.total else None
    difference = billed.taxes - left
    if lifted.total and not _near(difference) and _near(billed.taxes - sold.taxes):
        return TaxKind.NOT_LIFTED
    if billed.codes - {sold.code}:
        return TaxKind.CODE
    if billed.value is not None and abs(billed.value - value) > CENT:
        return TaxKind.VALUE
    if difference == Taxes():
        return None
    return TaxKind.ROUNDING if _near(difference) else TaxKind.RATE


def _near(difference: Taxes) -> bool:
    return max(abs(difference.duty), abs(difference.vat), abs(difference.excise)) <= CENT


def _heads(bills: Sequence[Standing]) -> TaxLine | None:
    """What the heads say beyond their lines; None where nothing. Lines with parts of a cent may round away from their
    head: that is rounding and no wrong sum."""
    beyond, wrong = Taxes(), False
    for bill in bills:
        of_lines = sum((minor(line) for line in bill.lines), Taxes())
        beyond += minor(bill) - of_lines
        exact = [
            bill.duty - sum((line.duty for line in bill.lines), Decimal(0)),
            bill.vat - sum((line.vat for line in bill.lines), Decimal(0)),
            bill.excise - sum((line.excise for line in bill.lines), Decimal(0)),
        ]
        wrong = wrong or any(abs(one) >= _HALF for one in exact)
    if beyond == Taxes() and not wrong:
        return None
    kind = TaxKind.HEAD if wrong else TaxKind.ROUNDING
    return TaxLine(HEAD, Taxes(), Taxes(), beyond, 0, None, "", "", kind)
