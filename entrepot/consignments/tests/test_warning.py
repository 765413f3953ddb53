"""Late consignments are told once a step, to those who can do something, and not when they are there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection

from entrepot.consignments import models, rules, selectors, services
from entrepot.consignments.services import warning
from entrepot.consignments.tests import makers
from entrepot.consignments.types import Happened
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.kit.tests.racing import racing
from entrepot.procurement.tests import makers as buying
from entrepot.procurement.tests.makers import NOW, TODAY

LATE = "consignments.late"


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    buying.rates()


@pytest.mark.parametrize(("late", "days"), [(0, 0), (1, 1), (6, 1), (7, 7), (21, 21), (400, 21)])
def test_each_step_of_lateness_has_its_warning(late: int, days: int) -> None:
    assert rules.due_warning(late) == days


def test_a_delay_is_told_once_a_step_and_written_to_purchasing_and_warehouse() -> None:
    people = [clerk(role) for role in (Role.PURCHASING, Role.WAREHOUSE, Role.FINANCE)]
    _order, made = makers.announced()  # nobody said that it left, twenty days ago
    assert [one.id for one in selectors.late(today=TODAY)] == [made.id]
    assert [services.warn_of_delays(now=NOW) for _ in range(2)] == [1, 0]
    (event,) = buying.told(LATE)
    assert services.write_of_delay(consignment_id=event["aggregate_id"], now=NOW) == 2
    right = {get_user_model().objects.get(id=one).email for one in people[:2]}
    assert {to for letter in mail.outbox for to in letter.to} == right
    assert made.number in mail.outbox[0].subject
    assert f"/office/consignments/{made.id}/" in mail.outbox[0].body
    (row,) = selectors.late(today=TODAY)
    due = TODAY - timedelta(days=row.late_days)
    assert f"下一步应在 {due} 前登记，{row.late_days} 天没有消息" in mail.outbox[0].body
    later = NOW + timedelta(days=30)
    assert [services.warn_of_delays(now=later) for _ in range(2)] == [1, 0]


def test_what_is_known_to_come_late_is_written_of_with_its_days() -> None:
    clerk(Role.PURCHASING)
    _order, made = makers.announced()
    planned = made.legs[-1].arrives_on
    models.Consignment.objects.update(expected_on=planned + timedelta(days=99), due_on=None)
    assert services.write_of_delay(consignment_id=made.id, now=NOW) == 1
    assert f"晚 99 天：计划 {planned}，目前预计 {planned + timedelta(days=99)}" in mail.outbox[0].body


def test_what_came_is_not_written_of() -> None:
    clerk(Role.PURCHASING)
    _order, made = makers.announced()
    assert services.warn_of_delays(now=NOW) == 1
    days = [date(2026, 11, 1), date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 12), date(2026, 11, 12), TODAY]
    for n, day in enumerate(days):
        makers.told(made.id, n // 2 + 1, Happened.ARRIVED if n % 2 else Happened.DEPARTED, day)
    assert services.write_of_delay(consignment_id=made.id, now=NOW) == 0
    assert mail.outbox == []
    assert services.warn_of_delays(now=NOW + timedelta(days=30)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_mornings_at_once_tell_once() -> None:
    makers.announced()
    assert sorted(racing([lambda: services.warn_of_delays(now=NOW)] * 2)) == ["0", "1"]
    assert len(buying.told(LATE)) == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_condition_both_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    _order, made = makers.announced()
    real = models.Consignment.objects.filter

    def unconditional(*args: object, **asked: object) -> object:
        asked.pop("warned_days__lt", None)
        return real(*args, **asked)

    monkeypatch.setattr(warning.models.Consignment.objects, "filter", unconditional)
    (row,) = selectors.late(today=TODAY)
    assert row.id == made.id
    assert racing([lambda: warning._tell(row, 21)] * 2) == ["True", "True"]
    assert len(buying.told(LATE)) == 2
    connection.close()
