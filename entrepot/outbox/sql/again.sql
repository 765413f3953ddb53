-- Fragment: jobs that nobody does (`dead`: id, queueing_lock) wait again. Of those that may wait once only
-- (`queueing_lock`) one does, and none beside one that waits already: the others' work is its work.
, again AS (
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
