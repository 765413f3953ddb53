"""The sentences of a quote: one function per step, figures as the rules computed them. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from entrepot.tariff.book import Excise, Limit, Rate, Relief, Threshold
from entrepot.tariff.types import Part, Reason

PAGE = "财关税[2016]18号"
_UNIT_ZH = {
    "g": "克", "kg": "千克", "t": "吨", "ml": "毫升", "l": "升", "piece": "件", "sheet": "片",
}  # fmt: skip


def yuan(minor: int) -> str:
    """42500 is "425.00"."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def number(value: Fraction, places: int = 4) -> str:
    """A figure for people: exact where it is short, else cut to `places` (the sums behind it stay exact)."""
    scale = 10**places
    scaled = (value.numerator * scale * 2 + value.denominator) // (2 * value.denominator)
    return f"{(Decimal(scaled) / scale).normalize():f}"


def amount(value: Fraction) -> str:
    """An amount of yuan: two places where it has no more, else four."""
    cents = value * 100
    return yuan(cents.numerator) if cents.denominator == 1 else number(value)


def percent(rate: Fraction) -> str:
    return f"{number(rate * 100)} %"


def customs_value(goods: int, discount: int, freight: int, insurance: int) -> Reason:
    value = yuan(goods - discount + freight + insurance)
    sum_text = f"{yuan(goods)} − {yuan(discount)} + {yuan(freight)} + {yuan(insurance)} = {value}"
    return Reason(
        f"完税价格 = 货款 − 公开折扣 + 运费分摊 + 保险费分摊：{sum_text} 元",
        f"Customs value = goods − discount open to all + share of freight + share of insurance: {sum_text} CNY",
        PAGE,
        {
            "goods": yuan(goods), "discount": yuan(discount), "freight": yuan(freight), "insurance": yuan(insurance),
            "customs_value": value,
        },
        "customs_value",
    )  # fmt: skip


def asked(name_zh: str, name_en: str, rate: Fraction) -> Reason:
    """The asker gave the rate: a what-if."""
    return Reason(
        f"{name_zh}税率由询价方给定：{percent(rate)}",
        f"The {name_en} rate was given with the request: {percent(rate)}",
        "request",
        {"rate": number(rate)},
        "rate_given",
    )


def book_rate(name_zh: str, name_en: str, rate: Rate, share: Fraction) -> Reason:
    heading = rate.hs_prefix
    return Reason(
        f"{name_zh}税率 {percent(share)}" + (f"（品目 {heading}）" if heading else "（一般货物）"),
        f"{name_en} at {percent(share)}" + (f" (heading {heading})" if heading else " (goods in general)"),
        rate.source,
        {"rate": number(share), "hs_prefix": heading, "valid_from": rate.valid_from.isoformat()},
        f"{rate.measure}_rate",
    )


def unit_value(rate: Rate, excise: Excise, threshold: Threshold, value: Fraction, reached: bool) -> Reason:
    unit_zh, at_least = _UNIT_ZH[threshold.per], number(threshold.at_least, 7)
    figure = number(value)
    zh = f"每{unit_zh}完税价格 {figure} 元" + ("达到" if reached else "低于") + f" {at_least} 元"
    en = f"{figure} CNY per {threshold.per} " + ("reaches" if reached else "stays below") + f" {at_least} CNY"
    charge = excise.reached if reached else excise.below
    label = excise.name + ("" if reached else ": no")
    return Reason(
        f"{zh}：消费税税率 {percent(charge.rate)}（{excise.name}{'' if reached else '：否'}）",
        f"{en}: consumption tax at {percent(charge.rate)} ({label})",
        rate.source,
        {"unit_value": figure, "per": threshold.per, "at_least": at_least, "rate": number(charge.rate)},
        "excise_class",
    )


def specific(quantity: Fraction, per: str, each: Fraction, amount: Fraction, source: str) -> Reason:
    sum_text = f"{number(quantity)} {per} × {number(each, 6)} = {number(amount)}"
    return Reason(
        f"从量消费税：{sum_text} 元",
        f"Specific consumption tax: {sum_text} CNY",
        source,
        {"quantity": number(quantity), "per": per, "each": number(each, 6), "amount": number(amount)},
        "excise_specific",
    )


def excise_sum(value: Fraction, spec: Fraction, rate: Fraction, factor: Fraction, result: int, source: str) -> Reason:
    if rate:
        base = f"({amount(value)} + {amount(spec)})" if spec else amount(value)
        inner = f"{base} ÷ (1 − {number(rate)}) × {number(rate)}" + (f" + {amount(spec)}" if spec else "")
    else:
        inner = amount(spec)
    inner = inner if factor == 1 else f"[{inner}] × {number(factor)}"
    return Reason(
        f"消费税：{inner} = {yuan(result)} 元（四舍五入到分）",
        f"Consumption tax: {inner} = {yuan(result)} CNY (half-up to 0.01)",
        source,
        {"excise": yuan(result)},
        "excise",
    )


def vat_sum(
    value: Fraction, full_excise: Fraction, rate: Fraction, factor: Fraction, result: int, source: str
) -> Reason:
    base = f"({amount(value)} + {amount(full_excise)})" if full_excise else amount(value)
    times = "" if factor == 1 else f" × {number(factor)}"
    text = f"{base} × {number(rate)}{times} = {yuan(result)}"
    return Reason(
        f"增值税：{text} 元（四舍五入到分）",
        f"Import VAT: {text} CNY (half-up to 0.01)",
        source,
        {"vat": yuan(result), "excise_in_base": amount(full_excise)},
        "vat",
    )


def duty_sum(value: int, rate: Fraction, result: int, source: str) -> Reason:
    text = f"{yuan(value)} × {number(rate)} = {yuan(result)}"
    return Reason(f"关税：{text} 元", f"Duty: {text} CNY", source, {"duty": yuan(result)}, "duty")


def inside(total: int, used: int, limit: Limit, relief: Relief, source: str) -> Reason:
    return Reason(
        f"完税价格 {yuan(total)} 元未超过单次限值 {yuan(limit.single)} 元；连同本年已用 {yuan(used)} 元未超过年度限值 "
        f"{yuan(limit.annual)} 元：关税税率 {percent(relief.duty)}，增值税、消费税按 {percent(relief.factor)} 征收",
        f"Customs value {yuan(total)} is not above the single limit {yuan(limit.single)}; with {yuan(used)} used this "
        f"year it is not above the annual limit {yuan(limit.annual)}: duty "
        f"{percent(relief.duty)}, VAT and consumption tax at {percent(relief.factor)}",
        source,
        _limits(total, used, limit),
        "inside_limits",
    )


def over_annual(total: int, used: int, limit: Limit, source: str) -> Reason:
    return Reason(
        f"本年已用 {yuan(used)} 元，加上本单 {yuan(total)} 元超过年度限值 {yuan(limit.annual)} 元：按一般贸易管理",
        f"{yuan(used)} used this year plus {yuan(total)} passes the annual limit {yuan(limit.annual)}: general trade",
        source,
        _limits(total, used, limit),
        "over_annual",
    )


def over_single_item(total: int, used: int, limit: Limit, source: str) -> Reason:
    if limit.single_item == "full_tax":
        zh = "仅一件商品且未超过年度限值：仍可跨境进口，关税、增值税、消费税全额征收"
        en = "one single item and the annual limit not passed: it stays in the channel, duty and taxes in full"
    else:
        zh, en = "不可分割的单件商品也按一般贸易全额征税", "a single indivisible item too is taxed as general trade"
    return Reason(
        f"完税价格 {yuan(total)} 元超过单次限值 {yuan(limit.single)} 元；{zh}",
        f"Customs value {yuan(total)} is above the single limit {yuan(limit.single)}; {en}",
        source,
        _limits(total, used, limit),
        "single_item_over_limit",
    )


def split(total: int, used: int, limit: Limit, parts: tuple[Part, ...], source: str) -> Reason:
    def names(part: Part) -> str:
        lines = ", ".join(f"{line} × {units.normalize():f}" for line, units in part.units.items())
        return f"{lines} = {part.customs_value}"

    figures = {f"part_{n}": names(part) for n, part in enumerate(parts, 1)}
    listed = "；".join(figures.values())
    return Reason(
        f"多件商品合计 {yuan(total)} 元超过单次限值 {yuan(limit.single)} 元：付款前拆成 {len(parts)} 单（{listed}）",
        f"Several items of {yuan(total)} are above the single limit {yuan(limit.single)}: split into {len(parts)} "
        f"orders before payment ({'; '.join(figures.values())})",
        source,
        {**_limits(total, used, limit), **figures},
        "split",
    )


def _limits(total: int, used: int, limit: Limit) -> dict[str, str]:
    return {
        "customs_value": yuan(total), "used_this_year": yuan(used), "single_limit": yuan(limit.single),
        "annual_limit": yuan(limit.annual),
    }  # fmt: skip


def not_confirmed(rate: Rate, line: str) -> Reason:
    return Reason(
        f"第 {line} 行所用税率未经官方文本核实（{rate.measure}，品目 {rate.hs_prefix or '*'}）：{rate.note}",
        f"Line {line}: a rate used is not confirmed by an official text ({rate.measure}, heading "
        f"{rate.hs_prefix or '*'}): {rate.note}",
        rate.source,
        {"line": line, "measure": rate.measure, "hs_prefix": rate.hs_prefix},
        "not_confirmed",
    )


def measures_disagree(line: str, threshold: Threshold, other: Threshold) -> Reason:
    zh, other_zh = _UNIT_ZH[threshold.per], _UNIT_ZH[other.per]
    return Reason(
        f"第 {line} 行按每{zh}与按每{other_zh}计算的消费税类别不同，以每{zh}为准；请核对法定计量单位",
        f"Line {line}: the value per {threshold.per} and per {other.per} fall into different consumption-tax classes; "
        f"per {threshold.per} decided. Check the legal unit",
        "财税[2016]103号",
        {"line": line, "decided_by": threshold.per, "differs": other.per},
        "measures_disagree",
    )


def duty_unknown(line: str, hs_code: str) -> Reason:
    return Reason(
        f"第 {line} 行（{hs_code}）的关税税率不在税率簿中，全额税款未计算；可在请求 rates.duty 中给出",
        f"Line {line} ({hs_code}): the duty rate is not in the book, so the full tax is not computed; "
        "it may be given as rates.duty",
        "",
        {"line": line, "hs_code": hs_code},
        "not_computed",
    )


def after_book(day: str, as_of: str, code: str) -> Reason:
    return Reason(
        f"税率簿 {code} 的内容截至 {as_of}；之后的变化未知（询价日 {day}）",
        f"Rate book {code} knows the law as of {as_of}; changes after it are not known (asked for {day})",
        code,
        {"date": day, "as_of": as_of},
        "after_book",
    )


def positive_list(line_count: int) -> Reason:
    return Reason(
        "跨境电商零售进口商品清单（正面清单）尚未载入，未核对各行是否准予进口",
        "The list of goods admitted to the channel (positive list) is not loaded: whether the lines are on it was not "
        "checked",
        "",
        {"lines": str(line_count)},
        "positive_list_not_checked",
    )
