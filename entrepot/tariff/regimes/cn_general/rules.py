"""China's general trade 一般贸易 (0110): duty, consumption tax and VAT in full. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from entrepot.tariff import china
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import Books
from entrepot.tariff.regime import Answer, Regime, Taxed, close, exchange, unconfirmed
from entrepot.tariff.regimes.cn_general import explain
from entrepot.tariff.types import Quote, QuoteRequest, Value

CODE = "CN_GENERAL"
_IN_FULL = Fraction(1)


def _waiver(params: Mapping[str, Any]) -> int:
    """Fen; duty below it is not levied."""
    read.only(params, {"below"})
    return read.minor(params, "below")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the consignment owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    rate, told = exchange(request, books, "CNY")
    values = customs_values(request, "CNY", rate)
    laws = [
        china.law(line, value, books, request.date, i)
        for i, (line, value) in enumerate(zip(request.lines, values, strict=True))
    ]
    unknown = [line for line, law in zip(request.lines, laws, strict=True) if law.duty is None]
    answer = Answer(CODE, "rates_not_verified" if unknown else "clear", "importer", explain.DEMANDS)
    answer.reasons.append(explain.no_duty(unknown) if unknown else explain.IN_FULL)
    answer.reasons += told
    for line, law in zip(request.lines, laws, strict=True):
        answer.warnings += law.warnings(line, duty=True)
    answer.warnings += [china.duty_unknown(line) for line in unknown]
    if unknown:
        worked = [china.untaxed(value, law) for value, law in zip(values, laws, strict=True)]
    else:
        worked = _taxed(request, values, laws, books, answer)
    return close(answer, request, books, "CNY", list(zip(values, worked, strict=True)))


def _taxed(
    request: QuoteRequest, values: list[Value], laws: list[china.Law], books: Books, answer: Answer
) -> list[Taxed]:
    """All lines in full; where their duties together stay below the waiver, once more without duty."""

    def every(*, duty_free: bool) -> list[Taxed]:
        return [
            china.taxed(line, value, law, _IN_FULL, i, duty_free=duty_free)
            for i, (line, value, law) in enumerate(zip(request.lines, values, laws, strict=True))
        ]

    worked = every(duty_free=False)
    duty = sum(taxed.duty for taxed in worked)
    waiver = books.find("duty_waiver", request.date)
    if waiver is None or duty >= waiver.formula:
        return worked
    free = every(duty_free=True)
    if not duty and all(
        less.excise == more.excise and less.vat == more.vat for less, more in zip(free, worked, strict=True)
    ):
        return worked  # there is no duty, or so little that nothing shows of it
    answer.reasons.append(explain.waived(duty, waiver.formula, waiver.source))
    answer.warnings += unconfirmed((waiver,), "*")
    return free


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"CN"}),
    channels=("general",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "CNY",
    quote=quote,
    measures={"duty_waiver": _waiver},
)
