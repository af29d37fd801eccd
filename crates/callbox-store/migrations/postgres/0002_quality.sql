-- How calls were, and what people say of them.

ALTER TABLE calls ADD COLUMN caller_dtls_ms bigint;
ALTER TABLE calls ADD COLUMN callee_dtls_ms bigint;
UPDATE calls SET cause = 'peer_lost' WHERE cause = 'shutdown';
ALTER TABLE calls DROP CONSTRAINT calls_cause_check;
ALTER TABLE calls ADD CONSTRAINT calls_cause_check CHECK (cause IN ('hangup', 'next', 'unconfirmed', 'declined',
    'blocked', 'peer_lost', 'media_failed', 'media_lost', 'media_denied'));

-- No foreign keys on calls: what is said of a call may be written before its record.
CREATE TABLE call_quality (
    call           uuid NOT NULL,
    side           text NOT NULL CHECK (side IN ('caller', 'callee')),
    excellent_s    bigint NOT NULL,
    good_s         bigint NOT NULL,
    poor_s         bigint NOT NULL,
    disconnected_s bigint NOT NULL,
    score          bigint NOT NULL,
    score_min      bigint NOT NULL,
    rtt_ms         bigint NOT NULL,
    jitter_ms      bigint NOT NULL,
    loss_permille  bigint NOT NULL,
    received_kbps  bigint NOT NULL,
    sent_kbps      bigint NOT NULL,
    freezes        bigint NOT NULL,
    freeze_ms      bigint NOT NULL,
    interruptions  bigint NOT NULL,
    restarts       bigint NOT NULL,
    audio_only_s   bigint NOT NULL,
    PRIMARY KEY (call, side)
);

CREATE TABLE call_samples (
    call          uuid NOT NULL,
    side          text NOT NULL CHECK (side IN ('caller', 'callee')),
    at            bigint NOT NULL,
    level         text NOT NULL CHECK (level IN ('excellent', 'good', 'poor', 'disconnected')),
    score         bigint NOT NULL,
    rtt_ms        bigint NOT NULL,
    jitter_ms     bigint NOT NULL,
    loss_permille bigint NOT NULL,
    received_kbps bigint NOT NULL,
    sent_kbps     bigint NOT NULL,
    sends_picture boolean NOT NULL,
    PRIMARY KEY (call, side, at)
);

CREATE TABLE ratings (
    call       uuid NOT NULL,
    "user"     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    stars      bigint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    created_at bigint NOT NULL,
    PRIMARY KEY (call, "user")
);
CREATE INDEX ratings_by_user ON ratings ("user");

-- `reported` outlives its user: a complaint does not go away with who it is about. `lines` is the chat as the
-- reporter saw it, a JSON array of {from, text}.
CREATE TABLE reports (
    call       uuid NOT NULL,
    reporter   uuid NOT NULL,
    reported   uuid NOT NULL,
    reason     text NOT NULL CHECK (reason IN ('nudity', 'harassment', 'hate', 'violence', 'underage', 'spam', 'other')),
    note       text NOT NULL,
    lines      text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (call, reporter)
);
CREATE INDEX reports_by_reporter ON reports (reporter, created_at);
CREATE INDEX reports_by_reported ON reports (reported, created_at);
