"""The sentences of a quote that all regimes share: one function per step. They are written when they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from entrepot.kit.money import exponent
from entrepot.tariff.book import Rate
from entrepot.tariff.types import Reason, Value

Told = tuple[str, str, Mapping[str, str]]
_MEASURE_ZH = {  # by family
    "vat": "增值税税率", "excise": "消费税", "duty": "关税税率", "preference": "优惠税率", "additional": "加征关税",
    "fx": "汇率", "fee": "费用", "other_taxes": "其他税", "excise_goods": "特种税商品", "duty_waiver": "关税免征额",
    "parcel_limit": "限额", "parcel_limit_except": "限额的例外", "postal_limit": "邮包限值",
    "postal_item": "进境物品税目", "postal_rate": "进境物品税率", "postal_table": "完税价格",
    "eu_fee": "费用", "eu_vat_exempt": "增值税免税额",
    "ca_tax": "省税税率", "jp_local_tax": "地方消费税", "no_not_voec": "不适用 VOEC 的货物",
}  # fmt: skip


def money(minor: int, places: int = 2) -> str:
    """42500 is "425.00"."""
    sign, whole = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{whole // 10**places}.{whole % 10**places:0{places}}" if places else f"{sign}{whole}"


def number(value: Fraction, places: int = 4) -> str:
    """A figure for people: exact where it is short, else rounded to `places` (the sums behind it stay exact)."""
    return _number(value.numerator, value.denominator, places)


@lru_cache(maxsize=4_096)
def _number(numerator: int, denominator: int, places: int) -> str:
    """Kept: the same few rates are written over and over."""
    scale = 10**places
    scaled = (numerator * scale * 2 + denominator) // (2 * denominator)
    return f"{(Decimal(scaled) / scale).normalize():f}"


def amount(value: Fraction) -> str:
    """An amount in major units: two places where it has no more, else four."""
    cents = value * 100
    return money(cents.numerator) if cents.denominator == 1 else number(value)


def percent(rate: Fraction) -> str:
    return f"{number(rate * 100)} %"


def customs_value(value: Value, currency: str, source: str) -> Reason:
    """How the customs value of a line came to be."""

    def write() -> Told:
        places = exponent(currency)
        goods, discount, freight, insurance, whole = (
            money(part, places) for part in (value.goods, value.discount, value.freight, value.insurance, value.customs)
        )
        text = f"{goods} − {discount} + {freight} + {insurance} = {whole} {currency}"
        return (
            f"完税价格 = 货款 − 公开折扣 + 运费分摊 + 保险费分摊：{text}",
            f"Customs value = goods − discount open to all + share of freight + share of insurance: {text}",
            {
                "goods": goods, "discount": discount, "freight": freight, "insurance": insurance,
                "customs_value": whole,
            },
        )  # fmt: skip

    return Reason("customs_value", source, write)


def given(name_zh: str, name_en: str, rate: Fraction) -> Reason:
    """The asker gave the rate: a what-if."""

    def write() -> Told:
        return (
            f"{name_zh}税率由询价方给定：{percent(rate)}",
            f"The {name_en} rate was given with the request: {percent(rate)}",
            {"rate": number(rate)},
        )

    return Reason("rate_given", "request", write)


def book_rate(name_zh: str, name_en: str, row: Rate, rate: Fraction) -> Reason:
    """The rate a row of the book gives."""

    def write() -> Told:
        heading = row.hs_prefix
        return (
            f"{name_zh}税率 {percent(rate)}" + (f"（品目 {heading}）" if heading else "（一般货物）"),
            f"{name_en} at {percent(rate)}" + (f" (heading {heading})" if heading else " (goods in general)"),
            {"rate": number(rate), "hs_prefix": heading, "valid_from": row.valid_from.isoformat()},
        )

    return Reason(f"{row.measure}_rate", row.source, write)


def summed(code: str, names: tuple[str, str], formula: str, result: int, currency: str, source: str) -> Reason:
    """`formula` is the sum as a person would write it ("425.00 × 0.2"); `names` in Chinese and English."""

    def write() -> Told:
        text = f"{formula} = {money(result, exponent(currency))} {currency}"
        return f"{names[0]}：{text}", f"{names[1]}: {text}", {code: money(result, exponent(currency))}

    return Reason(code, source, write)


def plain(code: str, source: str, zh: str, en: str, **figures: str) -> Reason:
    """A sentence that is already known, with its figures."""
    return Reason(code, source, lambda: (zh, en, figures))


def exchanged(asked: str, wanted: str, rate: Fraction, source: str) -> Reason:
    def write() -> Told:
        text = f"1 {asked} = {number(rate, 8)} {wanted}"
        return f"折算汇率：{text}", f"Exchange rate: {text}", {"rate": number(rate, 8)}

    return Reason("exchange_rate", source, write)


def not_confirmed(row: Rate, line: str) -> Reason:
    """A rate, limit or conversion that has no source at hand was used."""

    def write() -> Told:
        prefix, (zh, en) = row.hs_prefix or "*", row.noted
        name = _MEASURE_ZH.get(row.measure.partition(".")[0], row.measure)
        return (
            f"第 {line} 行所用的{name}（{prefix}）尚未核实来源：{zh}",
            f"Line {line} uses {row.measure} of {prefix}, whose source is not confirmed: {en}",
            {"line": line, "measure": row.measure, "hs_prefix": row.hs_prefix},
        )

    return Reason("not_confirmed", row.source, write)


def after_book(day: date, old: Sequence[tuple[str, date]]) -> Reason:
    """The day is later than the day up to which these books (code, day) know the law."""
    codes = ", ".join(code for code, _ in old)

    def write() -> Told:
        listed = [f"{code} ({as_of.isoformat()})" for code, as_of in old]
        return (
            f"{day.isoformat()} 晚于税率簿内容截至日，之后的变动未计入：{'、'.join(listed)}",
            f"{day.isoformat()} is after the day up to which rate books know the law: {', '.join(listed)}",
            {"date": day.isoformat(), "books": codes},
        )

    return Reason("after_book", codes, write)


def not_verified(line: str, what_zh: str, what_en: str, source: str) -> Reason:
    """A rate that nobody has verified: the tax of the line was not computed, and is not guessed."""

    def write() -> Told:
        return (
            f"第 {line} 行：{what_zh}，未计算，也不作猜测",
            f"Line {line}: {what_en}; it was not computed and is not guessed",
            {"line": line},
        )

    return Reason("not_computed", source, write)
