-- Give back the jobs of workers that died: their heartbeat stopped, or their row was pruned. Of those that may wait once
-- only (`queueing_lock`) one does, and none beside one that waits already: the others' work is its work.
WITH dead AS (
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
     WHERE job.status = 'doing'
       AND NOT EXISTS (SELECT 1 FROM procrastinate_workers AS worker
                        WHERE worker.id = job.worker_id
                          AND worker.last_heartbeat > now() - make_interval(secs => %(silent_s)s))
       FOR UPDATE
), again AS (
    SELECT min(id) AS id FROM dead
     WHERE queueing_lock IS NULL OR NOT EXISTS (
           SELECT 1 FROM procrastinate_jobs AS twin
            WHERE twin.queueing_lock = dead.queueing_lock AND twin.status = 'todo')
     GROUP BY queueing_lock, CASE WHEN queueing_lock IS NULL THEN id END
), done_by_others AS (
    DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM dead EXCEPT SELECT id FROM again)
)
UPDATE procrastinate_jobs AS job
   SET status = 'todo', attempts = job.attempts + 1, scheduled_at = now(), worker_id = NULL
  FROM again WHERE job.id = again.id
