-- Fragment: an entry of the log for each row of the part `seen` that stands before it: seen (id, at, actor, action,
-- subject_kind, subject_id, buyer_id, reason, detail).
noted AS (
    INSERT INTO audit_entry (id, at, actor, action, subject_kind, subject_id, buyer_id, reason, detail)
    SELECT id, at, actor, action, subject_kind, subject_id, buyer_id, reason, detail FROM seen
)
