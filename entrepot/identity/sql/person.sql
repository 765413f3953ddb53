-- Who is logged in, asked for each page. Parameter: id.
SELECT id, password, last_login, email, phone_sealed, phone_hash, phone_verified, display_name, language, roles, is_active,
       is_superuser, is_demo, date_joined
  FROM identity_person WHERE id = %(id)s
