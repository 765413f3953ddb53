"""How the queue stands, what is being done, and what was parked."""

from __future__ import annotations

from entrepot.kit import sql
from entrepot.outbox.types import ParkedJob, QueueState, RunningJob

page_size = 50


def parked(*, page: int = 1) -> list[ParkedJob]:
    """Jobs that gave up, newest first, `page_size` a page (from 1)."""
    found = sql.rows(sql.load("outbox", "parked"), {"limit": page_size, "offset": (page - 1) * page_size})
    return [
        ParkedJob(
            job_id=row["id"],
            name=row["task_name"],
            lock=row["lock"],
            attempts=row["attempts"],
            args=sql.json_value(row["args"]),
            error=row["error"] or "",
            failed_at=row["at"],
        )
        for row in found
    ]


def running() -> list[RunningJob]:
    """Jobs that workers have in hand, the longest due first, at most `page_size`."""
    return [
        RunningJob(job_id=row["id"], name=row["task_name"], lock=row["lock"], due=row["due"], behind=row["behind"])
        for row in sql.rows(sql.load("outbox", "running"), {"limit": page_size})
    ]


def queue_state() -> QueueState:
    """Counts of waiting, running and parked jobs, and since when the oldest due one waits."""
    counted = sql.rows(
        "SELECT count(*) FILTER (WHERE status = 'todo') AS waiting,"
        " count(*) FILTER (WHERE status = 'doing') AS running,"
        " count(*) FILTER (WHERE status = 'failed') AS parked FROM procrastinate_jobs"
    )[0]
    oldest = sql.rows(
        "SELECT min(coalesce(job.scheduled_at, to_timestamp(tick.defer_timestamp))) AS due"
        " FROM procrastinate_jobs AS job LEFT JOIN procrastinate_periodic_defers AS tick ON tick.job_id = job.id"
        " WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())"
    )[0]["due"]
    return QueueState(oldest_due=oldest, **counted)
