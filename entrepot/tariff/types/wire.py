"""The JSON of `POST /api/v1/landed-cost/quotes`: read strictly, written with decimal strings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from entrepot.kit.money import exponent
from entrepot.kit.refusals import Refusal, plain
from entrepot.kit.shapes import reader
from entrepot.tariff.types import (
    NO_BUYER,
    NO_RATES,
    Amounts,
    Buyer,
    LineQuote,
    LineRequest,
    Option,
    Part,
    Quote,
    QuoteRequest,
    Rates,
    Reason,
)
from entrepot.tariff.types.refusals import BadQuoteRequest

BODY_BYTES_MAX = 1024 * 1024
LINES_MAX = 200
CHANNELS = ("bonded", "direct", "postal", "general", "express")
INCOTERMS = ("DDP", "DAP")
MEASURES = (
    "g", "kg", "t", "ml", "l", "piece", "sheet", "pair", "dozen", "thousand", "m", "m2", "m3", "carat", "l_alcohol",
    "proof_l",
)  # fmt: skip
TRANSPORTS = ("air", "sea", "road", "rail", "post")
_question = reader(QuoteRequest)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?\Z", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_TOP = {
    "destination", "channel", "date", "currency", "freight", "insurance", "incoterm", "registered_seller", "buyer",
    "lines", "exchange_rate", "transport",
}  # fmt: skip
_LINE = {
    "id", "hs_code", "origin", "quantity", "unit", "unit_price", "discount", "measures", "table_value", "rates",
    "proof_of_origin",
}  # fmt: skip


def parse(body: bytes | str | Mapping[str, Any]) -> QuoteRequest:
    """A request as JSON text or as the object it holds. Amounts and rates are decimal strings ("425.00").

    Raises BadQuoteRequest naming the field ("lines[0].quantity") for anything missing, unknown or of the wrong form.
    """
    top = body if isinstance(body, Mapping) else _decoded(body)
    _keys(top, _TOP, "", needed=("destination", "date", "currency", "lines"))
    lines = top["lines"]
    if not isinstance(lines, list) or not 1 <= len(lines) <= LINES_MAX:
        raise _no("lines", f"应为 1 至 {LINES_MAX} 行的数组", f"a list of 1 to {LINES_MAX} lines")
    parsed = tuple(_line(line, f"lines[{i}]") for i, line in enumerate(lines))
    ids = [line.id for line in parsed]
    if len(set(ids)) != len(ids):
        at = next(i for i, name in enumerate(ids) if name in ids[:i])
        raise _no(f"lines[{at}].id", "行号重复", "the line id occurs twice")
    return QuoteRequest(
        destination=_match(top, "destination", "", _COUNTRY, "两位大写国家代码", "two capital letters"),
        date=_date(top),
        currency=_match(top, "currency", "", _CURRENCY, "三位大写币种代码", "three capital letters"),
        lines=parsed,
        channel=_one_of(top, "channel", CHANNELS),
        freight=_decimal(top, "freight", "", "0"),
        insurance=_decimal(top, "insurance", "", "0"),
        incoterm=_one_of(top, "incoterm", INCOTERMS),
        registered_seller=_bool(top, "registered_seller", "", default=True),
        buyer=_buyer(top.get("buyer")),
        exchange_rate=None if top.get("exchange_rate") is None else _decimal(top, "exchange_rate", ""),
        transport=_one_of(top, "transport", TRANSPORTS),
    )


def question(request: QuoteRequest) -> dict[str, Any]:
    """The request as JSON-ready values, without what is left at its default: what `asked` reads again."""
    said = {
        "destination": request.destination,
        "date": request.date.isoformat(),
        "currency": request.currency,
        "channel": request.channel,
        "freight": _figure(request.freight),
        "insurance": _figure(request.insurance),
        "incoterm": request.incoterm,
        "registered_seller": None if request.registered_seller else False,
        "exchange_rate": request.exchange_rate and _figure(request.exchange_rate),
        "transport": request.transport,
        "buyer": {
            "used_this_year": _figure(request.buyer.used_this_year),
            "origin_region": request.buyer.origin_region,
            "region": request.buyer.region,
        },
        "lines": [_line_question(line) for line in request.lines],
    }
    return {name: value for name, value in said.items() if value is not None}


def asked(question: Mapping[str, Any]) -> QuoteRequest:
    """The request that `question` wrote down; stored ones are ours, so nothing is refused (ValueError if broken)."""
    return _question(question)


def render(quote: Quote) -> dict[str, Any]:
    """The answer as JSON-ready values; amounts are strings with the places of the currency."""
    places = exponent(quote.currency)
    return {
        "regime": quote.regime,
        "channel": quote.channel,
        "decision": quote.decision,
        "currency": quote.currency,
        **_amounts(quote, places),
        "collector": quote.collector,
        "lines": [_line_answer(line, places) for line in quote.lines],
        "parts": [_part(part, places) for part in quote.parts],
        "parts_proven": quote.parts_proven,
        "options": [_option(option, places) for option in quote.options],
        "demands": [reason(step) for step in quote.demands],
        "books": list(quote.books),
        "explanation": [reason(step) for step in quote.explanation],
        "warnings": [reason(step) for step in quote.warnings],
    }


def _line_question(line: LineRequest) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": line.id,
        "hs_code": line.hs_code,
        "origin": line.origin,
        "quantity": _figure(line.quantity),
        "unit": line.unit,
        "unit_price": _figure(line.unit_price),
        "discount": _figure(line.discount),
        "measures": {unit: _figure(quantity) for unit, quantity in line.measures.items()},
        "table_value": line.table_value and _figure(line.table_value),
        "proof_of_origin": line.proof_of_origin or None,
    }
    if line.rates is not NO_RATES:
        rates = {"duty": line.rates.duty, "excise": line.rates.excise, "vat": line.rates.vat}
        said["rates"] = {name: rate if rate is None else _figure(rate) for name, rate in rates.items()}
    return {name: value for name, value in said.items() if value is not None}


def _figure(value: Decimal) -> str:
    return f"{value:f}"


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON-ready values, in both languages."""
    return {
        "code": refusal.code,
        "field": refusal.field,
        "zh": refusal.message("zh"),
        "en": refusal.message("en"),
        "data": plain(refusal.data),
    }


def reason(step: Reason) -> dict[str, Any]:
    return {"code": step.code, "zh": step.zh, "en": step.en, "source": step.source, "figures": dict(step.figures)}


def _amounts(of: Amounts, places: int) -> dict[str, str]:
    named = ("customs_value", "duty", "excise", "vat", "fees", "total_tax")
    return {name: _amount(getattr(of, name), places) for name in named}


def _line_answer(line: LineQuote, places: int) -> dict[str, Any]:
    return {
        "id": line.id,
        **_amounts(line, places),
        "rates": dict(line.rates),
        "explanation": [reason(step) for step in line.explanation],
    }


def _option(option: Option, places: int) -> dict[str, Any]:
    return {
        "channel": option.channel,
        "regime": option.regime,
        "decision": option.decision,
        "total_tax": None if option.total_tax is None else _amount(option.total_tax, places),
        "open": option.open,
        "demands": [reason(step) for step in option.demands],
        "why": None if option.why is None else reason(option.why),
    }


def _part(part: Part, places: int) -> dict[str, Any]:
    units = {line: f"{quantity.normalize():f}" for line, quantity in part.units.items()}
    return {"units": units, "customs_value": _amount(part.customs_value, places), "fits": part.fits}


def _amount(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}"


def _decoded(body: bytes | str) -> Mapping[str, Any]:
    if len(body) > BODY_BYTES_MAX:
        raise _no("-", "请求过大", f"more than {BODY_BYTES_MAX} bytes")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _no("-", "不是 JSON", "not JSON") from error
    return _object(value, "-")


def _line(value: object, at: str) -> LineRequest:
    line = _object(value, at)
    _keys(line, _LINE, at, needed=("id", "hs_code", "origin", "quantity", "unit", "unit_price"))
    table_value = None if line.get("table_value") is None else _decimal(line, "table_value", at)
    return LineRequest(
        id=_text(line, "id", at, 40),
        hs_code=_text(line, "hs_code", at, 14),
        origin=_match(line, "origin", at, _COUNTRY, "两位大写国家代码", "two capital letters"),
        quantity=_decimal(line, "quantity", at),
        unit=_text(line, "unit", at, 20),
        unit_price=_decimal(line, "unit_price", at),
        discount=_decimal(line, "discount", at, "0"),
        measures=_measures(line.get("measures"), f"{at}.measures"),
        table_value=table_value,
        rates=_rates(line.get("rates"), f"{at}.rates"),
        proof_of_origin=_bool(line, "proof_of_origin", at, default=False),
    )


def _measures(value: object, at: str) -> dict[str, Decimal]:
    if value is None:
        return {}
    measures = _object(value, at)
    _keys(measures, set(MEASURES), at)
    return {name: _decimal(measures, name, at) for name in measures}


def _rates(value: object, at: str) -> Rates:
    if value is None:
        return NO_RATES
    rates = _object(value, at)
    names = ("duty", "excise", "vat")
    _keys(rates, set(names), at)
    given = {name: None if rates.get(name) is None else _decimal(rates, name, at) for name in names}
    made = Rates(given["duty"], given["excise"], given["vat"])
    return NO_RATES if made == NO_RATES else made


def _buyer(value: object) -> Buyer:
    if value is None:
        return NO_BUYER
    buyer = _object(value, "buyer")
    _keys(buyer, {"used_this_year", "origin_region", "region"}, "buyer")
    regions = [
        None if buyer.get(key) is None else _text(buyer, key, "buyer", 40) for key in ("origin_region", "region")
    ]
    return Buyer(_decimal(buyer, "used_this_year", "buyer", "0"), regions[0], regions[1])


def _bool(value: Mapping[str, Any], key: str, at: str, *, default: bool) -> bool:
    found = value.get(key, default)
    if not isinstance(found, bool):
        raise _no(_path(at, key), "应为 true 或 false", "true or false")
    return found


def _date(top: Mapping[str, Any]) -> date:
    value = top["date"]
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else date.fromisoformat("")
    except ValueError as error:
        raise _no("date", "应写作 2025-11-14", "written like 2025-11-14") from error


def _object(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _no(at, "应为对象", "an object is needed")
    return value


def _keys(value: Mapping[str, Any], known: set[str], at: str, needed: tuple[str, ...] = ()) -> None:
    strange = sorted(str(key) for key in value if key not in known)
    if strange:
        raise _no(_path(at, strange[0][:40]), "未知的字段", "an unknown field")
    for key in needed:
        if value.get(key) is None:
            raise _no(_path(at, key), "缺少", "missing")


def _decimal(value: Mapping[str, Any], key: str, at: str, default: str | None = None) -> Decimal:
    text = value.get(key, default)
    if not isinstance(text, str) or not _DECIMAL.match(text):
        why = '应为十进制字符串，如 "425.00"', 'a decimal string like "425.00"'
        raise _no(_path(at, key), *why)
    return Decimal(text)


def _text(value: Mapping[str, Any], key: str, at: str, length_max: int) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not 1 <= len(text) <= length_max or not text.isprintable():
        raise _no(_path(at, key), f"应为 1 至 {length_max} 个字符", f"text of 1 to {length_max} characters")
    return text


def _match(value: Mapping[str, Any], key: str, at: str, form: re.Pattern[str], zh: str, en: str) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not form.match(text):
        raise _no(_path(at, key), f"应为{zh}", en)
    return text


def _one_of(value: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str | None:
    text = value.get(key)
    if text is not None and text not in known:
        raise _no(key, f"应为 {'、'.join(known)} 或 null", f"one of {', '.join(known)} or null")
    return text


def _path(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _no(name: str, zh: str, en: str) -> BadQuoteRequest:
    return BadQuoteRequest(field=name, name=name, why_zh=zh, why_en=en)
