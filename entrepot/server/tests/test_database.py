"""The connection of a web process: it outlives its server's end, and what is hot is planned once."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from entrepot.identity import selectors as identity
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.payments import selectors as payments
from entrepot.server import settings
from entrepot.server.database import base, serve_visitors
from entrepot.shipping import selectors as shipping
from entrepot.web.common.away import DatabaseAway, away
from entrepot.web.common.sessions import SessionStore


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_noticed_before_it_is_used() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    assert connection.is_usable()
    with psycopg.connect(**_address()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert not connection.is_usable()
    connection.close()
    assert sql.hot("SELECT 1 AS one", {}) == (["one"], [(1,)])


@pytest.mark.django_db
def test_a_hot_read_is_planned_once_and_counted_like_any_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(8):
        for n in range(8):
            assert sql.hot_rows("SELECT %(n)s::integer AS n", {"n": n}) == [{"n": n}]
    plans = "SELECT sum(generic_plans)::integer, sum(custom_plans)::integer FROM pg_prepared_statements"
    with connection.cursor() as cursor:
        cursor.execute(f"{plans} WHERE statement = 'SELECT $1::integer AS n'")
        generic, custom = cursor.fetchone()
    assert (generic > 0, custom) == (True, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "read"),
    [
        ("payments_payment", lambda one: payments.payment(payment_id=one, buyer_id=one)),
        ("shipping_waybill", lambda one: shipping.waybill(parcel_id=one, buyer_id=one)),
        ("identity_person", lambda one: identity.login(person_id=one)),
        ("identity_address", lambda one: identity.masked_addresses(buyer_id=one)),
        ("django_session", lambda one: SessionStore(str(one)).load()),
    ],
)
def test_a_column_that_comes_with_a_migration_does_not_stop_who_reads(
    table: str, read: Callable[[UUID], object]
) -> None:
    before = read(new_id())
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN one_more integer")
    assert read(new_id()) == before


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["nothing-of-ours", "a-nul\0-in-a-cookie"])
def test_a_session_that_nobody_has_is_an_empty_one(key: str) -> None:
    assert SessionStore(key).load() == {}


def _address() -> dict[str, object]:
    return {
        name: value
        for name, value in connections["default"].get_connection_params().items()
        if name in {"dbname", "user", "password", "host", "port"}
    }


@pytest.mark.django_db
def test_a_database_that_says_nothing_is_given_up_and_the_address_may_say_when() -> None:
    usual = settings._database("postgresql://me@db.example/shop")["OPTIONS"]
    assert usual.items() >= {"connect_timeout": "5", "keepalives_idle": "15", "tcp_user_timeout": "30000"}.items()
    assert "options" not in usual  # a pooler would refuse it
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/shop?connect_timeout=1&sslmode=disable"
        told = base.DatabaseWrapper({**connection.settings_dict, **settings._database(url)}, "silent")
        with pytest.raises(OperationalError) as late:
            told.ensure_connection()
    assert isinstance(away(late.value), DatabaseAway)


@pytest.mark.django_db
def test_who_serves_visitors_ends_what_takes_too_long_and_a_job_may_take_longer(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def limits() -> list[str]:
        made = connections.create_connection("default")
        try:
            with made.cursor() as cursor:
                names = "statement_timeout", "idle_in_transaction_session_timeout", "plan_cache_mode"
                cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}")
                return list(cursor.fetchone())
        finally:
            made.close()

    assert limits() == ["0", "0", "force_generic_plan"]
    settings.STATEMENT_TIMEOUT_S, settings.IDLE_TRANSACTION_TIMEOUT_S = 7, 9
    monkeypatch.setitem(connections.settings["default"], "SESSION", {})
    serve_visitors()
    assert limits() == ["7s", "9s", "force_generic_plan"]
