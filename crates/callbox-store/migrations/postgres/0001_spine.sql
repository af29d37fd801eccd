-- The spine: who there is, how they prove it, whom they invite and block, and what became of their calls.
-- Ids are UUIDv7, times are milliseconds since the epoch, secrets are SHA-256 only.

CREATE TABLE users (
    id         uuid PRIMARY KEY,
    age        text CHECK (age IN ('adult', 'minor')),
    created_at bigint NOT NULL
);

CREATE TABLE logins (
    id           uuid PRIMARY KEY,
    "user"       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at   bigint NOT NULL,
    last_used_at bigint NOT NULL
);
CREATE INDEX logins_by_user ON logins ("user");

CREATE TABLE invites (
    code_hash  bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    "user"     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX invites_by_user ON invites ("user", expires_at);
CREATE INDEX invites_by_end ON invites (expires_at);

CREATE TABLE blocks (
    blocker    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    PRIMARY KEY (blocker, blocked)
);

-- No foreign keys: the record of a call outlives its users.
CREATE TABLE calls (
    id                    uuid PRIMARY KEY,
    kind                  text NOT NULL CHECK (kind IN ('random', 'invite')),
    caller                uuid NOT NULL,
    callee                uuid NOT NULL,
    matched_at            bigint NOT NULL,
    confirmed_ms          bigint,
    offer_ms              bigint,
    answer_ms             bigint,
    caller_connected_ms   bigint,
    callee_connected_ms   bigint,
    caller_first_frame_ms bigint,
    callee_first_frame_ms bigint,
    caller_path           text,
    callee_path           text,
    ended_ms              bigint NOT NULL,
    cause                 text NOT NULL CHECK (cause IN ('hangup', 'next', 'unconfirmed', 'declined', 'blocked',
                              'peer_lost', 'media_failed', 'media_denied', 'shutdown')),
    ended_by              text CHECK (ended_by IN ('caller', 'callee')),
    outcome               text NOT NULL
                              CHECK (outcome IN ('unconfirmed', 'success', 'failure', 'left', 'denied'))
);

-- Counted with each insert, since counting a million rows for a dashboard would not do.
CREATE TABLE outcomes (
    outcome text PRIMARY KEY,
    count   bigint NOT NULL
);
INSERT INTO outcomes VALUES ('unconfirmed', 0), ('success', 0), ('failure', 0), ('left', 0), ('denied', 0);
CREATE FUNCTION count_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE outcomes SET count = count + 1 WHERE outcome = new.outcome;
    RETURN NULL;
END
$$;
CREATE TRIGGER calls_are_counted AFTER INSERT ON calls FOR EACH ROW EXECUTE FUNCTION count_call();
