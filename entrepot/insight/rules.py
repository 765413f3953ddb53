"""Arithmetic of the what-if: questions for the tariff, answers as taxes, totals. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from entrepot.catalogue.types import Classification
from entrepot.insight.types import FULL, Effect, Position, Tax, Total, Unknown
from entrepot.kit.money import to_minor
from entrepot.kit.refusals import Refusal
from entrepot.tariff.types import Buyer, LineRequest, Quote, QuoteRequest

CLOSED = ("not_admitted", "return_or_declare", "rates_not_verified")
# More than any yearly limit: what comes in on top owes everything in full.
_SPENT = Buyer(used_this_year=Decimal(1_000_000_000))
_NO_BUYER = Buyer()
_ONE = Decimal(1)


def question(position: Position, origin: str, decision: Classification, day: date) -> QuoteRequest:
    """One unit of the position or, where it is declared together, all of them."""
    quantity = position.quantity if position.together else _ONE
    measures = decision.measures()
    line = LineRequest(
        id="1",
        hs_code=decision.hs_code,
        origin=origin,
        quantity=quantity,
        unit=decision.sales_unit,
        unit_price=position.unit_value,
        measures=measures if quantity == 1 else {unit: each * quantity for unit, each in measures.items()},
    )
    full = position.channel == FULL
    return QuoteRequest(
        destination=position.destination,
        date=day,
        currency=position.currency,
        lines=(line,),
        channel="bonded" if full else position.channel,
        buyer=_SPENT if full else _NO_BUYER,
    )


@dataclass(frozen=True, slots=True)
class Owed:
    """The answer to one question: minor units of a currency, or why nobody knows."""

    currency: str
    tax: Tax


def owed(answer: Quote | Refusal) -> Owed:
    """What the tariff did not compute is unknown, not zero."""
    if isinstance(answer, Refusal):
        return Owed("", Unknown(answer.code, answer.message("zh"), answer.message("en")))
    open_questions = [reason for reason in answer.warnings if reason.code == "not_computed"]
    if open_questions or answer.decision in CLOSED:
        why = (*open_questions, *answer.explanation)[0]
        return Owed(answer.currency, Unknown(why.code, why.zh, why.en))
    return Owed(answer.currency, to_minor(answer.total_tax, answer.currency))


def tax(owed: Owed, position: Position) -> Tax:
    """Of the whole position: each unit is an order of its own unless they are declared together."""
    if isinstance(owed.tax, Unknown) or position.together:
        return owed.tax
    return int(owed.tax * position.quantity)


def totals(effects: Iterable[Effect], key: Callable[[Effect], str]) -> list[Total]:
    """Sums by key, the largest difference first. Effects that are not computed on both sides are left out."""
    sums: dict[str, Total] = {}
    for effect in effects:
        if isinstance(effect.before, Unknown) or isinstance(effect.after, Unknown):
            continue
        position, name = effect.position, key(effect)
        value = to_minor(position.unit_value * position.quantity, position.currency)
        so_far = sums.get(name) or Total(name, 0, Decimal(0), {}, 0, 0)
        sums[name] = Total(
            name,
            so_far.positions + 1,
            so_far.units + position.quantity,
            {**so_far.values, position.currency: so_far.values.get(position.currency, 0) + value},
            so_far.before + effect.before,
            so_far.after + effect.after,
        )
    return sorted(sums.values(), key=lambda one: (-abs(one.difference), -one.before, one.key))
