"""What goods owe at a border: a person enters them and follows the sum, step by step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import exponent, to_minor
from entrepot.tariff import selectors as tariff
from entrepot.tariff.types import Option, Quote
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.common.formats import by_name, currency_name, language, money
from entrepot.web.storefront.asking import clean
from entrepot.web.storefront.reckoning import Typed, labels, lines_max, place_name, typed, units

_USUAL = ("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "AUD", "CAD", "CHF", "KRW", "NZD", "NOK", "SGD")


@access(PUBLIC)
@require_safe
def reckon(request: HttpRequest) -> HttpResponse:
    """The form, and below it the answer when one was asked for."""
    form = typed(request.GET, day_in(CHINA, now()))
    quote = form.quote() if form.asked else None
    context = {
        "form": form,
        "quote": quote,
        "answer": _answer(quote) if quote else None,
        **choices(language()),
        "labels": labels(),
        "faults": [(place, place_name(place), said) for place, said in form.faults.items()],
        "channels": channels(),
        "units": units(),
        "incoterms": {
            "DDP": _("the seller (DDP)"),
            "DAP": _("the buyer (DAP)"),
        },
        "transports": {
            "air": _("by air"),
            "sea": _("by sea"),
            "road": _("by road"),
            "rail": _("by rail"),
            "post": _("by post"),
        },
        "lines_max": lines_max,
        "may_add": len(form.lines) < lines_max,
        "adding": "add" in request.GET,
        "as_json": _pretty(form) if quote else "",
    }
    answer = render(request, "shop/landed_cost.html", context)
    answer.status_code = 422 if form.faults and not getattr(request, "htmx", False) else 200
    return answer


@access(PUBLIC)
@require_safe
def headings(request: HttpRequest) -> HttpResponse:
    """What headings there are for the code typed so far: a hint beside the field."""
    code = clean(request.GET.get("hs", "")).replace(".", "").replace(" ", "")
    known, found = tariff.headings_for(typed=code) if code else (True, [])
    answer = render(request, "shop/headings.html", {"known": known, "found": found, "whole": len(code) in (8, 10)})
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


@dataclass(frozen=True, slots=True)
class Way:
    """One way in as it is drawn: `share` of the dearest, in percent."""

    option: Option
    name: str
    decision: str
    total: str
    share: int
    chosen: bool


def _answer(quote: Quote) -> dict[str, Any]:
    """What the page says about a quote, in words."""
    names, words = channels(), decisions()
    dearest = max((option.total_tax or Decimal(0) for option in quote.options), default=Decimal(0))
    ways = [
        Way(
            option,
            names.get(option.channel, option.channel),
            words.get(option.decision, option.decision),
            "" if option.total_tax is None else price(option.total_tax, quote.currency),
            int(100 * (option.total_tax or 0) / dearest) if dearest else 0,
            option.channel == quote.channel and option.regime == quote.regime,
        )
        for option in quote.options
    ]
    return {
        "way": names.get(quote.channel or "", quote.channel),
        "decision": words.get(quote.decision, quote.decision),
        "tone": _tone(quote),
        "collector": collectors().get(quote.collector, quote.collector),
        "price": lambda value: price(value, quote.currency),
        "figure": lambda value: f"{value:,.{exponent(quote.currency)}f}",
        "share": quote.total_tax / quote.customs_value if quote.customs_value else None,
        "computed": quote.decision != "rates_not_verified",
        "parcel_fees": quote.fees - sum((line.fees for line in quote.lines), Decimal(0)),
        "ways": ways,
    }


def _tone(quote: Quote) -> str:
    if quote.decision in ("clear", "full_tax_single_item"):
        return "good"
    return "bad" if quote.decision in ("not_admitted", "return_or_declare") else "warn"


def price(value: Decimal, currency: str) -> str:
    return money(to_minor(value, currency), currency)


def channels() -> dict[str, str]:
    return {
        "bonded": _("Bonded warehouse (1210)"),
        "direct": _("Sent directly to the buyer"),
        "postal": _("By post, as a personal article"),
        "express": _("By express carrier"),
        "general": _("General trade"),
    }


def decisions() -> dict[str, str]:
    return {
        "clear": _("May come in this way"),
        "split": _("Too much for one order: split it"),
        "full_tax_single_item": _("May come in, with the full tax"),
        "general_trade": _("Over the yearly limit: only as general trade"),
        "not_admitted": _("May not come in this way"),
        "return_or_declare": _("Over the limit: send it back or declare it as goods"),
        "rates_not_verified": _("Not computed: a rate is not verified"),
        "refused": _("Cannot be computed"),
    }


def collectors() -> dict[str, str]:
    return {
        "seller": _("the seller, with the price"),
        "platform": _("the platform, with the payment"),
        "carrier": _("the carrier, at the door"),
        "importer": _("the importer, at customs"),
        "customs": _("customs"),
        "buyer": _("the buyer, at customs"),
        "none": _("nobody"),
    }


@lru_cache(maxsize=4)
def choices(lang: str) -> dict[str, list[tuple[str, str]]]:
    """Countries by name; destinations, China first; currencies, the usual ones first. By language, for ever."""
    served = tariff.served()
    rest = sorted({place.currency for place in served.values()} - set(_USUAL))
    return {
        "countries": by_name(tariff.countries()),
        "destinations": sorted(by_name(served), key=lambda one: one[0] != "CN"),
        "currencies": [(code, currency_name(code)) for code in (*_USUAL, *rest)],
    }


def _pretty(form: Typed) -> str:
    """The question as the API takes it."""
    return json.dumps(form.as_json(), ensure_ascii=False, indent=2)
