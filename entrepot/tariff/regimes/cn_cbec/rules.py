"""China's cross-border retail import 跨境电商零售进口 (CBEC): bonded (1210, 1239) and direct (9610). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from entrepot.tariff import china, excise, splitting
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values, minor
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.params import BadParams
from entrepot.tariff.regime import Answer, Regime, close, exchange, needed
from entrepot.tariff.regimes.cn_cbec import explain
from entrepot.tariff.types import LineRequest, Part, Quote, QuoteRequest, Reason, Value

CODE = "CN_CBEC"
SINGLE_ITEM = ("full_tax", "general_trade")
_ONE, _ONE_UNIT = Fraction(1), Decimal(1)


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits in fen, both inclusive."""

    single: int
    annual: int
    single_item: str


@dataclass(frozen=True, slots=True)
class Relief:
    duty: Fraction
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the positive list 正面清单 with its remark; `only` names the one channel it is open to."""

    remark: str
    only: str


class _Decision(msgspec.Struct, frozen=True):
    decision: str
    reason: Reason
    parts: tuple[Part, ...] = ()
    proven: bool = False


def _limit(params: Mapping[str, Any]) -> Limit:
    read.only(params, {"single", "annual", "single_item"})
    single_item = read.text(params, "single_item", SINGLE_ITEM)
    return Limit(read.minor(params, "single"), read.minor(params, "annual"), single_item)


def _relief(params: Mapping[str, Any]) -> Relief:
    read.only(params, {"duty", "factor"})
    duty = read.share(params, "duty")
    if duty:
        raise BadParams("duty inside the limits is 0: another rate needs another rule")
    return Relief(duty, read.share(params, "factor"))


def _listed(params: Mapping[str, Any]) -> Listed:
    read.only(params, {"remark", "only"})
    only = read.text(params, "only", ("bonded", "direct")) if "only" in params else ""
    return Listed(read.text(params, "remark") if "remark" in params else "", only)


def _edition(params: Mapping[str, Any]) -> str:
    read.only(params, {"name"})
    return read.text(params, "name")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the basket owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    day = request.date
    limits, relief, edition = _law(books, day)
    limit: Limit = limits.formula
    rate, told = exchange(request, books, "CNY")
    values = customs_values(request, "CNY", rate)
    laws = [china.law(line, values[i], books, day, i) for i, line in enumerate(request.lines)]
    used = minor(request.buyer.used_this_year, 2, "-", "used_this_year", "buyer.used_this_year")
    unlisted, list_reasons = _on_the_list(request, books, edition)
    if unlisted:
        made = _Decision("not_admitted", unlisted[0])
        told += unlisted[1:]
    else:
        made = _decide(request.lines, values, used, limits)
    demands = explain.BONDED if request.channel == "bonded" else explain.DEMANDS
    answer = Answer(CODE, made.decision, "platform", demands, reasons=[made.reason, *told, *list_reasons])
    worked = []
    for i, line in enumerate(request.lines):
        value, law = values[i], laws[i]
        # Under a split each piece inside the limit is taxed as in an order of its own.
        relieved = made.decision == "clear" or (
            made.decision == "split" and value.customs <= limit.single * max(line.quantity, _ONE_UNIT)
        )
        if relieved or law.duty is not None:
            factor = relief.factor if relieved else _ONE
            worked.append((value, china.taxed(line, value, law, factor, i, duty_free=relieved)))
        else:
            worked.append((value, china.untaxed(value, law)))
            answer.warnings.append(china.duty_unknown(line))
            if answer.decision == "full_tax_single_item":
                answer.decision = "rates_not_verified"
        answer.warnings += law.warnings(line, duty=not relieved)
    quoted = close(answer, request, books, "CNY", worked)
    return msgspec.structs.replace(quoted, parts=made.parts, parts_proven=made.proven) if made.parts else quoted


def _law(books: Books, day: date) -> tuple[Rate, Relief, Rate | None]:
    """Limits, relief and the edition of the positive list that hold on a day. Raises NoBook."""
    found: tuple[Rate, Relief, Rate | None] | None = books.remembered((CODE, day))
    if found is None:
        relief: Relief = needed(books, "cbec_relief", day, "CN CBEC").formula
        found = needed(books, "cbec_limit", day, "CN CBEC"), relief, books.find("positive_list_edition", day)
        books.remember((CODE, day), found)
    return found


def _decide(lines: Sequence[LineRequest], values: Sequence[Value], used: int, row: Rate) -> _Decision:
    """The annual limit goes first, then the single one; both are inclusive."""
    limit: Limit = row.formula
    total = sum([value.customs for value in values])
    if used + total > limit.annual:
        return _Decision("general_trade", explain.over_annual(total, used, limit, row.source))
    if total <= limit.single:
        return _Decision("clear", explain.inside(total, used, limit, row.source))
    if len(lines) == 1 and lines[0].quantity <= 1:
        decision = "full_tax_single_item" if limit.single_item == "full_tax" else "general_trade"
        return _Decision(decision, explain.over_single_item(total, used, limit, row.source))
    parts, proven = splitting.split(lines, values, limit.single)
    return _Decision("split", explain.split(total, used, limit, (parts, proven), row.source), parts, proven)


def _on_the_list(request: QuoteRequest, books: Books, edition: Rate | None) -> tuple[list[Reason], list[Reason]]:
    """Why lines may not come in this way, and what was checked. Without an edition in force nothing was checked."""
    if edition is None:
        return [], [explain.NOT_CHECKED]
    refused, remarks = [], []
    for line in request.lines:
        row = books.find("positive_list", request.date, line.hs_code)
        if row is None:
            refused.append(explain.not_listed(line, edition))
        elif row.formula.only and request.channel and row.formula.only != request.channel:
            refused.append(explain.other_channel(line, row))
        elif row.formula.remark:
            remarks.append(explain.remark(line, row))
    return refused, remarks


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"CN"}),
    channels=("bonded", "direct"),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "CNY",
    quote=quote,
    measures={
        "cbec_limit": _limit,
        "cbec_relief": _relief,
        "excise": excise.parse,
        "positive_list": _listed,
        "positive_list_edition": _edition,
    },
)
