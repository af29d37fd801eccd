-- Groups of errors that browsers reported.
CREATE TABLE callbox_monitor.error_groups (
    -- Equal for errors that are one; it has the version of its rule in it.
    fingerprint bytea PRIMARY KEY,
    version bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    -- The message without what differs.
    message text NOT NULL,
    why text NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    count bigint NOT NULL,
    weighted bigint NOT NULL,
    -- The first one, as JSON.
    sample text NOT NULL
);
CREATE INDEX error_groups_by_last ON callbox_monitor.error_groups (last_at, fingerprint);

-- In which releases a group was seen.
CREATE TABLE callbox_monitor.error_releases (
    fingerprint bytea NOT NULL,
    release text NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (fingerprint, release)
);

-- How many there were of a group in each hour since 1970, UTC.
CREATE TABLE callbox_monitor.error_hours (
    fingerprint bytea NOT NULL,
    hour bigint NOT NULL,
    count bigint NOT NULL,
    weighted bigint NOT NULL,
    PRIMARY KEY (fingerprint, hour)
);
CREATE INDEX error_hours_by_hour ON callbox_monitor.error_hours (hour);

-- Visits that are kept whole.
CREATE TABLE callbox_monitor.visits (
    visit bytea PRIMARY KEY,
    -- The keyed hash of the app's own id of its user, if the app gives one.
    user_hash bytea,
    started_at bigint NOT NULL,
    last_at bigint NOT NULL
);
CREATE INDEX visits_by_last ON callbox_monitor.visits (last_at);
CREATE INDEX visits_by_user ON callbox_monitor.visits (user_hash) WHERE user_hash IS NOT NULL;

CREATE TABLE callbox_monitor.visit_views (
    visit bytea NOT NULL,
    view bytea NOT NULL,
    sequence bigint NOT NULL,
    started_at bigint NOT NULL,
    -- What the beacon of this sequence said, within its bounds, as JSON.
    body text NOT NULL,
    PRIMARY KEY (visit, view)
);

-- The days on which a user came, by the keyed hash: for how many come back.
CREATE TABLE callbox_monitor.user_days (
    user_hash bytea NOT NULL,
    -- Since 1970, UTC.
    day bigint NOT NULL,
    visits bigint NOT NULL,
    views bigint NOT NULL,
    calls bigint NOT NULL,
    PRIMARY KEY (user_hash, day)
);
CREATE INDEX user_days_by_day ON callbox_monitor.user_days (day);
