"""Great Britain: VAT at the sale up to GBP 135, import VAT and duty above. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from entrepot.tariff import border, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values, sum_cut
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.regime import Answer, Regime, close, exchange, needed
from entrepot.tariff.types import Quote, QuoteRequest, Reason

CODE = "UK"
VALUE = "gov.uk: Tax and customs for goods sent from abroad"
AT_SALE = steps.plain(
    "registration",
    "gov.uk: Charging VAT on goods sold direct to customers in the UK",
    "卖家（或平台）须在英国登记增值税，并在销售时收取",
    "The seller (or the marketplace) is registered for VAT in the UK and charges it at the sale",
)
NOT_REGISTERED = steps.plain(
    "must_register",
    "gov.uk: Charging VAT on goods sold direct to customers in the UK",
    "卖家未登记：价值不超过 135 英镑的货物须由卖家登记后在销售时征收增值税",
    "The seller is not registered: up to GBP 135 the seller has to register and charge VAT at the sale",
)
DECLARATION = steps.plain(
    "import_declaration",
    "gov.uk: Tax and customs for goods sent from abroad",
    "须办理进口申报，税款由收件人（或承运人代收）缴纳",
    "An import declaration is needed; the recipient pays, usually through the carrier",
)


def _limit(params: Mapping[str, Any]) -> int:
    read.only(params, {"at_most"})
    return read.minor(params, "at_most")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the consignment owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    limit = needed(books, "uk_vat_at_sale", request.date, "UK")
    rate, told = exchange(request, books, "GBP")
    at = border.Border(books, request.date, "GBP", VALUE)
    owed = border.begin(request.lines, customs_values(request, "GBP", rate), at)
    goods = sum(one.value.intrinsic for one in owed)
    excise = any(border.is_excise_goods(one, at) for one in owed)
    at_sale = goods <= limit.formula and not excise
    way = _way(goods, limit, excise, at)
    for one in owed:
        if at_sale:
            border.no_duty(one, way)
        else:
            border.add_duty(one, at)
            border.add_excise(one, at)
        border.add_vat(one, at)
    worked, warnings = border.settle(owed, at, sum_cut)
    decision = "rates_not_verified" if any(one.missing for one in owed) else "clear"
    answer = Answer(
        CODE, decision, "seller" if at_sale else "importer", (AT_SALE if at_sale else DECLARATION,),
        reasons=[way, *told], warnings=warnings,
    )  # fmt: skip
    if at_sale and not request.registered_seller:
        answer.warnings.append(NOT_REGISTERED)
    return close(answer, request, books, "GBP", worked)


def _way(goods: int, limit: Rate, excise: bool, at: border.Border) -> Reason:
    value, most = at.money(goods), at.money(limit.formula)
    figures = {"goods": value, "limit": most}
    if excise:
        zh = "货物含酒类或烟草等消费税商品：不适用销售时征税，按进口申报"
        en = "The consignment has excise goods: VAT is not charged at the sale, the goods are declared"
        return steps.plain("excise_goods", limit.source, zh, en, **figures)
    if goods <= limit.formula:
        zh = f"货物价值 {value} 英镑不超过 {most}：免关税，增值税在销售时征收"
        en = f"Goods of {value} GBP are not above {most}: no duty, VAT is charged at the sale"
        return steps.plain("vat_at_sale", limit.source, zh, en, **figures)
    zh = f"货物价值 {value} 英镑超过 {most}：全额征收关税和进口增值税"
    en = f"Goods of {value} GBP are above {most}: duty and import VAT on the whole"
    return steps.plain("above_threshold", limit.source, zh, en, **figures)


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"GB"}),
    channels=("direct",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "GBP",
    quote=quote,
    measures={"uk_vat_at_sale": _limit},
)
