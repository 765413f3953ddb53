"""Japan: free inside a customs value of JPY 10,000; a private import is valued at 60 % of the retail price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from entrepot.tariff import limits, parcels, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import customs_values, cut
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.measures import levy
from entrepot.tariff.params import BadParams
from entrepot.tariff.parcels import FREE, NOBODY, Border, Law
from entrepot.tariff.regime import Answer, Regime, Taxed, close, exchange, needed, unconfirmed
from entrepot.tariff.regimes.jp import sums
from entrepot.tariff.regimes.jp.sums import Rounding
from entrepot.tariff.steps import plain
from entrepot.tariff.types import LineRequest, Quote, QuoteRequest, Reason, Value

CODE = "JP"
PRIVATE = "direct"
BORDER = Border(
    code=CODE,
    currency="JPY",
    tax=("消费税（含地方消费税）", "Consumption tax"),
    duty_on="cif",
    collector="carrier",
    law="関税定率法第4条, 第4条の6",
)
PERSONAL_USE = plain(
    "personal_use",
    "関税定率法第4条の6",
    "限个人自用：按零售价的一定比例估价；用于销售的货物走一般进口，按到岸价格估价",
    "For the buyer's own use: only then is the value a share of the retail price; goods for sale are valued CIF "
    "(channel general)",
)
DECLARATION = plain(
    "import_declaration", "関税法第67条", "进口人须办理进口申报", "The importer makes an import declaration"
)


def _share(params: Mapping[str, Any]) -> Fraction:
    read.only(params, {"share"})
    return read.share(params, "share")


def _rounding(params: Mapping[str, Any]) -> Rounding:
    read.only(params, {"base", "tax"})
    made = Rounding(read.minor(params, "base", 0), read.minor(params, "tax", 0))
    if not made.base or not made.tax:
        raise BadParams("base and tax are whole yen above 0")
    return made


def _amount(params: Mapping[str, Any]) -> int:
    read.only(params, {"amount"})
    return read.minor(params, "amount", 0)


@dataclass(slots=True)
class _Valued:
    values: list[Value]
    total: Fraction  # exact: a fraction of a yen above the limit is above it
    told: list[Reason]
    private: bool


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What a parcel to Japan owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    day = request.date
    row = needed(books, "parcel_limit", day, "JP parcel limit")
    found = _valued(request, books)
    inside = found.total <= row.formula.amount
    local, rounding = needed(books, "jp_local_tax", day, "JP local tax"), needed(books, "jp_rounding", day, "JP sums")
    answer = Answer(
        CODE, "clear", NOBODY, (PERSONAL_USE,) if found.private else (DECLARATION,),
        reasons=[limits.inside_limit(found.total, row, inside=inside), *found.told],
        warnings=unconfirmed((row,), "-"),
    )  # fmt: skip
    worked: list[Taxed] = []
    owing: list[sums.Line] = []
    for i, (line, value) in enumerate(zip(request.lines, found.values, strict=True)):
        law = parcels.law(line, i, request, books, BORDER)
        _simplify(line, law, books, request, found.total)
        answer.warnings += law.warnings
        worked.append(parcels.untaxed(value, BORDER, FREE))
        if (spared := inside and law.excepted is None) and law.excise is not None:
            continue
        if law.excise is None or law.duty is None:
            answer.decision = "rates_not_verified"
            answer.warnings += [parcels.duty_unknown(line)] if law.duty is None and not spared else []
            worked[i].rates = {"vat": steps.number(law.vat)}
        else:
            owing.append(sums.Line(i, line, value.customs, law))
            answer.warnings += law.used(line, duty=True)
    if owing:
        answer.warnings += unconfirmed((local, rounding), "-")
        for i, taxed in sums.taxed(owing, local, rounding).items():
            taxed.reasons.insert(0, worked[i].reasons[0])
            worked[i] = taxed
    if owing or answer.decision != "clear":
        answer.collector = BORDER.collector if found.private else "importer"
    return close(answer, request, books, BORDER.currency, list(zip(found.values, worked, strict=True)))


def _valued(request: QuoteRequest, books: Books) -> _Valued:
    """Customs values in yen: CIF, or for a private import a share of the retail price without freight."""
    rate, told = exchange(request, books, BORDER.currency)
    values = customs_values(request, BORDER.currency, rate)
    if request.channel != PRIVATE:
        return _Valued(values, Fraction(sum(value.customs for value in values)), told, private=False)
    row = needed(books, "jp_retail_share", request.date, "JP retail share")
    retail = sum(value.intrinsic for value in values)
    told.append(_retail(retail, row))
    shared = [Value(cut(value.intrinsic * row.formula), 0, 0, 0) for value in values]
    return _Valued(shared, retail * row.formula, told, private=True)


def _simplify(line: LineRequest, law: Law, books: Books, request: QuoteRequest, total: Fraction) -> None:
    """The simplified tariff for small parcels, where the book has it. Goods the limit does not spare have no part."""
    most = books.find("jp_simplified_limit", request.date)
    if most is None or total > most.formula or law.excepted is not None or line.rates.duty is not None:
        return
    row = books.find("jp_simplified", request.date, line.hs_code)
    if row is not None:
        law.duty = ((row, row.formula),)


def _retail(retail: int, row: Rate) -> Reason:
    share: Fraction = row.formula

    def write() -> steps.Told:
        text = f"{retail} × {steps.number(share)} = {steps.number(retail * share, 2)} JPY"
        return (
            f"个人进口的完税价格 = 零售价 × 比例（不含运费）：{text}",
            f"Customs value of a private import = retail price × share, without freight: {text}",
            {"retail": str(retail), "share": steps.number(share)},
        )

    return Reason("retail_share", row.source, write)


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"JP"}),
    channels=(PRIVATE, "general"),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: BORDER.currency,
    quote=quote,
    measures={
        **limits.MEASURES,
        "jp_retail_share": _share,
        "jp_local_tax": _share,
        "jp_rounding": _rounding,
        "jp_simplified": levy,
        "jp_simplified_limit": _amount,
    },
)
