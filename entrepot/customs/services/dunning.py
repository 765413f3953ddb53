"""Write to finance that tax falls due, once a day: a bill is paid by a person, and nothing else calls anybody to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings

from entrepot.customs.selectors import taxes
from entrepot.customs.types.taxes import TaxMonth
from entrepot.identity import services as identity
from entrepot.identity.services import Letter
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.money import to_decimal

PLACE = "/office/tax/"
AHEAD, BACK = timedelta(days=7), timedelta(days=400)


def call_to_tax(*, now: datetime) -> int:
    """A letter to finance about tax that is due within a week and not paid, by guarantor and month, and how many bills
    wait for a list of ours; what is overdue goes to operators too, who are in charge. It names no buyer. Returns how
    many it went to, 0 where nothing is due. Calls outside, so not inside a transaction."""
    today = day_in(CHINA, now)
    months = taxes.months(since=(today - BACK).replace(day=1), today=today)
    due = [one for one in months if one.open > 0 and one.first_due is not None and one.first_due <= today + AHEAD]
    if not due:
        return 0
    late = any(one.overdue for one in due)
    lines, strays = "\n".join(map(_line, due)), taxes.stray_count()
    zh, en = ("已逾期", "is overdue") if late else ("即将到期", "falls due")
    letter = Letter(
        f"进口税款{zh}，请缴纳",
        f"以下税款（担保企业、税单月份、未缴、其中逾期、最早缴款日）{zh}：\n\n{lines}\n\n"
        f"未对应到清单的税单：{strays}\n\n{settings.PUBLIC_URL}{PLACE}",
        f"Import tax {en}: please pay",
        f"This tax (guarantor, month of the bills, open, overdue, first due day) {en}:\n\n{lines}\n\n"
        f"Bills for no list of ours: {strays}\n\n{settings.PUBLIC_URL}{PLACE}",
    )
    return identity.write_to_staff(roles={Role.FINANCE, Role.OPERATOR} if late else {Role.FINANCE}, letter=letter)


def _line(one: TaxMonth) -> str:
    assert isinstance(one.first_due, date)
    sums = f"{to_decimal(one.open, 'CNY'):,.2f}  {to_decimal(one.overdue, 'CNY'):,.2f}"
    return f"  {one.guarantor}  {one.month:%Y-%m}  {sums}  {one.first_due:%Y-%m-%d}"
