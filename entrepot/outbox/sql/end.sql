-- Fragment: the running job ends with this statement, whose transaction is its last step. Parameter: ended_job (NULL =
-- it does not), from services.ending.
ended AS (
    DELETE FROM procrastinate_jobs WHERE id = %(ended_job)s::bigint AND status = 'doing'
)
