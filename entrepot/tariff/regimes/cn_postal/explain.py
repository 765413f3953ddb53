"""The sentences of China's postal articles."""

from __future__ import annotations

from fractions import Fraction

from entrepot.tariff.book import Rate
from entrepot.tariff.excise import Class, class_zh
from entrepot.tariff.steps import Told, money, not_verified, number, percent, plain
from entrepot.tariff.types import LineRequest, Reason

DEMANDS = (
    plain(
        "personal_use",
        "中华人民共和国海关总署 (english.customs.gov.cn): personal inbound postal articles",
        "限收件人个人自用、合理数量；商业性邮件按货物办理通关手续",
        "For the receiver's own use and in a reasonable quantity; what is sent for trade is cleared as goods",
    ),
)
_PER_ZH = {"kg": "千克", "g": "克", "piece": "件", "bottle": "瓶", "ml": "毫升", "sheet": "片"}


def _sums(total: int, most: int) -> dict[str, str]:
    return {"value": money(total), "limit": money(most)}


def inside(total: int, most: int, source: str) -> Reason:
    def write() -> Told:
        return (
            f"邮包内物品完税价格 {money(total)} 元未超过每次限值 {money(most)} 元：按个人物品办理",
            f"The parcel's value {money(total)} is not above the limit {money(most)}: cleared as personal articles",
            _sums(total, most),
        )

    return Reason("inside_limit", source, write)


def single_item(total: int, most: int, source: str) -> Reason:
    def write() -> Told:
        return (
            f"完税价格 {money(total)} 元超过每次限值 {money(most)} 元，但仅有一件且不可分割："
            "经海关审核确属自用的，可按个人物品办理",
            f"The value {money(total)} is above the limit {money(most)}, but it is one single item that cannot be "
            "divided: cleared as a personal article where customs finds it is for the receiver's own use",
            _sums(total, most),
        )

    return Reason("single_item_over_limit", source, write)


def over(total: int, most: int, source: str) -> Reason:
    def write() -> Told:
        return (
            f"完税价格 {money(total)} 元超过每次限值 {money(most)} 元：退运，或按货物规定办理通关手续",
            f"The value {money(total)} is above the limit {money(most)}: sent back, or cleared as goods",
            _sums(total, most),
        )

    return Reason("over_limit", source, write)


def region_unknown(total: int, least: int, most: int, source: str) -> Reason:
    def write() -> Told:
        return (
            f"未给出寄件地（buyer.origin_region）：按 {money(most)} 元限值判断；自限值较低的地区（{money(least)} 元）"
            f"寄来时 {money(total)} 元已超限",
            f"buyer.origin_region is not given: {money(most)} was taken as the limit; sent from a region with the "
            f"lower one ({money(least)}) the parcel of {money(total)} is above it",
            {**_sums(total, most), "least": money(least)},
        )

    return Reason("origin_region_unknown", source, write)


def value_given(fen: int) -> Reason:
    text = money(fen)
    return plain(
        "table_value", "request", f"完税价格由询价方给定：{text} 元", f"The value was given: {text} CNY", value=text
    )


def price(fen: int) -> Reason:
    text = money(fen)
    zh, en = (
        f"完税价格：价格 {text} 元（不含运费、保险费）",
        f"Value: the price, {text} CNY, without freight and insurance",
    )
    return plain("table_value", "海关总署公告2019年第63号", zh, en, value=text)


def not_in_table(line: LineRequest, fen: int) -> Reason:
    return plain(
        "table_value_unknown",
        "海关总署公告2019年第63号",
        f"第 {line.id} 行（{line.hs_code}）在税率簿所载的完税价格表中没有价格，暂以价格 {money(fen)} 元为完税价格；"
        "海关或另行确定，可在 table_value 中给出",
        f"Line {line.id} ({line.hs_code}) has no value in the part of the table that the book holds: the price "
        f"{money(fen)} was taken. Customs may set another; it can be given in table_value",
        line=line.id,
    )


def table_value(units: tuple[Fraction, Fraction], per: str, fen: int, source: str) -> Reason:
    def write() -> Told:
        text = f"{number(units[0])} × {number(units[1])} = {money(fen)}"
        return (
            f"完税价格表：每{_PER_ZH[per]} {number(units[1])} 元，{text} 元",
            f"Table of dutiable values: {number(units[1])} CNY per {per}, {text} CNY",
            {"quantity": number(units[0]), "per": per, "each": number(units[1]), "value": money(fen)},
        )

    return Reason("table_value", source, write)


def unit_value(found: Class, fen: int, name: str, source: str) -> Reason:
    threshold, (numerator, denominator), reached = found.per, found.quantity, found.reached

    def write() -> Told:
        each, least = number(Fraction(fen * denominator, numerator * 100)), number(threshold.at_least)
        zh = f"每{_PER_ZH[threshold.per]}完税价格 {each} 元" + ("达到" if reached else "低于") + f" {least} 元"
        en = f"{each} CNY per {threshold.per} " + ("reaches" if reached else "stays below") + f" {least} CNY"
        return (
            f"{zh}（{class_zh(name)}{'' if reached else '：否'}）",
            f"{en} ({name}{'' if reached else ': no'})",
            {"unit_value": each, "per": threshold.per, "at_least": least},
        )

    return Reason("item_class", source, write)


def item(number_of: str, row: Rate, rates: Rate, rate: Fraction) -> Reason:
    def write() -> Told:
        return (
            f"归入税目 {number_of}（品目 {row.hs_prefix}；{row.source}）：税率 {percent(rate)}",
            f"Item {number_of} (heading {row.hs_prefix}; {row.source}): {percent(rate)}",
            {"item": number_of, "hs_prefix": row.hs_prefix, "rate": number(rate)},
        )

    return Reason("postal_rate", rates.source, write)


def tax(value: int, rate: Fraction, due: int, source: str) -> Reason:
    def write() -> Told:
        text = f"{money(value)} × {number(rate)} = {money(due)}"
        figures = {"tax": money(due)}
        return f"进口税：{text} 元（四舍五入到分）", f"Import tax: {text} CNY (half-up to 0.01)", figures

    return Reason("postal_tax", source, write)


def exempt(whole: int, most: int, source: str) -> Reason:
    def write() -> Told:
        return (
            f"应征进口税 {money(whole)} 元，在 {money(most)} 元（含）以下：免征",
            f"The tax of the parcel, {money(whole)}, is not above {money(most)}: it is not levied",
            {"tax": money(whole), "exempt_up_to": money(most)},
        )

    return Reason("tax_exempt", source, write)


def no_item(line: LineRequest) -> Reason:
    return not_verified(
        line.id,
        f"（{line.hs_code}）归入进境物品进口税的哪一税目未核实",
        f"under which item of the tax on inbound articles {line.hs_code} falls is not verified",
        "",
    )


def as_goods(line: LineRequest) -> Reason:
    return not_verified(
        line.id,
        "超过邮包限值，不按个人物品计税；作为货物的税款见 general 通道",
        "the parcel is above its limit and not taxed as personal articles; channel general has its tax as goods",
        "",
    )
