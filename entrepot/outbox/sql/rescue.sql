-- Give back the jobs of workers that died: their heartbeat stopped, or their row was pruned. Parameter: silent_s.
WITH dead AS (
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
     WHERE job.status = 'doing'
-- include outbox/silent
       FOR UPDATE
)
-- include outbox/again
