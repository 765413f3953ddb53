"""What the database does for a job that is put into the queue, beside keeping it."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.outbox import selectors, services
from entrepot.outbox.testing import drain
from entrepot.outbox.tests.test_services import work

ROUNDS = 300


def order(count: int) -> None:
    with transaction.atomic():
        for _ in range(count):
            services.defer(job=work.__name__, lock=None, args={"what": str(new_id())})


@pytest.mark.django_db
def test_which_triggers_work_for_a_job() -> None:
    """A new release of the library may bring others: then whoever upgrades decides here what they may cost."""
    works = sql.rows(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'procrastinate_jobs'::regclass AND NOT tgisinternal"
        " AND tgenabled <> 'D' ORDER BY 1"
    )
    assert [row["tgname"] for row in works] == [
        "outbox_jobs_waiting",
        "procrastinate_jobs_notify_queue_job_aborted_v1",
        "procrastinate_trigger_abort_requested_events_v1",
        "procrastinate_trigger_delete_jobs_v1",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_job_does_not_read_the_queue_it_joins() -> None:
    """Also where the session has planned its checks while the queue was empty and analysed."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE procrastinate_jobs")
        order(1)
        cursor.execute("SELECT pg_stat_force_next_flush()")
        before = _read()
        for _ in range(ROUNDS):
            order(1)
        cursor.execute("SELECT pg_stat_force_next_flush()")
    assert _read() - before < ROUNDS  # one reading of the whole queue at most, as the test itself may cause


def _read() -> int:
    found = sql.rows("SELECT seq_tup_read::int AS n FROM pg_stat_user_tables WHERE relname = 'procrastinate_jobs'")
    return int(found[0]["n"])


@pytest.mark.django_db(transaction=True)
def test_workers_are_told_once_in_a_statement_and_of_nothing_that_is_not_due() -> None:
    where = connection.get_connection_params()
    plain = {key: where[key] for key in ("dbname", "user", "password", "host", "port") if where.get(key)}
    with psycopg.connect(**plain, autocommit=True) as listener:
        listener.execute("LISTEN procrastinate_any_queue_v1")
        put = "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) SELECT 'jobs', 'x', {} FROM {}"
        for due, rows in (
            ("now() + interval '1 hour'", "generate_series(1, 3)"),
            ("now()", "(SELECT WHERE false) AS n"),
        ):
            sql.run(put.format(due, rows))
        sql.run(put.format("NULL", "generate_series(1, 3)"))
        order(1)
        sql.run("NOTIFY procrastinate_any_queue_v1, 'end'")
        heard = []
        for one in listener.notifies(timeout=60):
            heard.append(one.payload)
            if one.payload == "end":
                break
    assert heard == ['{"type": "job_inserted", "job_id": 0}'] * 2 + ["end"]
    sql.run("DELETE FROM procrastinate_jobs")


@pytest.mark.django_db
def test_a_job_says_since_when_it_is_due_and_leaves_nothing_behind() -> None:
    assert selectors.queue_state().oldest_due is None
    order(2)
    begun = sql.rows("SELECT now() AS at")[0]["at"]
    assert selectors.queue_state().oldest_due == begun
    sql.run("DELETE FROM procrastinate_jobs")
    drain()
    assert sql.rows("SELECT FROM procrastinate_events") == []
