"""Whether the tax of what came back is lifted, and why not."""

from __future__ import annotations

from datetime import date

from entrepot.returns.rules.sums import Units
from entrepot.returns.types import OUR_FAULT, CustomsAnswer, Decision, NoTax, Reason, ReturnLine, Window


def no_tax(*, customs: CustomsAnswer, arrived_on: date, window: Window) -> NoTax | None:
    """Why the tax of a whole return stays, or None where it is lifted for what is fit to be sold again."""
    if arrived_on > window.back_by:
        return NoTax.LATE
    return {
        CustomsAnswer.NONE: NoTax.NOT_DECLARED,
        CustomsAnswer.ASKED: NoTax.NOT_ANSWERED,
        CustomsAnswer.REFUSED: NoTax.REFUSED,
        CustomsAnswer.ACCEPTED: None,
    }[customs]


def units_of(line: ReturnLine, *, reason: Reason, decision: Decision, why_not: NoTax | None) -> Units:
    """The units of a counted line whose price, freight and tax go back. What is not fit to be sold again never has its
    tax lifted; whether its price goes back a clerk decides, unless we called it back. Freight goes back where the fault
    is ours."""
    priced = line.sound + (line.spoiled if decision.pay_spoiled or reason is Reason.RECALLED else 0)
    return Units(
        priced=priced,
        freighted=priced if reason in OUR_FAULT else 0,
        taxed=0 if why_not else line.sound,
    )
