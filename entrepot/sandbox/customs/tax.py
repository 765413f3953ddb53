"""What a released list owes, as the port works it out: per line and tax, each to the cent (half up).

Within the limits 0 duty and 70 % of VAT and consumption tax; above the single limit (one item) all of them in full.
`rates`, told from outside, maps the beginning of a commodity code to texts: `vat`, `ct`, `duty`, `per_unit` (specific
consumption tax for each first legal unit). The longest beginning wins; what it does not say is as below. VAT 9 %, duty
and the tax on beer are not in these tables: they have to be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from entrepot.sandbox.customs.paper import Texts, cents, n, part

Rates = Mapping[str, Mapping[str, str]]
NAMES = ("vat", "ct", "duty", "per_unit")
_VAT = Decimal("0.13")  # since 1 April 2019
_SHARE = Decimal("0.7")
# Legal units: how many grams or millilitres one holds.
_MEASURED = {"035": Decimal(1000), "036": Decimal(1), "095": Decimal(1000), "096": Decimal(1)}


@dataclass(frozen=True, slots=True)
class Owed:
    """What one line owes. `price` is the dutiable one."""

    gnum: str
    gcode: str
    price: Decimal
    duty: Decimal
    vat: Decimal
    consumption: Decimal

    def scaled(self, kept: Fraction) -> Owed:
        """The same line when only this part of its units is kept."""
        parts = (part(one, kept) for one in (self.price, self.duty, self.vat, self.consumption))
        return Owed(self.gnum, self.gcode, *parts)


def owed(lines: Sequence[Texts], prices: Mapping[str, Decimal], rates: Rates, *, in_full: bool) -> list[Owed]:
    return [_owed(line, prices[line["gnum"]], rates, in_full) for line in lines]


def _owed(line: Texts, price: Decimal, rates: Rates, in_full: bool) -> Owed:
    told = _told(line["gcode"], rates)
    duty = price * n(told.get("duty", "0")) if in_full else Decimal(0)
    vat_rate = Decimal(told["vat"]) if "vat" in told else _VAT
    rate, per_unit = _consumption(line, price, told)
    specific = per_unit * n(line["qty1"])
    consumption = (price + duty + specific) / (1 - rate) * rate + specific
    vat = (price + duty + consumption) * vat_rate
    share = Decimal(1) if in_full else _SHARE
    return Owed(line["gnum"], line["gcode"], price, cents(duty), cents(vat * share), cents(consumption * share))


def _told(gcode: str, rates: Rates) -> Mapping[str, str]:
    found = [start for start in rates if gcode.startswith(start)]
    return rates[max(found, key=len)] if found else {}


def _consumption(line: Texts, price: Decimal, told: Mapping[str, str]) -> tuple[Decimal, Decimal]:
    """(rate, amount for each first legal unit) of the consumption tax."""
    if "ct" in told or "per_unit" in told:
        return n(told.get("ct", "0")), n(told.get("per_unit", "0"))
    heading, units, nothing = line["gcode"][:4], n(line["qty1"]), Decimal(0)
    if heading in ("3303", "3304"):  # high-end from 10 yuan a gram or millilitre, 15 a piece or sheet
        measure = _MEASURED.get(line["unit1"])
        least = 10 * measure if measure else Decimal(15)
        return (Decimal("0.15") if price >= least * units else nothing), nothing
    if heading in ("9101", "9102"):
        return (Decimal("0.20") if price >= 10_000 * units else nothing), nothing
    if heading == "2204":
        return Decimal("0.10"), nothing
    if heading == "2208":  # one yuan a kilogram, 0.912 a litre
        return Decimal("0.20"), {"035": Decimal(1), "095": Decimal("0.912")}.get(line["unit1"], nothing)
    return nothing, nothing
