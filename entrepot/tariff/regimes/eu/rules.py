"""The European Union: consignments to a consumer, before and after 1 July 2021 and 1 July 2026. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from entrepot.kit.money import allocate
from entrepot.tariff import border
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values, each_half_up
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.measures import kind
from entrepot.tariff.params import BadParams
from entrepot.tariff.regime import Answer, Regime, close, exchange, needed, unconfirmed
from entrepot.tariff.regimes.eu import explain, fees
from entrepot.tariff.types import Quote, QuoteRequest

CODE = "EU"
VALUE = "Regulation (EU) No 952/2013 (Union Customs Code) art. 70-71: value with freight and insurance to the border"
MEMBERS = frozenset(
    {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU",
        "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flat:
    """`amount` cents for each group of goods that share their first `digits`, up to `at_most` cents of goods."""

    at_most: int
    amount: int
    digits: int


@dataclass(frozen=True, slots=True)
class _Law:
    """What holds on a day; None for what has ended or not begun."""

    exempt: Rate | None
    relief: Rate | None
    flat: Rate | None
    low_value: Rate | None
    currency: Rate | None


def _at_most(params: Mapping[str, Any]) -> int:
    read.only(params, {"at_most"})
    return read.minor(params, "at_most")


def _flat(params: Mapping[str, Any]) -> Flat:
    read.only(params, {"at_most", "amount", "digits"})
    digits = read.amount(params, "digits")
    if digits not in (4, 6, 8):
        raise BadParams("digits is 4, 6 or 8")
    return Flat(read.minor(params, "at_most"), read.minor(params, "amount"), int(digits))


def _currency(params: Mapping[str, Any]) -> str:
    read.only(params, {"currency"})
    return read.text(params, "currency")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the consignment owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    at = border.Border(books, request.date, "EUR", VALUE)
    needed(books, "vat", request.date, f"EU {request.destination}")
    law = _law(books, request.date)
    rate, told = exchange(request, books, "EUR")
    owed = border.begin(request.lines, customs_values(request, "EUR", rate), at)
    goods = sum(one.value.intrinsic for one in owed)
    way = _way(request, law, owed, goods, at)
    preferred = _duties(owed, law, goods, way.name, at)
    _vat(owed, law, goods, at)
    charged = fees.charge(owed, at, goods, (request.currency, rate))
    worked, warnings = border.settle(owed, at, each_half_up)
    answer = Answer(
        CODE, "rates_not_verified" if any(one.missing for one in owed) else "clear", way.collector,
        (explain.FULL if preferred else way.demand,),
        parcel_fees=charged.parcel, reasons=[way.reason, *told, *charged.reasons], warnings=warnings + charged.warnings,
    )  # fmt: skip
    if law.currency is not None:
        answer.reasons.append(explain.national_currency(request.destination, law.currency))
    if law.exempt is not None and goods <= law.exempt.formula:
        answer.warnings += unconfirmed((law.exempt,), "-")
    return close(answer, request, books, "EUR", worked)


def _law(books: Books, day: date) -> _Law:
    law: _Law | None = books.remembered((CODE, day))
    if law is None:
        names = ("eu_vat_exempt", "eu_duty_relief", "eu_flat_duty", "eu_low_value_vat", "eu_currency")
        law = _Law(*(books.find(name, day) for name in names))
        books.remember((CODE, day), law)
    return law


def _way(request: QuoteRequest, law: _Law, owed: list[border.Owed], goods: int, at: border.Border) -> explain.Way:
    """Who declares and who collects. Excise goods are outside both simplified arrangements."""
    value = at.money(goods)
    if law.low_value is None:
        return explain.before_2021(value)
    if any(border.is_excise_goods(one, at) for one in owed):
        return explain.excise_goods(law.low_value)
    if goods > law.low_value.formula:
        return explain.above(value, at.money(law.low_value.formula), law.low_value)
    arrangement = explain.ioss if request.registered_seller else explain.special_arrangements
    return arrangement(value, at.money(law.low_value.formula), law.low_value)


def _duties(owed: list[border.Owed], law: _Law, goods: int, way: str, at: border.Border) -> bool:
    """Whether a preference took the place of the flat duty, which a full declaration alone can claim."""
    flat: list[border.Owed] = []
    low, preferred = law.flat is not None and goods <= law.flat.formula.at_most, False
    for one in owed:
        if law.relief is not None and goods <= law.relief.formula and _relieved(one, at):
            border.no_duty(one, explain.relieved(at.money(goods), law.relief))
        elif low and not _preferred(one, way, at):
            flat.append(one)
        else:
            border.add_duty(one, at)
            preferred |= low
    if law.flat is not None:
        _flat_duty(flat, law.flat, at)
    for one in owed:
        border.add_excise(one, at)
    return preferred


def _relieved(one: border.Owed, at: border.Border) -> bool:
    return at.books.find("eu_not_relieved", at.day, one.line.hs_code) is None


def _preferred(one: border.Owed, way: str, at: border.Border) -> bool:
    """A preference replaces the flat duty with a full declaration, never under IOSS."""
    if not one.line.proof_of_origin:
        return False
    if way == "ioss":
        one.warnings.append(explain.no_preference(one.line))
        return False
    return one.line.rates.duty is not None or border.preference(one.line, at) is not None


def _flat_duty(owed: list[border.Owed], row: Rate, at: border.Border) -> None:
    """Once per subheading; lines of one subheading share it by their value."""
    flat: Flat = row.formula
    by_subheading: dict[str, list[border.Owed]] = {}
    for one in owed:
        by_subheading.setdefault(one.line.hs_code[: flat.digits], []).append(one)
    for subheading, same in by_subheading.items():
        for one, cents in zip(same, allocate(flat.amount, [one.value.customs for one in same]), strict=True):
            one.duty = Fraction(cents)
            one.rates["duty_flat"] = at.money(flat.amount)
            one.warnings += unconfirmed((row,), one.line.id)
            one.reasons.append(explain.flat(subheading, at.money(flat.amount), at.money(cents), len(same), row))


def _vat(owed: list[border.Owed], law: _Law, goods: int, at: border.Border) -> None:
    for one in owed:
        if law.exempt is not None and goods <= law.exempt.formula and _relieved(one, at):
            border.no_vat(one)
            one.reasons.append(explain.vat_exempt(at.money(goods), at.money(law.exempt.formula), law.exempt))
        else:
            border.add_vat(one, at)


REGIME = Regime(
    code=CODE,
    destinations=MEMBERS,
    channels=("direct",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "EUR",
    quote=quote,
    measures={
        "eu_vat_exempt": _at_most,
        "eu_duty_relief": _at_most,
        "eu_not_relieved": kind,
        "eu_low_value_vat": _at_most,
        "eu_flat_duty": _flat,
        "eu_fee": fees.parse,
        "eu_currency": _currency,
    },
    union="EU",
)
