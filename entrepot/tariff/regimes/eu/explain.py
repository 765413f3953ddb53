"""The sentences of imports into the European Union."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from entrepot.tariff.book import Rate
from entrepot.tariff.steps import plain
from entrepot.tariff.types import LineRequest, Reason

IOSS = "Directive 2006/112/EC art. 369l-369x"
SPECIAL = "Directive 2006/112/EC art. 369y-369zb"
UCC = "Regulation (EU) No 952/2013 (Union Customs Code)"


class Charge(Protocol):
    @property
    def per(self) -> str: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Way:
    """`name`: ioss | special | import. `demand` is what it asks of the seller or the carrier."""

    name: str
    collector: str
    demand: Reason
    reason: Reason


_IOSS_NUMBER = plain(
    "ioss_number",
    IOSS,
    "卖家或平台须登记 IOSS，销售时收取增值税，IOSS 编号随电子数据传送（H7）",
    "The seller or platform is registered for IOSS, charges VAT at the sale and sends the number with the data (H7)",
)
_H7 = plain(
    "low_value_declaration",
    SPECIAL,
    "承运人或邮政按低值货物申报（H7），交付时向收件人收取增值税",
    "The carrier or the post declares the low-value consignment (H7) and collects VAT at delivery",
)
FULL = plain("full_declaration", UCC, "须办理完整的进口申报（H1）", "A full import declaration (H1) is needed")


def before_2021(goods: str) -> Way:
    zh = f"2021 年 7 月 1 日前：货物价值 {goods} 欧元，无销售时征税安排，由收件人纳税"
    en = f"Before 1 July 2021: goods of {goods} EUR, no arrangement at the sale, the recipient pays"
    return Way("import", "importer", FULL, plain("before_ecommerce_package", UCC, zh, en, goods=goods))


def excise_goods(row: Rate) -> Way:
    zh = "含酒类或烟草等消费税商品：不适用 IOSS 和特别安排，按完整申报进口"
    en = "Excise goods are outside IOSS and the special arrangements: a full declaration"
    return Way("import", "importer", FULL, plain("excise_goods", row.source, zh, en))


def above(goods: str, limit: str, row: Rate) -> Way:
    zh = f"货物价值 {goods} 欧元超过 {limit}：全额征收关税和进口增值税，由进口人缴纳"
    en = f"Goods of {goods} EUR are above {limit}: duty and import VAT on the whole, the importer pays"
    return Way("import", "importer", FULL, plain("above_threshold", row.source, zh, en, goods=goods, limit=limit))


def ioss(goods: str, limit: str, row: Rate) -> Way:
    zh = f"货物价值 {goods} 欧元不超过 {limit}：卖家在销售时按 IOSS 收取增值税"
    en = f"Goods of {goods} EUR are not above {limit}: the seller charges VAT at the sale (IOSS)"
    return Way("ioss", "seller", _IOSS_NUMBER, plain("ioss", row.source, zh, en, goods=goods, limit=limit))


def special_arrangements(goods: str, limit: str, row: Rate) -> Way:
    zh = f"货物价值 {goods} 欧元不超过 {limit}，卖家未登记 IOSS：交付时由承运人收取增值税"
    en = f"Goods of {goods} EUR are not above {limit}, the seller is not in IOSS: the carrier collects VAT at delivery"
    reason = plain("special_arrangements", row.source, zh, en, goods=goods, limit=limit)
    return Way("special", "carrier", _H7, reason)


def relieved(goods: str, row: Rate) -> Reason:
    zh, en = f"货物价值 {goods} 欧元：免关税", f"Goods of {goods} EUR: relieved of duty"
    return plain("duty_relief", row.source, zh, en, goods=goods)


def flat(subheading: str, whole: str, share: str, lines: int, row: Rate) -> Reason:
    zh, en = (
        f"关税：子目 {subheading} 定额 {whole} 欧元",
        f"Duty: {whole} EUR for subheading {subheading}, not per piece",
    )
    if lines > 1:
        zh, en = f"{zh}，本行分摊 {share}", f"{en}; this line's share is {share}"
    return plain("flat_duty", row.source, zh, en, subheading=subheading, amount=whole, duty=share)


def no_preference(line: LineRequest) -> Reason:
    zh = f"第 {line.id} 行：IOSS 下不能适用优惠原产地税率，按定额征收"
    en = f"Line {line.id}: a preference cannot be used under IOSS, the flat duty is charged"
    return plain("no_preference_under_ioss", "Delegated Regulation (EU) 2026/1022", zh, en, line=line.id)


def vat_exempt(goods: str, limit: str, row: Rate) -> Reason:
    zh, en = f"货物价值 {goods} 欧元不超过 {limit}：免增值税", f"Goods of {goods} EUR are not above {limit}: no VAT"
    return plain("vat_exempt", row.source, zh, en, goods=goods, limit=limit)


def national_currency(state: str, row: Rate) -> Reason:
    zh = f"{state} 以 {row.formula} 征收：此处按欧元计算（限额以欧元规定），实收按官方汇率折算"
    en = f"{state} collects in {row.formula}: computed here in EUR, as the limits are; converted at the official rate"
    return plain("national_currency", row.source, zh, en, currency=row.formula)


_PER = {"parcel": ("每包裹", "parcel"), "line": ("每行", "line")}


def fee(amount: str, charge: Charge, euro: str, row: Rate) -> Reason:
    zh, en = _PER[charge.per]
    money = f"{amount} {charge.currency}" + ("" if charge.currency == "EUR" else f" = {euro} EUR")
    return plain("fee", row.source, f"费用：{zh} {money}", f"Fee: {money} per {en}", amount=amount, euro=euro)


def fee_not_charged(amount: str, currency: str, row: Rate) -> Reason:
    zh_note, en_note = row.noted
    zh = f"可能另有约 {amount} {currency} 的处理费：尚未核实，未计入（{zh_note}）"
    en = f"A handling fee of about {amount} {currency} may be added: not confirmed and not charged here ({en_note})"
    return plain("fee_not_charged", row.source, zh, en, amount=amount, currency=currency)


def fee_not_converted(amount: str, charge: Charge, row: Rate) -> Reason:
    zh, en = _PER[charge.per]
    return plain(
        "not_computed",
        row.source,
        f"另有费用{zh} {amount} {charge.currency}：无 {charge.currency} 汇率，未计入总额",
        f"A fee of {amount} {charge.currency} per {en} is owed too: not added, no rate for {charge.currency} is known",
        amount=amount,
        currency=charge.currency,
    )
