-- Read a real-name record and write down who read it and why. Parameters: id, buyer_id, entry_id, reader, reason, at.
-- One row, or none where there is no such record or its data are gone: then nothing is noted.
WITH found AS (
    SELECT * FROM identity_realname WHERE id = %(id)s AND buyer_id = %(buyer_id)s AND purged_at IS NULL
), seen AS (
    SELECT %(entry_id)s::uuid AS id, %(at)s::timestamptz AS at, %(reader)s AS actor,
           'identity.real_name_read' AS action, 'real_name' AS subject_kind, f.id AS subject_id, f.buyer_id,
           %(reason)s AS reason, '{}'::jsonb AS detail
      FROM found f
),
-- include audit/note
SELECT * FROM found
