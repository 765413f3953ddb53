-- Take along what waits of one kind of job, to be done together with the one that runs: put off by `lease_s`, so that it
-- comes again by itself where nobody ends it. What failed before runs alone. Parameters: name, most, lease_s.
UPDATE procrastinate_jobs SET scheduled_at = now() + make_interval(secs => %(lease_s)s)
 WHERE status = 'todo' AND id = ANY(ARRAY(
       SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND task_name = %(name)s AND attempts = 0 AND (scheduled_at IS NULL OR scheduled_at <= now())
        ORDER BY id LIMIT %(most)s
          FOR UPDATE SKIP LOCKED))
RETURNING id, args
