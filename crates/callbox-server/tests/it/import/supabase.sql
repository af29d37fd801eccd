-- Users as Supabase has them, and an app's own table of profiles, with names that must be quoted.

CREATE SCHEMA auth;
CREATE TABLE auth.users (
    id                 uuid PRIMARY KEY,
    email              varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    raw_user_meta_data jsonb,
    created_at         timestamptz
);
CREATE TABLE "Profiles" ("userId" text, tags text[], country char(2), karma int, avatar text);
INSERT INTO auth.users VALUES
    ('7f1c6f0e-53a4-4c6e-9f0b-0a4d8b6f2f11', 'ann@example.org', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', now(),
        '{"full_name": "Ann Lee", "vip": true}', '2024-05-01 13:00+02'),
    ('0b7f4c1a-93f1-4f5e-8a55-6a1f0c6f7e22', 'bob@example.org', NULL, now(), NULL, NULL);
INSERT INTO auth.users
    SELECT gen_random_uuid(), 'user' || n || '@example.org', NULL, now(), '{}', now() FROM generate_series(1, 1200) n;
INSERT INTO "Profiles" VALUES
    ('7f1c6f0e-53a4-4c6e-9f0b-0a4d8b6f2f11', ARRAY['chess', 'long walks'], 'AT', 7, 'https://example.org/a.png');
