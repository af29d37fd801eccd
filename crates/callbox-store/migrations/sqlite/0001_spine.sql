-- The spine: who there is, how they prove it, whom they invite and block, and what became of their calls.
-- Ids are UUIDv7 as 16 bytes, times are milliseconds since the epoch, secrets are SHA-256 only.

CREATE TABLE users (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    age        TEXT CHECK (age IN ('adult', 'minor')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE logins (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    user         BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logins_by_user ON logins (user);

CREATE TABLE invites (
    code_hash  BLOB PRIMARY KEY CHECK (length(code_hash) = 32),
    user       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invites_by_user ON invites (user, expires_at);
CREATE INDEX invites_by_end ON invites (expires_at);

CREATE TABLE blocks (
    blocker    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (blocker, blocked)
) STRICT, WITHOUT ROWID;

-- No foreign keys: the record of a call outlives its users.
CREATE TABLE calls (
    id                    BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind                  TEXT NOT NULL CHECK (kind IN ('random', 'invite')),
    caller                BLOB NOT NULL,
    callee                BLOB NOT NULL,
    matched_at            INTEGER NOT NULL,
    confirmed_ms          INTEGER,
    offer_ms              INTEGER,
    answer_ms             INTEGER,
    caller_connected_ms   INTEGER,
    callee_connected_ms   INTEGER,
    caller_first_frame_ms INTEGER,
    callee_first_frame_ms INTEGER,
    caller_path           TEXT,
    callee_path           TEXT,
    ended_ms              INTEGER NOT NULL,
    cause                 TEXT NOT NULL CHECK (cause IN ('hangup', 'next', 'unconfirmed', 'declined', 'blocked',
                              'peer_lost', 'media_failed', 'media_denied', 'shutdown')),
    ended_by              TEXT CHECK (ended_by IN ('caller', 'callee')),
    outcome               TEXT NOT NULL
                              CHECK (outcome IN ('unconfirmed', 'success', 'failure', 'left', 'denied'))
) STRICT, WITHOUT ROWID;

-- Counted with each insert, since counting a million rows for a dashboard would not do.
CREATE TABLE outcomes (
    outcome TEXT PRIMARY KEY,
    count   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO outcomes VALUES ('unconfirmed', 0), ('success', 0), ('failure', 0), ('left', 0), ('denied', 0);
CREATE TRIGGER calls_are_counted AFTER INSERT ON calls BEGIN
    UPDATE outcomes SET count = count + 1 WHERE outcome = new.outcome;
END;
