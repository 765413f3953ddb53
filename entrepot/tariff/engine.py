"""Which regime answers, and which way in is cheapest. Pure: the law is in the regimes, the rates in the books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec
from babel import Locale
from msgspec.structs import replace

from entrepot.kit.refusals import Refusal
from entrepot.tariff import steps
from entrepot.tariff.book import Books
from entrepot.tariff.regime import Regime
from entrepot.tariff.types import NOT_COMPUTED, OPEN, Option, Quote, QuoteRequest
from entrepot.tariff.types.refusals import UnknownCode, UnsupportedRegime


def quote(request: QuoteRequest, books: Books, regimes: Iterable[Regime]) -> Quote:
    """The answer of the regime that serves the channel; without a channel that of the cheapest way in that is open.

    Raises UnknownCode, UnsupportedRegime, and what the regimes raise (NoBook, BadAmount, UnknownHsCode, MissingMeasure,
    NoExchangeRate). Where the engine chooses, a way in that refuses is listed with its reason; if all refuse, the first
    refusal is raised.
    """
    _check_codes(request)
    serving = (regime for regime in regimes if request.destination in regime.destinations)
    if request.channel is None:
        return _ranked(request, books, serving)
    for regime in serving:
        if request.channel in regime.channels:
            return regime.quote(request, books)
    raise _unsupported(request)


def _ranked(request: QuoteRequest, books: Books, serving: Iterable[Regime]) -> Quote:
    answers: list[tuple[Option, Quote]] = []
    refused: list[Option] = []
    first: Refusal | None = None
    for regime in serving:
        for channel in regime.channels:
            asked = replace(request, channel=channel)
            try:
                answer = regime.quote(asked, books)
            except Refusal as refusal:
                first = first or refusal
                refused.append(_refused(regime, channel, refusal))
                continue
            answers.append((_option(regime, channel, answer), answer))
    if not answers:
        raise first or _unsupported(request)
    # What is open goes first, then what has a total, then the cheaper; the regimes' own order decides between equals.
    answers.sort(key=lambda pair: (not pair[0].open, pair[0].total_tax is None, pair[1].total_tax))
    options = (*(option for option, _ in answers), *refused)
    return msgspec.structs.replace(answers[0][1], options=options)


def _option(regime: Regime, channel: str, answer: Quote) -> Option:
    """What was not computed has no total, and the way in is closed by what could not be known or by its first step."""
    is_open = answer.decision in OPEN and all(part.fits for part in answer.parts)
    gaps = [warning for warning in answer.warnings if warning.code == "not_computed"]
    steps_told = (*gaps, *answer.explanation) if answer.decision == "rates_not_verified" else answer.explanation
    return Option(
        channel=channel,
        regime=regime.code,
        decision=answer.decision,
        total_tax=None if gaps or answer.decision in NOT_COMPUTED else answer.total_tax,
        open=is_open,
        demands=answer.demands,
        why=None if is_open else next(iter(steps_told), None),
    )


def _refused(regime: Regime, channel: str, refusal: Refusal) -> Option:
    why = steps.plain(refusal.code, "", refusal.message("zh"), refusal.message("en"))
    return Option(channel, regime.code, "refused", None, False, (), why)


def _unsupported(request: QuoteRequest) -> UnsupportedRegime:
    named = {"destination": request.destination, "channel": request.channel or "-", "currency": request.currency}
    return UnsupportedRegime(field="channel" if request.channel else "destination", **named)


def _check_codes(request: QuoteRequest) -> None:
    countries, currencies = _codes()
    if request.destination not in countries:
        raise _unknown("destination", request.destination, "国家", "country")
    if request.currency not in currencies:
        raise _unknown("currency", request.currency, "币种", "currency")
    region = request.buyer.origin_region
    if region is not None and region not in countries:
        raise _unknown("buyer.origin_region", region, "国家或地区", "country or region")
    for i, line in enumerate(request.lines):
        if line.origin not in countries:
            raise _unknown(f"lines[{i}].origin", line.origin, "国家", "country")


def countries() -> Mapping[str, str]:
    """English names by ISO 3166 code."""
    return _codes()[0]


def _unknown(field: str, value: str, zh: str, en: str) -> UnknownCode:
    return UnknownCode(field=field, name=field, value=value, what_zh=zh, what_en=en)


@cache
def _codes() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """ISO 3166 countries and ISO 4217 currencies, as the Unicode CLDR lists them."""
    locale = Locale("en")
    countries = {
        code: name for code, name in locale.territories.items() if len(code) == 2 and code not in _NOT_COUNTRIES
    }
    return countries, dict(locale.currencies)


_NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
