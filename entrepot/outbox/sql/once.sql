-- Order a job of which there is one: nothing where one waits already. Parameters: name, key (of the job and its subject), args.
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
VALUES ('jobs', %(name)s, %(key)s, %(key)s, %(args)s, now())
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
