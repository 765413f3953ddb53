-- Write one job, in the caller's transaction.
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, scheduled_at)
VALUES ('jobs', %(name)s, %(lock)s, %(args)s, %(run_at)s)
