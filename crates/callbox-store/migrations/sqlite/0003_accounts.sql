-- Accounts: addresses and passwords, profiles, an app's own attributes, roles, bans, keys of apps.
-- An address is a user's only once it is verified; until then it stands in `mail_tokens` alone.

ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN bio TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN interests TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(interests));
ALTER TABLE users ADD COLUMN languages TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(languages));
ALTER TABLE users ADD COLUMN country TEXT;
ALTER TABLE users ADD COLUMN public TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(public));
ALTER TABLE users ADD COLUMN private TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(private));
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'moderator', 'admin'));
ALTER TABLE users ADD COLUMN plan TEXT;
ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN deleted_at INTEGER;
UPDATE users SET seen_at =
    coalesce((SELECT max(last_used_at) FROM logins WHERE logins.user = users.id), users.created_at);
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;
CREATE INDEX guests_by_use ON users (seen_at) WHERE email IS NULL;
CREATE INDEX users_by_deletion ON users (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX users_by_role ON users (role) WHERE role <> 'user';

-- `device` and `address` are keyed hashes: they can be compared with a ban and tell nothing else.
ALTER TABLE logins ADD COLUMN kind TEXT NOT NULL DEFAULT 'guest'
    CHECK (kind IN ('guest', 'password', 'mail', 'oidc', 'setup'));
ALTER TABLE logins ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE logins ADD COLUMN device BLOB;
ALTER TABLE logins ADD COLUMN address BLOB;
CREATE INDEX logins_by_device ON logins (device) WHERE device IS NOT NULL;
CREATE INDEX logins_by_address ON logins (address) WHERE address IS NOT NULL;

CREATE TABLE mail_tokens (
    token_hash    BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose       TEXT NOT NULL CHECK (purpose IN ('verify', 'sign_in', 'reset')),
    user          BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login         BLOB,
    email         TEXT NOT NULL,
    password_hash TEXT,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_tokens_by_user ON mail_tokens (user, purpose, created_at);
CREATE INDEX mail_tokens_by_end ON mail_tokens (expires_at);

-- Who somebody is to an issuer of OpenID Connect.
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user);

-- `subject` is a user's id, or the hash of a device or an address. `user` and `name` are whom it was meant for.
CREATE TABLE bans (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    scope      TEXT NOT NULL CHECK (scope IN ('user', 'device', 'address')),
    subject    BLOB NOT NULL,
    user       BLOB,
    name       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    lifted_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX bans_by_subject ON bans (subject) WHERE lifted_at IS NULL;
CREATE INDEX bans_by_user ON bans (user) WHERE lifted_at IS NULL;

CREATE TABLE api_keys (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    name         TEXT NOT NULL,
    key_hash     BLOB NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    created_by   BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE call_attributes (
    call       BLOB PRIMARY KEY CHECK (length(call) = 16),
    public     TEXT NOT NULL CHECK (json_valid(public)),
    private    TEXT NOT NULL CHECK (json_valid(private)),
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A block gets a name of its own, so that nobody learns a user's id by blocking.
ALTER TABLE blocks ADD COLUMN id BLOB;
UPDATE blocks SET id = randomblob(16);
CREATE UNIQUE INDEX blocks_by_id ON blocks (blocker, id);
CREATE INDEX blocks_by_blocked ON blocks (blocked);

-- Reports get a name, and what became of them.
CREATE TABLE reports_2 (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    call        BLOB NOT NULL CHECK (length(call) = 16),
    reporter    BLOB NOT NULL,
    reported    BLOB NOT NULL,
    reason      TEXT NOT NULL
                    CHECK (reason IN ('nudity', 'harassment', 'hate', 'violence', 'underage', 'spam', 'other')),
    note        TEXT NOT NULL,
    lines       TEXT NOT NULL CHECK (json_valid(lines)),
    created_at  INTEGER NOT NULL,
    status      TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'dismissed', 'banned')),
    resolved_by BLOB,
    resolved_at INTEGER,
    UNIQUE (call, reporter)
) STRICT, WITHOUT ROWID;
INSERT INTO reports_2 (id, call, reporter, reported, reason, note, lines, created_at)
    SELECT randomblob(16), call, reporter, reported, reason, note, lines, created_at FROM reports;
DROP TABLE reports;
ALTER TABLE reports_2 RENAME TO reports;
CREATE INDEX reports_by_reporter ON reports (reporter, created_at);
CREATE INDEX reports_by_reported ON reports (reported, created_at);
CREATE INDEX reports_by_status ON reports (status, id);

-- A person's own calls, newest first: ids begin with their time.
CREATE INDEX calls_by_caller ON calls (caller, id) WHERE outcome <> 'unconfirmed';
CREATE INDEX calls_by_callee ON calls (callee, id) WHERE outcome <> 'unconfirmed';
