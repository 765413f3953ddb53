"""Switzerland: VAT from a registered seller or platform, import tax above CHF 5 from the recipient. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from entrepot.tariff import border, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values, sum_to_step
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.params import BadParams
from entrepot.tariff.regime import Answer, Regime, close, exchange, needed
from entrepot.tariff.types import Quote, QuoteRequest, Reason

CODE = "CH"
VALUE = "MWSTG (SR 641.20) art. 54: value with the costs to the place of destination"
REGISTERED = steps.plain(
    "registration",
    "MWSTG (SR 641.20) art. 7 para. 3, art. 20a",
    "卖家（邮购）或平台须在瑞士登记增值税，并以自己名义进口",
    "The mail-order seller or the platform is registered for VAT in Switzerland and imports in its own name",
)
DECLARATION = steps.plain(
    "import_declaration",
    "BAZG",
    "须办理进口申报，税款由收件人缴纳，通常由承运人代收",
    "An import declaration is needed; the recipient pays, usually through the carrier",
)
NOT_KNOWN = steps.plain(
    "limit_not_tested",
    "BAZG",
    "有税率未知，无法判断进口税是否不超过 5 法郎",
    "A rate is not known, so whether the import tax is low enough not to be levied cannot be said",
)


def _not_levied(params: Mapping[str, Any]) -> int:
    read.only(params, {"at_most"})
    return read.minor(params, "at_most")


def _step(params: Mapping[str, Any]) -> int:
    read.only(params, {"step"})
    step = read.minor(params, "step")
    if not step:
        raise BadParams("step is above 0")
    return step


def _collector(params: Mapping[str, Any]) -> str:
    read.only(params, {"collector"})
    return read.text(params, "collector", ("seller", "platform"))


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the consignment owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    day = request.date
    limit = needed(books, "ch_not_levied", day, "CH")
    registered = needed(books, "ch_registered", day, "CH")
    rounding = partial(sum_to_step, step=needed(books, "ch_rounding", day, "CH").formula)
    rate, told = exchange(request, books, "CHF")
    at = border.Border(books, day, "CHF", VALUE)
    owed = border.begin(request.lines, customs_values(request, "CHF", rate), at)
    for one in owed:
        border.add_duty(one, at)
        border.add_excise(one, at)
        border.add_vat(one, at)
    known = not any(one.missing for one in owed)
    if request.registered_seller:
        collector, demand, way = registered.formula, REGISTERED, _at_sale(registered)
    else:
        due = sum(rounding([one.vat for one in owed]))
        collector, demand, way = "importer", DECLARATION, _at_border(due, limit, at) if known else NOT_KNOWN
        if known and due <= limit.formula:
            for one in owed:
                border.let_off(one, way)
    worked, warnings = border.settle(owed, at, rounding)
    answer = Answer(
        CODE, "clear" if known else "rates_not_verified", collector, (demand,), reasons=[way, *told], warnings=warnings
    )
    return close(answer, request, books, "CHF", worked)


def _at_sale(row: Rate) -> Reason:
    platform = row.formula == "platform"
    return steps.plain(
        "vat_at_sale",
        row.source,
        f"卖家或平台已登记：按国内供应征收增值税，由{'平台' if platform else '卖家'}收取，不适用 5 法郎免征",
        f"Registered: VAT as on a domestic supply, collected by the {row.formula}; the CHF 5 relief does not apply",
        collector=row.formula,
    )


def _at_border(due: int, limit: Rate, at: border.Border) -> Reason:
    tax, most = at.money(due), at.money(limit.formula)
    figures = {"import_tax": tax, "limit": most}
    if due <= limit.formula:
        zh = f"整批货物的进口税 {tax} 法郎不超过 {most}：不征收"
        en = f"Import tax of {tax} CHF on the consignment is not above {most}: not levied"
        return steps.plain("not_levied", limit.source, zh, en, **figures)
    zh, en = f"进口税 {tax} 法郎超过 {most}：全额征收", f"Import tax of {tax} CHF is above {most}: levied in full"
    return steps.plain("above_threshold", limit.source, zh, en, **figures)


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"CH"}),
    channels=("direct",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "CHF",
    quote=quote,
    measures={"ch_not_levied": _not_levied, "ch_rounding": _step, "ch_registered": _collector},
)
