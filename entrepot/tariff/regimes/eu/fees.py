"""Fees on parcels of low value: the Union's handling fee and those of member states. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from entrepot.tariff import border, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import rounded
from entrepot.tariff.regime import unconfirmed
from entrepot.tariff.regimes.eu import explain
from entrepot.tariff.types import Reason


@dataclass(frozen=True, slots=True)
class Fee:
    """`amount` of `currency` per parcel or line, for goods of up to `at_most` cents; only told if not `charged`."""

    per: str  # parcel | line
    amount: Fraction  # major units
    currency: str
    at_most: int
    charged: bool


@dataclass(slots=True)
class Charged:
    parcel: int = 0
    reasons: list[Reason] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)


def parse(params: Mapping[str, Any]) -> Fee:
    """`{"per": "parcel", "amount": "25", "currency": "RON", "at_most": "149.99", "charged": "no"}`.

    Raises BadParams."""
    read.only(params, {"per", "amount", "currency", "at_most", "charged"})
    charged = read.text(params, "charged", ("yes", "no")) if "charged" in params else "yes"
    return Fee(
        per=read.text(params, "per", ("parcel", "line")),
        amount=read.amount(params, "amount"),
        currency=read.text(params, "currency"),
        at_most=read.minor(params, "at_most"),
        charged=charged == "yes",
    )


def charge(owed: list[border.Owed], at: border.Border, goods: int, asked: tuple[str, Fraction]) -> Charged:
    """The fees of the day. `asked` is the request's currency and its rate, which may convert a fee too.

    A fee in another currency without a rate is not guessed: it is told with its amount.
    """
    made = Charged()
    for row in at.books.every("eu_fee", at.day):
        fee: Fee = row.formula
        if goods > fee.at_most:
            continue
        if not fee.charged:
            made.warnings.append(explain.fee_not_charged(steps.amount(fee.amount), fee.currency, row))
            continue
        each = _in_euro(fee, at, asked)
        if each is None:
            made.warnings.append(explain.fee_not_converted(steps.amount(fee.amount), fee, row))
            continue
        made.warnings += unconfirmed((row,), "-")
        made.reasons.append(explain.fee(steps.amount(fee.amount), fee, at.money(each), row))
        if fee.per == "parcel":
            made.parcel += each
        else:
            for one in owed:
                one.fees += each
    return made


def _in_euro(fee: Fee, at: border.Border, asked: tuple[str, Fraction]) -> int | None:
    if fee.currency == at.currency:
        return rounded(fee.amount * 100)
    if fee.currency == asked[0]:
        return rounded(fee.amount * 100 * asked[1])
    row = at.books.find(f"fx.{fee.currency}", at.day)
    return None if row is None else rounded(fee.amount * 100 * row.formula)
