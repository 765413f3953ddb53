"""The queue without its diary. The library writes a line for every step of every job, by triggers, one row at a time; each
line asks by foreign key for its job, with a plan a session makes once, so after a quiet hour it read the whole queue for
every job put into it. Jobs say themselves since when they are due (`scheduled_at`), failures are our own table's. And
workers are told once in a statement that there is work instead of twice for each job: a notification holds back every
other commit that notifies."""

from django.db import migrations

DIARY = (
    "procrastinate_trigger_status_events_insert_v1",
    "procrastinate_trigger_status_events_update_v1",
    "procrastinate_trigger_scheduled_events_v1",
)
EACH = "procrastinate_jobs_notify_queue_job_inserted_v1"
TELL = """
CREATE FUNCTION outbox_jobs_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) THEN
        PERFORM pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_jobs_waiting AFTER INSERT ON procrastinate_jobs
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION outbox_jobs_waiting();
"""
TELL_NO_MORE = "DROP TRIGGER outbox_jobs_waiting ON procrastinate_jobs; DROP FUNCTION outbox_jobs_waiting();"
# Jobs that waited before: since when is in the diary only.
DUE = """
UPDATE procrastinate_jobs AS job SET scheduled_at = told.at FROM procrastinate_events AS told
 WHERE job.status = 'todo' AND job.scheduled_at IS NULL AND told.job_id = job.id AND told.type = 'deferred'
"""


def all_of(word: str) -> str:
    return "".join(f"ALTER TABLE procrastinate_jobs {word} TRIGGER {name};" for name in (*DIARY, EACH))


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(all_of("DISABLE"), all_of("ENABLE")),
        migrations.RunSQL(DUE, migrations.RunSQL.noop),
        migrations.RunSQL("DELETE FROM procrastinate_events", migrations.RunSQL.noop),
        migrations.RunSQL(TELL, TELL_NO_MORE),
    ]
