"""Deliver what is due, in the test's own connection, with the queue's own functions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from entrepot.kit import sql
from entrepot.outbox import services

steps_max = 10_000


def drain(*, park: bool = False, until: datetime | None = None) -> int:
    """Run everything that is due until nothing is; returns how many jobs ran.

    `until` makes scheduled jobs up to that time due. A handler's exception is raised, unless `park`: then the job is
    tried again at once until it is parked.
    """
    ran = 0
    while ran < steps_max:
        if until is not None:
            due = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND scheduled_at <= %s"
            sql.run(due, (until,))
        if park:
            again = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND attempts > 0"
            sql.run(again)
        row = sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")[0]
        if row["id"] is None:
            return ran
        ran += 1
        _run(row, park)
    raise AssertionError(f"still not drained after {steps_max} jobs: handlers feed each other")


def _run(row: dict[str, Any], park: bool) -> None:
    task = app.tasks[row["task_name"]]
    job = Job(
        id=row["id"],
        queue=row["queue_name"],
        lock=row["lock"],
        queueing_lock=row["queueing_lock"],
        task_name=row["task_name"],
        attempts=row["attempts"],
    )
    context = [JobContext(app=app, job=job, start_timestamp=0, abort_reason=lambda: None)] if task.pass_context else []
    try:
        task.func(*context, **sql.json_value(row["args"]))
    except Exception as error:
        if not park:
            raise
        decision = task.retry_strategy.get_retry_decision(exception=error, job=job) if task.retry_strategy else None
        if decision is None:
            sql.rows("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", (row["id"],))
        else:
            sql.rows("SELECT procrastinate_retry_job_v2(%s, %s, NULL, NULL, NULL)", (row["id"], decision.retry_at))
        return
    if not services.ended_itself(job_id=row["id"]):
        sql.rows("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", (row["id"],))
