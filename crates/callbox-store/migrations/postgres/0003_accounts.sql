-- Accounts: addresses and passwords, profiles, an app's own attributes, roles, bans, keys of apps.
-- An address is a user's only once it is verified; until then it stands in `mail_tokens` alone.

ALTER TABLE users ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN bio text NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN interests text NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN languages text NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN country text;
ALTER TABLE users ADD COLUMN public text NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN private text NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'moderator', 'admin'));
ALTER TABLE users ADD COLUMN plan text;
ALTER TABLE users ADD COLUMN email text;
ALTER TABLE users ADD COLUMN password_hash text;
ALTER TABLE users ADD COLUMN seen_at bigint NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN deleted_at bigint;
UPDATE users SET seen_at =
    coalesce((SELECT max(last_used_at) FROM logins WHERE logins."user" = users.id), users.created_at);
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;
CREATE INDEX guests_by_use ON users (seen_at) WHERE email IS NULL;
CREATE INDEX users_by_deletion ON users (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX users_by_role ON users (role) WHERE role <> 'user';

-- `device` and `address` are keyed hashes: they can be compared with a ban and tell nothing else.
ALTER TABLE logins ADD COLUMN kind text NOT NULL DEFAULT 'guest'
    CHECK (kind IN ('guest', 'password', 'mail', 'oidc', 'setup'));
ALTER TABLE logins ADD COLUMN label text NOT NULL DEFAULT '';
ALTER TABLE logins ADD COLUMN device bytea;
ALTER TABLE logins ADD COLUMN address bytea;
CREATE INDEX logins_by_device ON logins (device) WHERE device IS NOT NULL;
CREATE INDEX logins_by_address ON logins (address) WHERE address IS NOT NULL;

CREATE TABLE mail_tokens (
    token_hash    bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    purpose       text NOT NULL CHECK (purpose IN ('verify', 'sign_in', 'reset')),
    "user"        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login         uuid,
    email         text NOT NULL,
    password_hash text,
    created_at    bigint NOT NULL,
    expires_at    bigint NOT NULL
);
CREATE INDEX mail_tokens_by_user ON mail_tokens ("user", purpose, created_at);
CREATE INDEX mail_tokens_by_end ON mail_tokens (expires_at);

-- Who somebody is to an issuer of OpenID Connect.
CREATE TABLE identities (
    issuer     text NOT NULL,
    subject    text NOT NULL,
    "user"     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities ("user");

-- `subject` is a user's id, or the hash of a device or an address. `user` and `name` are whom it was meant for.
CREATE TABLE bans (
    id         uuid PRIMARY KEY,
    scope      text NOT NULL CHECK (scope IN ('user', 'device', 'address')),
    subject    bytea NOT NULL,
    "user"     uuid,
    name       text NOT NULL,
    reason     text NOT NULL,
    created_by uuid NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    lifted_at  bigint
);
CREATE INDEX bans_by_subject ON bans (subject) WHERE lifted_at IS NULL;
CREATE INDEX bans_by_user ON bans ("user") WHERE lifted_at IS NULL;

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    key_hash     bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    created_by   uuid NOT NULL,
    created_at   bigint NOT NULL,
    last_used_at bigint
);

CREATE TABLE call_attributes (
    call       uuid PRIMARY KEY,
    public     text NOT NULL,
    private    text NOT NULL,
    updated_at bigint NOT NULL
);

-- A block gets a name of its own, so that nobody learns a user's id by blocking.
ALTER TABLE blocks ADD COLUMN id uuid;
UPDATE blocks SET id = gen_random_uuid();
CREATE UNIQUE INDEX blocks_by_id ON blocks (blocker, id);
CREATE INDEX blocks_by_blocked ON blocks (blocked);

-- Reports get a name, and what became of them.
ALTER TABLE reports ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE reports ALTER COLUMN id DROP DEFAULT;
ALTER TABLE reports DROP CONSTRAINT reports_pkey;
ALTER TABLE reports ADD PRIMARY KEY (id);
ALTER TABLE reports ADD UNIQUE (call, reporter);
ALTER TABLE reports ADD COLUMN status text NOT NULL DEFAULT 'open'
    CHECK (status IN ('open', 'dismissed', 'banned'));
ALTER TABLE reports ADD COLUMN resolved_by uuid;
ALTER TABLE reports ADD COLUMN resolved_at bigint;
CREATE INDEX reports_by_status ON reports (status, id);

-- A person's own calls, newest first: ids begin with their time.
CREATE INDEX calls_by_caller ON calls (caller, id) WHERE outcome <> 'unconfirmed';
CREATE INDEX calls_by_callee ON calls (callee, id) WHERE outcome <> 'unconfirmed';
