"""The sentences of China's cross-border retail import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from entrepot.tariff.book import Rate
from entrepot.tariff.steps import Told, money, plain
from entrepot.tariff.types import LineRequest, Part, Reason


class Limit(Protocol):
    @property
    def single(self) -> int: ...
    @property
    def annual(self) -> int: ...
    @property
    def single_item(self) -> str: ...


NOT_CHECKED = plain(
    "positive_list_not_checked",
    "",
    "跨境电商零售进口商品清单（正面清单）尚未载入，未核对各行是否准予进口",
    "The list of goods admitted to the channel (positive list) is not loaded: whether the lines are on it was not "
    "checked",
)
DEMANDS = (
    plain(
        "real_name",
        "海关总署公告2016年第26号",
        "订购人须实名（姓名与身份证号），仅限个人自用，不得再次销售",
        "The buyer gives name and ID number; the goods are for personal use and may not be sold on",
    ),
    plain(
        "three_documents",
        "海关总署公告2018年第194号",
        "订单、支付单、物流单三单须与清单比对一致",
        "Order, payment and waybill reach customs separately and must agree with the list",
    ),
)

# Which warehouse the goods lie in the request does not say.
BONDED = (
    *DEMANDS,
    plain(
        "bonded_zone",
        "监管方式 1210、1239; 海关总署公告2018年第194号",
        "1210：货物存于试点城市的区域（中心）内；试点城市以外为 1239（保税电商A），须办理首次进口许可批件、注册或备案",
        "1210: the goods lie in a bonded zone of a pilot city; elsewhere the code is 1239, and first-import licences "
        "are asked for",
    ),
)


def inside(total: int, used: int, limit: Limit, source: str) -> Reason:
    def write() -> Told:
        single, annual = money(limit.single), money(limit.annual)
        zh, en = ("", "it")  # nothing is said of the year
        if used:
            zh, en = f"连同本年已用 {money(used)} 元", f"with {money(used)} used this year it"
        return (
            f"完税价格 {money(total)} 元未超过单次限值 {single} 元；{zh}未超过年度限值 {annual} 元：关税税率 0 %，"
            "增值税、消费税按法定应纳税额的优惠比例征收",
            f"Customs value {money(total)} is not above the single limit {single}; {en} is not above the annual limit "
            f"{annual}: duty 0 %, VAT and consumption tax with the channel's relief",
            _limits(total, used, limit),
        )

    return Reason("inside_limits", source, write)


def over_annual(total: int, used: int, limit: Limit, source: str) -> Reason:
    def write() -> Told:
        annual = money(limit.annual)
        return (
            f"本年已用 {money(used)} 元，加上本单 {money(total)} 元超过年度限值 {annual} 元：按一般贸易管理",
            f"{money(used)} used this year plus {money(total)} passes the annual limit {annual}: general trade",
            _limits(total, used, limit),
        )

    return Reason("over_annual_limit", source, write)


def over_single_item(total: int, used: int, limit: Limit, source: str) -> Reason:
    def write() -> Told:
        if limit.single_item == "full_tax":
            zh = "仅一件商品且未超过年度限值：仍可跨境进口，关税、增值税、消费税全额征收"
            en = "one single item and the annual limit not passed: it stays in the channel, duty and taxes in full"
        else:
            zh, en = "不可分割的单件商品也按一般贸易全额征税", "a single indivisible item too is taxed as general trade"
        return (
            f"完税价格 {money(total)} 元超过单次限值 {money(limit.single)} 元；{zh}",
            f"Customs value {money(total)} is above the single limit {money(limit.single)}; {en}",
            _limits(total, used, limit),
        )

    return Reason("single_item_over_limit", source, write)


def split(total: int, used: int, limit: Limit, way: tuple[tuple[Part, ...], bool], source: str) -> Reason:
    parts, proven = way

    def names(part: Part) -> str:
        lines = ", ".join(f"{line} × {units.normalize():f}" for line, units in part.units.items())
        return f"{lines} = {part.customs_value}"

    def write() -> Told:
        figures = {f"part_{n}": names(part) for n, part in enumerate(parts, 1)}
        listed, single = figures.values(), money(limit.single)
        fewest = "；已证明不能更少" if proven else "", ", and no fewer would do" if proven else ""
        return (
            f"多件商品合计 {money(total)} 元超过单次限值 {single} 元：付款前拆成 {len(parts)} 单（{'；'.join(listed)}）"
            f"{fewest[0]}",
            f"Several items of {money(total)} are above the single limit {single}: split into {len(parts)} orders "
            f"before payment ({'; '.join(listed)}){fewest[1]}",
            {**_limits(total, used, limit), **figures},
        )

    return Reason("split", source, write)


def not_listed(line: LineRequest, edition: Rate) -> Reason:
    return plain(
        "not_on_positive_list",
        edition.source,
        f"第 {line.id} 行（{line.hs_code}）不在正面清单（{edition.formula}）内，不能按跨境电商零售进口",
        f"Line {line.id} ({line.hs_code}) is not on the positive list ({edition.formula}): not admitted",
        line=line.id,
        hs_code=line.hs_code,
    )


def other_channel(line: LineRequest, row: Rate) -> Reason:
    return plain(
        "positive_list_other_channel",
        row.source,
        f"第 {line.id} 行（{line.hs_code}）在正面清单中仅限 {row.formula.only} 通道：{row.formula.remark}",
        f"Line {line.id} ({line.hs_code}) is on the positive list for {row.formula.only} alone: {row.formula.remark}",
        line=line.id,
        only=row.formula.only,
    )


def remark(line: LineRequest, row: Rate) -> Reason:
    return plain(
        "positive_list_remark",
        row.source,
        f"第 {line.id} 行的正面清单备注：{row.formula.remark}",
        f"Line {line.id}, remark of the positive list: {row.formula.remark}",
        line=line.id,
    )


def _limits(total: int, used: int, limit: Limit) -> Mapping[str, str]:
    said = {"used_this_year": money(used)} if used else {}
    return {
        "customs_value": money(total), **said, "single_limit": money(limit.single), "annual_limit": money(limit.annual)
    }  # fmt: skip
