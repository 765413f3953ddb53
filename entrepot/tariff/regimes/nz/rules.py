"""New Zealand: to 30 November 2019 less than NZD 60 of duty and GST was not collected; since then NZD 1,000. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from entrepot.tariff import limits, parcels, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.parcels import FREE, NOBODY, Border, Law, Parcel
from entrepot.tariff.regime import Answer, Regime, Taxed, close, exchange, needed, unconfirmed
from entrepot.tariff.steps import plain
from entrepot.tariff.types import Quote, QuoteRequest, Reason, Value

CODE = "NZ"
BORDER = Border(
    code=CODE,
    currency="NZD",
    tax=("货物和劳务税（GST）", "GST"),
    duty_on="goods",
    collector="importer",
    law="New Zealand Customs: customs value without transport and insurance; GST on value + duty + freight + insurance",
)
SUPPLIER = plain(
    "supplier_number",
    "New Zealand Customs, notice of 12 July 2019",
    "供应商在货物申报中填写其新西兰 GST 登记号",
    "The supplier's New Zealand GST number is given with the cargo report",
)
DECLARATION = plain(
    "import_declaration",
    "New Zealand Customs, notice of 12 July 2019",
    "须办理标准进口申报",
    "A standard import declaration is needed",
)
FEES_LEFT_OUT = plain(
    "fees_not_computed",
    "New Zealand Customs, notice of 12 July 2019",
    "边境另收进口申报交易费（IETF）和生物安全征费，税率簿无金额，未计入；可导入 fee.* 行",
    "The border also takes the import entry transaction fee and the biosecurity levy; the book has no amounts (rows "
    "fee.* may be imported), so they are not in the total",
)


def _waiver(params: Mapping[str, Any]) -> int:
    read.only(params, {"below"})
    return read.minor(params, "below")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What a parcel to New Zealand owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    waiver = books.find("nz_waiver", request.date)
    if waiver is not None:
        return _waived(request, books, waiver)
    row = needed(books, "parcel_limit", request.date, "NZ parcel limit")
    rate, told = exchange(request, books, BORDER.currency)
    values = customs_values(request, BORDER.currency, rate)
    total, more = limits.tested(request, values, row, BORDER.currency, books)
    inside = total <= row.formula.amount
    parcel = Parcel(values, inside, [limits.inside_limit(total, row, inside=inside), *told, *more])
    if inside:
        parcel.demands = (SUPPLIER,) if request.registered_seller else ()
    else:
        parcel.demands = (DECLARATION,)
        parcel.warnings += _fees_left_out(request, books)
    return parcels.assess(request, books, BORDER, row, parcel)


def _fees_left_out(request: QuoteRequest, books: Books) -> list[Reason]:
    return [] if books.every("fee", request.date) else [FEES_LEFT_OUT]


def _waived(request: QuoteRequest, books: Books, waiver: Rate) -> Quote:
    """The rule to 30 November 2019: everything is worked out, and not collected where it comes to less than the sum."""
    rate, told = exchange(request, books, BORDER.currency)
    values = customs_values(request, BORDER.currency, rate)
    laws = [parcels.law(line, i, request, books, BORDER) for i, line in enumerate(request.lines)]
    answer = Answer(CODE, "clear", BORDER.collector, reasons=told, warnings=unconfirmed((waiver,), "-"))
    for line, law in zip(request.lines, laws, strict=True):
        answer.warnings += law.warnings
        if law.duty is None and law.excise is not None:
            answer.warnings.append(parcels.duty_unknown(line))
    if any(law.duty is None or law.excise is None for law in laws):
        # The sum decides for the whole parcel: one unknown rate leaves all of it open.
        answer.decision = "rates_not_verified"
        vats = [{"vat": steps.number(law.vat)} for law in laws]
        worked = [
            (parcels.shown(value, BORDER), parcels.untaxed(value, BORDER, vat))
            for value, vat in zip(values, vats, strict=True)
        ]
        return close(answer, request, books, BORDER.currency, worked)
    taxed = [
        parcels.at_border(line, value, law, i, BORDER)
        for i, (line, value, law) in enumerate(zip(request.lines, values, laws, strict=True))
    ]
    due = sum(one.duty + one.excise + one.vat for one in taxed)
    free = due < waiver.formula
    answer.reasons.insert(0, _told(due, waiver, free=free))
    if free:
        taxed = [_spare(value, law, one) for value, law, one in zip(values, laws, taxed, strict=True)]
    for line, law in zip(request.lines, laws, strict=True):
        answer.warnings += law.used(line, duty=True)
    if any(one.duty + one.excise + one.vat for one in taxed):
        answer.demands = (DECLARATION,)
        answer.parcel_fees = parcels.fees(request, books, BORDER, values, answer)
        answer.warnings += _fees_left_out(request, books)
    else:
        answer.collector = NOBODY
    worked = [(parcels.shown(value, BORDER), one) for value, one in zip(values, taxed, strict=True)]
    return close(answer, request, books, BORDER.currency, worked)


def _spare(value: Value, law: Law, one: Taxed) -> Taxed:
    """Not collected, except on goods the waiver does not cover."""
    return one if law.excepted is not None else parcels.untaxed(value, BORDER, FREE)


def _told(due: int, waiver: Rate, *, free: bool) -> Reason:
    below: int = waiver.formula

    def write() -> steps.Told:
        figures = {"due": steps.money(due), "waived_below": steps.money(below)}
        if free:
            zh, en = f"低于 {steps.money(below)}：不征收", f"less than {steps.money(below)}: not collected"
        else:
            zh, en = f"不低于 {steps.money(below)}：全部征收", f"not less than {steps.money(below)}: collected in full"
        return (
            f"关税与 GST 合计 {steps.money(due)} NZD，{zh}",
            f"Duty and GST are {steps.money(due)} NZD, {en}",
            figures,
        )

    return Reason("waived" if free else "not_waived", waiver.source, write)


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"NZ"}),
    channels=("direct",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: BORDER.currency,
    quote=quote,
    measures={**limits.MEASURES, "nz_waiver": _waiver},
)
