"""Limits inside which a parcel is spared: how their rows read, and how a parcel is tested against one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from entrepot.kit.money import exponent
from entrepot.tariff import params as read
from entrepot.tariff import steps
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.measures import Parser
from entrepot.tariff.params import BadParams
from entrepot.tariff.types import QuoteRequest, Reason, Value
from entrepot.tariff.types.refusals import NoBook


@dataclass(frozen=True, slots=True)
class Limit:
    """Inclusive, in major units of `currency`. `value`: the goods alone, or with freight and insurance. `inside`: who
    taxes inside it. `by`: the ways of transport it is for; none named means all."""

    amount: Fraction
    currency: str
    value: str  # goods | cif
    inside: str  # seller | nobody
    by: tuple[str, ...]


def limit(params: Mapping[str, Any]) -> Limit:
    """`{"amount": "1000", "currency": "AUD", "value": "goods", "inside": "seller", "by": "air post"}`.

    Raises BadParams."""
    read.only(params, {"amount", "currency", "value", "inside", "by"})
    currency = read.text(params, "currency")
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise BadParams("currency is three capital letters")
    return Limit(
        amount=read.amount(params, "amount"),
        currency=currency,
        value=read.text(params, "value", ("goods", "cif")),
        inside=read.text(params, "inside", ("seller", "nobody")),
        by=tuple(read.text(params, "by").split()) if "by" in params else (),
    )


def nothing(params: Mapping[str, Any]) -> str:
    """`{}`: that there is a row says all. Raises BadParams."""
    read.only(params, set())
    return ""


def named(params: Mapping[str, Any]) -> str:
    """`{"name": "liquor tax"}`. Raises BadParams."""
    read.only(params, {"name"})
    return read.text(params, "name")


# `parcel_limit` and `parcel_limit.<which>`; goods it does not spare; goods that owe taxes no regime here works out.
MEASURES: Mapping[str, Parser] = {"parcel_limit": limit, "parcel_limit_except": nothing, "other_taxes": named}


def tested(
    request: QuoteRequest, values: Sequence[Value], row: Rate, currency: str, books: Books
) -> tuple[Fraction, list[Reason]]:
    """The parcel's value as the limit counts it, in major units of the limit's currency. Raises NoBook.

    A limit in foreign money is tested in the request's own currency where that is the limit's, else by the books'
    `fx.<currency>` row of the day.
    """
    limit: Limit = row.formula
    if request.currency == limit.currency != currency:
        return counted(customs_values(request, limit.currency), limit, limit.currency), []
    total = counted(values, limit, currency)
    if limit.currency == currency:
        return total, []
    rate = books.find(f"fx.{limit.currency}", request.date)
    if rate is None:  # not one that the request could bring: its own rate is of its own currency
        raise NoBook(field="date", date=request.date.isoformat(), what=f"fx.{limit.currency} ({currency})")
    return total / rate.formula, [steps.exchanged(limit.currency, currency, rate.formula, rate.source)]


def counted(values: Sequence[Value], limit: Limit, currency: str) -> Fraction:
    """The values as the limit counts them, in major units of `currency`, which is theirs."""
    total = sum(value.intrinsic if limit.value == "goods" else value.customs for value in values)
    return Fraction(total, 10 ** exponent(currency))


def inside_limit(total: Fraction, row: Rate, *, inside: bool) -> Reason:
    """The step that decided: on which side of the limit the parcel is."""
    limit: Limit = row.formula

    def write() -> steps.Told:
        zh = {"goods": "货物价值（不含运费和保险费）", "cif": "到岸价值"}[limit.value]
        en = {"goods": "The goods (without freight and insurance)", "cif": "The value with freight and insurance"}
        value, most = steps.number(total, 6), steps.number(limit.amount)
        after = ("免征关税", "no duty") if inside else ("全部价值征税", "the whole value is taxed")
        sign = ("未超过", "is not above") if inside else ("超过", "is above")
        return (
            f"{zh} {value} {limit.currency} {sign[0]}限额 {most} {limit.currency}：{after[0]}",
            f"{en[limit.value]}, {value} {limit.currency}, {sign[1]} the limit {most} {limit.currency}: {after[1]}",
            {"value": value, "limit": most, "currency": limit.currency},
        )

    return Reason("inside_limit" if inside else "over_limit", row.source, write)
