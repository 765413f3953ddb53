-- Whose access keys these are, and what for; keys that are not in force are left out. Parameters: hashes (SHA-256 of the
-- secrets), now, used_before ("last used" is written again where it is older), demo (whether the demo runs: its people come
-- in by no door once it is over).
SELECT k.id, k.secret_hash, k.scopes, k.person_id, p.roles, p.is_superuser,
       coalesce(k.last_used_at <= %(used_before)s::timestamptz, true) AS stale
  FROM identity_accesskey k JOIN identity_person p ON p.id = k.person_id
 WHERE k.secret_hash = ANY(%(hashes)s::bytea[]) AND k.revoked_at IS NULL AND k.expires_at > %(now)s::timestamptz
   AND p.is_active AND (%(demo)s::boolean OR NOT p.is_demo)
