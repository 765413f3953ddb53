-- Read a real-name record and write down who read it and why; a first confirmation of it is noted too. Parameters: id,
-- buyer_id, entry_id, reader, reason, confirmed_by ('' = nobody), at. One row, as it was, or none where there is no such record or its data are gone: then nothing is noted.
WITH found AS (
    SELECT * FROM identity_realname WHERE id = %(id)s AND buyer_id = %(buyer_id)s AND purged_at IS NULL
), seen AS (
    SELECT %(entry_id)s::uuid AS id, %(at)s::timestamptz AS at, %(reader)s AS actor,
           'identity.real_name_read' AS action, 'real_name' AS subject_kind, f.id AS subject_id, f.buyer_id,
           %(reason)s AS reason, '{}'::jsonb AS detail
      FROM found f
), confirmed AS (
    UPDATE identity_realname SET verified_at = %(at)s, verified_by = %(confirmed_by)s
     WHERE %(confirmed_by)s <> '' AND id = %(id)s AND buyer_id = %(buyer_id)s AND purged_at IS NULL AND verified_at IS NULL
),
-- include audit/note
SELECT id, buyer_id, name_sealed, id_number_sealed, id_hash, phone_sealed, verified_at FROM found
