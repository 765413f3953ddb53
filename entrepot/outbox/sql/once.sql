-- Order a job of which there is one: nothing where one waits already. Parameters: name, args.
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
VALUES ('jobs', %(name)s, %(name)s, %(name)s, %(args)s)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
