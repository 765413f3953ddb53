       CASE d.state  -- whether the newest document of kind k of a declaration d is what it waits for
           WHEN 'draft' THEN k.kind IN ('311', '411', '511') AND d.standing -> k.kind ->> 'sent' = 'false'
           WHEN 'matching' THEN
               CASE WHEN k.kind IN ('311', '411', '511')
                    THEN coalesce(d.standing -> k.kind ->> 'verdict', '') NOT IN ('taken', 'done')
                    ELSE k.kind = '621' AND d.standing -> '311' ->> 'verdict' IN ('taken', 'done')
                         AND d.standing -> '411' ->> 'verdict' IN ('taken', 'done')
                         AND d.standing -> '511' ->> 'verdict' IN ('taken', 'done') END
           WHEN 'listed' THEN
               k.kind = '621' OR k.kind = '623' AND coalesce(d.standing -> k.kind ->> 'verdict', '') <> 'refused'
           WHEN 'held' THEN
               k.kind <> '623' AND d.standing -> k.kind ->> 'verdict' IN ('refused', 'stopped')
               OR k.kind = '311' AND d.differences <> '[]'
               OR k.kind = '623' AND coalesce(d.standing -> k.kind ->> 'verdict', '') <> 'refused'
           ELSE false END
