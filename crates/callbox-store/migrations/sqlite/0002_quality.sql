-- How calls were, and what people say of them. The list of causes grows by `media_lost`, and SQLite changes a CHECK
-- only by making the table anew.

CREATE TABLE calls_2 (
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
    caller_dtls_ms        INTEGER,
    callee_dtls_ms        INTEGER,
    caller_first_frame_ms INTEGER,
    callee_first_frame_ms INTEGER,
    caller_path           TEXT,
    callee_path           TEXT,
    ended_ms              INTEGER NOT NULL,
    cause                 TEXT NOT NULL CHECK (cause IN ('hangup', 'next', 'unconfirmed', 'declined', 'blocked',
                              'peer_lost', 'media_failed', 'media_lost', 'media_denied')),
    ended_by              TEXT CHECK (ended_by IN ('caller', 'callee')),
    outcome               TEXT NOT NULL
                              CHECK (outcome IN ('unconfirmed', 'success', 'failure', 'left', 'denied'))
) STRICT, WITHOUT ROWID;
INSERT INTO calls_2
    SELECT id, kind, caller, callee, matched_at, confirmed_ms, offer_ms, answer_ms, caller_connected_ms,
           callee_connected_ms, NULL, NULL, caller_first_frame_ms, callee_first_frame_ms, caller_path, callee_path,
           ended_ms, CASE cause WHEN 'shutdown' THEN 'peer_lost' ELSE cause END, ended_by, outcome
    FROM calls;
DROP TABLE calls;
ALTER TABLE calls_2 RENAME TO calls;
CREATE TRIGGER calls_are_counted AFTER INSERT ON calls BEGIN
    UPDATE outcomes SET count = count + 1 WHERE outcome = new.outcome;
END;

-- No foreign keys on calls: what is said of a call may be written before its record.
CREATE TABLE call_quality (
    call           BLOB NOT NULL CHECK (length(call) = 16),
    side           TEXT NOT NULL CHECK (side IN ('caller', 'callee')),
    excellent_s    INTEGER NOT NULL,
    good_s         INTEGER NOT NULL,
    poor_s         INTEGER NOT NULL,
    disconnected_s INTEGER NOT NULL,
    score          INTEGER NOT NULL,
    score_min      INTEGER NOT NULL,
    rtt_ms         INTEGER NOT NULL,
    jitter_ms      INTEGER NOT NULL,
    loss_permille  INTEGER NOT NULL,
    received_kbps  INTEGER NOT NULL,
    sent_kbps      INTEGER NOT NULL,
    freezes        INTEGER NOT NULL,
    freeze_ms      INTEGER NOT NULL,
    interruptions  INTEGER NOT NULL,
    restarts       INTEGER NOT NULL,
    audio_only_s   INTEGER NOT NULL,
    PRIMARY KEY (call, side)
) STRICT, WITHOUT ROWID;

CREATE TABLE call_samples (
    call          BLOB NOT NULL CHECK (length(call) = 16),
    side          TEXT NOT NULL CHECK (side IN ('caller', 'callee')),
    at            INTEGER NOT NULL,
    level         TEXT NOT NULL CHECK (level IN ('excellent', 'good', 'poor', 'disconnected')),
    score         INTEGER NOT NULL,
    rtt_ms        INTEGER NOT NULL,
    jitter_ms     INTEGER NOT NULL,
    loss_permille INTEGER NOT NULL,
    received_kbps INTEGER NOT NULL,
    sent_kbps     INTEGER NOT NULL,
    sends_picture INTEGER NOT NULL CHECK (sends_picture IN (0, 1)),
    PRIMARY KEY (call, side, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE ratings (
    call       BLOB NOT NULL CHECK (length(call) = 16),
    user       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    stars      INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (call, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX ratings_by_user ON ratings (user);

-- `reported` outlives its user: a complaint does not go away with who it is about. `lines` is the chat as the
-- reporter saw it, a JSON array of {from, text}.
CREATE TABLE reports (
    call       BLOB NOT NULL CHECK (length(call) = 16),
    reporter   BLOB NOT NULL,
    reported   BLOB NOT NULL,
    reason     TEXT NOT NULL CHECK (reason IN ('nudity', 'harassment', 'hate', 'violence', 'underage', 'spam', 'other')),
    note       TEXT NOT NULL,
    lines      TEXT NOT NULL CHECK (json_valid(lines)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (call, reporter)
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_by_reporter ON reports (reporter, created_at);
CREATE INDEX reports_by_reported ON reports (reported, created_at);
