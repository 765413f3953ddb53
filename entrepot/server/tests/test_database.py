"""The connection of a web process: it outlives its server's end, and what is hot is planned once."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections

from entrepot.identity import selectors as identity
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.payments import selectors as payments
from entrepot.shipping import selectors as shipping
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
