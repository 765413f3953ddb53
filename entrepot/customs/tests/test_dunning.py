"""Finance is called to tax that falls due, before it does; whoever is in charge when it is late."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core import mail

from entrepot.customs import services
from entrepot.customs.tests.bills import GUARANTOR, bill, list_number, listed, take
from entrepot.customs.tests.receipts import T0
from entrepot.customs.types.taxes import PaymentWish
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
DUE = T0 + timedelta(days=45)  # by the table of days


def letters(now: datetime) -> list[str]:
    mail.outbox.clear()
    assert services.call_to_tax(now=now) == len(mail.outbox)
    return [one.body for one in mail.outbox]


def test_tax_is_called_for_a_week_ahead_until_it_is_paid() -> None:
    for role in (Role.FINANCE, Role.OPERATOR, Role.CUSTOMS):
        people.clerk(role)
    _, _, number = listed()
    take(bill(number, "12.34"), bill(list_number(), "1.00"))
    assert letters(DUE - timedelta(days=8)) == []
    (told,) = letters(DUE - timedelta(days=7))
    assert GUARANTOR in told and "12.34  0.00" in told and f"{DUE:%Y-%m-%d}" in told
    assert "未对应到清单的税单：1" in told and number not in told
    assert len(letters(DUE)) == 1
    late = letters(DUE + timedelta(days=1))
    assert len(late) == 2 and "12.34  12.34" in late[0]
    wish = PaymentWish(GUARANTOR, "ICBC-1", 1_234, date(2027, 1, 5), month=date(2026, 11, 1))
    services.pay_tax(wish=wish, actor="Li", now=DUE)
    assert letters(DUE + timedelta(days=1)) == []
