"""The connection of a web process: it outlives its server's end, and what is hot is planned once."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, connections

from entrepot.kit import sql


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


def _address() -> dict[str, object]:
    return {
        name: value
        for name, value in connections["default"].get_connection_params().items()
        if name in {"dbname", "user", "password", "host", "port"}
    }
