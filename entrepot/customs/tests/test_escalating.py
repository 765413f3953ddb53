"""What stands still is raised once for each level, told, answered, and ends when it moves; on real PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from entrepot.customs import models, selectors, services
from entrepot.customs.rules import ageing
from entrepot.customs.rules.standing import THREE
from entrepot.customs.services import escalating
from entrepot.customs.tests.receipts import T0, declaration, document, minutes, receipt
from entrepot.customs.types import DataState, DeclarationState, DocumentKind
from entrepot.identity.services import enrol
from entrepot.identity.tests import makers as people
from entrepot.identity.types import PersonDraft, Role
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import at_once, meeting
from entrepot.outbox.testing import drain

DB = pytest.mark.django_db
H = timedelta(hours=1)
RULES = ageing.thresholds(ageing.DEFAULT)


@given(st.sampled_from(sorted(ageing.DEFAULT)), st.integers(1, 99_999), st.integers(0, 99_999), st.sampled_from("mhd"))
def test_a_setting_changes_its_own_figures_and_calls_the_desk_first(
    key: tuple[str, str], first: int, more: int, unit: str
) -> None:
    text = f"{key[0]}:{key[1]}={first}{unit}/{min(first + more, 99_999)}{unit}"
    found = ageing.patience(text)
    assert {one: spans for one, spans in found.items() if one != key} == {
        one: spans for one, spans in ageing.DEFAULT.items() if one != key
    }
    desk, head = found[key]
    assert timedelta(0) < desk <= head


@pytest.mark.parametrize(
    "text", ["held:621=4h", "held:999=1h/2h", "held:621=2h/1h", "held:621=0m/1h", "held:621=1w/2w", "x"]
)
def test_a_setting_nobody_can_follow_is_named(text: str) -> None:
    with pytest.raises(ageing.BadPatience, match=text):
        ageing.patience(text)


def raised(level: int | None = None) -> list[models.Escalation]:
    rows = models.Escalation.objects.filter(ended_at__isnull=True).order_by("level", "kind")
    return list(rows.filter(level=level) if level else rows)


def answers(made: models.Declaration, kinds: Any = THREE, status: int = 120, at: datetime = T0) -> None:
    for kind in kinds:
        body = receipt(kind, document(made, kind).number, status, at)
        services.take_receipt(body=body, headers={}, now=at)


@DB
def test_each_document_that_waits_is_raised_once_for_each_level() -> None:
    declaration()
    assert services.escalate(now=T0 + H - timedelta(seconds=1)) == 0
    assert services.escalate(now=T0 + H) == 3
    assert services.escalate(now=T0 + 2 * H) == 0
    assert [(row.kind, row.level, row.state) for row in raised()] == [(k.value, 1, "matching") for k in THREE]
    assert services.escalate(now=T0 + 6 * H) == 3
    assert services.escalate(now=T0 + 7 * H) == 0
    assert selectors.escalation_counts() == {1: 3, 2: 3}
    shown, more = selectors.escalations()
    assert [one.level for one in shown] == [2, 2, 2, 1, 1, 1]
    assert not more


@DB
@pytest.mark.usefixtures("port_key")
def test_it_ends_when_the_document_moves_and_begins_anew_as_it_stands_then() -> None:
    made = declaration()
    services.escalate(now=T0 + H)
    answers(made, THREE[:2])
    services.escalate(now=T0 + H)
    assert [row.kind for row in raised()] == ["511"]
    answers(made, THREE[2:])
    services.escalate(now=T0 + H)
    assert [row.kind for row in raised()] == ["621"]  # all three are taken in, and the list has not left
    answers(made, [DocumentKind.LIST], -621005, T0 + 2 * H)
    services.escalate(now=T0 + 5 * H)
    assert raised() == []
    services.escalate(now=T0 + 6 * H)
    assert [(row.kind, row.state, row.since) for row in raised()] == [("621", "held", T0 + 2 * H)]
    answers(made, [DocumentKind.LIST], 800, T0 + 3 * H)
    services.escalate(now=T0 + 7 * H)
    assert raised() == []


@DB
@pytest.mark.usefixtures("port_key")
def test_news_that_change_nothing_do_not_make_it_younger() -> None:
    made = declaration()
    answers(made, THREE, 2, minutes(55))
    assert models.Declaration.objects.get(id=made.id).changed_at == minutes(55)
    services.escalate(now=T0 + H)
    assert len(raised()) == 3


@DB
@pytest.mark.parametrize("state", list(DeclarationState))
def test_only_what_is_under_way_is_raised(state: DeclarationState) -> None:
    made = declaration()
    more = {"held_code": "match", "differences": [{"rule": "x"}]} if state is DeclarationState.HELD else {}
    models.Declaration.objects.filter(id=made.id).update(state=state, **more)
    services.escalate(now=T0 + timedelta(days=30))
    under_way = state not in (DeclarationState.RELEASED, DeclarationState.CANCELLED)
    # The fixture's three documents have left: as a draft there is nothing that has not.
    assert bool(raised()) == (under_way and state is not DeclarationState.DRAFT)


@DB
def test_what_waits_for_the_buyer_calls_nobody_before_the_day() -> None:
    made = declaration()
    key = {"parcel_id": made.parcel_id, "buyer_id": made.buyer_id}
    services.excuse(**key, until=T0 + 9 * H)
    services.escalate(now=T0 + 8 * H)
    assert raised() == []
    services.escalate(now=T0 + 9 * H)
    assert len(raised()) == 6
    services.excuse(**key, until=T0 + 20 * H)
    services.escalate(now=T0 + 10 * H)
    assert raised() == []


@DB
def test_returns_and_requests_for_payment_data_age_too() -> None:
    made = declaration()
    models.Declaration.objects.filter(id=made.id).update(state=DeclarationState.RELEASED)
    asked = models.Document.objects.create(
        buyer_id=made.buyer_id, declaration_id=made.id, kind=DocumentKind.RETURN, version=1, number="R1",
        xml_sealed=b"", sha256=b"", made_at=T0,
    )  # fmt: skip
    mine = models.Application.objects.create(
        buyer_id=made.buyer_id, return_id=new_id(), document_id=asked.id, version=1, sent=True, ask_at=T0
    )
    data = models.DataRequest.objects.create(
        buyer_id=made.buyer_id, order_id=made.order_id, order_number=made.order_number, session_id="s",
        service_time=1, state=DataState.UNMADE, asked_at=T0, last_at=T0,
    )  # fmt: skip
    services.escalate(now=T0 + 24 * H)
    assert [(row.kind, row.level, row.parcel_id) for row in raised()] == [
        ("179", 1, None), ("625", 1, made.parcel_id), ("179", 2, None),
    ]  # fmt: skip
    models.Application.objects.filter(id=mine.id).update(verdict="done", ask_at=None)
    models.DataRequest.objects.filter(id=data.id).update(state=DataState.TAKEN)
    services.escalate(now=T0 + 24 * H)
    assert raised() == []


@DB
def test_the_desk_is_written_to_then_who_is_in_charge_then_daily_until_a_person_answers() -> None:
    for role, name in ((Role.CUSTOMS, "desk"), (Role.OPERATOR, "head"), (Role.SERVICE, "other")):
        draft = PersonDraft(password=people.PASSWORD, email=f"{name}@example.test", roles=frozenset([role]))
        enrol(draft=draft, now=T0)
    made = declaration(sent=(DocumentKind.ORDER, DocumentKind.PAYMENT))

    def told(at: datetime) -> list[tuple[str, str]]:
        mail.outbox.clear()
        services.escalate(now=at)
        drain()
        return sorted((one.to[0].partition("@")[0], one.body) for one in mail.outbox)

    ((who, text),) = told(T0 + H / 2)
    assert who == "desk"
    assert made.order_number in text
    assert "海关订单编号" in text  # by the name that the desk's pages give it
    assert [who for who, _ in told(T0 + 2 * H)] == ["desk", "head"]
    assert told(T0 + 25 * H) == []
    assert [who for who, _ in told(T0 + 26 * H)] == ["desk", "head"]
    (row,) = raised(2)
    key = {"escalation_id": row.id, "buyer_id": row.buyer_id, "actor": "clerk", "now": T0 + 27 * H}
    with pytest.raises(services.NoteMissing):
        services.acknowledge(**key, note=" ")
    services.acknowledge(**key, note="called the port")
    with pytest.raises(services.NoEscalation):
        services.acknowledge(**key, note="twice")
    assert told(T0 + 60 * H) == []
    assert [(one.level, one.note) for one in selectors.escalations()[0]] == [(2, "called the port"), (1, "")]
    assert [one.level for one in selectors.escalations(unanswered=True)[0]] == [1]


@DB
def test_one_call_raises_so_many_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalating, "batch_max", 2)
    declaration()
    assert [services.escalate(now=T0 + H) for _ in range(3)] == [2, 1, 0]


@DB
def test_among_many_declarations_only_those_under_way_are_read() -> None:
    """100,000 released ones stand beside 20 that are stuck."""
    sql.run(
        "INSERT INTO customs_declaration (id, buyer_id, order_id, parcel_id, order_number, trade_mode, state,"
        " held_code, standing, differences, list_number, asks, created_at, changed_at, since)"
        " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'KL' || n, '1210',"
        " 'released', '', '{}', '[]', '', 0, %s, %s, %s FROM generate_series(1, 100000) n",
        (T0, T0, T0),
    )
    for _ in range(20):
        declaration()
    sql.run("SET LOCAL default_statistics_target = 1000")  # all rows are looked at, so the plan is the same each time
    sql.run("ANALYZE customs_declaration, customs_document")
    rules = [{"state": r.state, "kind": r.kind, "level": r.level, "before": T0 + H} for r in RULES]
    params = {"rules": sql.document(rules), "at": T0 + H, "ids": [new_id() for _ in range(500)]}
    (plan,) = sql.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.load('customs', 'escalate')}", params)
    assert 20 <= _read(sql.json_value(plan["QUERY PLAN"])[0]["Plan"]) < 1_000


def _read(node: dict[str, Any]) -> float:
    """Rows of declarations that a plan looked at, in whatever way."""
    below = sum(_read(one) for one in node.get("Plans", []))
    if node.get("Relation Name") != "customs_declaration":
        return below
    left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return below + (node["Actual Rows"] + left_out) * node["Actual Loops"]


def _at_one_moment() -> list[int]:
    return at_once([lambda: services.escalate(now=T0 + H)] * 4)


@pytest.mark.django_db(transaction=True)
def test_calls_at_one_moment_raise_nothing_twice() -> None:
    for _ in range(5):
        declaration()
    assert sum(_at_one_moment()) == 15
    assert len(raised()) == 15


@pytest.mark.django_db(transaction=True)
def test_control_without_the_key_they_would() -> None:
    """The statement without its conflict clause: somebody loses, so the race above can fail."""
    for _ in range(5):
        declaration()
    text = sql.load("customs", "escalate")
    clause = "    ON CONFLICT (buyer_id, subject_id, level, since) DO NOTHING\n"
    assert clause in text and "FROM jsonb_" in text
    bare = text.replace(clause, "").replace("FROM jsonb_", f"FROM (SELECT {meeting(4)}) AS met, jsonb_")
    load = sql.load
    with (
        mock.patch.object(sql, "load", lambda c, v: bare if v == "escalate" else load(c, v)),
        pytest.raises(IntegrityError, match="escalation_once"),
    ):
        _at_one_moment()
