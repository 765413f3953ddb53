"""The sentences of China's general trade."""

from __future__ import annotations

from collections.abc import Sequence

from entrepot.tariff.steps import Told, money, plain
from entrepot.tariff.types import LineRequest, Reason

DEMANDS = (
    plain(
        "importer",
        "监管方式 0110; 财关税[2018]49号",
        "由在海关备案的进口货物收货人按货物申报（监管方式 0110），并缴纳全部税款",
        "An importer registered at customs declares the goods (supervision code 0110) and pays all taxes",
    ),
    plain(
        "licences_and_labels",
        "商财发[2018]486号",
        "首次进口许可、注册或备案、中文标签等要求按一般进口货物办理，不享受跨境零售进口的便利；各行具体要求未核对",
        "First-import licences, registrations and a Chinese label are asked for as of any imported goods, unlike in "
        "cross-border retail; what each line needs was not checked",
    ),
)
IN_FULL = plain(
    "in_full",
    "财关税[2018]49号",
    "按一般贸易进口：关税、消费税、增值税全额征收，无限值",
    "General trade: duty, consumption tax and import VAT in full, without a limit",
)


def no_duty(lines: Sequence[LineRequest]) -> Reason:
    def write() -> Told:
        names = ", ".join(f"{line.id} ({line.hs_code})" for line in lines)
        return (
            f"关税税率未知的行：{names}；整票税款未计算",
            f"Lines whose duty rate is not known: {names}; the consignment's taxes were not computed",
            {"lines": ", ".join(line.id for line in lines)},
        )

    return Reason("duty_unknown", "", write)


def waived(duty: int, below: int, source: str) -> Reason:
    def write() -> Told:
        return (
            f"一票货物关税税额 {money(duty)} 元，低于 {money(below)} 元：关税免征，计税价格中不含关税",
            f"Duty of the consignment, {money(duty)}, is below {money(below)}: not levied, nor in the base of VAT",
            {"duty": money(duty), "below": money(below)},
        )

    return Reason("duty_waived", source, write)
