-- Fragment: declarations made and released by day in China, and how long customs took, in seconds from making to release.
-- Parameters: first (the smallest id of the period), begin, end. The part `told` has a row for each day with either.
made AS (
    SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*)::int AS declared
    FROM customs_declaration
    WHERE id >= %(first)s AND created_at >= %(begin)s AND created_at < %(end)s
    GROUP BY 1
), release AS (  -- a list is released once, however often customs says so
    SELECT buyer_id, declaration_id, min(returned_at) AS at
    FROM customs_receipt
    WHERE status = 800 AND returned_at >= %(begin)s AND returned_at < %(end)s
    GROUP BY 1, 2
), freed AS (
    SELECT
        (r.at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*)::int AS released,
        percentile_disc(ARRAY[0.5, 0.9, 0.99])
            WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM r.at - d.created_at))) AS took  -- clocks differ
    FROM release AS r
    JOIN customs_declaration AS d ON d.buyer_id = r.buyer_id AND d.id = r.declaration_id
    GROUP BY 1
), told AS (
    SELECT
        coalesce(made.day, freed.day) AS day, coalesce(declared, 0) AS declared, coalesce(released, 0) AS released,
        took[1]::float8 AS median_s, took[2]::float8 AS most_s, took[3]::float8 AS slowest_s
    FROM made FULL JOIN freed ON freed.day = made.day
)
