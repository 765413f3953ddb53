"""The sentences of Canada's regime."""

from __future__ import annotations

from fractions import Fraction

from entrepot.tariff.book import Rate
from entrepot.tariff.steps import Told, money, not_verified, percent, plain
from entrepot.tariff.types import LineRequest, Reason

VALUE = "Customs Act, value for duty; CBSA"
NAMES = {
    "hst": ("统一销售税 HST", "HST"),
    "gst": ("货物与服务税 GST", "GST"),
    "pst": ("省销售税 PST/QST", "Provincial sales tax (PST, QST)"),
    "given": ("销售税", "Sales tax"),
}
DEMANDS = (
    plain(
        "value_and_place",
        "CBSA: importing by mail or courier",
        "申报须写明货值、内容和收件省份；承运人代为申报并代收税款",
        "The declaration gives value, contents and the province; the carrier declares and collects for the buyer",
    ),
)
ZERO_RATED = plain(
    "zero_rating_not_checked",
    "CRA: type of supply",
    "零税率货物（基本食品等）的清单未载入，未核对；可用 rates.vat 给出税率",
    "Goods taxed at zero (basic groceries …) are not in the book and were not checked; rates.vat may be given",
)


def inside(total: int, row: Rate) -> Reason:
    limit = money(row.formula.untaxed)
    return plain(
        "inside_threshold",
        row.source,
        f"完税价格合计 {money(total)} 加元未超过 {limit} 加元：免征关税和税款",
        f"Value for duty {money(total)} CAD is not above {limit}: neither duty nor tax",
        value=money(total),
        limit=limit,
    )


def duty_free(total: int, row: Rate) -> Reason:
    untaxed, limit = money(row.formula.untaxed), money(row.formula.duty_free)
    return plain(
        "duty_free",
        row.source,
        f"完税价格合计 {money(total)} 加元超过 {untaxed} 但未超过 {limit} 加元：免关税，征销售税",
        f"Value for duty {money(total)} CAD is above {untaxed} and not above {limit}: no duty, but taxes",
        value=money(total),
        limit=limit,
    )


def above(total: int, row: Rate) -> Reason:
    limit = money(row.formula.duty_free)
    return plain(
        "over_threshold",
        row.source,
        f"完税价格合计 {money(total)} 加元超过 {limit} 加元：全部价值征收关税和税款",
        f"Value for duty {money(total)} CAD is above {limit}: duty and taxes on the whole value",
        value=money(total),
        limit=limit,
    )


def not_remitted(row: Rate) -> Reason:
    return plain(
        "not_remitted",
        row.source,
        "此类货物不适用小额免税",
        "The remission of small parcels does not reach these goods",
    )


def no_duty_row(line: LineRequest) -> Reason:
    zh = f"{line.hs_code} 的关税税率不在税率簿中，可在请求 rates.duty 中给出"
    en = f"the duty rate of {line.hs_code} is not in the book; it may be given as rates.duty"
    return not_verified(line.id, zh, en, "")


def tax(name: str, base: int, rate: Fraction, result: int, source: str) -> Reason:
    def write() -> Told:
        zh, en = NAMES[name]
        text = f"{money(base)} × {percent(rate)} = {money(result)} CAD"
        return f"{zh}：{text}", f"{en}: {text}", {name: money(result)}

    return Reason(name, source, write)
