-- Calls that end because somebody's page is gone, and pictures that stand still. The lists of causes and levels grow, and
-- SQLite changes a CHECK only by making the table anew.

CREATE TABLE calls_3 (
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
                              'peer_lost', 'left', 'media_failed', 'media_lost', 'media_denied')),
    ended_by              TEXT CHECK (ended_by IN ('caller', 'callee')),
    outcome               TEXT NOT NULL
                              CHECK (outcome IN ('unconfirmed', 'success', 'failure', 'left', 'denied'))
) STRICT, WITHOUT ROWID;
INSERT INTO calls_3
    SELECT id, kind, caller, callee, matched_at, confirmed_ms, offer_ms, answer_ms, caller_connected_ms,
           callee_connected_ms, caller_dtls_ms, callee_dtls_ms, caller_first_frame_ms, callee_first_frame_ms,
           caller_path, callee_path, ended_ms, cause, ended_by, outcome
    FROM calls;
DROP TABLE calls;
ALTER TABLE calls_3 RENAME TO calls;
CREATE INDEX calls_by_caller ON calls (caller, id, kind, matched_at, ended_ms, outcome, cause, callee)
    WHERE outcome <> 'unconfirmed';
CREATE INDEX calls_by_callee ON calls (callee, id, kind, matched_at, ended_ms, outcome, cause, caller)
    WHERE outcome <> 'unconfirmed';
CREATE TRIGGER calls_are_counted AFTER INSERT ON calls BEGIN
    UPDATE outcomes SET count = count + 1 WHERE outcome = new.outcome;
END;

ALTER TABLE call_quality ADD COLUMN frozen_s INTEGER NOT NULL DEFAULT 0;

CREATE TABLE call_samples_2 (
    call          BLOB NOT NULL CHECK (length(call) = 16),
    side          TEXT NOT NULL CHECK (side IN ('caller', 'callee')),
    at            INTEGER NOT NULL,
    level         TEXT NOT NULL CHECK (level IN ('excellent', 'good', 'poor', 'frozen', 'disconnected')),
    score         INTEGER NOT NULL,
    rtt_ms        INTEGER NOT NULL,
    jitter_ms     INTEGER NOT NULL,
    loss_permille INTEGER NOT NULL,
    received_kbps INTEGER NOT NULL,
    sent_kbps     INTEGER NOT NULL,
    sends_picture INTEGER NOT NULL CHECK (sends_picture IN (0, 1)),
    PRIMARY KEY (call, side, at)
) STRICT, WITHOUT ROWID;
INSERT INTO call_samples_2
    SELECT call, side, at, level, score, rtt_ms, jitter_ms, loss_permille, received_kbps, sent_kbps, sends_picture
    FROM call_samples;
DROP TABLE call_samples;
ALTER TABLE call_samples_2 RENAME TO call_samples;
