"""The sentences of the United States' regime."""

from __future__ import annotations

from fractions import Fraction

from entrepot.tariff.arithmetic import rounded
from entrepot.tariff.book import Rate
from entrepot.tariff.measures import Said
from entrepot.tariff.regimes.us.measures import Flat
from entrepot.tariff.steps import Told, money, not_verified, plain
from entrepot.tariff.types import LineRequest, Reason

VALUE = "19 USC 1401a: transaction value, without international freight and insurance"
DEMANDS = (
    plain(
        "origin_and_code",
        "19 CFR 141.86, 19 CFR 142",
        "申报须有原产国与 HTS 编码",
        "The declaration names the country of origin and the HTS code of each article",
    ),
)
POST_DEMANDS = (
    plain(
        "postal_collector",
        "Executive Order 14324 of 30 July 2025, section 3",
        "邮件的关税由承运人或 CBP 认可的代缴方预先收取并缴纳",
        "Duty on postal items is collected and paid by the carrier or another party that CBP has qualified",
    ),
)
NO_VAT = plain(
    "no_federal_vat",
    "destinations: United States",
    "美国联邦不征收进口增值税",
    "The United States levies no federal VAT on imports",
)


def exempt(total: int, row: Rate) -> Reason:
    def write() -> Told:
        limit = money(row.formula)
        return (
            f"一人一日的货值 {money(total)} 美元未超过 {limit} 美元：免征关税和费用（de minimis）",
            f"Goods of {money(total)} USD for one person on one day are not above {limit}: free of duty (de minimis)",
            {"goods": money(total), "limit": limit},
        )

    return Reason("de_minimis", row.source, write)


def dutiable(total: int, row: Rate) -> Reason:
    def write() -> Told:
        if not row.formula:
            return (
                "此类货物不再享受小额免税（de minimis）：全部货值应税",
                "There is no de minimis exemption for these goods: the whole value is dutiable",
                {"goods": money(total), "limit": "0.00"},
            )
        limit = money(row.formula)
        return (
            f"货值 {money(total)} 美元超过 {limit} 美元：全部货值应税",
            f"Goods of {money(total)} USD are above {limit}: the whole value is dutiable",
            {"goods": money(total), "limit": limit},
        )

    return Reason("over_de_minimis", row.source, write)


def postal(row: Rate) -> Reason:
    return plain(
        "postal_duty",
        row.source,
        f"国际邮件只按 {row.formula.programme} 的税率从价计征，不征普通关税和其他附加税",
        f"A postal item owes duty at the rate of {row.formula.programme} alone, without the tariff's own duty",
    )


def flat(row: Rate) -> Reason:
    offer: Flat = row.formula
    least, most = money(offer.least), money(offer.most)
    return plain(
        "postal_flat",
        row.source,
        f"承运人也可选择按件定额缴纳，每件 {least} 至 {most} 美元（按原产国税率分档，档次未载入）：此处按从价计算",
        f"The carrier may choose a flat duty of {least} to {most} USD per item instead, by the origin's rate (its "
        "steps are not in the book): the answer is the ad valorem duty",
        least=least,
        most=most,
    )


def unchecked(row: Rate) -> Reason:
    note: Said = row.formula
    return plain("not_checked", row.source, note.zh, note.en)


def blocked(line: LineRequest, row: Rate) -> Reason:
    note: Said = row.formula
    return not_verified(line.id, note.zh, note.en, row.source)


def no_duty_row(line: LineRequest) -> Reason:
    zh = f"{line.hs_code} 的普通税率不在税率簿中，可在请求 rates.duty 中给出"
    en = f"the general rate of {line.hs_code} is not in the book; it may be given as rates.duty"
    return not_verified(line.id, zh, en, "")


def no_programme(line: LineRequest, measure: str, row: Rate) -> Reason:
    zh = f"原产于 {line.origin} 的货物的 {measure} 税率不在税率簿中"
    en = f"the rate of {measure} for goods of {line.origin} is not in the book"
    return not_verified(line.id, zh, en, row.source)


def not_from(line: LineRequest, row: Rate) -> Reason:
    day = row.valid_from.isoformat()
    return not_verified(line.id, f"自 {day} 起的税率未核实", f"rates not verified from {day}", row.source)


def sum_of(due: Fraction, result: int) -> Reason:
    def write() -> Told:
        text = f"{money(result)} USD"
        return (
            f"本行关税合计（四舍五入到分）：{text}",
            f"Duty of the line, half-up to 0.01: {text}",
            {"duty": money(result), "exact": money(rounded(due * 100), 4)},
        )

    return Reason("duty_of_line", VALUE, write)


def informal(total: int, row: Rate) -> Reason:
    return plain(
        "informal_entry",
        row.source,
        f"货值 {money(total)} 美元未超过 {money(row.formula)} 美元，可简易申报：不征从价手续费；定额手续费未载入",
        f"Goods of {money(total)} USD are not above {money(row.formula)}: informal entry, without the ad valorem "
        "processing fee; its small fixed fee is not in the book",
    )


def formal(total: int, row: Rate) -> Reason:
    return plain(
        "formal_entry",
        row.source,
        f"货值 {money(total)} 美元超过 {money(row.formula)} 美元：正式申报",
        f"Goods of {money(total)} USD are above {money(row.formula)}: formal entry",
    )


def no_fee(source: str) -> Reason:
    return plain(
        "fee_not_computed",
        source,
        "当日的商品处理费（MPF）上下限不在税率簿中，未计算",
        "The bounds of the merchandise processing fee are not in the book for the day: it was not computed",
    )
